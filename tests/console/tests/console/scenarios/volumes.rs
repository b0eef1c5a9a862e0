//! Volumes: made, made twice, deleted.

use crate::browser::{Browser, Script, code};
use crate::failed::{Done, hold};
use crate::site::{ADMIN, Site};
use nasd_api::{CreateVolume, Nothing};

/// A name of its own for each browser and language.
pub fn named(stem: &str, browser: &Browser) -> String {
    let script = if browser.script == Script::On { "scripted" } else { "plain" };
    format!("{stem}-{script}-{}", code(browser.language()))
}

/// Says how much of a hand a task took, and how many are allowed.
pub fn told(task: &str, browser: &Browser, (clicks, fields): (usize, usize), most: (usize, usize)) -> Done {
    let (script, language) = (browser.script, code(browser.language()));
    println!("     {task} ({script:?} script, {language}): {clicks} clicks, {fields} fields.");
    hold(clicks <= most.0 && fields <= most.1, format!("{task} took more than {most:?} once"))
}

/// A volume and its export, from any page.
pub async fn make_shared(browser: &Browser, name: &str) -> Done {
    browser.follow_section("/volumes").await?;
    browser.follow("/volumes/-new").await?;
    browser.fill("name", name).await?;
    browser.fill("network", "127.0.0.0/8").await?;
    // The client's root is squashed, and writes all the same: whoever may mount may write.
    // But nfs-cp does not run as root everywhere.
    browser.tick("insecure").await?;
    browser.submit().await?;
    browser.expect_word("is shared over NFS", "NFS로 공유했습니다").await
}

pub async fn made_and_shared(site: &Site) -> Done {
    for (browser, language) in site.readers() {
        site.administers(browser, language).await?;
        browser.open("/").await?;
        browser.effort();
        let name = named("shared", browser);
        make_shared(browser, &name).await?;
        told("New volume and share", browser, browser.effort(), (3, 3))?;
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
    for (browser, language) in site.readers() {
        site.administers(browser, language).await?;
        let name = named("gone", browser);
        let request = CreateVolume { name: name.clone(), ..Default::default() };
        site.root().call::<CreateVolume>(Nothing, &request).await?;
        browser.open("/volumes").await?;
        browser.expect_reloading(&[&name]).await?;
        browser.effort();
        browser.follow(&format!("/volumes/{name}")).await?;
        browser.follow(&format!("/volumes/{name}/delete")).await?;
        browser.fill("typed", &name).await?;
        browser.submit().await?;
        browser.expect_word("are gone", "파일을 삭제했습니다").await?;
        told("Delete a volume", browser, browser.effort(), (3, 1))?;
        browser.back().await?;
        if browser.has("main [name='typed']").await? {
            browser.fill("typed", &name).await?;
            browser.submit().await?;
        }
        let gone = browser.word("What you asked for is not here", "요청한 항목이 없습니다");
        browser.expect(gone).await?;
        browser.open(&format!("/volumes/{name}")).await?;
        browser.expect(gone).await?;
        let status = browser.status().await?;
        hold(status == 404, format!("the status of a dead volume is {status}"))?;
    }
    Ok(())
}

pub async fn back_to_refused(site: &Site) -> Done {
    for (browser, language) in site.readers() {
        site.administers(browser, language).await?;
        browser.open("/volumes/-new").await?;
        browser.fill("name", "No Such Name").await?;
        // 10 GB was taken for 10 GiB.
        browser.fill("bytes", "10 GB").await?;
        browser.fill("network", "192.0.2.0/24").await?;
        browser.submit().await?;
        let wrong = browser.word("Please check the marked fields", "표시된 항목을 확인하십시오");
        browser.expect(wrong).await?;
        browser.follow_section("/exports").await?;
        browser.expect("/demo").await?;
        browser.back().await?;
        browser.expect(wrong).await?;
        let (name, limit) = (browser.value("#name").await?, browser.value("#bytes").await?);
        hold(name == "No Such Name" && limit == "10 GB", format!("the form has {name:?} and {limit:?} now"))?;
        let name = named("back", browser);
        browser.fill("name", &name).await?;
        browser.submit().await?;
        browser.expect_word("is shared over NFS", "NFS로 공유했습니다").await?;
        // An address that was typed counted only with a tick beside it.
        for said in ["9.3 GiB", "192.0.2.0/24"] {
            hold(browser.says(said).await?, format!("the volume's page does not say {said}"))?;
        }
    }
    Ok(())
}
