//! `nasd`, the storage daemon.

use clap::{Args, Parser, Subcommand};
use nasd::config::{Config, ConfigFile};
use nasd::memory;
use nasd_base::address;
use nasd_demo::{Demo, NODES};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use tracing_subscriber::EnvFilter;

/// Gives freed memory back within seconds, where glibc's keeps most of it (docs/decisions/0025-memory.md).
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

/// The storage daemon of Gotgan: one server of a clustered NAS.
#[derive(Parser)]
#[command(version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run this server's node until SIGTERM or Ctrl-C.
    ///
    /// A new node belongs to no cluster: tell it with `nasctl cluster create` or `nasctl cluster join`.
    Run(Box<RunArgs>),
    /// Run a three-node cluster on this machine until Ctrl-C, to try Gotgan or to drive it from a script.
    Demo(DemoArgs),
}

#[derive(Args)]
struct RunArgs {
    /// Where the node keeps everything; settings may lie there in nasd.toml.
    #[arg(long, default_value = "/var/lib/gotgan")]
    dir: PathBuf,
    /// The node's name in the cluster [default: the machine's host name].
    #[arg(long)]
    name: Option<String>,
    /// Where the other nodes reach this one [default: this machine's own address, which is said at the start].
    #[arg(long, value_name = "HOST:PORT", value_parser = address::read_host_port)]
    advertise: Option<String>,
    /// Where to listen for the other nodes [default: 0.0.0.0:7420].
    #[arg(long, value_name = "IP:PORT", value_parser = address::read_listen)]
    node_listen: Option<SocketAddr>,
    /// Where to listen for NFS and MOUNT [default: 0.0.0.0:2049].
    #[arg(long, value_name = "IP:PORT", value_parser = address::read_listen)]
    nfs_listen: Option<SocketAddr>,
    /// Where to listen for the management interface through HTTPS [default: 0.0.0.0:7443].
    #[arg(long, value_name = "IP:PORT", value_parser = address::read_listen)]
    https_listen: Option<SocketAddr>,
    /// The socket for the web console [default: DIR/console.sock].
    #[arg(long)]
    console_socket: Option<PathBuf>,
    /// The number of the user that the web console runs as [default: the one that runs nasd].
    #[arg(long, value_name = "UID")]
    console_uid: Option<u32>,
    /// The socket for the node's agents, such as nas-snmp [default: DIR/agent.sock].
    #[arg(long)]
    agent_socket: Option<PathBuf>,
    /// The number of the user that the agents run as [default: the one that runs nasd].
    #[arg(long, value_name = "UID")]
    agent_uid: Option<u32>,
    /// A directory for chunks; repeat it for several disks [default: DIR/chunks].
    #[arg(long)]
    chunk_dir: Vec<PathBuf>,
    /// The most bytes of chunks to keep on each disk, for instance 2T [default: the disk, less a reserve].
    #[arg(long, value_name = "BYTES", value_parser = nasd::memory::parse_bytes)]
    capacity_bytes: Option<u64>,
    /// Below this directory volumes may be mounted through the network, for instance by an operator; elsewhere only by
    /// root of this machine, with nasctl [default: /srv/gotgan].
    #[arg(long)]
    mount_dir: Option<PathBuf>,
    /// The most memory for caches and buffers together, for instance 4G [default: a quarter of the machine's].
    ///
    /// K to E and KiB to EiB are units of 1024, KB to EB of 1000.
    #[arg(long, value_name = "BYTES", value_parser = nasd::memory::parse_bytes)]
    memory: Option<u64>,
    /// End when the process of this number, which started this one, ends.
    #[arg(long, value_name = "PID", hide = true)]
    exit_with_parent: Option<i32>,
}

#[derive(Args)]
struct DemoArgs {
    /// Where the cluster's data is kept; run it again with the same directory to go on.
    #[arg(long, default_value = "gotgan-demo")]
    dir: PathBuf,
    /// Print one JSON line when the cluster serves, and everything else to standard error.
    #[arg(long)]
    json: bool,
}

fn main() -> ExitCode {
    let outcome = match Cli::parse().command {
        Command::Run(args) => run(*args),
        // One thread: the nodes ask the kernel to end with the thread that started them.
        Command::Demo(args) => tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|error| error.to_string())
            .and_then(|runtime| runtime.block_on(nasd_demo::run(demo(args)))),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("error: {message}");
            ExitCode::FAILURE
        }
    }
}

/// Its nodes share what one would take.
fn demo(DemoArgs { dir, json }: DemoArgs) -> Demo {
    let memory = memory::default_total(memory::of_machine()) / NODES as u64;
    Demo { dir, json, memory_bytes_each: memory.max(memory::TOTAL_MIN) }
}

fn run(args: RunArgs) -> Result<(), String> {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info,openraft=warn"));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_ansi(false).init();
    // What a node keeps is nobody else's to read. Mount points and volumes have modes of their own.
    rustix::process::umask(rustix::fs::Mode::from_raw_mode(0o077));
    if let Some(parent) = args.exit_with_parent {
        end_with(parent)?;
    }
    let overrides = ConfigFile {
        name: args.name,
        advertise: args.advertise,
        node_listen: args.node_listen,
        nfs_listen: args.nfs_listen,
        https_listen: args.https_listen,
        console_socket: args.console_socket,
        console_uid: args.console_uid,
        agent_socket: args.agent_socket,
        agent_uid: args.agent_uid,
        chunk_dirs: args.chunk_dir,
        capacity_bytes: args.capacity_bytes,
        mount_dir: args.mount_dir,
        memory_bytes: args.memory,
        ..ConfigFile::default()
    };
    let config = Config::load(&args.dir, overrides)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    runtime.map_err(|error| error.to_string())?.block_on(nasd::service::run(config))
}

/// Asks the kernel to end this process with its parent.
fn end_with(parent: i32) -> Result<(), String> {
    let asked = rustix::process::set_parent_process_death_signal(Some(rustix::process::Signal::TERM));
    asked.map_err(|error| format!("cannot follow the parent process: {error}"))?;
    // The kernel does not tell of a parent that had ended before it was asked.
    if rustix::process::getppid().map(rustix::process::Pid::as_raw_pid) != Some(parent) {
        return Err(format!("process {parent}, which started this one, has ended"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The line of a unit that starts nasd, as far as it is nasd's: a shell finds the user's number.
    #[test]
    fn the_unit_that_is_shipped_starts_a_node() {
        let unit = include_str!("../../../images/units/nasd.service");
        let line = unit.lines().find(|line| line.starts_with("ExecStart=")).expect("a command");
        let (_, command) = line.split_once("exec /usr/bin/").expect("nasd by its path");
        let command = command
            .trim_end_matches('\'')
            .replace("\"$(id -u gotgan-web)\"", "997")
            .replace("\"$(id -u gotgan-agent)\"", "996");
        let Command::Run(args) =
            Cli::try_parse_from(command.split(' ')).expect("options that there are").command
        else {
            panic!("not a node");
        };
        assert_eq!((args.console_uid, args.agent_uid), (Some(997), Some(996)));
        let (console, socket) =
            (include_str!("../../../images/units/nas-web.service"), args.console_socket.expect("one"));
        assert!(console.contains(&format!("nas-web --socket {}\n", socket.display())), "the same socket");
        let socket = args.agent_socket.expect("one");
        for (program, agent) in [
            ("nas-snmp", include_str!("../../../images/units/nas-snmp.service")),
            ("nas-notify", include_str!("../../../images/units/nas-notify.service")),
        ] {
            assert!(
                agent.contains(&format!("{program} --socket {}", socket.display())),
                "{program}: the same socket"
            );
        }
    }
}
