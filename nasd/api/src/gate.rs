//! Owns what every request passes before its handler: who calls, whether they may, and for whom it is recorded.

use crate::access::{Access, Caller, Credential, Entrance, Proof, Use};
use crate::standing::Standing;
use crate::{ApiError, Deed, Management, SETUP_HEADER, Secret, refused};
use axum::RequestExt;
use axum::body::Body;
use axum::extract::{Query, RawPathParams, Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use futures::StreamExt;
use nasd_base::rarely::Rarely;
use std::sync::{Arc, LazyLock};
use std::time::Duration;
use tokio::time::Instant;

/// The cookie of a session. The prefix makes browsers refuse it without `Secure`, with a domain or another path.
pub const SESSION_COOKIE: &str = "__Host-gotgan";
/// What a change that a cookie authenticates must bring.
pub const CSRF_HEADER: &str = "x-csrf-token";
/// Set on answers of a node that knows of no majority.
pub const STALE_HEADER: &str = "gotgan-stale";
/// Makes a repeated creation find the first outcome.
pub const IDEMPOTENCY_HEADER: &str = "idempotency-key";
/// On the sockets of the node, and nowhere else: the request is somebody else's, at this IP address, with its own
/// credential. The web console asks so; the rights of root are not used then.
pub const FOR_HEADER: &str = "gotgan-for";
/// The request is a page's own, made while nobody may be there: it does not keep a session from ending.
pub const AUTOMATIC_HEADER: &str = "gotgan-automatic";
/// Longest of those keys.
const IDEMPOTENCY_BYTES_MAX: usize = 128;
/// Longest credential that is looked at, in bytes.
const CREDENTIAL_BYTES_MAX: usize = 256;

/// How often it is said that something could not be recorded.
static UNRECORDED: LazyLock<Rarely> = LazyLock::new(|| Rarely::new(4, Duration::from_secs(60)));

/// The id of a change that its caller chose: see [`crate::Call::op`].
#[derive(Clone, Copy)]
pub(crate) struct ChosenOp(pub [u8; 16]);

/// The rule of one route, and whom to ask.
#[derive(Clone)]
pub struct Gate {
    pub management: Arc<dyn Management>,
    pub access: Access,
    pub summary: &'static str,
    /// It changes no replicated state: the gate records it.
    pub records: bool,
    /// Its answer goes on as long as the caller may hear it.
    pub streams: bool,
    /// No API token will do.
    pub in_person: bool,
    /// A repeated `Idempotency-Key` gets the first outcome.
    pub repeatable: bool,
}

/// Lets the request through to its handler, or refuses it.
pub async fn pass(State(gate): State<Gate>, mut request: Request, next: Next) -> Response {
    let entrance = match entrance(&request) {
        Ok(entrance) => entrance,
        Err(refusal) => return refusal.into_response(),
    };
    let credential = credential(request.headers());
    let automatic = gate.streams || request.headers().contains_key(AUTOMATIC_HEADER);
    let use_ = if automatic { Use::Automatic } else { Use::OfSomebody };
    let setup = setup_secret(request.headers());
    let caller = match gate.caller(entrance, credential, setup, use_).await {
        Ok(caller) => caller,
        Err(refusal) => return refusal.into_response(),
    };
    let standing = request.extensions().get::<Standing>();
    if caller.proof != Proof::Nothing && !standing.is_none_or(Standing::become_known) {
        return refused::crowded().into_response();
    }
    let changes = !request.method().is_safe();
    let asked = Deed::asked(gate.summary, &named(&mut request).await);
    if let Err(refusal) = gate.check(&caller, &request) {
        // Whoever is known and tries what is not theirs is worth a line.
        if changes && caller.proof != Proof::Nothing {
            gate.record(caller, asked, format!("refused: {refusal}")).await;
        }
        return refusal.into_response();
    }
    let op = match gate.operation(&caller, &request) {
        Ok(op) => op,
        Err(refusal) => return refusal.into_response(),
    };
    request.extensions_mut().insert(caller.clone());
    if let Some(op) = op {
        request.extensions_mut().insert(op);
    }
    let mut response = next.run(request).await;
    if gate.streams {
        let ended = gate.management.until_lessened(caller.clone());
        response = response.map(|body| Body::from_stream(body.into_data_stream().take_until(ended)));
    }
    if gate.records {
        let deed = response.extensions_mut().remove::<Deed>().unwrap_or(asked);
        gate.record(caller, deed, outcome(&response)).await;
    }
    if !changes && gate.management.is_stale().await {
        response.headers_mut().insert(STALE_HEADER, HeaderValue::from_static("true"));
    }
    response
}

impl Gate {
    async fn caller(
        &self,
        entrance: Option<Entrance>,
        credential: Result<Option<Credential>, ApiError>,
        setup: Option<Secret>,
        use_: Use,
    ) -> Result<Caller, ApiError> {
        let address = match entrance {
            Some(Entrance::Local) => return Ok(Caller::local()),
            Some(Entrance::Agent) => return Ok(Caller::agent()),
            Some(Entrance::Console) => "console".to_owned(),
            Some(Entrance::Network(address)) => address.to_string(),
            None => return Err(refused::unauthenticated()),
        };
        if let (Access::Founds(right), Some(secret)) = (self.access, setup) {
            return match self.management.fits_setup(secret).await {
                true => Ok(Caller::founder(address, right)),
                false => Err(refused::unauthenticated()),
            };
        }
        // A stale cookie must not keep anybody from logging in.
        if self.access == Access::Everybody {
            return Ok(Caller::nobody(address));
        }
        match credential? {
            Some(credential) => self.management.authenticate(credential, address, use_).await,
            None => Err(refused::unauthenticated()),
        }
    }

    fn check(&self, caller: &Caller, request: &Request) -> Result<(), ApiError> {
        let (Access::Needs(right) | Access::Founds(right)) = self.access else { return Ok(()) };
        if !caller.may(right) {
            return Err(refused::right_missing(&caller.user, right));
        }
        match &caller.proof {
            // A token must not make what outlives it, nor shut its owner out.
            Proof::ApiToken { .. } if self.in_person => Err(refused::only_in_person()),
            Proof::Session { csrf, .. } if !request.method().is_safe() => check_csrf(csrf, request.headers()),
            _ => Ok(()),
        }
    }

    /// The id of the first change, from the caller's key: as long as the state remembers it, 4,096 changes, a
    /// repetition gets the first outcome.
    fn operation(&self, caller: &Caller, request: &Request) -> Result<Option<ChosenOp>, ApiError> {
        let Some(key) = request.headers().get(IDEMPOTENCY_HEADER) else { return Ok(None) };
        if !self.repeatable || request.method() != Method::POST {
            return Ok(None);
        }
        let visible = key.as_bytes().iter().all(u8::is_ascii_graphic);
        if !(1..=IDEMPOTENCY_BYTES_MAX).contains(&key.len()) || !visible {
            return Err(refused::idempotency_key_bad(IDEMPOTENCY_BYTES_MAX));
        }
        let mut hasher = blake3::Hasher::new_derive_key("gotgan 1 idempotency key");
        for part in [caller.user.as_bytes(), request.uri().path().as_bytes(), key.as_bytes()] {
            hasher.update(&(part.len() as u64).to_le_bytes()).update(part);
        }
        Ok(Some(ChosenOp(hasher.finalize().as_bytes()[..16].try_into().expect("half of it"))))
    }

    async fn record(&self, caller: Caller, deed: Deed, outcome: String) {
        let (user, what) = (caller.user.clone(), deed.what.clone());
        if self.management.record(caller, deed, outcome).await.is_err()
            && let Some(times) = UNRECORDED.say(Instant::now())
        {
            tracing::warn!(user, action = what, times, "could not be written to the audit log");
        }
    }
}

/// What came of it, for the audit log.
fn outcome(response: &Response) -> String {
    match response.extensions().get::<ApiError>() {
        Some(error) if response.status().is_server_error() => format!("failed: {error}"),
        Some(error) => format!("refused: {error}"),
        None if response.status().is_success() => "done".to_owned(),
        None => format!("failed: {}", response.status()),
    }
}

/// What the address names.
async fn named(request: &mut Request) -> Vec<String> {
    let path = request.extract_parts::<RawPathParams>().await;
    let path = path.iter().flatten().map(|(_, value)| value.to_owned()).collect::<Vec<_>>();
    let query = Query::<Vec<(String, String)>>::try_from_uri(request.uri());
    path.into_iter().chain(query.into_iter().flat_map(|Query(pairs)| pairs).map(|(_, value)| value)).collect()
}

/// Where the request came in; what the local socket passes on came in elsewhere.
fn entrance(request: &Request) -> Result<Option<Entrance>, ApiError> {
    let entrance = request.extensions().get::<Entrance>().cloned();
    match (&entrance, request.headers().get(FOR_HEADER)) {
        (Some(Entrance::Local | Entrance::Console), Some(address)) => {
            let address = address.to_str().ok().and_then(|text| text.parse().ok());
            let bad = || refused::forwarded_address_bad(FOR_HEADER);
            Ok(Some(Entrance::Network(address.ok_or_else(bad)?)))
        }
        _ => Ok(entrance),
    }
}

fn check_csrf(expected: &Secret, headers: &HeaderMap) -> Result<(), ApiError> {
    let brought = headers.get(CSRF_HEADER).map(HeaderValue::as_bytes).unwrap_or_default();
    // Hashes compare in the same time wherever they differ.
    if blake3::hash(brought) == blake3::hash(expected.reveal().as_bytes()) {
        return Ok(());
    }
    Err(refused::csrf_wrong(CSRF_HEADER))
}

/// What the setup link brings.
pub(crate) fn setup_secret(headers: &HeaderMap) -> Option<Secret> {
    let text = headers.get(SETUP_HEADER)?.to_str().ok()?;
    (text.len() <= CREDENTIAL_BYTES_MAX).then(|| Secret::new(text))
}

/// What the request brings; a bearer token goes before a cookie.
fn credential(headers: &HeaderMap) -> Result<Option<Credential>, ApiError> {
    if let Some(value) = headers.get(header::AUTHORIZATION) {
        let text = value.to_str().ok().filter(|text| text.len() <= CREDENTIAL_BYTES_MAX);
        let token =
            text.and_then(|text| text.strip_prefix("Bearer ")).ok_or_else(refused::unauthenticated)?;
        return Ok(Some(Credential::ApiToken(Secret::new(token.trim()))));
    }
    let cookies = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let pairs = cookies.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
    let session = pairs.into_iter().find(|(name, _)| *name == SESSION_COOKIE).map(|(_, value)| value);
    let session = session.filter(|value| value.len() <= CREDENTIAL_BYTES_MAX);
    Ok(session.map(|value| Credential::Session(Secret::new(value))))
}
