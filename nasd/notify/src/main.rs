//! `nas-notify`, which delivers a node's alerts.

use clap::Parser;
use nas_notify::{Options, Roots, serve};
use nasd_api::AGENT_SOCKET_FILE;
use std::path::PathBuf;
use std::process::ExitCode;
use tokio::signal::unix::{SignalKind, signal};
use tracing_subscriber::EnvFilter;

/// Where Debian has them.
const AUTHORITIES: &str = "/etc/ssl/certs/ca-certificates.crt";

/// Delivers the alerts of Gotgan by email, webhook and syslog.
#[derive(Parser)]
#[command(version)]
struct Cli {
    /// nasd's directory, with the agents' socket; nothing else in it is used.
    #[arg(long, default_value = "/var/lib/gotgan")]
    dir: PathBuf,
    /// The socket that nasd has for its agents [default: DIR/agent.sock]. No other right is needed: it can run as the user
    /// that nasd is told with --agent-uid.
    #[arg(long)]
    socket: Option<PathBuf>,
    /// Authorities (PEM) whose servers are believed [default: the file that SSL_CERT_FILE names, or else
    /// /etc/ssl/certs/ca-certificates.crt].
    #[arg(long)]
    authorities: Option<PathBuf>,
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
    let socket = cli.socket.unwrap_or_else(|| cli.dir.join(AGENT_SOCKET_FILE));
    let usual = || std::env::var_os("SSL_CERT_FILE").map_or_else(|| AUTHORITIES.into(), PathBuf::from);
    let options = Options { socket, roots: Roots::read(&cli.authorities.unwrap_or_else(usual)) };
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
