//! A whole cluster on one seed: three real nodes and their NFS clients on one thread, in simulated time, while
//! nodes crash with what they had not flushed, the network parts, and a power cut takes all at once.
//!
//! What was acknowledged is checked while it runs and at the end; then the replicas are compared. The same seed
//! takes the same course. One process runs one seed, because parts of tokio keep random state in thread locals.

mod clock;
mod faults;
mod host;
mod net;
mod run;
mod workload;
mod world;

use clap::Parser;
use nasd_raft::PlantedBug;
use std::process::ExitCode;

/// Simulates a cluster on one seed and checks that no acknowledged write is lost.
#[derive(Parser)]
struct Cli {
    /// Decides everything that chance decides.
    #[arg(long)]
    seed: u64,
    /// Seconds of simulated time with faults.
    #[arg(long, default_value_t = 25)]
    seconds: u64,
    /// Plant the bug that writes are acknowledged before they are flushed: the run should fail.
    #[arg(long)]
    plant_ack_before_flush: bool,
    /// Log what the nodes log, with RUST_LOG's filter.
    #[arg(long)]
    trace: bool,
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    if cli.trace {
        let filter = tracing_subscriber::EnvFilter::from_default_env();
        tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).without_time().init();
    }
    let bug = cli.plant_ack_before_flush.then_some(PlantedBug::AckBeforeFlush);
    match run::run(cli.seed, cli.seconds, bug) {
        Ok(report) => {
            println!("{report}");
            ExitCode::SUCCESS
        }
        Err(violation) => {
            println!("seed {} FAILED: {violation}", cli.seed);
            println!(
                "replay: cargo run --package sim -- --seed {} --seconds {} --trace",
                cli.seed, cli.seconds
            );
            ExitCode::FAILURE
        }
    }
}
