//! `nas-notify`, which delivers a node's alerts.

use clap::Parser;
use nas_notify::{Options, Roots, serve};
use std::path::PathBuf;
use std::process::ExitCode;
use tokio::signal::unix::{SignalKind, signal};
use tracing_subscriber::EnvFilter;

/// Delivers the alerts of Gotgan by email, webhook and syslog.
#[derive(Parser)]
#[command(version)]
struct Cli {
    /// The socket that nasd has for the node's agents; no other right is needed.
    #[arg(long, default_value = "/run/gotgan/agent.sock")]
    socket: PathBuf,
    /// Authorities (PEM) whose servers are believed.
    #[arg(long, default_value = "/etc/ssl/certs/ca-certificates.crt")]
    authorities: PathBuf,
}

fn main() -> ExitCode {
    let filter = EnvFilter::try_from_env("GOTGAN_LOG").unwrap_or_else(|_| EnvFilter::new("info"));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_ansi(false).init();
    match run(Cli::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(sentence) => {
            eprintln!("nas-notify: {sentence}");
            ExitCode::FAILURE
        }
    }
}

fn run(cli: Cli) -> Result<(), String> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| format!("cannot start: {error}"))?;
    let options = Options { socket: cli.socket, roots: Roots::read(&cli.authorities) };
    runtime.block_on(async {
        let signals = (signal(SignalKind::terminate()), signal(SignalKind::interrupt()));
        let (Ok(mut terminate), Ok(mut interrupt)) = signals else {
            return Err("cannot wait for signals".to_owned());
        };
        tokio::select! {
            () = serve(options) => {}
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        Ok(())
    })
}
