//! Who may do what, and who did.

use crate::failed::{Done, Failed, hold};
use crate::site::{ADMIN, AUDITOR, Site};

/// What an auditor may look at.
const PAGES: &[&str] =
    &["/", "/volumes", "/volumes/demo", "/exports", "/nodes", "/users", "/sessions", "/audit"];

pub async fn auditor_changes_nothing(site: &Site) -> Done {
    site.have_user(AUDITOR, "auditor").await?;
    for browser in site.browsers() {
        site.log_in(browser, AUDITOR).await?;
        for page in PAGES {
            browser.open(page).await?;
            let status = browser.status().await?;
            hold(status == 200, format!("{page} is refused with {status}"))?;
            let changes = "main form[method='post'], main .primary, main .danger, main a[href*='/new'], \
                           main a[href*='/delete'], main a[href*='/edit'], main a[href*='/add'], main a[href*='/limits']";
            if browser.has(changes).await? {
                return Err(Failed(format!(
                    "{page} offers the auditor a change:\n{}",
                    browser.text().await?
                )));
            }
        }
    }
    let browser = &site.scripted;
    let crafted: [(&str, &[(&str, &str)]); 4] = [
        ("/volumes/new", &[("name", "sneaky")]),
        ("/exports/new", &[("path", "/sneaky"), ("volume", "demo"), ("network", "0.0.0.0/0")]),
        ("/volumes/demo/delete", &[("typed", "demo")]),
        ("/exports/delete", &[("path", "/demo")]),
    ];
    for (path, fields) in crafted {
        browser.open("/").await?;
        browser.craft(path, fields).await?;
        browser.expect_any(&["You may not do this", "Not allowed"]).await?;
        let status = browser.status().await?;
        hold(status == 403, format!("a crafted {path} is refused with {status}"))?;
    }
    hold(site.volumes_called("sneaky").await? == 0, "the auditor made a volume")?;
    hold(site.volumes_called("demo").await? == 1, "the auditor destroyed a volume")?;
    site.clients_of("/demo").await?;
    hold(site.clients_of("/sneaky").await.is_err(), "the auditor made an export")
}

pub async fn audit_names_them(site: &Site) -> Done {
    for browser in site.browsers() {
        site.log_in(browser, ADMIN).await?;
        browser.open("/audit").await?;
        browser.expect("/contested").await?;
        browser.expect(ADMIN).await?;
        let text = browser.text().await?;
        for said in ["admin2", "auditor", "127.0.0.1"] {
            hold(text.contains(said), format!("the audit log does not name {said}:\n{text}"))?;
        }
    }
    Ok(())
}
