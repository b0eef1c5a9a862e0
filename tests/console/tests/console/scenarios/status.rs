//! "Is all well?" and "how much space?": the dashboard.

use super::volumes::told;
use crate::failed::{Done, hold};
use crate::site::{ADMIN, Site};
use nasd_api::{CreateVolume, Nothing};
use std::time::Duration;
use tokio::time::{Instant, sleep};

pub async fn run(site: &Site) -> Done {
    for (browser, language) in site.readers() {
        site.administers(browser, language).await?;
        browser.effort();
        browser.open("/").await?;
        browser.expect_word("Your data is safe", "데이터는 안전합니다").await?;
        browser.expect_word("free", "여유").await?;
        browser.expect("%)").await?;
        for place in 1..=3 {
            browser.expect(&format!("node{place}")).await?;
        }
        told("Is all well, and how much space is there", browser, browser.effort(), (0, 0))?;
    }
    Ok(())
}

pub async fn nothing(site: &Site) -> Done {
    for browser in site.browsers() {
        browser.open("/volumes/there-is-no-such-volume").await?;
        browser.expect("Not found").await?;
        let status = browser.status().await?;
        hold(status == 404, format!("its status is {status}"))?;
    }
    Ok(())
}

/// Sooner than a page asks by itself.
const TOLD_WITHIN: Duration = Duration::from_secs(4);
/// More than browsers open connections of HTTP/1.1 to one console: each tab keeps a stream open to be told.
const TABS: usize = 8;

pub async fn live(site: &Site) -> Done {
    let browser = &site.scripted;
    site.log_in(browser, ADMIN).await?;
    let first = browser.tab().await?;
    for _ in 0..TABS {
        browser.open_tab().await?;
        browser.open("/volumes").await?;
    }
    // The page asks for itself once after five seconds, and from then on when it is told.
    sleep(Duration::from_secs(6)).await;
    let volume = CreateVolume { name: "made-elsewhere".to_owned(), ..Default::default() };
    site.root().call::<CreateVolume>(Nothing, &volume).await?;
    let made = Instant::now();
    while !browser.says("made-elsewhere").await? {
        hold(made.elapsed() < TOLD_WITHIN, "the page did not show it by itself")?;
        sleep(Duration::from_millis(100)).await;
    }
    browser.only_tab(&first).await
}
