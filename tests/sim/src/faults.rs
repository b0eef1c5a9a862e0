//! What goes wrong, and when: a schedule drawn from the seed.

use crate::world::{NODES, World};
use rand::{Rng, RngExt};
use std::time::Duration;
use turmoil::Sim;

/// How long to let the cluster work between two faults.
const PAUSE_MS: std::ops::Range<u64> = 300..3_000;
/// How long a crashed node stays down, and a partition up.
const OUTAGE_MS: std::ops::Range<u64> = 50..6_000;

/// A fault that is in force.
enum Outage {
    Down(Vec<usize>),
    Parted(Vec<(usize, usize)>),
    /// From the first to the second: nothing arrives.
    Deaf(usize, usize),
    Slow(usize),
}

/// Injects one fault after the other.
pub struct Faults {
    next: Duration,
    outage: Option<Outage>,
}

impl Faults {
    pub fn new(start: Duration) -> Faults {
        Faults { next: start, outage: None }
    }

    /// Called between steps of the simulation.
    pub fn step(&mut self, sim: &mut Sim<'_>, world: &World, rng: &mut impl Rng) {
        if sim.elapsed() < self.next {
            return;
        }
        match self.outage.take() {
            Some(outage) => {
                end(outage, sim, world);
                self.next = sim.elapsed() + Duration::from_millis(rng.random_range(PAUSE_MS));
            }
            None => {
                self.outage = Some(begin(sim, world, rng));
                self.next = sim.elapsed() + Duration::from_millis(rng.random_range(OUTAGE_MS));
            }
        }
    }

    /// Mends everything.
    pub fn end(&mut self, sim: &mut Sim<'_>, world: &World) {
        if let Some(outage) = self.outage.take() {
            end(outage, sim, world);
        }
    }
}

fn begin(sim: &mut Sim<'_>, world: &World, rng: &mut impl Rng) -> Outage {
    let one = rng.random_range(1..=NODES);
    let other = (one + rng.random_range(0..NODES - 1)) % NODES + 1;
    match rng.random_range(0..12) {
        0..=2 => {
            world.note(&format!("node {one} loses power"));
            crash(sim, world, &[one], rng, true);
            Outage::Down(vec![one])
        }
        3 | 4 => {
            world.note(&format!("node {one} is killed"));
            crash(sim, world, &[one], rng, false);
            Outage::Down(vec![one])
        }
        5..=7 => {
            world.note("all nodes lose power");
            let all: Vec<usize> = (1..=NODES).collect();
            crash(sim, world, &all, rng, true);
            Outage::Down(all)
        }
        8 | 9 => {
            world.note(&format!("node {one} is cut off"));
            let pairs: Vec<(usize, usize)> = (1..=NODES).filter(|n| *n != one).map(|n| (one, n)).collect();
            for (a, b) in &pairs {
                sim.partition(name(*a), name(*b));
            }
            Outage::Parted(pairs)
        }
        10 => {
            world.note(&format!("node {one} is not heard by node {other}"));
            sim.partition_oneway(name(one), name(other));
            Outage::Deaf(one, other)
        }
        _ => {
            world.note(&format!("the disks of node {one} are slow"));
            world.machines[one - 1].log.set_slowness(20);
            world.machines[one - 1].chunks.set_slowness(20);
            Outage::Slow(one)
        }
    }
}

fn crash(sim: &mut Sim<'_>, world: &World, numbers: &[usize], rng: &mut impl Rng, power: bool) {
    for number in numbers {
        sim.crash(name(*number));
    }
    for number in numbers {
        let machine = &world.machines[number - 1];
        if power { machine.lose_power(rng) } else { machine.kill() }
    }
}

fn end(outage: Outage, sim: &mut Sim<'_>, world: &World) {
    match outage {
        Outage::Down(numbers) => {
            for number in numbers {
                *world.restarts.lock() += 1;
                sim.bounce(name(number));
            }
        }
        Outage::Parted(pairs) => {
            for (a, b) in pairs {
                sim.repair(name(a), name(b));
            }
        }
        Outage::Deaf(from, to) => sim.repair_oneway(name(from), name(to)),
        Outage::Slow(number) => {
            world.machines[number - 1].log.set_slowness(1);
            world.machines[number - 1].chunks.set_slowness(1);
        }
    }
}

/// The host name of a node.
pub fn name(number: usize) -> String {
    format!("n{number}")
}
