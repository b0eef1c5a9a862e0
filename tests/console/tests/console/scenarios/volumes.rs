//! Volumes: made, made twice, deleted.

use crate::browser::{Browser, Script};
use crate::failed::{Done, hold};
use crate::site::{ADMIN, Site};
use nasd_api::{CreateVolume, Nothing};

/// A name of its own for each browser.
pub fn named(stem: &str, browser: &Browser) -> String {
    format!("{stem}-{}", if browser.script == Script::On { "scripted" } else { "plain" })
}

/// A volume and its export, from any page.
pub async fn make_shared(browser: &Browser, name: &str) -> Done {
    browser.click_section("Volumes").await?;
    browser.click("New volume").await?;
    browser.fill("name", name).await?;
    browser.fill("network", "127.0.0.0/8").await?;
    // The client's root is squashed, and writes all the same: whoever may mount may write.
    // But nfs-cp does not run as root everywhere.
    browser.tick("insecure").await?;
    browser.submit().await?;
    browser.expect("is shared over NFS").await
}

pub async fn made_and_shared(site: &Site) -> Done {
    for browser in site.browsers() {
        site.log_in(browser, ADMIN).await?;
        browser.open("/").await?;
        browser.effort();
        let name = named("shared", browser);
        make_shared(browser, &name).await?;
        let (clicks, fields) = browser.effort();
        println!(
            "     New volume and share ({:?} script): {clicks} clicks, {fields} fields.",
            browser.script
        );
        site.write_through_nfs(&format!("/{name}"))?;
    }
    Ok(())
}

pub async fn made_once(site: &Site) -> Done {
    for browser in site.browsers() {
        site.log_in(browser, ADMIN).await?;
        let name = named("twice", browser);
        browser.open("/volumes/-new").await?;
        browser.fill("name", &name).await?;
        browser.submit_twice().await?;
        browser.expect("was made").await?;
        hold(site.volumes_called(&name).await? == 1, "there are two")?;
        // The form itself, sent again by "back" and the button.
        browser.back().await?;
        browser.fill("name", &name).await?;
        browser.submit().await?;
        browser.expect_any(&["was made", "This name is taken", "exists"]).await?;
        hold(site.volumes_called(&name).await? == 1, "there are two")?;
    }
    Ok(())
}

pub async fn back_after_delete(site: &Site) -> Done {
    for browser in site.browsers() {
        site.log_in(browser, ADMIN).await?;
        let name = named("gone", browser);
        let request = CreateVolume { name: name.clone(), ..Default::default() };
        site.root().call::<CreateVolume>(Nothing, &request).await?;
        browser.open("/volumes").await?;
        browser.expect_reloading(&[&name]).await?;
        browser.effort();
        browser.follow(&format!("/volumes/{name}")).await?;
        browser.click("Delete").await?;
        browser.fill("typed", &name).await?;
        browser.submit().await?;
        browser.expect("are gone").await?;
        let (clicks, fields) = browser.effort();
        println!("     Delete a volume ({:?} script): {clicks} clicks, {fields} fields.", browser.script);
        browser.back().await?;
        if browser.has("main [name='typed']").await? {
            browser.fill("typed", &name).await?;
            browser.submit().await?;
        }
        browser.expect("What you asked for is not here").await?;
        browser.open(&format!("/volumes/{name}")).await?;
        browser.expect("What you asked for is not here").await?;
        let status = browser.status().await?;
        hold(status == 404, format!("the status of a dead volume is {status}"))?;
    }
    Ok(())
}

pub async fn back_to_refused(site: &Site) -> Done {
    for browser in site.browsers() {
        site.log_in(browser, ADMIN).await?;
        browser.open("/volumes/-new").await?;
        browser.fill("name", "No Such Name").await?;
        browser.fill("bytes", "5 GiB").await?;
        browser.submit().await?;
        browser.expect("Please check the marked fields").await?;
        browser.click_section("Exports").await?;
        browser.expect("/demo").await?;
        browser.back().await?;
        browser.expect("Please check the marked fields").await?;
        let (name, limit) = (browser.value("#name").await?, browser.value("#bytes").await?);
        hold(name == "No Such Name" && limit == "5 GiB", format!("the form has {name:?} and {limit:?} now"))?;
        let name = named("back", browser);
        browser.fill("name", &name).await?;
        browser.submit().await?;
        browser.expect("was made").await?;
    }
    Ok(())
}
