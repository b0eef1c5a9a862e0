//! One run: the cluster comes up, works under faults, and is compared.

use crate::faults::{Faults, name};
use crate::world::{CLIENTS, NODES, World};
use crate::{host, workload};
use nasd_raft::{PlantedBug, seed_election_randomness};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};
use turmoil::Sim;

/// How long the cluster may take to come up, and to settle when the faults are over.
const SETTLE: Duration = Duration::from_secs(120);

/// What a run that found nothing wrong did.
pub struct Report {
    seed: u64,
    simulated: Duration,
    acknowledged: u64,
    restarts: u64,
    segments_removed: u64,
    scrubbed_bytes: u64,
    trace: blake3::Hash,
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "seed {} passed: {} operations acknowledged, {} restarts, {} segments given back, {} KiB scrubbed, \
             {:.1} s simulated, trace {}",
            self.seed,
            self.acknowledged,
            self.restarts,
            self.segments_removed,
            self.scrubbed_bytes >> 10,
            self.simulated.as_secs_f64(),
            &self.trace.to_hex()[..16]
        )
    }
}

/// # Errors
/// What was promised and not kept, or that the cluster did not come up or settle.
pub fn run(seed: u64, seconds: u64, bug: Option<PlantedBug>) -> Result<Report, String> {
    seed_election_randomness(seed);
    let world = Arc::new(World::new(seed));
    let mut rng = ChaCha8Rng::seed_from_u64(seed ^ 0xfa17);
    let mut sim = build(seed, &world, bug);

    until(&mut sim, &world, "the cluster to serve", |world| *world.serving.lock())?;
    let mut faults = Faults::new(sim.elapsed() + Duration::from_secs(1));
    let end = sim.elapsed() + Duration::from_secs(seconds);
    while sim.elapsed() < end {
        step(&mut sim, &world)?;
        faults.step(&mut sim, &world, &mut rng);
    }
    faults.end(&mut sim, &world);
    *world.winding_up.lock() = true;
    until(&mut sim, &world, "the clients to finish", |world| *world.clients_done.lock() == CLIENTS)?;
    world.probes.lock().clear();
    until(&mut sim, &world, "the replicas to agree", replicas_agree)?;
    let (acknowledged, restarts) = (*world.acknowledged.lock(), *world.restarts.lock());
    let trace = world.trace.lock().finalize();
    let upkeep = world.upkeep.lock();
    let segments_removed = upkeep.values().map(|(removed, _)| removed).sum();
    let scrubbed_bytes = upkeep.values().map(|(_, scrubbed)| scrubbed).sum();
    let simulated = sim.elapsed();
    Ok(Report { seed, simulated, acknowledged, restarts, segments_removed, scrubbed_bytes, trace })
}

fn build<'a>(seed: u64, world: &Arc<World>, bug: Option<PlantedBug>) -> Sim<'a> {
    let mut sim = turmoil::Builder::new()
        .rng_seed(seed)
        .epoch(SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000))
        .simulation_duration(Duration::from_secs(3600))
        .tick_duration(Duration::from_millis(1))
        .min_message_latency(Duration::from_micros(100))
        .max_message_latency(Duration::from_millis(8))
        .tcp_capacity(1024)
        .enable_random_order()
        .build();
    for number in 1..=NODES {
        let world = world.clone();
        let lives = Arc::new(AtomicU64::new(0));
        sim.host(name(number), move || {
            host::node(number, seed, lives.fetch_add(1, Ordering::Relaxed), world.clone(), bug)
        });
    }
    for number in 1..=CLIENTS {
        sim.client(format!("c{number}"), workload::client(number, seed, world.clone()));
    }
    sim
}

fn step(sim: &mut Sim<'_>, world: &World) -> Result<(), String> {
    sim.step().map_err(|error| error.to_string())?;
    world.violation.lock().clone().map_or(Ok(()), Err)
}

fn until(sim: &mut Sim<'_>, world: &World, what: &str, done: impl Fn(&World) -> bool) -> Result<(), String> {
    let deadline = sim.elapsed() + SETTLE;
    while !done(world) {
        if sim.elapsed() > deadline {
            return Err(format!("waited {} s for {what}", SETTLE.as_secs()));
        }
        step(sim, world)?;
    }
    Ok(())
}

/// All replicas have applied the same and hold the same.
fn replicas_agree(world: &World) -> bool {
    let probes = world.probes.lock();
    let Some((mark, checksum)) = probes.get(&1) else { return false };
    let alike = probes.values().filter(|(other, _)| other == mark).count();
    if alike < NODES {
        return false;
    }
    if let Some((number, _)) = probes.iter().find(|(_, (_, other))| other != checksum) {
        world.violated(format!("the replica of node {number} differs from that of node 1"));
    }
    true
}
