//! Guessing passwords.

use crate::browser::Browser;
use crate::failed::{Done, Failed};
use crate::site::Site;
use std::time::Duration;
use tokio::time::{Instant, sleep};

/// More than an address may try in a minute.
const ATTEMPTS: usize = 12;
/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(20);
const LOOK_EVERY: Duration = Duration::from_millis(50);

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
        if is_refused(browser).await? {
            let status = browser.status().await?;
            return if status == 429 {
                Ok(())
            } else {
                Err(Failed(format!("refused with the status {status}")))
            };
        }
    }
    Err(Failed(format!("{ATTEMPTS} wrong passwords in a row were all looked at")))
}

/// Which of the two answers there is. The page may come between two looks.
async fn is_refused(browser: &Browser) -> Done<bool> {
    let patience = Instant::now() + PATIENCE;
    while Instant::now() < patience {
        if browser.says("Too many attempts").await? {
            return Ok(true);
        }
        if browser.says("The name or the password is wrong").await? {
            return Ok(false);
        }
        sleep(LOOK_EVERY).await;
    }
    Err(Failed("a wrong password has no answer".to_owned()))
}
