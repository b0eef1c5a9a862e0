//! Owns this node as the management interface sees it: a machine, and the member that it is or is not.

use crate::Machine;
use crate::diagnosis::{Examiner, watch_nights};
use crate::event::{self, Happenings};
use crate::health::{Observed, Patience, Word};
use crate::login::Attempts;
use crate::mount::Mounts;
use crate::performance::{self, Recorder};
use crate::refusal;
use crate::setup::OfferedSetup;
use crate::support_bundle::Bundles;
use crate::task::Pace;
use bytes::Bytes;
use nasd_api::{ApiError, NodeCertificate, ReportSnmp};
use nasd_base::NodeId;
use nasd_base::net::BoxFuture;
use nasd_cluster::{CurrentAuthority, Identity};
use nasd_node::{Node, Report};
use nasd_system::System;
use std::collections::BTreeMap;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, OnceLock, Weak};
use tokio::sync::{Mutex, RwLock};
use tokio::task::JoinHandle;
use tokio::time::Instant;

/// Makes the machine serve as a member: what the daemon wires together.
pub trait Starts: Send + Sync + 'static {
    /// Starts the node, its NFS server and its HTTPS server, which asks `manager`.
    ///
    /// # Errors
    /// A sentence for the operator.
    fn start(&self, identity: Identity, manager: Arc<Manager>) -> BoxFuture<'_, Result<Started, String>>;
}

/// A node that serves clients.
pub struct Started {
    pub node: Arc<Node>,
    pub authority: Arc<CurrentAuthority>,
    /// Done when the front ends have let calls in progress finish.
    pub close: BoxFuture<'static, ()>,
}

/// The member that this node is.
pub(crate) struct Member {
    pub node: Arc<Node>,
    pub authority: Arc<CurrentAuthority>,
    pub happenings: Arc<Happenings>,
    /// What is missing since when.
    pub patience: Arc<Patience>,
    /// How fast tasks go.
    pub pace: Arc<Pace>,
    pub recorder: Arc<Recorder>,
    watching: Vec<JoinHandle<()>>,
}

/// This node as the management interface sees it.
pub struct Manager {
    /// For what goes on as long as there is a manager.
    pub(crate) myself: Weak<Manager>,
    pub(crate) machine: Machine,
    starts: Box<dyn Starts>,
    /// `None`: a member of no cluster. With it, how its front ends are closed.
    running: RwLock<Option<Arc<Member>>>,
    close: Mutex<Option<BoxFuture<'static, ()>>>,
    /// Held while the node becomes a member, and while it makes a next authority.
    pub(crate) changing: Mutex<()>,
    pub(crate) mounts: Mutex<Mounts>,
    pub(crate) watches_mounts: AtomicBool,
    pub(crate) attempts: Attempts,
    pub(crate) offered_setup: OfferedSetup,
    pub(crate) word: Word,
    /// Once somebody needed it.
    pub(crate) certificate: OnceLock<Arc<NodeCertificate>>,
    /// What nodes said when they last answered: some of it is worth showing when they do not.
    pub(crate) last_reports: parking_lot::Mutex<BTreeMap<NodeId, Report>>,
    /// What this node's SNMP agent said last.
    pub(crate) snmp_counts: parking_lot::Mutex<Option<ReportSnmp>>,
    pub(crate) examiner: Examiner,
    pub(crate) bundles: Bundles,
}

impl Manager {
    pub fn new(machine: Machine, starts: impl Starts) -> Arc<Manager> {
        Arc::new_cyclic(|myself| Manager {
            myself: myself.clone(),
            examiner: Examiner::open(&machine.dir),
            bundles: Bundles::default(),
            machine,
            starts: Box::new(starts),
            running: RwLock::default(),
            close: Mutex::default(),
            changing: Mutex::default(),
            mounts: Mutex::default(),
            watches_mounts: AtomicBool::new(false),
            attempts: Attempts::default(),
            offered_setup: OfferedSetup::default(),
            word: Word::default(),
            certificate: OnceLock::new(),
            last_reports: parking_lot::Mutex::default(),
            snmp_counts: Default::default(),
        })
    }

    /// Starts serving as the member that the identity names.
    ///
    /// # Errors
    /// A sentence for the operator.
    pub async fn start_member(&self, identity: Identity) -> Result<(), String> {
        let myself = self.myself.upgrade().ok_or_else(|| "the node is stopping".to_owned())?;
        let Started { node, authority, close } = self.starts.start(identity, myself).await?;
        if let Ok(certificate) = self.node_certificate() {
            let _ = node.reporter.https_until.set(Box::new(move || certificate.info().not_after));
        }
        let volumes = node.volumes.clone();
        let mended = move || volumes.all().iter().map(|volume| volume.stats().repairs).sum::<u64>();
        let _ = node.reporter.mended.set(Box::new(mended));
        let myself = self.myself.clone();
        let examine = move |question| -> BoxFuture<'static, Bytes> {
            match myself.upgrade() {
                Some(manager) => manager.answer_about_itself(question),
                None => Box::pin(async { Bytes::new() }),
            }
        };
        let _ = node.reporter.examiner.set(Box::new(examine));
        *self.close.lock().await = Some(close);
        let nights = self.nights(&node);
        let mut member = Member::of(node, authority, &self.machine);
        member.watching.push(nights);
        *self.running.write().await = Some(Arc::new(member));
        Ok(())
    }

    /// This node looks itself over every night.
    fn nights(&self, node: &Arc<Node>) -> JoinHandle<()> {
        let (before, now) = (self.myself.clone(), self.myself.clone());
        let last = move || before.upgrade()?.examiner.last_night();
        let begin = move |at| {
            if let Some(manager) = now.upgrade() {
                manager.begin_by_night(at);
            }
        };
        tokio::spawn(watch_nights(Arc::downgrade(node), last, begin))
    }

    /// Unmounts, lets clients' calls finish, and stops.
    pub async fn stop(&self) {
        self.stop_mounts().await;
        let Some(member) = self.running.write().await.take() else { return };
        if let Some(close) = self.close.lock().await.take() {
            close.await;
        }
        member.watching.iter().for_each(JoinHandle::abort);
        member.recorder.save();
        member.node.stop().await;
    }

    pub(crate) async fn is_member(&self) -> bool {
        self.running.read().await.is_some()
    }

    /// # Errors
    /// That it is none.
    pub(crate) async fn member(&self) -> Result<Arc<Member>, ApiError> {
        self.running.read().await.clone().ok_or_else(refusal::no_cluster)
    }

    pub(crate) async fn observe(&self) -> Result<Observed, ApiError> {
        let member = self.member().await?;
        Ok(Observed::by(&member.node, &member.patience, Instant::now()))
    }

    pub(crate) async fn system(&self) -> Result<System, ApiError> {
        Ok(self.member().await?.node.system.clone())
    }

    /// What every member that answers says of itself, with the names of all.
    pub(crate) async fn reports(&self) -> Result<(Observed, BTreeMap<NodeId, Report>), ApiError> {
        let (member, observed) = (self.member().await?, self.observe().await?);
        let reachable =
            observed.nodes().into_iter().filter(|node| node.reachable).map(|node| NodeId(node.id));
        let reports = member.node.reporter.gather(reachable).await;
        let mut last = self.last_reports.lock();
        last.retain(|id, _| observed.view.node(*id).is_some());
        last.extend(reports.iter().map(|(id, report)| (*id, report.clone())));
        Ok((observed, reports))
    }
}

impl Member {
    /// Begins to watch what the node does.
    fn of(node: Arc<Node>, authority: Arc<CurrentAuthority>, machine: &Machine) -> Member {
        let happenings = Arc::new(Happenings::new(node.clock.clone()));
        let recorder = Arc::new(Recorder::open(&machine.dir));
        let patience = Arc::new(Patience::default());
        let pace = Arc::new(Pace::default());
        let samples =
            performance::run(recorder.clone(), Arc::downgrade(&node), patience.clone(), happenings.clone());
        let looks = event::watch(Arc::downgrade(&node), patience.clone(), happenings.clone(), pace.clone());
        let alerts = crate::alert::watch(Arc::downgrade(&node), patience.clone());
        let watching = vec![tokio::spawn(samples), tokio::spawn(looks), tokio::spawn(alerts)];
        Member { node, authority, happenings, recorder, patience, pace, watching }
    }
}
