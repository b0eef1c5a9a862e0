//! Finding the leader of a volume, and asking again until it has answered.
//!
//! Every node has a router, and every operation goes through one. Retries are safe: reads may be repeated while their
//! caller waits, a metadata change carries an operation id that the volume's state remembers, and a write one that its
//! leader remembers, with the moment it arrived ([`crate::leader::late`]).

use crate::alarms::Alarm;
use crate::arrival::{Arrived, LeaderTime, LeaderTimes};
use crate::load::{Asked, FrontEnd, Load, LoadCounters, OperationTimes, VolumeTimes};
use crate::message::{Answer, Ask, Took, decode, encode};
use crate::opens::OpenTable;
use crate::peers::{PeerError, Peers};
use crate::refusal::ExecuteError;
use crate::service::{CallResult, Context, FileService, Request};
use crate::sessions::{CacheHolder, SessionTable};
use crate::timing::{Ledger, OperationKind, Origin, Stage, Tab};
use crate::volume::Volume;
use bytes::Bytes;
use nasd_base::net::BoxFuture;
use nasd_base::{Clock, Entropy, Errno, Ino, LatencyCounts, NodeId, OpId, VolumeId};
use nasd_meta::LockSession;
use parking_lot::RwLock;
use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;

/// How long a call goes on trying.
pub const CALL_DEADLINE: Duration = Duration::from_secs(60);

/// How long one attempt at another node may take; a commit may wait for slow disks.
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(15);

/// Between attempts.
const PAUSE_FIRST: Duration = Duration::from_millis(50);
const PAUSE_LONGEST: Duration = Duration::from_millis(500);

/// Hints followed without a pause: more would be two nodes naming each other.
const HOPS_MAX: u32 = 3;

/// Kernel threads of mounts that write down at once what ended.
const MOUNT_TABS: usize = 8;

/// The file service of a node: carries out an operation here or at whichever node leads.
#[derive(Clone)]
pub struct Router(pub(crate) Arc<Inner>);

pub(crate) struct Inner {
    pub(crate) me: NodeId,
    peers: Arc<dyn Peers>,
    entropy: Arc<dyn Entropy>,
    routes: RwLock<HashMap<VolumeId, Route>>,
    pub(crate) opens: Arc<OpenTable>,
    pub(crate) sessions: Arc<SessionTable>,
    load: LoadCounters,
    operation_times: OperationTimes,
    pub(crate) ledger: Arc<Ledger>,
    /// Of mounts, each of which uses one of them.
    tabs: [Arc<Tab>; MOUNT_TABS],
    times: LeaderTimes,
    /// Answers that make no sense.
    senseless: Alarm,
}

/// What is known of where a volume is.
#[derive(Clone, Default)]
struct Route {
    local: Option<Arc<Volume>>,
    replicas: Vec<NodeId>,
    /// Who led when last heard.
    leader: Option<NodeId>,
    /// Bumped with every attempt at a guess, so that guesses go round.
    guesses: usize,
    /// What was asked of it here.
    load: Arc<LoadCounters>,
    times: Arc<VolumeTimes>,
}

/// What came of one attempt.
#[expect(clippy::large_enum_variant, reason = "made and taken apart at once, one at a time")]
enum Attempt {
    /// And for how long from the attempt's beginning a kernel may keep it.
    Final(CallResult, Duration),
    /// Not executed; somebody else is said to lead, or nobody is known to.
    Elsewhere(Option<NodeId>),
    /// Perhaps executed.
    Lost,
    /// A write that was not executed: its copy may have been before. `surely`: the leader knew when it arrived.
    Late { surely: bool },
}

/// A call on its way.
struct Errand<'a> {
    volume: VolumeId,
    context: Cow<'a, Context>,
    request: Request,
    body: Bytes,
    /// When it was asked for.
    arrived: Instant,
    deadline: Instant,
}

impl Router {
    /// A router that knows no volumes yet. `_clock` is kept out of routing: deadlines are tokio's time.
    pub fn new(
        me: NodeId,
        peers: Arc<dyn Peers>,
        _clock: Arc<dyn Clock>,
        entropy: Arc<dyn Entropy>,
    ) -> Router {
        let (routes, opens, sessions) = (RwLock::default(), Arc::default(), Arc::default());
        let (load, operation_times) = (LoadCounters::default(), OperationTimes::default());
        let (times, senseless) = (LeaderTimes::default(), Alarm::new());
        // Numbers of two starts are apart, and short.
        let ledger = Ledger::new(me, entropy.next_u64() >> 24, Instant::now());
        let tabs = std::array::from_fn(|_| ledger.open_tab());
        Router(Arc::new(Inner {
            me,
            peers,
            entropy,
            routes,
            opens,
            sessions,
            load,
            operation_times,
            ledger,
            tabs,
            times,
            senseless,
        }))
    }

    /// Lets operations and other nodes reach this node's replica.
    pub fn attach(&self, volume: Arc<Volume>) {
        volume.set_opens(self.0.opens.clone());
        volume.set_sessions(self.0.sessions.clone());
        let mut routes = self.0.routes.write();
        let route = routes.entry(volume.id()).or_default();
        route.local = Some(volume);
    }

    /// Forgets this node's replica; the volume may still be reached at others (see `set_replicas`).
    pub fn detach(&self, volume: VolumeId) {
        if let Some(route) = self.0.routes.write().get_mut(&volume) {
            route.local = None;
        }
    }

    /// Says which nodes have replicas of a volume. Needed for volumes without a replica here; for the others
    /// it speeds up the search while no leader is known.
    pub fn set_replicas(&self, volume: VolumeId, replicas: Vec<NodeId>) {
        self.0.routes.write().entry(volume).or_default().replicas = replicas;
    }

    /// Forgets a volume that is no more.
    pub fn forget(&self, volume: VolumeId) {
        self.0.routes.write().remove(&volume);
        self.0.times.forget(volume);
    }

    /// The replica that is attached here, if there is one.
    pub fn volume(&self, volume: VolumeId) -> Option<Arc<Volume>> {
        self.0.routes.read().get(&volume)?.local.clone()
    }

    /// Counts a file that a mount of this node has opened: it outlives its last name until `untrack_open`.
    pub fn track_open(&self, volume: VolumeId, ino: Ino) {
        self.0.opens.track(volume, ino);
    }

    /// Takes one `track_open` back.
    pub fn untrack_open(&self, volume: VolumeId, ino: Ino) {
        self.0.opens.untrack(volume, ino);
    }

    /// Begins the life of a mount of this node, as far as locks go: they are kept until `end_session`, or until
    /// this node comes back without it.
    pub fn begin_session(&self, volume: VolumeId) -> LockSession {
        let session = LockSession { node: self.0.me, id: self.0.entropy.next_u64() };
        self.0.sessions.begin(volume, session.id);
        session
    }

    /// Says who makes the kernel of a mount forget. Calls that name the mount in their context may then be made with
    /// `call_keeping`.
    pub fn keep_caches(&self, volume: VolumeId, session: LockSession, holder: Arc<dyn CacheHolder>) {
        self.0.sessions.keep_caches(volume, session.id, holder);
    }

    /// The mount is gone: the volume's leader takes back the locks that it did not give back itself.
    pub fn end_session(&self, volume: VolumeId, session: LockSession) {
        self.0.sessions.end(volume, session.id);
    }

    /// What the front ends of this node have asked for.
    pub fn load(&self) -> Load {
        self.0.load.snapshot()
    }

    /// The same of each volume of which they have asked anything.
    pub fn loads(&self) -> Vec<(VolumeId, Load)> {
        let routes = self.0.routes.read();
        let loads = routes.iter().map(|(volume, route)| (*volume, route.load.snapshot()));
        loads.filter(|(_, load)| load.operations > 0).collect()
    }

    /// What operations took of late, and of what.
    pub fn ledger(&self) -> &Arc<Ledger> {
        &self.0.ledger
    }

    /// How long what they have asked for took, from its arrival to its answer.
    pub fn operation_times(&self) -> Vec<(FrontEnd, OperationKind, LatencyCounts)> {
        self.0.operation_times.counts()
    }

    /// The same of each volume of which they have asked anything.
    pub fn volume_times(&self) -> Vec<(VolumeId, FrontEnd, LatencyCounts)> {
        let routes = self.0.routes.read();
        let of = |(volume, route): (&VolumeId, &Route)| {
            route.times.counts().map(|(end, counts)| (*volume, end, counts))
        };
        let all = routes.iter().flat_map(of);
        all.filter(|(_, _, counts)| counts.total() > 0).collect()
    }

    async fn route(
        &self,
        volume: VolumeId,
        context: &Context,
        request: Request,
        body: Bytes,
    ) -> (CallResult, Duration) {
        let (begun, asked) = (Instant::now(), Asked::of(context, &request, body.len()));
        let trace = &context.trace;
        let is_mount = asked.front_end == FrontEnd::Fuse;
        if is_mount {
            trace.begin(self.0.ledger.next_id());
        }
        trace.note_request(asked.kind, &request);
        let answer = self.pursue(volume, context, request, body).await;
        trace.note_result(asked.kind, asked.body_bytes, &answer.0);
        let now = Instant::now();
        let took = now.duration_since(begun);
        if is_mount && asked.kind.is_some() {
            let tab = &self.0.tabs[trace.id().number as usize % MOUNT_TABS];
            tab.end(trace, Origin::Mount, volume, took, now);
        }
        self.0.load.count(asked, &answer.0, took);
        self.0.operation_times.count(asked, took);
        if let Some(route) = self.0.routes.read().get(&volume) {
            route.load.count(asked, &answer.0, took);
            route.times.count(asked, took);
        }
        answer
    }

    async fn pursue(
        &self,
        volume: VolumeId,
        context: &Context,
        request: Request,
        body: Bytes,
    ) -> (CallResult, Duration) {
        let (arrived, trace, context) = (Instant::now(), &context.trace, Cow::Borrowed(context));
        let deadline = arrived + CALL_DEADLINE;
        let unnamed = context.op == OpId::NONE;
        let mut errand = Errand { volume, context, request, body, arrived, deadline };
        if unnamed && matches!(errand.request, Request::Change(_) | Request::Write { .. }) {
            errand.context.to_mut().op = self.0.draw_op();
        }
        let (mut pause, mut hops, mut hint) = (PAUSE_FIRST, 0, None);
        loop {
            let begun = Instant::now();
            let attempt = self.0.attempt(&errand, hint.take()).await;
            if let Cow::Owned(copy) = &errand.context {
                trace.absorb(&copy.trace);
            }
            match attempt {
                Attempt::Final(result, keep) => return (result, keep.saturating_sub(begun.elapsed())),
                Attempt::Late { surely: true } if !unnamed => return (Err(Errno::Again), Duration::ZERO),
                Attempt::Late { surely } if hops < HOPS_MAX => {
                    hops += 1;
                    if surely {
                        // Its caller still waits here, so it has written nothing newer: it is a write of now.
                        errand.context.to_mut().op = self.0.draw_op();
                        errand.arrived = Instant::now();
                    }
                    continue;
                }
                Attempt::Elsewhere(Some(leader)) if leader != self.0.me && hops < HOPS_MAX => {
                    hops += 1;
                    hint = Some(leader);
                    continue;
                }
                Attempt::Elsewhere(_) | Attempt::Lost | Attempt::Late { .. } => {}
            }
            let now = Instant::now();
            if now >= deadline {
                return (Err(Errno::TimedOut), Duration::ZERO);
            }
            let rest = self.0.rest(volume, self.0.jitter(pause).min(deadline - now));
            trace.timed(Stage::Hop, rest).await;
            pause = PAUSE_LONGEST.min(pause * 2);
            hops = 0;
        }
    }
}

impl FileService for Router {
    fn call<'a>(
        &'a self,
        volume: VolumeId,
        context: &'a Context,
        request: Request,
        body: Bytes,
    ) -> BoxFuture<'a, CallResult> {
        Box::pin(async move { self.route(volume, context, request, body).await.0 })
    }

    fn call_keeping<'a>(
        &'a self,
        volume: VolumeId,
        context: &'a Context,
        request: Request,
        body: Bytes,
    ) -> BoxFuture<'a, (CallResult, Duration)> {
        Box::pin(self.route(volume, context, request, body))
    }
}

impl Inner {
    fn draw_op(&self) -> OpId {
        OpId(self.entropy.next_u128().max(1))
    }

    /// Half to all of `pause`.
    fn jitter(&self, pause: Duration) -> Duration {
        let half = pause.as_micros() as u64 / 2;
        Duration::from_micros(half + self.entropy.next_u64() % (half + 1))
    }

    /// Waits for `pause`, or until this node's replica hears of a change of leader.
    async fn rest(&self, volume: VolumeId, pause: Duration) {
        let local = { self.routes.read().get(&volume).and_then(|route| route.local.clone()) };
        let Some(local) = local else { return tokio::time::sleep(pause).await };
        let mut leadership = local.core.leadership.clone();
        leadership.mark_unchanged();
        tokio::select! {
            biased;
            changed = leadership.changed() => if changed.is_err() {
                tokio::time::sleep(pause).await;
            },
            () = tokio::time::sleep(pause) => {}
        }
    }

    async fn attempt(&self, errand: &Errand<'_>, hint: Option<NodeId>) -> Attempt {
        let Errand { volume, context, request, body, arrived, deadline } = errand;
        let local = { self.routes.read().get(volume).and_then(|route| route.local.clone()) };
        if hint.is_none()
            && let Some(local) = local
        {
            let leader = local.core.leader_hint();
            if leader.is_none_or(|leader| leader == self.me) {
                let arrived = Arrived::Here(*arrived);
                let work = local.core.execute_keeping(context, request.clone(), body.clone(), arrived);
                let attempt = match tokio::time::timeout_at(*deadline, work).await {
                    Ok((result, keep)) => Attempt::of(result, keep),
                    Err(_) => Attempt::Lost,
                };
                if !matches!(attempt, Attempt::Elsewhere(None)) {
                    return attempt;
                }
            }
            if let Some(leader) = leader.filter(|leader| *leader != self.me) {
                return self.forward(leader, errand).await;
            }
        }
        match hint.or_else(|| self.guess(*volume)) {
            Some(node) => self.forward(node, errand).await,
            None => Attempt::Elsewhere(None),
        }
    }

    /// Who might lead: who did last, or else each replica in turn.
    fn guess(&self, volume: VolumeId) -> Option<NodeId> {
        let mut routes = self.routes.write();
        let route = routes.get_mut(&volume)?;
        if route.leader.is_some() {
            return route.leader;
        }
        let others: Vec<NodeId> = route.replicas.iter().copied().filter(|node| *node != self.me).collect();
        route.guesses = route.guesses.wrapping_add(1);
        others.get(route.guesses % others.len().max(1)).copied()
    }

    async fn forward(&self, node: NodeId, errand: &Errand<'_>) -> Attempt {
        let Errand { volume, context, request, body, arrived, deadline } = errand;
        let volume = *volume;
        let left = deadline.saturating_duration_since(Instant::now());
        let timeout = ATTEMPT_TIMEOUT.min(left);
        let timeout_ms = timeout.as_millis() as u32;
        let arrived = self.times.arrival(volume, node, *arrived);
        let (context, request) = (context.as_ref().clone(), request.clone());
        let ask = Ask::Call { volume, context, request, timeout_ms, arrived };
        // The other side gives up first, so that it never begins what this side has begun to repeat.
        let patience = timeout + Duration::from_secs(1);
        let begun = Instant::now();
        let (attempt, took) = match self.peers.call(node, encode(&ask), body.clone(), patience).await {
            Ok((header, body)) => self.read_answer(volume, node, arrived, &header, body),
            Err(PeerError::Unreachable) => (Attempt::Elsewhere(None), Took::default()),
            Err(PeerError::Lost) => (Attempt::Lost, Took::default()),
        };
        errand.context.trace.count_all(&took.stages);
        let there = Duration::from_micros(took.micros);
        errand.context.trace.count(Stage::Hop, begun.elapsed().saturating_sub(there));
        self.remember(volume, node, &attempt);
        attempt
    }

    fn remember(&self, volume: VolumeId, asked: NodeId, attempt: &Attempt) {
        if let Some(route) = self.routes.write().get_mut(&volume) {
            route.leader = match attempt {
                Attempt::Final(..) | Attempt::Late { .. } => Some(asked),
                Attempt::Elsewhere(leader) => *leader,
                Attempt::Lost => None,
            };
        }
    }

    fn read_answer(
        &self,
        volume: VolumeId,
        node: NodeId,
        arrived: Option<LeaderTime>,
        header: &[u8],
        body: Bytes,
    ) -> (Attempt, Took) {
        let attempt = match decode(header) {
            Ok(Answer::Called { result, keep_ms, now, took }) => {
                if let Some(now) = now {
                    self.times.learn(volume, node, now);
                }
                let keep = Duration::from_millis(u64::from(keep_ms));
                return (Attempt::Final(result.map(|reply| (reply, body)), keep), took);
            }
            Ok(Answer::Late { now }) => {
                self.times.learn(volume, node, now);
                Attempt::Late { surely: arrived.is_some_and(|arrived| arrived.tenure == now.tenure) }
            }
            Ok(Answer::NotLeader { leader }) => Attempt::Elsewhere(leader.filter(|leader| *leader != node)),
            Ok(Answer::NoReplica) => Attempt::Elsewhere(None),
            Ok(Answer::Unknown) => Attempt::Lost,
            Ok(_) => {
                if let Some(times) = self.senseless.say() {
                    tracing::error!(%node, times, "a peer answered another question than it was asked");
                }
                Attempt::Lost
            }
            Err(error) => {
                if let Some(times) = self.senseless.say() {
                    tracing::error!(%node, %error, times, "a peer's answer cannot be read");
                }
                Attempt::Lost
            }
        };
        (attempt, Took::default())
    }
}

impl Attempt {
    fn of(result: Result<(crate::Reply, Bytes), ExecuteError>, keep: Duration) -> Self {
        match result {
            Ok(done) => Attempt::Final(Ok(done), keep),
            Err(ExecuteError::Refused(errno)) => Attempt::Final(Err(errno), keep),
            Err(ExecuteError::NotLeader { leader }) => Attempt::Elsewhere(leader),
            Err(ExecuteError::Late { .. }) => Attempt::Late { surely: true },
            Err(ExecuteError::Unknown) => Attempt::Lost,
        }
    }
}
