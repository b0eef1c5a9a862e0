//! The comparison: systems in turn, medians, ratios, a table and a plot.

use crate::client::Place;
use crate::measure::Sample;
use crate::systems::{Ganesha, Gluster, Gotgan, RawDisk, System};
use crate::workload::{self, Scale};
use crate::{namespace, plot};
use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// Over [`line`]s.
pub const HEADING: &str =
    "workload                        rate        p50 us    p99 us   cpu ms/op  (server, client cpu s)";

/// One sample as a line of text.
pub fn line(sample: &Sample) -> String {
    let unit = if sample.is_stream() { "MiB/s" } else { "op/s" };
    format!(
        "{:<28} {:>9.1} {unit:<5} {:>9.0} {:>9.0} {:>10.3}  ({:.2}, {:.2})",
        sample.workload,
        sample.rate(),
        sample.p50_us,
        sample.p99_us,
        sample.cpu_ms(),
        sample.server_cpu,
        sample.client_cpu
    )
}

/// All samples of one system, by workload.
pub struct Results {
    pub name: String,
    pub samples: BTreeMap<&'static str, Vec<Sample>>,
}

impl Results {
    pub fn median(&self, workload: &str, figure: fn(&Sample) -> f64) -> Option<f64> {
        let mut figures: Vec<f64> = self.samples.get(workload)?.iter().map(figure).collect();
        figures.sort_unstable_by(f64::total_cmp);
        figures.get(figures.len() / 2).copied()
    }
}

/// Sets the systems up, runs the workloads on each in turn and reports.
pub fn compare(dir: &Path, rounds: usize, alone: bool, out: Option<PathBuf>, scale: Scale) -> io::Result<()> {
    namespace::enter()?;
    let work = tempfile::Builder::new().prefix("gotgan-bench-").tempdir_in(dir)?;
    let mut systems: Vec<Box<dyn System>> = Vec::new();
    for way in Gotgan::start(work.path())? {
        systems.push(Box::new(way));
    }
    if !alone {
        systems.push(Box::new(Gluster::start(work.path())?));
        systems.push(Box::new(Ganesha::start(work.path())?));
    }
    let mut results: Vec<Results> =
        systems.iter().map(|system| Results { name: system.name(), samples: BTreeMap::new() }).collect();
    let mut raw = Results { name: "the raw disk".to_owned(), samples: BTreeMap::new() };
    for round in 1..=rounds {
        for (system, results) in systems.iter().zip(&mut results) {
            eprintln!("--- round {round}: {}\n{HEADING}", results.name);
            let mut note = |sample: &Sample| eprintln!("{}", line(sample));
            for sample in workload::run_all(&system.place(), &**system, scale, &mut note)? {
                results.samples.entry(sample.workload).or_default().push(sample);
            }
        }
        let disk = RawDisk(work.path().to_path_buf());
        let place = Place::Mount(disk.0.clone());
        for sample in workload::streams(&place, &disk, scale)? {
            eprintln!("the raw disk: {}", line(&sample));
            raw.samples.entry(sample.workload).or_default().push(sample);
        }
    }
    drop(systems);
    let table = table(&results, &raw);
    println!("{table}");
    if let Some(out) = out {
        fs::write(&out, &table)?;
        if !alone {
            fs::write(out.with_extension("svg"), plot::ratios(&results))?;
        }
    }
    Ok(())
}

/// A Markdown table: a row for each workload, medians of each system.
fn table(results: &[Results], raw: &Results) -> String {
    let mut text = String::from("| workload |");
    for system in results {
        let _ = write!(text, " {} | p50, p99 µs | CPU ms |", system.name);
    }
    text.push_str("\n|---|");
    text.push_str(&"--:|--:|--:|".repeat(results.len()));
    for workload in workloads(results) {
        let _ = write!(text, "\n| {workload} |");
        for system in results {
            let figure = |figure| system.median(workload, figure).unwrap_or(f64::NAN);
            let unit = if workload.starts_with("sequential") { "MiB/s" } else { "/s" };
            let (rate, p50, p99) = (figure(Sample::rate), figure(|s| s.p50_us), figure(|s| s.p99_us));
            let cpu = figure(Sample::cpu_ms);
            let _ = write!(text, " {rate:.0} {unit} | {p50:.0}, {p99:.0} | {cpu:.2} |");
        }
    }
    text.push_str("\n\n");
    for workload in raw.samples.keys() {
        let rate = raw.median(workload, Sample::rate).unwrap_or(f64::NAN);
        let _ = writeln!(text, "The raw disk, {workload}: {rate:.0} MiB/s.");
    }
    text
}

/// The workloads in the order in which they ran.
pub fn workloads(results: &[Results]) -> Vec<&'static str> {
    let Some(first) = results.first() else { return Vec::new() };
    workload::ORDER.iter().copied().filter(|workload| first.samples.contains_key(workload)).collect()
}
