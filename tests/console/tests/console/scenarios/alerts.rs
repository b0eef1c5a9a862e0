//! An alert: understood, looked after, and told to people and to monitoring.

use super::volumes::{named, told};
use crate::browser::Browser;
use crate::failed::{Done, hold};
use crate::site::Site;
use harness::cluster::free_port;
use nasd_api::{CreateVolume, ListAlerts, Nothing};
use serde_json::{from_value, json};
use std::time::Duration;
use tokio::time::{Instant, sleep};

/// Of which nothing is left.
pub const FULL: &str = "full";
const LIMIT: u64 = 1 << 20;
/// A volume has to be full for 5 s, and the leader looks every 2 s, first 15 s after it became one.
const RAISED_WITHIN: Duration = Duration::from_secs(40);

pub async fn run(site: &Site) -> Done {
    let alert = full(site).await?;
    for (browser, language) in site.readers() {
        site.administers(browser, language).await?;
        is_understood(browser, alert).await?;
        is_delivered(browser).await?;
        is_monitored(browser).await?;
    }
    Ok(())
}

/// The alert of a volume that a client has filled; there is one after the first time.
pub async fn full(site: &Site) -> Done<u64> {
    if site.volumes_called(FULL).await? == 0 {
        let volume: CreateVolume = from_value(json!({ "name": FULL, "limits": { "bytes": LIMIT } }))?;
        site.root().call::<CreateVolume>(Nothing, &volume).await?;
        site.export(&format!("/{FULL}"), FULL, &["127.0.0.1:rw:insecure"]).await?;
        site.copy_through_nfs(&format!("/{FULL}"), &vec![b'x'; LIMIT as usize])?;
    }
    let filled = Instant::now();
    loop {
        let alerts = site.root().all::<ListAlerts>().await?;
        if let Some(alert) = alerts.iter().find(|alert| alert.kind.name() == "quota_exceeded") {
            return Ok(alert.id);
        }
        hold(filled.elapsed() < RAISED_WITHIN, format!("a full volume raises only {alerts:?}"))?;
        sleep(Duration::from_millis(250)).await;
    }
}

async fn is_understood(browser: &Browser, alert: u64) -> Done {
    browser.open("/").await?;
    browser.effort();
    browser.follow(&format!("/alerts/{alert}")).await?;
    browser.expect_word("What to do", "해결 방법").await?;
    browser.expect_word("nothing more can be written", "더 쓸 수 없습니다").await?;
    told("Understand an alert", browser, browser.effort(), (1, 0))?;
    // What is to be done is done on the volume's page.
    browser.click_on("main #live a.button").await?;
    browser.expect(FULL).await?;
    let path = browser.path().await?;
    hold(path.starts_with("/volumes/"), format!("the alert leads to {path}"))
}

async fn is_delivered(browser: &Browser) -> Done {
    let name = named("log", browser);
    browser.follow_section("/channels").await?;
    browser.follow("/channels/-new").await?;
    browser.follow("/channels/-new?kind=syslog").await?;
    browser.fill("name", &name).await?;
    browser.submit().await?;
    browser.expect_word("Write the server's host and port", "서버의 호스트와 포트를 입력하십시오").await?;
    browser.fill("server", &format!("127.0.0.1:{}", free_port())).await?;
    browser.choose("protection", "none").await?;
    browser.submit().await?;
    browser.expect_word("Send a test to see whether it works", "시험 전송으로 동작을 확인하십시오").await?;
    browser.click_on(&format!("main form[action='/channels/{name}/test'] button")).await?;
    browser.expect_word("A test is on its way", "시험 메시지를 보내고 있습니다").await?;
    let rows = browser.all("main table tbody tr").await?;
    hold(rows.iter().any(|row| row.contains(&name)), format!("the deliveries are {rows:?}"))
}

async fn is_monitored(browser: &Browser) -> Done {
    let name = named("nms", browser);
    browser.follow_section("/snmp").await?;
    browser.follow("/snmp/users/-new").await?;
    browser.fill("name", &name).await?;
    browser.submit().await?;
    browser.expect_word("Type a passphrase", "암호를 입력하십시오").await?;
    browser.fill("sources", "127.0.0.1").await?;
    browser.fill("auth-passphrase", "to be signed with").await?;
    browser.fill("privacy-passphrase", "to be sealed with").await?;
    browser.submit().await?;
    browser.expect("snmpwalk -v3").await?;
    hold(browser.says(&name).await?, "the command does not name the user")
}
