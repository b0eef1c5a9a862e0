//! "Is all well?" and "how much space?": the dashboard.

use crate::failed::{Done, hold};
use crate::site::{ADMIN, Site};

pub async fn run(site: &Site) -> Done {
    for browser in site.browsers() {
        site.log_in(browser, ADMIN).await?;
        browser.effort();
        browser.open("/").await?;
        browser.expect("Your data is safe").await?;
        browser.expect("free").await?;
        browser.expect("%)").await?;
        for place in 1..=3 {
            browser.expect(&format!("node{place}")).await?;
        }
        hold(browser.effort() == (0, 0), "the dashboard needed clicks")?;
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
