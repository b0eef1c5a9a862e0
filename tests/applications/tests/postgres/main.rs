//! A PostgreSQL database on a FUSE mount: under load, while the volume's leader dies, after its own server was
//! killed, and taken up by another node.

mod server;

use harness::cluster::{Cluster, pause, wait_until};
use harness::setting;
use server::{Server, directory, output, program};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Child, Stdio};
use std::time::Duration;

/// Set it to 300 for five minutes of load.
const SECONDS_VARIABLE: &str = "GOTGAN_PGBENCH_SECONDS";
const SECONDS: u64 = 15;
const CLIENTS: usize = 4;
/// pgbench's unit: 100,000 accounts, about 16 MiB.
const SCALE: &str = "2";

/// What holds in pgbench's tables after any number of whole transactions.
const SUMS: &str = "select (select sum(abalance) from pgbench_accounts) = (select coalesce(sum(delta), 0) from pgbench_history) \
     and (select sum(bbalance) from pgbench_branches) = (select coalesce(sum(delta), 0) from pgbench_history) \
     and (select sum(tbalance) from pgbench_tellers) = (select coalesce(sum(delta), 0) from pgbench_history)";

fn seconds() -> u64 {
    setting::number(SECONDS_VARIABLE, SECONDS)
}

/// Load that ends after so many seconds, or with the server; each transaction that it was told is committed is a
/// line of a file in `scratch`.
fn load(server: &Server, seconds: u64, scratch: &Path, name: &str) -> Child {
    let mut command = server.client("pgbench");
    command.args(["--client", &CLIENTS.to_string(), "--time", &seconds.to_string(), "--log", "--no-vacuum"]);
    command.arg("--log-prefix").arg(scratch.join(name)).stdin(Stdio::null()).stdout(Stdio::piped());
    command.stderr(Stdio::null()).spawn().expect("pgbench starts")
}

/// How many transactions the clients of a load were told are committed.
fn acknowledged(scratch: &Path, name: &str) -> usize {
    let files = fs::read_dir(scratch).expect("read").map(|entry| entry.expect("an entry").path());
    let logs =
        files.filter(|path| path.file_name().is_some_and(|file| file.to_string_lossy().starts_with(name)));
    logs.map(|log| fs::read_to_string(log).expect("read").lines().count()).sum()
}

fn check(server: &Server, acknowledged: usize) {
    assert_eq!(server.query(SUMS), "t", "the sums of pgbench's tables differ");
    let history: usize = server.query("select count(*) from pgbench_history").parse().expect("a number");
    println!("{acknowledged} transactions were acknowledged, {history} are there");
    assert!(history >= acknowledged, "{} acknowledged transactions are lost", acknowledged - history);
    // Each client can have had one on its way.
    assert!(history <= acknowledged + 2 * CLIENTS, "{history} transactions, {acknowledged} acknowledged");
    output(server.client("pg_amcheck").args([
        "--install-missing",
        "--heapallindexed",
        "--parent-check",
        "postgres",
    ]));
}

#[test]
fn a_database_keeps_what_it_acknowledged_through_the_death_of_the_leader_and_its_own() {
    let work = tempfile::tempdir().expect("a temporary directory");
    fs::set_permissions(work.path(), fs::Permissions::from_mode(0o755)).expect("chmod");
    let scratch = work.path().join("postgres");
    directory(&scratch);
    let cluster = Cluster::start(&work.path().join("demo"));
    let [here, there] = [0, 1].map(|number| cluster.fuse(cluster.followers()[number].id).join("data"));
    directory(&here);
    output(program("initdb").arg("-D").arg(&here).args(["--data-checksums", "--auth=trust", "--locale=C"]));

    let server = Server::start(&here, &scratch);
    output(server.client("pgbench").args(["--initialize", "--quiet", "--scale", SCALE]));
    let report = load(&server, seconds(), &scratch, "quiet").wait_with_output().expect("pgbench");
    assert!(report.status.success(), "pgbench ended with {}", report.status);
    println!("{}", String::from_utf8_lossy(&report.stdout));
    check(&server, acknowledged(&scratch, "quiet"));

    let mut during = load(&server, 3600, &scratch, "killed");
    // pgbench writes its log when a buffer is full, so the database is asked how far it is.
    let progress =
        || server.query("select count(*) from pgbench_history").parse::<usize>().expect("a number");
    let before = progress();
    wait_until("load", Duration::from_secs(60), || progress() > before + 50);
    cluster.kill_node(cluster.ready.leader);
    let before = progress();
    wait_until("transactions under another leader", Duration::from_secs(120), || progress() > before + 50);
    pause(Duration::from_secs(2));
    server.kill();
    during.wait().expect("pgbench ends with its server");

    // Another node takes the database up, where nothing is cached.
    let server = Server::start(&there, &scratch);
    let log = server.log();
    assert!(log.contains("automatic recovery in progress") && log.contains("redo done"), "{log}");
    check(&server, acknowledged(&scratch, "quiet") + acknowledged(&scratch, "killed"));
    server.stop();
    output(program("pg_checksums").args(["--check", "-D"]).arg(&there));
    cluster.stop();
}
