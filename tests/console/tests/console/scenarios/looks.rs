//! Every page as it looks: light and dark, on a telephone and on a desk; axe-core has nothing serious to say.

use crate::axe;
use crate::browser::Browser;
use crate::failed::{Done, hold};
use crate::site::{ADMIN, AUDITOR, SECOND, Site};
use nasd_api::{CreateGroup, Nothing};
use std::fmt::Write;

/// For those who are not logged in; the setup wizard is looked at by its own scenario.
const OPEN_PAGES: &[&str] = &["/login", "/recovery"];
const PAGES: &[&str] = &[
    "/",
    "/volumes",
    "/volumes/new",
    "/volumes/demo",
    "/volumes/demo/limits",
    "/volumes/demo/description",
    "/volumes/demo/delete",
    "/exports",
    "/exports/new",
    "/exports/edit?path=%2Fdemo",
    "/exports/delete?path=%2Fdemo",
    "/nodes",
    "/nodes/add",
    "/nodes/1",
    "/disks",
    "/clients",
    "/events",
    "/performance",
    "/performance?volume=demo",
    "/tasks",
    "/users",
    "/users/new",
    "/users/admin2",
    "/users/admin2/delete",
    "/groups",
    "/groups/new",
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
const SCHEMES: [&str; 2] = ["light", "dark"];
const WIDTHS: [u32; 2] = [390, 1440];

pub async fn run(site: &Site) -> Done {
    let mut complaints = String::new();
    let browser = &site.scripted;
    browser.forget().await?;
    for page in OPEN_PAGES {
        complaints += &look(site, browser, page, "open", 200).await?;
    }
    browser.look_plain().await?;
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
    for page in PAGES {
        complaints += &look(site, browser, page, "member", 200).await?;
    }
    complaints += &look(site, browser, MISSING, "member", 404).await?;
    browser.look_plain().await?;
    hold(complaints.is_empty(), complaints)
}

async fn look(site: &Site, browser: &Browser, page: &str, who: &str, wanted: u64) -> Done<String> {
    browser.open(page).await?;
    let status = browser.status().await?;
    if status != wanted {
        return Ok(format!("{page}: its status is {status}\n"));
    }
    let name = page.split('?').next().unwrap_or_default().replace(|c: char| !c.is_alphanumeric(), "-");
    of_shown(site, browser, &format!("{who}{name}")).await
}

/// Looks at the page that is shown: keeps its pictures, returns the complaints.
pub async fn of_shown(site: &Site, browser: &Browser, name: &str) -> Done<String> {
    let mut complaints = String::new();
    for width in WIDTHS {
        for scheme in SCHEMES {
            browser.look(scheme, width).await?;
            let found = axe::complaints(browser).await?;
            if !found.is_empty() {
                let _ = write!(complaints, "{name} at {width} px, {scheme}:\n{found}");
            }
            let beyond =
                browser.run("return document.documentElement.scrollWidth - innerWidth", Vec::new()).await?;
            if beyond.as_i64().unwrap_or_default() > 0 {
                let _ = writeln!(complaints, "{name} at {width} px, {scheme}: {beyond} px too wide");
            }
            browser.picture(&site.pictures.join(format!("{name}-{width}-{scheme}.png"))).await?;
        }
    }
    Ok(complaints)
}
