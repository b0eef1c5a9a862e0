//! Every page as it looks: light and dark, on a telephone and on a desk; axe-core has nothing serious to say.

use crate::axe;
use crate::browser::Browser;
use crate::failed::{Done, hold};
use crate::site::{ADMIN, Site};
use std::fmt::Write;

/// For those who are not logged in.
const OPEN_PAGES: &[&str] = &["/login", "/recovery"];
const PAGES: &[&str] = &["/", "/recovery", "/there-is-no-such-page"];
const SCHEMES: [&str; 2] = ["light", "dark"];
const WIDTHS: [u32; 2] = [390, 1440];

pub async fn run(site: &Site) -> Done {
    let mut complaints = String::new();
    let browser = &site.scripted;
    browser.forget().await?;
    for page in OPEN_PAGES {
        look(site, browser, page, "open", &mut complaints).await?;
    }
    browser.look_plain().await?;
    site.log_in(browser, ADMIN).await?;
    for page in PAGES {
        look(site, browser, page, "member", &mut complaints).await?;
    }
    browser.look_plain().await?;
    hold(complaints.is_empty(), complaints)
}

async fn look(site: &Site, browser: &Browser, page: &str, who: &str, complaints: &mut String) -> Done {
    browser.open(page).await?;
    let name = page.replace(|c: char| !c.is_alphanumeric(), "-");
    for width in WIDTHS {
        for scheme in SCHEMES {
            browser.look(scheme, width).await?;
            let found = axe::complaints(browser).await?;
            if !found.is_empty() {
                let _ = write!(complaints, "{page} at {width} px, {scheme}:\n{found}");
            }
            let overflow =
                browser.run("return document.documentElement.scrollWidth - innerWidth", Vec::new()).await?;
            if overflow.as_i64().unwrap_or_default() > 0 {
                let _ = writeln!(complaints, "{page} at {width} px, {scheme}: {overflow} px too wide");
            }
            browser.picture(&site.pictures.join(format!("{who}{name}-{width}-{scheme}.png"))).await?;
        }
    }
    Ok(())
}
