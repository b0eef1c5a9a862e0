//! Owns who asks for a page: any visitor, or the member that a session proves; and how nasd is asked for either.

use crate::chrome::{Chrome, REFRESHED};
use crate::console::{Console, SIGN_OF_LIFE};
use crate::cookies;
use crate::elsewhere::Elsewhere;
use crate::flash;
use crate::form::Form;
use crate::navigation::sections;
use crate::news;
use crate::refusal::{self, Refused};
use crate::role::role_words;
use crate::words::{self, Language, Text, Words};
use axum::extract::{FromRequestParts, Request};
use axum::http::StatusCode;
use axum::http::header::HOST;
use axum::http::request::Parts;
use axum::http::uri::Authority;
use axum::response::IntoResponse;
use nasd_api::{
    AUTOMATIC_HEADER, Answered, Client, ClientError, ClusterStatus, Entrance, Fresh, Health, HealthWord,
    Items, Nothing, Operation, Page, ReadCluster, ReadHealth, Reply, Secret, Standing, Who, Whoami, Zone,
};
use nasd_base::role::Right;
use nasd_base::{Clock, SystemClock};
use std::net::IpAddr;
use std::sync::Arc;

/// One request, whoever sends it.
#[derive(Clone)]
pub struct Visit {
    pub console: Arc<Console>,
    pub address: IpAddr,
    pub language: Language,
    /// Path and query.
    pub here: String,
    /// When it came, in seconds since 1970: no figure that it asks for is older.
    pub at: i64,
    /// At which the browser finds this console; none for the usual one.
    port: Option<u16>,
    pub session: Option<Secret>,
    pub setup: Option<String>,
    /// The page asks by itself: nobody may be there.
    pub automatic: bool,
    /// Something was sent, and not only asked for.
    pub sent: bool,
    flash: Option<String>,
    standing: Option<Standing>,
}

impl Visit {
    /// # Errors
    /// A request without the address that the server adds.
    pub fn of(parts: &Parts, console: &Arc<Console>) -> Result<Visit, Refused> {
        let Some(Entrance::Network(address)) = parts.extensions.get::<Entrance>() else {
            return Err(StatusCode::INTERNAL_SERVER_ERROR.into_response().into());
        };
        let cookie = |name| cookies::read(&parts.headers, name);
        let chosen = cookie(cookies::LANGUAGE_COOKIE).and_then(Language::from_code);
        let language = chosen.or_else(|| Language::accepted(&parts.headers)).unwrap_or(Language::English);
        let known = console.site().map(|site| site.done.as_slice()).unwrap_or_default();
        let here = parts.uri.path_and_query().map(|here| here.as_str()).unwrap_or("/");
        let plain = here.strip_suffix(REFRESHED).and_then(|here| here.strip_suffix(['?', '&']));
        let by_itself = plain.is_some() || parts.headers.contains_key(AUTOMATIC_HEADER);
        Ok(Visit {
            console: console.clone(),
            address: *address,
            language,
            here: plain.unwrap_or(here).to_owned(),
            at: SystemClock.now().secs,
            port: port(parts),
            session: cookie(cookies::SESSION_COOKIE).map(Secret::new),
            setup: cookie(cookies::SETUP_COOKIE).map(str::to_owned),
            automatic: by_itself || parts.uri.path() == news::PATH,
            sent: !parts.method.is_safe(),
            flash: cookie(cookies::FLASH_COOKIE).and_then(|text| flash::read(text, known, language)),
            standing: parts.extensions.get::<Standing>().cloned(),
        })
    }

    pub fn words(&self) -> &'static Words {
        words::of(self.language)
    }

    /// What the address asks for after its `?`.
    pub fn query(&self) -> Form {
        Form::parse(self.here.split_once('?').map(|(_, query)| query).unwrap_or_default().as_bytes())
    }

    /// Asks nasd as somebody who is not known.
    pub fn visitor(&self) -> Client {
        self.console.node.acting(Who::Visitor(self.address))
    }

    /// How the cluster does, and whether anybody answers at all, soon.
    ///
    /// # Errors
    /// As the client's.
    pub async fn health(&self) -> Result<Fresh<HealthWord>, ClientError> {
        self.visitor().within(SIGN_OF_LIFE).ask_fresh::<ReadHealth>(Nothing).await
    }

    /// Asks nasd with what the setup link brought, if this visitor came by it.
    pub fn founder(&self) -> Client {
        let address = self.address;
        match &self.setup {
            Some(secret) => self.console.node.acting(Who::Founder { address, secret: Secret::new(secret) }),
            None => self.visitor(),
        }
    }

    /// nasd has said that it knows the caller: no stranger is in the way of this connection any more.
    pub fn is_known(&self) {
        if let Some(standing) = &self.standing
            && !standing.become_known()
        {
            tracing::debug!("no place for one more connection of a known caller");
        }
    }

    /// What surrounds a page for somebody who is not logged in.
    pub fn chrome(&self, title: Text) -> Chrome {
        Chrome {
            w: self.words(),
            language: self.language,
            zone: Zone::default(),
            title: title.to_string(),
            here: self.here.clone(),
            sent: self.sent,
            user: None,
            csrf: String::new(),
            flash: self.flash.clone(),
            stale: None,
            as_of: None,
            elsewhere: self.elsewhere().unwrap_or_default(),
            sections: Vec::new(),
        }
    }

    /// The other nodes, for a session that was told of them.
    fn elsewhere(&self) -> Option<Vec<Elsewhere>> {
        self.console.heard.elsewhere(self.session.as_ref(), self.port)
    }

    pub fn refuse(&self, error: ClientError) -> Refused {
        refusal::of_error(self.words(), |title| self.chrome(title), error).into()
    }
}

impl FromRequestParts<Arc<Console>> for Visit {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, console: &Arc<Console>) -> Result<Visit, Refused> {
        Visit::of(parts, console)
    }
}

/// Somebody whom a session proves.
pub struct Member {
    pub visit: Visit,
    pub whoami: Whoami,
    /// Asks nasd as this user.
    pub client: Client,
    /// Why what is shown may be old, if it may.
    stale: Option<String>,
    /// The cluster's.
    pub zone: Zone,
}

impl Member {
    /// Asks nasd whose session it is.
    ///
    /// # Errors
    /// As the client's.
    pub async fn of(visit: &Visit) -> Result<Member, ClientError> {
        let nobody = || ClientError::Refused(nasd_api::refusal::unauthenticated());
        let session = visit.session.clone().ok_or_else(nobody)?;
        let who = Who::Session { address: visit.address, session, csrf: None };
        let client = visit.console.node.acting(who);
        let client = if visit.automatic { client.automatically() } else { client };
        let Fresh { value: whoami, stale } = client.within(SIGN_OF_LIFE).whoami_fresh().await?;
        visit.is_known();
        visit.session.iter().for_each(|session| visit.console.kept.admit(session));
        let why_old = async { if stale { Some(why_old(&client, visit.language).await) } else { None } };
        let soon = client.within(SIGN_OF_LIFE);
        let (stale, zone) = tokio::join!(why_old, visit.console.zone.of(&soon));
        Ok(Member { visit: visit.clone(), whoami, client, stale, zone })
    }

    /// Asks nasd once more.
    ///
    /// # Errors
    /// As the client's.
    pub async fn whoami(&self) -> Result<Whoami, ClientError> {
        self.client.within(SIGN_OF_LIFE).whoami().await
    }

    /// What the form brought, which nasd wants for a change.
    pub fn bring(&mut self, csrf: Secret) {
        let Some(session) = self.visit.session.clone() else { return };
        let who = Who::Session { address: self.visit.address, session, csrf: Some(csrf) };
        self.client = self.client.acting(who);
    }

    pub fn words(&self) -> &'static Words {
        self.visit.words()
    }

    pub fn language(&self) -> Language {
        self.visit.language
    }

    /// Only to hide what would be refused: nasd decides.
    pub fn may(&self, right: Right) -> bool {
        self.whoami.rights.contains(&right)
    }

    pub fn chrome(&self, title: impl ToString) -> Chrome {
        let w = self.words();
        let role = self.whoami.role.map(|role| role_words(w, role).to_string());
        let (entries, rights) =
            (self.visit.console.site().map(|site| &*site.navigation), &self.whoami.rights);
        let sections = sections(entries.unwrap_or_default(), w, self.language(), rights, &self.visit.here);
        let csrf = self.whoami.csrf_token.as_ref().map(|csrf| csrf.reveal().to_owned());
        Chrome {
            title: title.to_string(),
            zone: self.zone.clone(),
            user: Some((self.whoami.user.clone(), role.unwrap_or_default())),
            csrf: csrf.unwrap_or_default(),
            stale: self.stale.clone(),
            sections,
            ..self.visit.chrome(w.product)
        }
    }

    /// Around a page that keeps itself current, and says so when it cannot.
    pub async fn live(&self, title: impl ToString) -> Chrome {
        if self.visit.elsewhere().is_none() {
            // A page that cannot say where else to look is better than none.
            let _ = self.cluster().await;
        }
        Chrome { as_of: Some(self.zone.time_of_day(self.visit.at)), ..self.chrome(title) }
    }

    /// The cluster as the node sees it; where else to look is kept for when it says nothing.
    ///
    /// # Errors
    /// The page to show instead.
    pub async fn cluster(&self) -> Result<ClusterStatus, Refused> {
        let status = self.ask::<ReadCluster>(Nothing).await?;
        self.visit.console.heard.keep(&status, self.visit.session.as_ref());
        Ok(status)
    }

    /// # Errors
    /// The page to show instead.
    pub async fn ask<O: Operation<Body = Nothing>>(&self, at: O::At) -> Result<Answered<O>, Refused> {
        self.client.ask::<O>(at).await.map_err(|error| self.refuse(error))
    }

    /// All that an operation lists.
    ///
    /// # Errors
    /// The page to show instead.
    pub async fn all<O>(&self) -> Result<Vec<<Answered<O> as Items>::Item>, Refused>
    where
        O: Operation<Body = Nothing, Reply: Reply<Read: Items>, At = Page<<Answered<O> as Items>::Item>>,
    {
        self.client.all::<O>().await.map_err(|error| self.refuse(error))
    }

    /// Asks for something new once, however often the form is sent. After a refusal nothing has happened, and the same
    /// form is another request: what was in its way may be gone by then.
    ///
    /// # Errors
    /// As the client's.
    pub async fn make<O: Operation<At = Nothing>>(
        &self,
        request: &O::Body,
        form: &mut Form,
    ) -> Result<Answered<O>, ClientError> {
        let made = self.client.call_once::<O>(Nothing, request, &form.idempotency_key()).await;
        if made.as_ref().is_err_and(|error| !error.is_silence()) {
            form.begin_anew();
        }
        made
    }

    pub fn refuse(&self, error: ClientError) -> Refused {
        refusal::of_error(self.words(), |title| self.chrome(title), error).into()
    }

    /// The page that says there is no such thing, with the way back.
    pub fn missing(&self) -> Refused {
        let chrome = self.chrome(self.words().title_not_found);
        refusal::page(chrome, StatusCode::NOT_FOUND, None).into()
    }
}

impl FromRequestParts<Arc<Console>> for Member {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, console: &Arc<Console>) -> Result<Member, Refused> {
        let visit = Visit::of(parts, console)?;
        Member::of(&visit).await.map_err(|error| visit.refuse(error))
    }
}

/// What the cluster's verdict says of answers that may be old. Nothing once it is good again, or nobody answers.
async fn why_old(client: &Client, language: Language) -> String {
    match client.within(SIGN_OF_LIFE).ask::<ReadCluster>(Nothing).await {
        Ok(status) if status.health != Health::Healthy => language.sentence(&status.headline),
        _ => String::new(),
    }
}

fn port(parts: &Parts) -> Option<u16> {
    let said = parts.headers.get(HOST).and_then(|host| host.to_str().ok()?.parse::<Authority>().ok());
    said.as_ref().or(parts.uri.authority())?.port_u16()
}

/// The same request's visit, for what comes before any page.
pub fn visit_of(request: Request, console: &Arc<Console>) -> (Result<Visit, Refused>, Request) {
    let (parts, body) = request.into_parts();
    let visit = Visit::of(&parts, console);
    (visit, Request::from_parts(parts, body))
}
