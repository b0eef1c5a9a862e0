//! Owns when a picture is made, and of what.

use crate::agent::Agent;
use crate::cluster::Cluster;
use crate::machine::Machine;
use crate::tables::gotgan::{self, About};
use crate::tables::history::History;
use crate::tables::{host, interfaces, sensors, snmp, system::System, ucd};
use crate::tree::{Tree, TreeBuilder};
use nasd_api::Client;
use parking_lot::Mutex;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;

/// How old figures of the machine can be while somebody asks.
const EVERY: Duration = Duration::from_secs(1);
/// And while nobody does: so often that who asks once a day does not get stale figures.
const SELDOM: Duration = Duration::from_secs(4);
/// A walk takes seconds, and a manager asks for one table after the other.
const ASKED_FOR: Duration = Duration::from_secs(60);
/// How old what devices say of themselves can be: asking wakes them.
const DEVICES_EVERY: Duration = Duration::from_secs(300);

/// What pictures are made of.
pub struct Painter {
    began: Instant,
    history: Mutex<History>,
    cluster: Mutex<Cluster>,
}

impl Default for Painter {
    fn default() -> Painter {
        Painter { began: Instant::now(), history: Mutex::default(), cluster: Mutex::default() }
    }
}

impl Painter {
    /// Asks the node, over and over, for ever. It may take its time: pictures are made meanwhile.
    pub async fn follow(self: Arc<Painter>, agent: Arc<Agent>, client: Client) {
        loop {
            self.ask(&client).await;
            agent.pause(EVERY, SELDOM, ASKED_FOR).await;
        }
    }

    /// Asks the node once.
    pub async fn ask(&self, client: &Client) {
        let before = self.cluster.lock().clone();
        let renewed = before.renewed(client).await;
        let mut cluster = self.cluster.lock();
        *cluster = Cluster { smart: cluster.smart.clone(), ..renewed };
    }

    /// Asks the node how its devices are, over and over, for ever.
    pub async fn follow_devices(self: Arc<Painter>, agent: Arc<Agent>, client: Client) {
        loop {
            self.ask_devices(&client).await;
            // As soon as there are disks.
            let often = if self.cluster.lock().smart.is_empty() { SELDOM } else { DEVICES_EVERY };
            agent.pause(often, DEVICES_EVERY, DEVICES_EVERY).await;
        }
    }

    pub async fn ask_devices(&self, client: &Client) {
        let cluster = self.cluster.lock().clone();
        let smart = cluster.ask_devices(client).await;
        self.cluster.lock().smart = Arc::new(smart);
    }

    /// Makes pictures for ever.
    pub async fn paint(self: Arc<Painter>, agent: Arc<Agent>) {
        loop {
            let (painter, shown) = (self.clone(), agent.clone());
            let _ = tokio::task::spawn_blocking(move || painter.show(&shown)).await;
            agent.pause(EVERY, SELDOM, ASKED_FOR).await;
        }
    }

    /// Shows how everything is now.
    pub fn show(&self, agent: &Agent) {
        agent.show(self.tree(agent, &Machine::look()));
    }

    fn tree(&self, agent: &Agent, machine: &Machine) -> Tree {
        let now = Instant::now();
        let uptime = now.saturating_duration_since(self.began);
        let cluster = self.cluster.lock().clone();
        let volumes = cluster.said.as_ref().map_or(&[][..], |said| &said.status.volumes);
        let mut history = self.history.lock();
        history.note(uptime, machine);
        let mut tree = TreeBuilder::default();
        system(agent, uptime).add_to(&mut tree);
        snmp::add_to(&mut tree, &agent.counts, agent.engine().as_ref(), now);
        interfaces::add_to(&mut tree, &machine.interfaces, &history);
        host::add_to(&mut tree, machine, volumes, &mut history);
        ucd::add_to(&mut tree, machine, &mut history);
        sensors::add_to(&mut tree, &machine.sensors, uptime, &mut history);
        gotgan::add_to(&mut tree, &cluster, &About { counts: &agent.counts }, now);
        tree.build()
    }
}

fn system(agent: &Agent, uptime: Duration) -> System {
    let (allowed, name) = (agent.allowed(), rustix::system::uname());
    System {
        uptime,
        contact: allowed.contact.clone(),
        location: allowed.location.clone(),
        name: name.nodename().to_string_lossy().into_owned(),
        kernel: name.release().to_string_lossy().into_owned(),
    }
}
