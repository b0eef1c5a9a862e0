//! Nodes that die.

use crate::failed::Done;
use crate::site::{ADMIN, Site};
use harness::cluster::wait_until;
use std::time::Duration;

/// How long a cluster may take to be whole again.
pub const RECOVERY_TIME: Duration = Duration::from_secs(90);

pub async fn one_node(site: &Site) -> Done {
    site.use_first_console();
    for browser in site.browsers() {
        site.log_in(browser, ADMIN).await?;
    }
    site.cluster.pause_supervisor();
    let outcome = one_node_is_dead(site).await;
    site.cluster.resume_supervisor();
    all_well(site);
    outcome
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
    all_well(site);
    outcome
}

async fn two_nodes_are_dead(site: &Site) -> Done {
    for node in &site.cluster.ready.nodes[1..] {
        site.cluster.kill_restarted_node(node.id);
    }
    for browser in site.browsers() {
        browser.open("/").await?;
        browser.expect_reloading(&["hears from none of the other nodes", "cannot reach a majority"]).await?;
        browser.open("/recovery").await?;
        browser.expect("What to do, in this order").await?;
        browser.expect("cannot reach a majority").await?;
    }
    Ok(())
}

/// Waits until the demo has started what was killed.
pub fn all_well(site: &Site) {
    wait_until("the cluster is whole again", RECOVERY_TIME, || {
        site.cluster.nasctl(1, &["cluster", "status"]).contains("every node and every replica")
    });
}
