//! `nas-web`, the web console of a node.

use clap::Parser;
use nas_web::{Options, serve};
use nasd_api::CONSOLE_SOCKET_FILE;
use nasd_logs::LogFormat;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use tokio::signal::unix::{SignalKind, signal};

/// Pages wait for nasd most of the time: two threads are enough, and small.
const WORKERS: usize = 2;

/// The web console of Gotgan: manages the cluster in a browser.
#[derive(Parser)]
#[command(version)]
struct Cli {
    /// nasd's directory, with the console's socket; nothing else in it is used.
    #[arg(long, default_value = "/var/lib/gotgan")]
    dir: PathBuf,
    /// Where to listen for browsers.
    #[arg(long, default_value = "0.0.0.0:443")]
    listen: SocketAddr,
    /// The socket that nasd has for its console [default: DIR/console.sock]. The console needs no other right: it can
    /// run as the user that nasd is told with --console-uid.
    #[arg(long)]
    socket: Option<PathBuf>,
    /// A name or address that browsers use for this node, for the links that are printed.
    #[arg(long)]
    host: Option<String>,
    /// How to say what it does: GOTGAN_LOG decides what.
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t)]
    log_format: LogFormat,
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    let began = nasd_logs::begin("nas-web", cli.log_format, nasd_logs::filter("info"));
    match began.and_then(|()| run(cli)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(sentence) => {
            eprintln!("nas-web: {sentence}");
            ExitCode::FAILURE
        }
    }
}

fn run(cli: Cli) -> Result<(), String> {
    // The certificate's key that it may have to make is nobody else's to read.
    rustix::process::umask(rustix::fs::Mode::from_raw_mode(0o077));
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(WORKERS).enable_all().build();
    let runtime = runtime.map_err(|error| format!("cannot start: {error}"))?;
    let socket = cli.socket.unwrap_or_else(|| cli.dir.join(CONSOLE_SOCKET_FILE));
    let options = Options { socket, listen: cli.listen, host: cli.host };
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
