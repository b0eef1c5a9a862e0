//! Who may do what, and who did.

use crate::failed::{Done, Failed, hold};
use crate::site::{ADMIN, AUDITOR, Site};
use nasd_api::{DeleteGroup, GroupAt};

/// What an auditor may look at.
const PAGES: &[&str] = &[
    "/",
    "/volumes",
    "/volumes/demo",
    "/exports",
    "/nodes",
    "/users",
    "/groups",
    "/sessions",
    "/settings",
    "/audit",
];

pub async fn auditor_changes_nothing(site: &Site) -> Done {
    site.have_user(AUDITOR, "auditor").await?;
    for browser in site.browsers() {
        site.log_in(browser, AUDITOR).await?;
        for page in PAGES {
            browser.open(page).await?;
            let status = browser.status().await?;
            hold(status == 200, format!("{page} is refused with {status}"))?;
            let changes = "main form[method='post'], main .primary, main .danger, main a[href*='/new'], main a[href*='/-new'], \
                           main a[href*='/delete'], main a[href*='/edit'], main a[href*='/-add'], main a[href*='/limits']";
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
        ("/volumes/-new", &[("name", "sneaky")]),
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

/// Whom only the next scenario knows.
const MEMBER: &str = "night";

pub async fn group_gives_a_role(site: &Site) -> Done {
    for browser in site.browsers() {
        // Whoever owns no volume decides about no export.
        site.have_user(MEMBER, "share_owner").await?;
        site.log_in(browser, ADMIN).await?;
        browser.open("/groups").await?;
        browser.expect("No groups yet").await?;
        browser.click("New group").await?;
        browser.fill("name", "on-call").await?;
        browser.fill("members", "night, nobody-here").await?;
        browser.submit().await?;
        browser.expect("there is no user nobody-here").await?;
        let kept = browser.value("#members").await?;
        hold(kept == "night, nobody-here", format!("{kept:?} is left of what was typed"))?;
        browser.fill("members", MEMBER).await?;
        browser.submit().await?;
        browser.expect("Group on-call was made").await?;

        site.log_in(browser, MEMBER).await?;
        browser.open("/volumes").await?;
        hold(
            browser.has("main a[href='/volumes/-new']").await?,
            "the group's operator cannot make a volume",
        )?;
        site.root().ask::<DeleteGroup>(GroupAt::new("on-call")).await?;
        browser.reload().await?;
        hold(!browser.has("main a[href='/volumes/-new']").await?, "a former operator still can")?;
    }
    Ok(())
}

pub async fn audit_names_them(site: &Site) -> Done {
    for (browser, language) in site.readers() {
        site.administers(browser, language).await?;
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
