//! Nodes that die.

use crate::browser::Browser;
use crate::failed::{Done, hold};
use crate::site::{ADMIN, Site};
use nasd_api::refusal::Language;
use nasd_api::{Health, Nothing, ReadCluster};
use std::time::Duration;
use tokio::time::{Instant, sleep};

/// How long a cluster may take to be whole again.
pub const RECOVERY_TIME: Duration = Duration::from_secs(90);

/// When a page says that nothing can be changed: nodes are missed after 2.5 s.
const SAID_WITHIN: Duration = Duration::from_secs(5);
const LOOK_EVERY: Duration = Duration::from_millis(250);

pub async fn one_node(site: &Site) -> Done {
    site.use_first_console();
    for browser in site.browsers() {
        site.log_in(browser, ADMIN).await?;
    }
    site.cluster.pause_supervisor();
    let outcome = one_node_is_dead(site).await;
    site.cluster.resume_supervisor();
    outcome.and(all_well(site).await)
}

async fn one_node_is_dead(site: &Site) -> Done {
    let dead = &site.cluster.ready.nodes[2];
    site.cluster.kill_restarted_node(dead.id);
    for browser in site.browsers() {
        browser.open("/").await?;
        browser.expect_reloading(&["Does not answer"]).await?;
        browser.expect("one more failure may stop part of it").await?;
        // Its own console lives, and says that nasd does not.
        browser.open(&format!("{}/", site.console(2))).await?;
        browser.expect("nasd is not running on this node").await?;
    }
    Ok(())
}

pub async fn two_nodes(site: &Site) -> Done {
    site.use_first_console();
    for browser in site.browsers() {
        site.log_in(browser, ADMIN).await?;
    }
    site.cluster.pause_supervisor();
    let outcome = two_nodes_are_dead(site).await;
    site.cluster.resume_supervisor();
    outcome.and(all_well(site).await)
}

async fn two_nodes_are_dead(site: &Site) -> Done {
    for browser in site.browsers() {
        browser.open("/groups/-new").await?;
    }
    for node in &site.cluster.ready.nodes[1..] {
        site.cluster.kill_restarted_node(node.id);
    }
    let open = Instant::now();
    while !site.scripted.has("#stale .stale").await? {
        hold(open.elapsed() < SAID_WITHIN, "an open form does not say that nothing can be changed")?;
        sleep(LOOK_EVERY).await;
    }
    println!(
        "     An open form says after {:.1} s that nothing can be changed.",
        open.elapsed().as_secs_f32()
    );
    for (browser, language) in site.readers() {
        browser.read_in(language).await?;
        browser.open("/groups/-new").await?;
        a_form_is_refused_at_once(browser).await?;
    }
    for browser in site.browsers() {
        browser.read_in(Language::English).await?;
        browser.open("/").await?;
        browser.expect_reloading(&["hears from none of the other nodes", "cannot reach a majority"]).await?;
        browser.open("/recovery").await?;
        browser.expect("What to do, in this order").await?;
        browser.expect("This node hears from none of the others.").await?;
    }
    Ok(())
}

/// It was refused after 15 seconds.
async fn a_form_is_refused_at_once(browser: &Browser) -> Done {
    browser.fill("name", "night").await?;
    let sent = Instant::now();
    browser.submit().await?;
    browser.expect_word("and a majority has to agree", "과반수").await?;
    println!("     A form is refused after {:.1} s.", sent.elapsed().as_secs_f32());
    hold(sent.elapsed() < SAID_WITHIN, format!("it was refused after {:?}", sent.elapsed()))?;
    let kept = browser.value("main [name='name']").await?;
    hold(kept == "night", format!("the form has forgotten what was typed: {kept}"))
}

/// Waits until the demo has started what was killed, the first node too.
pub async fn all_well(site: &Site) -> Done {
    let broken = Instant::now();
    loop {
        match site.root().ask::<ReadCluster>(Nothing).await {
            Ok(status) if status.health == Health::Healthy => return Ok(()),
            _ => hold(broken.elapsed() < RECOVERY_TIME, "the cluster is not whole again")?,
        }
        sleep(LOOK_EVERY).await;
    }
}
