//! Every page as it looks: light and dark, on a telephone and on a desk; axe-core has nothing serious to say.

use crate::axe;
use crate::browser::Browser;
use crate::failed::{Done, hold};
use crate::site::{ADMIN, AUDITOR, SECOND, Site};
use nasd_api::{CreateGroup, ListDisks, Nothing, percent_encoded};
use std::fmt::Write;

/// For those who are not logged in; the setup wizard is looked at by its own scenario.
const OPEN_PAGES: &[&str] = &["/login", "/recovery"];
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
    "/tasks",
    "/diagnostics",
    "/diagnostics/bundle",
    "/alerts",
    "/channels",
    "/channels/-new",
    "/channels/-new?kind=email",
    "/deliveries",
    "/snmp",
    "/snmp/contact",
    "/snmp/users/-new",
    "/snmp/communities/-new",
    "/snmp/views/-new",
    "/snmp/views/all",
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
/// Language, width and scheme. A desk at 200 % shows as much as one of 720 px.
const LOOKS: [(&str, &[(u32, &str)]); 2] = [
    ("en", &[(390, "light"), (390, "dark"), (1440, "light"), (1440, "dark"), (720, "light")]),
    ("ko", &[(390, "light"), (1440, "light"), (720, "light")]),
];

pub async fn run(site: &Site) -> Done {
    let mut complaints = String::new();
    let browser = &site.scripted;
    browser.forget().await?;
    for page in OPEN_PAGES {
        complaints += &look(site, browser, page, "open", 200, "en").await?;
    }
    browser.look_plain().await?;
    site.have_user(SECOND, "administrator").await?;
    site.have_user(AUDITOR, "auditor").await?;
    site.log_in(browser, ADMIN).await?;
    let (name, role) = ("helpers".to_owned(), "share_owner".parse().map_err(|_| "it is a role")?);
    let (owned, members) = (vec!["demo".to_owned()], vec![AUDITOR.to_owned(), SECOND.to_owned()]);
    site.root().call::<CreateGroup>(Nothing, &CreateGroup { name, role, owned, members }).await?;
    browser.open("/").await?;
    for section in browser.sections().await? {
        if !PAGES.contains(&section.as_str()) {
            let _ = writeln!(complaints, "nobody looks at {section}: add it to the list of pages");
        }
    }
    let disks = site.root().all::<ListDisks>().await?;
    let disk = disks.first().ok_or("no disk is known")?;
    let disk = format!("/disks/{}/{}", disk.node_name, percent_encoded(&disk.path));
    let pages: Vec<&str> = PAGES.iter().copied().chain([&*disk]).collect();
    for (language, _) in LOOKS {
        browser.open(&format!("/language/{language}?to=/")).await?;
        for page in &pages {
            complaints += &look(site, browser, page, "member", 200, language).await?;
        }
        complaints += &look(site, browser, MISSING, "member", 404, language).await?;
    }
    browser.open("/language/en?to=/").await?;
    browser.look_plain().await?;
    hold(complaints.is_empty(), complaints)
}

async fn look(
    site: &Site,
    browser: &Browser,
    page: &str,
    who: &str,
    wanted: u64,
    language: &str,
) -> Done<String> {
    browser.open(page).await?;
    let status = browser.status().await?;
    if status != wanted {
        return Ok(format!("{page}: its status is {status}\n"));
    }
    let name = page.split('?').next().unwrap_or_default().replace(|c: char| !c.is_alphanumeric(), "-");
    in_language(site, browser, &format!("{who}{name}"), language).await
}

/// Looks at the page that is shown, in English: keeps its pictures, returns the complaints.
pub async fn of_shown(site: &Site, browser: &Browser, name: &str) -> Done<String> {
    in_language(site, browser, name, "en").await
}

async fn in_language(site: &Site, browser: &Browser, name: &str, language: &str) -> Done<String> {
    let mut complaints = String::new();
    let looks = LOOKS.iter().filter(|(of, _)| *of == language).flat_map(|(_, looks)| *looks);
    for (width, scheme) in looks {
        let shown = format!("{name} at {width} px, {scheme}, {language}");
        browser.look(scheme, *width).await?;
        let found = axe::complaints(browser).await?;
        if !found.is_empty() {
            let _ = write!(complaints, "{shown}:\n{found}");
        }
        let beyond =
            browser.run("return document.documentElement.scrollWidth - innerWidth", Vec::new()).await?;
        if beyond.as_i64().unwrap_or_default() > 0 {
            let _ = writeln!(complaints, "{shown}: {beyond} px too wide");
        }
        browser.picture(&site.pictures.join(format!("{name}-{width}-{scheme}-{language}.png"))).await?;
    }
    Ok(complaints)
}
