//! From nothing to a file on a share.

use super::{looks, volumes};
use crate::failed::{Done, Failed};
use crate::site::{ADMIN, PASSWORD, Site};

pub async fn run(site: &Site) -> Done {
    let browser = &site.scripted;
    let link = site.cluster.ready.setup_link.as_ref().ok_or("the demo gave no setup link")?;
    browser.open(link).await?;
    let complaints = looks::of_shown(site, browser, "open-setup").await?;
    browser.look_plain().await?;
    browser.effort();
    browser.fill("name", ADMIN).await?;
    browser.fill("password", PASSWORD).await?;
    browser.fill("again", PASSWORD).await?;
    browser.submit().await?;
    browser.expect("Your data is safe").await?;
    volumes::make_shared(browser, "projects").await?;
    let (clicks, fields) = browser.effort();
    site.write_through_nfs("/projects")?;
    println!("     From the setup link to a file on a share: {clicks} clicks, {fields} fields.");
    if complaints.is_empty() { Ok(()) } else { Err(Failed(complaints)) }
}
