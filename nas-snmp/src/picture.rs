//! Owns when a picture is made, and of what.

use crate::agent::Agent;
use crate::tables::{snmp, system::System};
use crate::tree::TreeBuilder;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, MissedTickBehavior, interval};

/// How old figures of the machine can be.
const EVERY: Duration = Duration::from_secs(1);

/// Makes pictures for ever.
pub async fn renew(agent: Arc<Agent>) {
    let began = Instant::now();
    let mut ticks = interval(EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        show(&agent, began);
    }
}

/// Shows how everything is now.
pub fn show(agent: &Agent, began: Instant) {
    let now = Instant::now();
    let allowed = agent.allowed();
    let mut tree = TreeBuilder::default();
    let name = rustix::system::uname();
    let system = System {
        uptime: now.saturating_duration_since(began),
        contact: allowed.contact.clone(),
        location: allowed.location.clone(),
        name: name.nodename().to_string_lossy().into_owned(),
        kernel: name.release().to_string_lossy().into_owned(),
    };
    system.add_to(&mut tree);
    snmp::add_to(&mut tree, &agent.counts, agent.engine().as_ref(), now);
    agent.show(tree.build());
}
