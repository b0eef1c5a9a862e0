//! Every page as it looks: light and dark, on a telephone and on a desk; axe-core has nothing serious to say.

use super::alerts::{FULL, full};
use crate::axe;
use crate::browser::{Browser, code};
use crate::failed::{Done, hold};
use crate::site::{AUDITOR, SECOND, Site};
use nasd_api::refusal::Language;
use nasd_api::{
    ChannelAt, CreateChannel, CreateGroup, CreateSnmpCommunity, CreateSnmpUser, CreateSnmpView,
    CreateSupportBundle, ListDisks, Nothing, Operation, StartDiagnosis, StartTask, TestChannel,
    percent_encoded,
};
use serde_json::{from_value, json};
use std::fmt::Write;

/// For those who are not logged in; the setup wizard is looked at by its own scenarios.
const OPEN_PAGES: &[&str] = &["/login", "/recovery"];
/// Routes that are no pages, or have a scenario of their own.
const NO_PAGES: &[&str] =
    &["/assets/{name}", "/audit.csv", "/diagnostics/bundle/{id}", "/language/{code}", "/news", "/setup"];
const PAGES: &[&str] = &[
    "/",
    "/volumes",
    "/volumes/-new",
    "/volumes/demo",
    "/volumes/demo/limits",
    "/volumes/demo/description",
    "/volumes/demo/root",
    "/volumes/demo/delete",
    "/exports",
    "/exports?client=10.0.0.7",
    "/exports/new",
    "/exports/edit?path=%2Fdemo",
    "/exports/delete?path=%2Fdemo",
    "/exports/refused",
    "/nodes",
    "/nodes/-add",
    "/nodes/1",
    "/disks",
    "/clients",
    "/clients/127.0.0.1",
    "/events",
    "/performance",
    "/performance?volume=demo",
    "/performance/slow",
    "/performance/slow?volume=demo",
    "/tasks",
    "/tasks/1",
    "/diagnostics",
    "/diagnostics/bundle",
    "/alerts",
    "/past-alerts",
    "/channels",
    "/channels/-new",
    "/channels/-new?kind=email",
    "/channels/-new?kind=webhook",
    "/channels/-new?kind=snmp",
    "/channels/seen",
    "/channels/seen/delete",
    "/deliveries",
    "/snmp",
    "/snmp/contact",
    "/snmp/users/-new",
    "/snmp/users/seen",
    "/snmp/users/seen/delete",
    "/snmp/communities/-new",
    "/snmp/communities/seen",
    "/snmp/communities/seen/delete",
    "/snmp/views/-new",
    "/snmp/views/all",
    "/snmp/views/seen",
    "/snmp/views/seen/delete",
    "/users",
    "/users/-new",
    "/users/admin2",
    "/users/admin2/delete",
    "/groups",
    "/groups/-new",
    "/groups/helpers",
    "/groups/helpers/delete",
    "/sessions",
    "/account",
    "/audit",
    "/audit/verify",
    "/settings",
    "/settings/cluster",
    "/settings/certificate",
    "/settings/certificate/reset",
    "/help",
    "/help/api",
    "/recovery",
];
const MISSING: &str = "/there-is-no-such-page";
/// Widths and schemes. A desk at 200 % shows as much as one of 720 px.
const ENGLISH: &[(u32, &str)] =
    &[(390, "light"), (390, "dark"), (1440, "light"), (1440, "dark"), (720, "light")];
const KOREAN: &[(u32, &str)] = &[(390, "light"), (1440, "light"), (720, "light")];
/// For people who look at all pictures themselves: `GOTGAN_CONSOLE_LOOKS=all`. Each costs as much as the test of it.
const ALL: &str = "GOTGAN_CONSOLE_LOOKS";

fn looks(language: Language) -> &'static [(u32, &'static str)] {
    match language {
        Language::Korean if std::env::var_os(ALL).is_none() => KOREAN,
        _ => ENGLISH,
    }
}

pub async fn run(site: &Site) -> Done {
    let mut complaints = String::new();
    let browser = &site.scripted;
    browser.forget().await?;
    for page in OPEN_PAGES {
        complaints += &look(site, browser, page, &format!("open-{}", &page[1..]), 200).await?;
    }
    browser.look_plain().await?;
    let pages = with_everything(site).await?;
    for route in nas_web::table().iter().filter(|route| route.method == "GET") {
        let mut seen = pages.iter().map(|(page, _)| page.as_str()).chain(OPEN_PAGES.iter().copied());
        let is_seen = seen.any(|page| leads_to(page, route.path));
        if !is_seen && !NO_PAGES.contains(&route.path) {
            let _ = writeln!(complaints, "nobody looks at {}: add it to the list of pages", route.path);
        }
    }
    for language in [Language::English, Language::Korean] {
        site.administers(browser, language).await?;
        for (page, name) in &pages {
            complaints += &look(site, browser, page, name, 200).await?;
        }
        complaints += &look(site, browser, MISSING, "missing", 404).await?;
    }
    browser.look_plain().await?;
    hold(complaints.is_empty(), complaints)
}

/// Whether the address is one of the route's.
fn leads_to(page: &str, route: &str) -> bool {
    let path = page.split('?').next().unwrap_or_default();
    let (parts, places): (Vec<&str>, Vec<&str>) = (path.split('/').collect(), route.split('/').collect());
    let fits =
        |(part, place): (&&str, &&str)| part == place || (place.starts_with('{') && !part.starts_with('-'));
    parts.len() == places.len() && parts.iter().zip(&places).all(fits)
}

/// Makes something of everything; every page with the name of its pictures.
async fn with_everything(site: &Site) -> Done<Vec<(String, String)>> {
    site.have_user(SECOND, "administrator").await?;
    site.have_user(AUDITOR, "auditor").await?;
    let helpers =
        json!({ "name": "helpers", "role": "share_owner", "owned": ["demo"], "members": [AUDITOR, SECOND] });
    make::<CreateGroup>(site, from_value(helpers)?).await?;
    make::<StartTask>(site, from_value(json!({ "kind": "verify_data" }))?).await?;
    let target = json!({ "syslog": { "server": "127.0.0.1:1", "protection": "none" } });
    make::<CreateChannel>(site, from_value(json!({ "name": "seen", "plan": { "target": target } }))?).await?;
    site.root().ask::<TestChannel>(ChannelAt::new("seen")).await?;
    let sources = ["192.0.2.0/24", "2001:db8::/32"];
    make::<CreateSnmpView>(site, from_value(json!({ "name": "seen", "included": ["1.3.6.1.2.1"] }))?).await?;
    let community = json!({ "name": "seen", "community": "sent-in-clear", "sources": sources });
    make::<CreateSnmpCommunity>(site, from_value(community)?).await?;
    let passphrases = json!({ "auth_passphrase": "to sign with", "privacy_passphrase": "to seal with" });
    let user = json!({ "name": "seen", "passphrases": passphrases, "sources": sources });
    make::<CreateSnmpUser>(site, from_value(user)?).await?;
    make::<CreateSupportBundle>(site, Nothing).await?;
    make::<StartDiagnosis>(site, from_value(json!({ "checks": ["certificate"] }))?).await?;
    let alert = full(site).await?;
    let disks = site.root().all::<ListDisks>().await?;
    let disk = disks.first().ok_or("no disk is known")?;
    let disk = format!("/disks/{}/{}", disk.node_name, percent_encoded(&disk.path));
    let name = |page: &str| page.replace(|c: char| !c.is_alphanumeric(), "-");
    let mut pages: Vec<_> =
        PAGES.iter().map(|page| ((*page).to_owned(), format!("member{}", name(page)))).collect();
    pages.push((disk, "member-disk".to_owned()));
    pages.push((format!("/alerts/{alert}"), "member-alert".to_owned()));
    pages.push((format!("/volumes/{FULL}"), "member-volume-full".to_owned()));
    Ok(pages)
}

async fn make<O: Operation<At = Nothing>>(site: &Site, request: O::Body) -> Done {
    site.root().call::<O>(Nothing, &request).await?;
    Ok(())
}

async fn look(site: &Site, browser: &Browser, page: &str, name: &str, wanted: u64) -> Done<String> {
    browser.open(page).await?;
    let status = browser.status().await?;
    if status != wanted {
        return Ok(format!("{page}: its status is {status}\n"));
    }
    of_shown(site, browser, name).await
}

/// What of the page is cut off: wider than the window, or a choice than its field.
const CUT_OFF: &str = "
    const wide = document.documentElement.scrollWidth - innerWidth;
    const cut = [...document.querySelectorAll('select')].filter((field) => {
        const has = field.offsetWidth, whole = field.cloneNode(true);
        whole.style.width = 'max-content';
        field.after(whole);
        const is = whole.offsetWidth > has;
        whole.remove();
        return is;
    });
    return (wide > 0 ? [`${wide} px too wide`] : []).concat(cut.map((field) => `${field.name} is cut off`)).join(', ');";

/// Looks at the page that is shown: keeps its pictures, returns the complaints.
pub async fn of_shown(site: &Site, browser: &Browser, name: &str) -> Done<String> {
    let (mut complaints, language) = (String::new(), code(browser.language()));
    for (width, scheme) in looks(browser.language()) {
        let shown = format!("{name} at {width} px, {scheme}, {language}");
        browser.look(scheme, *width).await?;
        let found = axe::complaints(browser).await?;
        if !found.is_empty() {
            let _ = write!(complaints, "{shown}:\n{found}");
        }
        let cut = browser.run(CUT_OFF, Vec::new()).await?;
        if cut != "" {
            let _ = writeln!(complaints, "{shown}: {cut}");
        }
        browser.picture(&site.pictures.join(format!("{name}-{width}-{scheme}-{language}.png"))).await?;
    }
    Ok(complaints)
}
