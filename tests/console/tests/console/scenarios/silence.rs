//! A node that hangs or is down while its console is looked at.

use super::failure::{RECOVERY_TIME, all_well};
use crate::browser::{Browser, code};
use crate::failed::{Done, hold};
use crate::site::{ADMIN, Site};
use nasd_api::refusal::Language;
use std::time::Duration;
use tokio::time::{Instant, sleep};

/// The place of the node that hangs and dies.
const SILENT: usize = 2;
/// A page says so after three seconds; the rest is the test's own way through the driver.
const SAID_WITHIN: Duration = Duration::from_secs(4);
/// Sooner than that a browser without the script does not load a page again by itself.
const REFRESHED_WITHIN: Duration = Duration::from_secs(22);
const LOOK_EVERY: Duration = Duration::from_millis(500);

struct Words {
    language: Language,
    safe: &'static str,
    not_live: &'static str,
    hung: &'static str,
    down: &'static str,
}

const WORDS: [Words; 2] = [
    Words {
        language: Language::English,
        safe: "Your data is safe",
        not_live: "Not live since",
        hung: "The node does not answer.",
        down: "nasd is not running on this node.",
    },
    Words {
        language: Language::Korean,
        safe: "데이터는 안전합니다",
        not_live: "부터 실시간이 아닙니다",
        hung: "노드가 응답하지 않습니다.",
        down: "이 노드에서 nasd가 실행되고 있지 않습니다.",
    },
];

pub async fn run(site: &Site) -> Done {
    site.use_first_console();
    for browser in site.browsers() {
        site.log_in(browser, ADMIN).await?;
        browser.use_console(&site.console(SILENT));
    }
    let node = site.cluster.ready.nodes[SILENT].id;
    let mut outcome = Ok(());
    for words in &WORDS {
        if outcome.is_ok() {
            outcome = hangs(site, node, words).await;
        }
        site.cluster.thaw_node(node);
    }
    if outcome.is_ok() {
        outcome = console_hangs(site, node, &WORDS[0]).await;
    }
    site.cluster.thaw_console(node);
    for words in &WORDS {
        if outcome.is_ok() {
            outcome = dies(site, node, words).await;
        }
        site.cluster.resume_supervisor();
    }
    // The other nodes may not have noticed yet that this one was gone.
    let recovered = open(&site.plain, &WORDS[0]).await;
    let recovered = recovered.and(all_well(site).await);
    site.use_first_console();
    outcome.and(recovered)
}

/// The dashboard as everything is well, in the language.
async fn open(browser: &Browser, words: &Words) -> Done {
    browser.read_in(words.language).await?;
    browser.open("/").await?;
    let begun = Instant::now();
    while !browser.says(words.safe).await? {
        hold(begun.elapsed() < RECOVERY_TIME, format!("it is not well again: {}", browser.text().await?))?;
        sleep(LOOK_EVERY).await;
        browser.reload().await?;
    }
    Ok(())
}

async fn hangs(site: &Site, node: u64, words: &Words) -> Done {
    for browser in site.browsers() {
        open(browser, words).await?;
    }
    site.cluster.freeze_node(node);
    is_not_live(site, words).await?;
    let asked = Instant::now();
    site.scripted.reload().await?;
    says_why(&site.scripted, words.hung).await?;
    println!("     A reload says after {:.1} s that the node hangs.", asked.elapsed().as_secs_f32());
    hold(asked.elapsed() < SAID_WITHIN, format!("a reload took {:?}", asked.elapsed()))?;
    site.plain.expect_within(words.hung, REFRESHED_WITHIN).await
}

async fn dies(site: &Site, node: u64, words: &Words) -> Done {
    open(&site.scripted, words).await?;
    site.cluster.pause_supervisor();
    site.cluster.kill_restarted_node(node);
    is_not_live(site, words).await?;
    site.scripted.reload().await?;
    says_why(&site.scripted, words.down).await
}

/// Nobody is left to say so: the page misses the console.
async fn console_hangs(site: &Site, node: u64, words: &Words) -> Done {
    open(&site.scripted, words).await?;
    site.cluster.freeze_console(node);
    is_not_live(site, words).await?;
    site.cluster.thaw_console(node);
    site.scripted.expect(words.safe).await?;
    hold(!site.scripted.says(words.not_live).await?, "it is live again and says that it is not")
}

async fn is_not_live(site: &Site, words: &Words) -> Done {
    let (browser, begun) = (&site.scripted, Instant::now());
    browser.expect_within(words.not_live, SAID_WITHIN).await?;
    println!("     The page says after {:.1} s that it is not live.", begun.elapsed().as_secs_f32());
    hold(!browser.says(words.safe).await?, "the verdict is still there")?;
    let name = format!("not-live-{}.png", code(words.language));
    browser.picture(&site.pictures.join(name)).await?;
    names_others(browser).await
}

async fn says_why(browser: &Browser, words: &str) -> Done {
    browser.expect(words).await?;
    let status = browser.status().await?;
    hold(status == 503, format!("its status is {status}"))?;
    names_others(browser).await
}

async fn names_others(browser: &Browser) -> Done {
    for name in ["node1", "node2"] {
        hold(browser.says(name).await?, format!("{name} is not named"))?;
    }
    Ok(())
}
