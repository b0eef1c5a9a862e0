//! Guessing passwords.

use crate::browser::Browser;
use crate::failed::{Done, Failed};
use crate::site::Site;

/// More than an address may try in a minute.
const ATTEMPTS: usize = 12;

pub async fn run(site: &Site) -> Done {
    let browser = &site.plain;
    // Nobody else logs in at the third node: its count of attempts is this scenario's.
    browser.use_console(&site.console(2));
    let outcome = guess(browser).await;
    browser.use_console(&site.console(0));
    outcome
}

async fn guess(browser: &Browser) -> Done {
    browser.forget().await?;
    browser.open("/login").await?;
    for _ in 0..ATTEMPTS {
        browser.fill("user", "somebody").await?;
        browser.fill("password", "a wrong guess").await?;
        browser.submit().await?;
        if browser.says("Too many attempts").await? {
            let status = browser.status().await?;
            return if status == 429 {
                Ok(())
            } else {
                Err(Failed(format!("refused with the status {status}")))
            };
        }
        browser.expect("The name or the password is wrong").await?;
    }
    Err(Failed(format!("{ATTEMPTS} wrong passwords in a row were all looked at")))
}
