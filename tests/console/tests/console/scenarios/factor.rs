//! A second factor, with an authenticator of somebody else's.

use crate::browser::Browser;
use crate::failed::{Done, hold};
use crate::site::{PASSWORD, Site, type_login};
use nasd_api::ListUsers;
use std::process::Command;

/// Somebody whom only this scenario knows.
const CAREFUL: &str = "careful";

/// What an authenticator with the key shows, so many seconds from now.
fn code(key: &str, seconds: u32) -> Done<String> {
    let mut authenticator = Command::new("oathtool");
    authenticator.args(["--totp", "--base32", "--now", &format!("+{seconds} seconds"), "-"]);
    let mut running =
        authenticator.stdin(std::process::Stdio::piped()).stdout(std::process::Stdio::piped()).spawn()?;
    std::io::Write::write_all(&mut running.stdin.take().ok_or("it reads")?, key.as_bytes())?;
    let said = running.wait_with_output()?;
    hold(said.status.success(), "oathtool cannot use the key")?;
    Ok(String::from_utf8_lossy(&said.stdout).trim().to_owned())
}

async fn answer(browser: &Browser, code: &str) -> Done {
    browser.fill("code", code).await?;
    browser.submit().await
}

/// Logs in as far as the question for a code.
async fn asked(browser: &Browser) -> Done {
    browser.forget().await?;
    browser.open("/login").await?;
    type_login(browser, CAREFUL).await?;
    browser.expect("The password of careful is right").await
}

pub async fn run(site: &Site) -> Done {
    site.have_user(CAREFUL, "auditor").await?;
    let [first, second] = site.browsers();
    site.log_in(first, CAREFUL).await?;
    first.open("/account").await?;
    first.fill("proof", "not the password").await?;
    first.click("Set up a second factor").await?;
    first.expect("the current password is wrong").await?;
    first.fill("proof", PASSWORD).await?;
    first.click("Set up a second factor").await?;
    let key = first.read("main code.breaks").await?;
    hold(first.has("main svg.qr").await?, "there is no QR code")?;
    answer(first, "000000").await?;
    first.expect("the code does not fit").await?;
    answer(first, &code(&key, 0)?).await?;
    first.expect("The second factor is in force").await?;
    let recovery = first.read("main ul.codes li:first-child code").await?;
    hold(recovery.len() == 21, format!("{recovery:?} is no recovery code"))?;
    first.click("I have kept them").await?;
    first.expect("Remove the second factor").await?;

    asked(first).await?;
    answer(first, "000000").await?;
    first.expect("The code is not right").await?;
    answer(first, &recovery).await?;
    first.expect("Where your data lives").await?;

    // Another node knows of it, too; one that lets this address try more often yet.
    second.use_console(&site.console(2));
    asked(second).await?;
    answer(second, &recovery).await?;
    second.expect("The code is not right").await?;
    // The next one: the one of this half minute may have been used above.
    answer(second, &code(&key, 30)?).await?;
    second.expect("Where your data lives").await?;

    second.open("/account").await?;
    second.fill("proof", "not the password").await?;
    second.click("Remove the second factor").await?;
    second.expect("the current password is wrong").await?;
    second.fill("proof", PASSWORD).await?;
    second.click("Remove the second factor").await?;
    second.expect("Set up a second factor").await?;
    second.use_console(&site.console(1));
    let users = site.root().all::<ListUsers>().await?;
    hold(
        users.iter().any(|user| user.name == CAREFUL && !user.has_second_factor),
        "the factor is still there",
    )
}
