//! Exports: whose access is fixed, and by two at once.

use super::volumes::{named, told};
use crate::browser::Browser;
use crate::failed::{Done, hold};
use crate::site::{ADMIN, SECOND, Site};
use nasd_api::{CreateVolume, Nothing};

/// The button for one more row.
const ADD: &str = "main button[name='add']";

pub async fn access_is_fixed(site: &Site) -> Done {
    for (browser, language) in site.readers() {
        site.administers(browser, language).await?;
        let path = shut_out(site, &named("access", browser)).await?;
        browser.open("/").await?;
        browser.effort();
        browser.follow_section("/exports").await?;
        browser.follow(&edit(&path)).await?;
        browser.click_on(ADD).await?;
        browser.fill_field("#network-1", "127.0.0.1").await?;
        browser.submit().await?;
        expect_changed(browser, &path).await?;
        told("Fix someone's access", browser, browser.effort(), (4, 1))?;
        let clients = site.clients_of(&path).await?;
        hold(clients.len() == 2 && clients[1].starts_with("127.0.0.1"), format!("clients are {clients:?}"))?;
        site.read_through_nfs(&path)?;
    }
    Ok(())
}

/// Somebody wrote the office's network wrong, and a client was refused.
async fn shut_out(site: &Site, name: &str) -> Done<String> {
    let path = format!("/{name}");
    site.have_export(&path, &["192.0.2.0/24:rw"]).await?;
    hold(site.write_through_nfs(&path).is_err(), "the export was open already")?;
    Ok(path)
}

fn edit(path: &str) -> String {
    format!("/exports/edit?path=%2F{}", &path[1..])
}

async fn expect_changed(browser: &Browser, path: &str) -> Done {
    let korean = format!("내보내기 {path}");
    browser.expect_word(&format!("The export {path} was changed"), &korean).await?;
    browser.expect_word("was changed", "변경했습니다").await
}

/// From the volume's page, where the refusal is said.
pub async fn let_in(site: &Site) -> Done {
    for (browser, language) in site.readers() {
        site.administers(browser, language).await?;
        let path = shut_out(site, &named("refused", browser)).await?;
        browser.open("/volumes/demo").await?;
        browser.expect_reloading(&[&path]).await?;
        browser.effort();
        let link = format!("#refused a[href='{}&client=127.0.0.1']", edit(&path));
        let said = browser.read(&link).await?;
        hold(said.contains(browser.word("Let it in", "허용하기")), format!("the link says {said:?}"))?;
        browser.click_on(&link).await?;
        browser.submit().await?;
        expect_changed(browser, &path).await?;
        told("Let a refused client in", browser, browser.effort(), (2, 0))?;
        site.read_through_nfs(&path)?;
    }
    Ok(())
}

/// The first row that holds a client decides: which that is can be changed, and asked by the client's address.
pub async fn rules_are_ordered(site: &Site) -> Done {
    for (browser, language) in site.readers() {
        site.administers(browser, language).await?;
        // Of a volume of its own: what else is exported of one decides, too.
        let name = named("ordered", browser);
        let volume = CreateVolume { name: name.clone(), ..Default::default() };
        site.root().call::<CreateVolume>(Nothing, &volume).await?;
        let path = format!("/{name}");
        site.export(&path, &name, &["10.0.0.0/8:ro", "10.0.0.7:rw"]).await?;
        hold(answer(browser, &path).await?.contains(browser.word("Read only", "읽기 전용")), "it may write")?;
        browser.open(&edit(&path)).await?;
        browser.click_on("main button[name='up'][value='1']").await?;
        browser.expect_word("Up", "위로").await?;
        let first = browser.value("#network-0").await?;
        hold(first.starts_with("10.0.0.7"), format!("the first row is {first:?} now"))?;
        let focused = browser.run("return document.activeElement.id", Vec::new()).await?;
        hold(focused == "network-0", format!("the focus is at {focused} and not at the row that moved"))?;
        browser.submit().await?;
        expect_changed(browser, &path).await?;
        let clients = site.clients_of(&path).await?;
        hold(clients[0].starts_with("10.0.0.7"), format!("clients are {clients:?}"))?;
        let may = answer(browser, &path).await?;
        hold(may.contains(browser.word("Read and write", "읽기 및 쓰기")), format!("it says {may:?}"))?;
    }
    Ok(())
}

/// What the list says of one client and this export.
async fn answer(browser: &Browser, path: &str) -> Done<String> {
    browser.open(&format!("/exports?filter={}", &path[1..])).await?;
    browser.fill("client", "10.0.0.7").await?;
    browser.click_on("main form.filter button").await?;
    browser.expect_word("May mount it", "마운트 가능").await?;
    browser.read("main table tbody tr").await
}

pub async fn two_at_once(site: &Site) -> Done {
    site.have_user(SECOND, "administrator").await?;
    site.have_export("/contested", &["192.0.2.0/24:rw"]).await?;
    let [first, second] = site.browsers();
    site.log_in(first, ADMIN).await?;
    site.log_in(second, SECOND).await?;
    for (browser, client) in [(first, "198.51.100.1"), (second, "203.0.113.2")] {
        browser.open("/exports/edit?path=%2Fcontested").await?;
        browser.click_on(ADD).await?;
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
