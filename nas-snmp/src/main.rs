//! `nas-snmp`, the SNMP agent of a node.

use clap::Parser;
use nas_snmp::{Options, serve};
use nasd_api::AGENT_SOCKET_FILE;
use nasd_logs::LogFormat;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use tokio::signal::unix::{SignalKind, signal};

/// The SNMP agent of Gotgan: answers monitoring, and tells it what happens.
#[derive(Parser)]
#[command(version)]
struct Cli {
    /// nasd's directory, with the agents' socket; nothing else in it is used.
    #[arg(long, default_value = "/var/lib/gotgan")]
    dir: PathBuf,
    /// Where to listen for managers.
    #[arg(long, default_value = "0.0.0.0:161")]
    listen: SocketAddr,
    /// The socket that nasd has for its agents [default: DIR/agent.sock]. The agent needs no other right: it can run as
    /// the user that nasd is told with --agent-uid.
    #[arg(long)]
    socket: Option<PathBuf>,
    /// A directory that the agent can write into: it keeps there how often it was started [default: DIR/snmp].
    #[arg(long)]
    state: Option<PathBuf>,
    /// How to say what it does: GOTGAN_LOG decides what.
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t)]
    log_format: LogFormat,
}

fn main() -> ExitCode {
    // What async-snmp has to say is about single datagrams, which anybody can send.
    let cli = Cli::parse();
    let began = nasd_logs::begin("nas-snmp", cli.log_format, nasd_logs::filter("info,async_snmp=off"));
    match began.and_then(|()| run(cli)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(sentence) => {
            eprintln!("nas-snmp: {sentence}");
            ExitCode::FAILURE
        }
    }
}

fn run(cli: Cli) -> Result<(), String> {
    rustix::process::umask(rustix::fs::Mode::from_raw_mode(0o077));
    // One thread answers, another one looks at the machine, a third one looks up names: each has memory of its own.
    let runtime = tokio::runtime::Builder::new_current_thread().max_blocking_threads(2).enable_all().build();
    let runtime = runtime.map_err(|error| format!("cannot start: {error}"))?;
    let options = Options {
        socket: cli.socket.unwrap_or_else(|| cli.dir.join(AGENT_SOCKET_FILE)),
        state: cli.state.unwrap_or_else(|| cli.dir.join("snmp")),
        listen: cli.listen,
    };
    runtime.block_on(async {
        let signals = (signal(SignalKind::terminate()), signal(SignalKind::interrupt()));
        let (Ok(mut terminate), Ok(mut interrupt)) = signals else {
            return Err("cannot wait for signals".to_owned());
        };
        let shutdown = async move {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
            }
        };
        serve(options, |line| println!("{line}"), shutdown).await
    })
}
