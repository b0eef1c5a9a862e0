//! From nothing to a file on a share.

use super::{looks, volumes};
use crate::browser::Browser;
use crate::failed::{Done, Failed, hold};
use crate::site::{ADMIN, PASSWORD, Site};
use nasd_api::refusal::Language;

pub async fn run(site: &Site) -> Done {
    let browser = &site.scripted;
    let link = site.cluster.ready.setup_link.as_ref().ok_or("the demo gave no setup link")?;
    browser.open(link).await?;
    let mut complaints = String::new();
    for language in [Language::English, Language::Korean] {
        browser.read_in(language).await?;
        browser.open("/setup").await?;
        complaints += &looks::of_shown(site, browser, "open-setup").await?;
        browser.look_plain().await?;
        type_administrator(browser, "not the same at all").await?;
        browser.expect_word("The two passwords are not the same", "두 비밀번호가 일치하지 않습니다").await?;
        let kept = browser.value("#name").await?;
        hold(kept == ADMIN, format!("the form has {kept:?} now"))?;
    }
    // The last one reads Korean.
    browser.effort();
    type_administrator(browser, PASSWORD).await?;
    browser.expect("데이터는 안전합니다").await?;
    volumes::make_shared(browser, "projects").await?;
    volumes::told("From the setup link to a file on a share", browser, browser.effort(), (4, 6))?;
    site.write_through_nfs("/projects")?;
    if complaints.is_empty() { Ok(()) } else { Err(Failed(complaints)) }
}

async fn type_administrator(browser: &Browser, again: &str) -> Done {
    browser.fill("name", ADMIN).await?;
    browser.fill("password", PASSWORD).await?;
    browser.fill("again", again).await?;
    browser.submit().await
}
