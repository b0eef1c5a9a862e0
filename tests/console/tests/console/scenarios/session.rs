//! Sessions that end while somebody works.

use crate::failed::{Done, hold};
use crate::site::{ADMIN, Site, type_login};

pub async fn run(site: &Site) -> Done {
    for browser in site.browsers() {
        site.log_in(browser, ADMIN).await?;
        site.end_sessions(ADMIN).await?;
        browser.open("/?from=here").await?;
        hold(browser.path().await? == "/login", "a page was shown to nobody")?;
        type_login(browser, ADMIN).await?;
        browser.expect("Your data is safe").await?;
    }
    Ok(())
}
