//! Lists: sorted, filtered and in pages, while they keep themselves current.

use super::volumes::named;
use crate::browser::{Browser, Script};
use crate::failed::{Done, hold};
use crate::site::Site;
use nasd_api::{CreateVolume, Nothing};

/// The names of the rows, as links.
const NAMES: &str = "main table tbody th a";

pub async fn run(site: &Site) -> Done {
    for (browser, language) in site.readers() {
        site.administers(browser, language).await?;
        stays_sorted_and_filtered(site, browser).await?;
        has_pages(site, browser).await?;
    }
    Ok(())
}

async fn make(site: &Site, name: &str) -> Done {
    let volume = CreateVolume { name: name.to_owned(), ..Default::default() };
    site.root().call::<CreateVolume>(Nothing, &volume).await?;
    Ok(())
}

async fn stays_sorted_and_filtered(site: &Site, browser: &Browser) -> Done {
    let [a, b, c] = ["a", "b", "c"].map(|letter| named(&format!("row-{letter}"), browser));
    make(site, &a).await?;
    make(site, &b).await?;
    browser.open("/volumes").await?;
    browser.expect_reloading(&[&b]).await?;
    let filter = &named("", browser);
    browser.fill("filter", filter).await?;
    browser.click_on("main form[role='search'] button").await?;
    browser.expect_word("match.", "일치").await?;
    browser.click_on("main th[aria-sort] a").await?;
    browser.click_on("main th[aria-sort='descending'] a").await?;
    browser.click_on("main th[aria-sort='ascending'] a").await?;
    hold(browser.has("main th[aria-sort='descending']").await?, "it is not sorted downwards")?;
    make(site, &c).await?;
    match browser.script {
        // By itself.
        Script::On => browser.expect(&c).await?,
        Script::Off => browser.expect_reloading(&[&c]).await?,
    }
    let rows = browser.all(NAMES).await?;
    let sorted = rows.is_sorted_by(|one, next| one >= next);
    let filtered = rows.iter().all(|name| name.contains(filter));
    hold(sorted && filtered && rows.contains(&a), format!("the rows are {rows:?}"))
}

async fn has_pages(site: &Site, browser: &Browser) -> Done {
    browser.open("/audit?ending=done").await?;
    if !browser.has("main a[rel='next']").await? {
        site.be_busy().await?;
        browser.reload().await?;
    }
    let first = browser.all("main table tbody tr").await?;
    browser.click_on("main a[rel='next']").await?;
    browser.expect("51–").await?;
    let second = browser.all("main table tbody tr").await?;
    hold(first.len() == 50 && !second.is_empty() && first != second, "the second page is like the first")?;
    let kept = browser.value("#ending").await?;
    hold(kept == "done", format!("the filter is {kept:?} on the second page"))?;
    browser.click_on("main a[rel='prev']").await?;
    browser.expect("1–50").await?;
    let again = browser.all("main table tbody tr").await?;
    hold(again.len() == 50 && again != second, "the way back leads nowhere")
}
