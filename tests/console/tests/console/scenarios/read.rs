//! What the script adds to pages that can be read without it: figures one by one, and lines to copy.

use crate::browser::{Browser, Script};
use crate::failed::{Done, hold};
use crate::site::Site;
use nasd_api::refusal::Language;
use std::time::Duration;
use thirtyfour::Key;
use tokio::time::{Instant, sleep};

/// A figure is recorded every ten seconds.
const RECORDED_WITHIN: Duration = Duration::from_secs(30);
const PLOT: &str = "main [data-plot]";
const READING: &str = "main [data-chart] output";

/// What is pressed, and what is said then.
struct Words {
    language: Language,
    table: &'static str,
    copy: &'static str,
    copied: &'static str,
}

const WORDS: [Words; 2] = [
    Words { language: Language::Korean, table: "표로 보기", copy: "복사", copied: "복사됨" },
    Words { language: Language::English, table: "As a table", copy: "Copy", copied: "Copied" },
];

pub async fn run(site: &Site) -> Done {
    for browser in site.browsers() {
        for words in &WORDS {
            site.administers(browser, words.language).await?;
            in_language(browser, words).await?;
        }
    }
    Ok(())
}

async fn in_language(browser: &Browser, words: &Words) -> Done {
    let begun = Instant::now();
    browser.open("/performance").await?;
    while !browser.has("main [data-chart] tbody tr").await? {
        hold(begun.elapsed() < RECORDED_WITHIN, "nothing is recorded")?;
        sleep(Duration::from_secs(1)).await;
        browser.reload().await?;
    }
    match browser.script {
        Script::On => read_by_keys(browser).await?,
        Script::Off => read_as_a_table(browser, words).await?,
    }
    browser.open("/volumes/demo").await?;
    browser.expect("mount -t nfs").await?;
    match browser.script {
        Script::On => copied(browser, words).await,
        Script::Off => {
            let shown = browser.has("main .copied-from button:not([hidden])").await?;
            hold(!shown, "a button that does nothing is shown")
        }
    }
}

async fn read_by_keys(browser: &Browser) -> Done {
    browser.press(PLOT, Key::Home).await?;
    let first = browser.read(READING).await?;
    browser.press(PLOT, Key::End).await?;
    let last = browser.read(READING).await?;
    hold(first.contains("/s") && last.contains("/s"), format!("it reads {first:?} and {last:?}"))?;
    browser.press(PLOT, Key::Left).await?;
    let before = browser.read(READING).await?;
    let rows =
        browser.run("return document.querySelector('[data-chart] tbody').rows.length", Vec::new()).await?;
    let alone = rows.as_u64() == Some(1);
    hold(alone || before != last, format!("the key before {last:?} reads {before:?}"))
}

async fn read_as_a_table(browser: &Browser, words: &Words) -> Done {
    browser.click(words.table).await?;
    let row = browser.read("main [data-chart] tbody tr").await?;
    hold(row.contains(':') && row.contains("/s"), format!("its first row is {row:?}"))
}

async fn copied(browser: &Browser, words: &Words) -> Done {
    let line = browser.read("main .copied-from code").await?;
    browser.click(words.copy).await?;
    browser.expect(words.copied).await?;
    hold(line.starts_with("mount -t nfs"), line)
}
