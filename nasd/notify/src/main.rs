//! `nas-notify`, which delivers a node's alerts, and its metrics to those who want them pushed.

use clap::Parser;
use nas_notify::{Options, Otlp, Roots, serve};
use nasd_api::AGENT_SOCKET_FILE;
use nasd_logs::LogFormat;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;
use tokio::signal::unix::{SignalKind, signal};

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
    /// Where to send what the node measures by OpenTelemetry (OTLP over HTTP, JSON), for instance
    /// https://collector.example.net:4318/v1/metrics [default: nowhere].
    #[arg(long, value_name = "URL")]
    otlp_endpoint: Option<String>,
    /// A file of headers for that, `Name: value` a line, such as a token.
    #[arg(long, value_name = "FILE", requires = "otlp_endpoint")]
    otlp_headers_file: Option<PathBuf>,
    /// How often, in seconds.
    #[arg(long, value_name = "SECONDS", default_value_t = 60, value_parser = clap::value_parser!(u64).range(5..=3600))]
    otlp_interval: u64,
    /// How to say what it does: GOTGAN_LOG decides what.
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t)]
    log_format: LogFormat,
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    let began = nasd_logs::begin("nas-notify", cli.log_format, nasd_logs::filter("info"));
    match began.and_then(|()| run(cli)) {
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
    let roots = Roots::read(&cli.authorities.unwrap_or_else(usual));
    let every = Duration::from_secs(cli.otlp_interval);
    let otlp = cli.otlp_endpoint.map(|url| Otlp::new(&url, cli.otlp_headers_file.as_deref(), every));
    let options = Options { socket, roots, otlp: otlp.transpose()? };
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
