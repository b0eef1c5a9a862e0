//! Sessions that end while somebody works.

use super::volumes::named;
use crate::failed::{Done, hold};
use crate::site::{ADMIN, Site, type_login};
use nasd_api::refusal::Language;
use std::time::Duration;

pub async fn mid_form(site: &Site) -> Done {
    for browser in site.browsers() {
        site.log_in(browser, ADMIN).await?;
        let name = named("kept", browser);
        browser.open("/volumes/-new").await?;
        browser.fill("name", &name).await?;
        browser.fill("bytes", "5 GiB").await?;
        site.end_sessions(ADMIN).await?;
        browser.submit().await?;
        browser.expect("What you typed is kept").await?;
        hold(site.volumes_called(&name).await? == 0, "it was carried out for nobody")?;
        type_login(browser, ADMIN).await?;
        browser.expect("New volume").await?;
        let (kept, limit) = (browser.value("#name").await?, browser.value("#bytes").await?);
        hold(kept == name && limit == "5 GiB", format!("the form has {kept:?} and {limit:?} now"))?;
        hold(site.volumes_called(&name).await? == 0, "it was carried out without being asked again")?;
        browser.submit().await?;
        browser.expect("was made").await?;
    }
    Ok(())
}

pub async fn between_pages(site: &Site) -> Done {
    for browser in site.browsers() {
        site.log_in(browser, ADMIN).await?;
        site.end_sessions(ADMIN).await?;
        browser.open("/exports").await?;
        let path = browser.path().await?;
        hold(path == "/login", format!("{path} was shown to nobody"))?;
        type_login(browser, ADMIN).await?;
        browser.expect("/demo").await?;
        let path = browser.path().await?;
        hold(path == "/exports", format!("the login led to {path}"))?;
    }
    Ok(())
}

pub async fn on_an_open_page(site: &Site) -> Done {
    site.use_first_console();
    let browser = &site.scripted;
    for (language, safe, ended) in [
        (Language::English, "Your data is safe", "Your session has ended"),
        (Language::Korean, "데이터는 안전합니다", "세션이 만료되었습니다"),
    ] {
        site.administers(browser, language).await?;
        browser.open("/").await?;
        browser.expect(safe).await?;
        site.end_sessions(ADMIN).await?;
        browser.expect_within(ended, Duration::from_secs(4)).await?;
        hold(!browser.has(".verdict.ok, .status.ok").await?, "something is green for nobody")?;
    }
    Ok(())
}
