//! Exports: whose access is fixed, and by two at once.

use super::volumes::named;
use crate::failed::{Done, hold};
use crate::site::{ADMIN, SECOND, Site};

pub async fn access_is_fixed(site: &Site) -> Done {
    for browser in site.browsers() {
        let path = format!("/{}", named("access", browser));
        // Somebody wrote the office's network wrong.
        site.have_export(&path, &["192.0.2.0/24:rw"]).await?;
        hold(site.write_through_nfs(&path).is_err(), "the export was open already")?;
        site.log_in(browser, ADMIN).await?;
        browser.open("/").await?;
        browser.effort();
        browser.click_section("Exports").await?;
        browser.follow(&format!("/exports/edit?path=%2F{}", &path[1..])).await?;
        browser.click("Add").await?;
        browser.fill_field("#network-1", "127.0.0.1").await?;
        browser.submit().await?;
        browser.expect(&format!("The export {path} was changed")).await?;
        let (clicks, fields) = browser.effort();
        println!(
            "     Fix someone's access ({:?} script): {clicks} clicks, {fields} fields.",
            browser.script
        );
        let clients = site.clients_of(&path).await?;
        hold(clients.len() == 2 && clients[1].starts_with("127.0.0.1"), format!("clients are {clients:?}"))?;
        site.read_through_nfs(&path)?;
    }
    Ok(())
}

pub async fn two_at_once(site: &Site) -> Done {
    site.have_user(SECOND, "administrator").await?;
    site.have_export("/contested", &["192.0.2.0/24:rw"]).await?;
    let [first, second] = site.browsers();
    site.log_in(first, ADMIN).await?;
    site.log_in(second, SECOND).await?;
    for (browser, client) in [(first, "198.51.100.1"), (second, "203.0.113.2")] {
        browser.open("/exports/edit?path=%2Fcontested").await?;
        browser.click("Add").await?;
        browser.fill_field("#network-1", client).await?;
    }
    first.submit().await?;
    first.expect("The export /contested was changed").await?;
    second.submit().await?;
    second.expect("Somebody else changed this").await?;
    let status = second.status().await?;
    hold(status == 412, format!("the status of the conflict is {status}"))?;
    second.expect("198.51.100.1").await?;
    let kept = second.value("#network-1").await?;
    hold(kept == "203.0.113.2", format!("the second one's client is {kept:?} now"))?;
    let clients = site.clients_of("/contested").await?;
    hold(clients.iter().any(|rule| rule.starts_with("198.51.100.1")), format!("clients are {clients:?}"))?;
    // Both sides were seen: the second one's wish is carried out.
    second.submit().await?;
    second.expect("The export /contested was changed").await?;
    let clients = site.clients_of("/contested").await?;
    hold(clients.iter().any(|rule| rule.starts_with("203.0.113.2")), format!("clients are {clients:?}"))
}
