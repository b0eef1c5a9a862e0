//! Times single operations and the processor time of every process that serves them.

use serde::Serialize;
use std::fs;
use std::io;
use std::time::{Duration, Instant};

/// What one workload cost on one system, once.
#[derive(Clone, Debug, Serialize)]
pub struct Sample {
    pub workload: &'static str,
    pub operations: u64,
    pub bytes: u64,
    pub seconds: f64,
    /// Microseconds.
    pub p50_us: f64,
    pub p99_us: f64,
    /// Processor time of the servers, in seconds: user and kernel, all nodes together.
    pub server_cpu: f64,
    /// Processor time of the client, in seconds.
    pub client_cpu: f64,
}

impl Sample {
    /// Operations, or MiB for streams, in a second.
    pub fn rate(&self) -> f64 {
        let amount =
            if self.is_stream() { self.bytes as f64 / f64::from(1 << 20) } else { self.operations as f64 };
        amount / self.seconds
    }

    pub fn is_stream(&self) -> bool {
        self.workload.starts_with("sequential")
    }

    /// Milliseconds of processor time for an operation, client and servers together.
    pub fn cpu_ms(&self) -> f64 {
        (self.server_cpu + self.client_cpu) * 1e3 / self.operations as f64
    }
}

/// Collects the latencies of one thread.
#[derive(Default)]
pub struct Latencies(Vec<Duration>);

impl Latencies {
    /// Runs one operation and notes how long it took.
    pub fn time<T>(&mut self, operation: impl FnOnce() -> io::Result<T>) -> io::Result<T> {
        let start = now();
        let result = operation()?;
        self.0.push(start.elapsed());
        Ok(result)
    }

    pub fn extend(&mut self, other: Latencies) {
        self.0.extend(other.0);
    }

    fn percentile_us(&self, share: f64) -> f64 {
        let index = ((self.0.len() as f64 * share) as usize).min(self.0.len().saturating_sub(1));
        self.0.get(index).map_or(0.0, |latency| latency.as_secs_f64() * 1e6)
    }
}

/// Processes whose work counts as the system's.
pub trait Processes {
    fn pids(&self) -> Vec<u32>;
}

/// Runs a workload and measures it from outside. It returns its latencies and the bytes it moved.
pub fn measure(
    workload: &'static str,
    system: &dyn Processes,
    work: impl FnOnce() -> io::Result<(Latencies, u64)>,
) -> io::Result<Sample> {
    let (servers, client, start) = (cpu_of(&system.pids()), own_cpu(), now());
    let (mut latencies, bytes) = work()?;
    let seconds = start.elapsed().as_secs_f64();
    latencies.0.sort_unstable();
    Ok(Sample {
        workload,
        operations: latencies.0.len() as u64,
        bytes,
        seconds,
        p50_us: latencies.percentile_us(0.5),
        p99_us: latencies.percentile_us(0.99),
        server_cpu: cpu_of(&system.pids()) - servers,
        client_cpu: own_cpu() - client,
    })
}

/// User and kernel seconds of some processes.
fn cpu_of(pids: &[u32]) -> f64 {
    pids.iter()
        .filter_map(|pid| fs::read_to_string(format!("/proc/{pid}/stat")).ok())
        .map(|stat| ticks(&stat))
        .sum()
}

fn own_cpu() -> f64 {
    fs::read_to_string("/proc/self/stat").map_or(0.0, |stat| ticks(&stat))
}

/// utime and stime, fields 14 and 15 of proc(5)'s stat, at 100 ticks a second.
fn ticks(stat: &str) -> f64 {
    const TICKS_PER_SECOND: f64 = 100.0;
    let after_name = stat.rsplit_once(") ").map_or("", |(_, rest)| rest);
    let fields = after_name.split(' ').skip(11).take(2);
    fields.filter_map(|field| field.parse::<f64>().ok()).sum::<f64>() / TICKS_PER_SECOND
}

#[expect(clippy::disallowed_methods, reason = "a benchmark measures real time")]
fn now() -> Instant {
    Instant::now()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_read_behind_a_name_with_spaces() {
        let stat = "7 (a ) b) S 1 2 3 4 5 6 7 8 9 10 150 50 0 0";
        assert!((ticks(stat) - 2.0).abs() < 1e-9);
    }

    #[test]
    fn percentiles_of_nothing_and_of_one() {
        assert!(Latencies::default().percentile_us(0.99).abs() < 1e-9);
        let one = Latencies(vec![Duration::from_micros(5)]);
        assert!((one.percentile_us(0.99) - 5.0).abs() < 1e-9);
    }
}
