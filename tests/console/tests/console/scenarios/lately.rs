//! What happened: events and the audit log searched by forms, and a task followed to its end.

use crate::browser::{Browser, Script};
use crate::failed::{Done, hold};
use crate::site::{ADMIN, Site};

const ROWS: &str = "main table tbody tr";
/// What a window of 900 pixels shows of a list.
const DENSE: u64 = 25;

pub async fn run(site: &Site) -> Done {
    site.be_busy().await?;
    for (browser, language) in site.readers() {
        site.administers(browser, language).await?;
        events(browser).await?;
        audit(browser).await?;
        task(browser).await?;
    }
    Ok(())
}

async fn events(browser: &Browser) -> Done {
    browser.follow_section("/events").await?;
    let seen = browser.run(
        "return [...document.querySelectorAll('main tbody tr')].filter((row) => row.getBoundingClientRect().bottom <= 900).length",
        Vec::new(),
    );
    let seen = seen.await?.as_u64().unwrap_or_default();
    hold(seen >= DENSE, format!("the window shows {seen} rows"))?;
    browser.choose("kind", "volume_created").await?;
    browser.fill("filter", "demo").await?;
    browser.click_on("main form.filter button").await?;
    browser.expect_word("Volume demo was created", "볼륨 demo 생성됨").await?;
    let kind = browser.word("Volume made", "볼륨 생성됨");
    let rows = browser.all(ROWS).await?;
    hold(
        rows.iter().all(|row| row.contains(kind) && row.contains("demo")),
        format!("the events are {rows:?}"),
    )
}

async fn audit(browser: &Browser) -> Done {
    browser.follow_section("/audit").await?;
    browser.fill("user", ADMIN).await?;
    browser.choose("ending", "done").await?;
    browser.click_on("main form.filter button").await?;
    browser.expect_word("Show all", "모두 보기").await?;
    let (done, rows) = (browser.word("Done", "완료"), browser.all(ROWS).await?);
    let fits = !rows.is_empty() && rows.iter().all(|row| row.contains(ADMIN) && row.contains(done));
    hold(fits, format!("the records are {rows:?}"))?;
    browser.open("/audit?about=projects").await?;
    let rows = browser.all(ROWS).await?;
    let made = rows.iter().any(|row| row.contains("projects") && row.contains(ADMIN));
    hold(made, format!("nobody made the volume: {rows:?}"))?;
    hold(
        browser.has("main a[download][href='/audit.csv?about=projects']").await?,
        "what was found has no file",
    )
}

async fn task(browser: &Browser) -> Done {
    browser.follow_section("/tasks").await?;
    browser.click_on("main form[action='/tasks'] button").await?;
    let done = browser.word("Done", "완료");
    match browser.script {
        Script::On => browser.expect(done).await?,
        Script::Off => browser.expect_reloading(&[done]).await?,
    }
    browser.expect_word("Each node's part", "노드별 진행").await?;
    let log = browser.all("main section:last-of-type tbody tr").await?;
    hold(log.len() > 1, format!("its log is {log:?}"))
}
