//! Who is who on a running cluster of processes: what a stranger's guesses are worth, and when rights end.
//!
//! One cluster serves all scenarios, which leave each other alone by the names of their users.

use harness::cluster::{Cluster, wait_until};
use nasd_api::{
    ApiError, AuditAt, AuditRecord, Client, ClientError, CreateApiToken, CreateUser, CreateVolume,
    DeleteUser, DeleteVolume, ErrorCode, LogIn, NewPassword, Nothing, ReadAudit, ReadCluster, ReadTask,
    ReadUser, RotateAuthority, Secret, SetOwnPassword, TaskAt, TaskState, UnlockUser, UpdateUser, UserAt,
    VolumeAt, Who,
};
use nasd_base::role::{Right, Role};
use std::net::IpAddr;
use std::time::Duration;
use tokio::time::Instant;

const PASSWORD: &str = "correct horse battery staple";
const HOME: &str = "192.0.2.9";
/// Rights are to end within a moment; a busy machine gets a longer one.
const MOMENT: Duration = Duration::from_secs(20);

struct Site {
    cluster: Cluster,
    runtime: tokio::runtime::Runtime,
}

impl Site {
    fn root(&self, place: usize) -> Client {
        Client::local(&self.cluster.ready.nodes[place].api)
    }

    fn create_user(&self, name: &str, role: Role, owned: &[&str]) {
        let owned = owned.iter().map(|volume| (*volume).to_owned()).collect();
        let user = CreateUser { name: name.to_owned(), role, owned, password: Secret::new(PASSWORD) };
        self.runtime.block_on(self.root(0).call::<CreateUser>(Nothing, &user)).expect("a user");
    }

    fn attempt(&self, place: usize, user: &str, password: &str, from: &str) -> Result<Client, ApiError> {
        let address: IpAddr = from.parse().expect("an address");
        let root = self.root(place);
        let login = LogIn { user: user.to_owned(), password: Secret::new(password), code: None };
        let begun = self.runtime.block_on(root.acting(Who::Visitor(address)).log_in(&login));
        match begun {
            Ok((session, whoami)) => {
                Ok(root.acting(Who::Session { address, session, csrf: whoami.csrf_token }))
            }
            Err(ClientError::Refused(error)) => Err(error),
            Err(error) => panic!("no answer: {error}"),
        }
    }

    fn log_in(&self, place: usize, user: &str) -> Client {
        self.attempt(place, user, PASSWORD, HOME).expect("the owner is let in")
    }

    fn guess(&self, place: usize, user: &str, from: &str) -> ErrorCode {
        self.attempt(place, user, "not the password", from).expect_err("a wrong password").code
    }
}

#[test]
fn guesses_are_counted_everywhere_and_rights_end_at_once() {
    let work = tempfile::tempdir().expect("a temporary directory");
    let cluster = Cluster::start(&work.path().join("demo"));
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
    let site = Site { cluster, runtime: runtime.expect("a runtime") };
    three_nodes_are_no_more_patient_than_one(&site);
    strangers_do_not_lock_the_owner_out(&site);
    a_stolen_session_guesses_no_more_than_a_stranger(&site);
    failures_are_recorded_as_such(&site);
    streams_end_with_their_users(&site);
    a_volume_made_again_is_nobodys(&site);
    another_authority_reaches_every_node(&site);
    site.cluster.stop();
}

/// The sixth attempt was refused with 429 where there is a user and with 401 where there is none.
fn three_nodes_are_no_more_patient_than_one(site: &Site) {
    site.create_user("amy", Role::Operator, &[]);
    for (name, from) in [("amy", "203.0.113.1"), ("nobody", "203.0.113.2")] {
        let begun = Instant::now();
        for number in 0..5 {
            assert_eq!(site.guess(number % 3, name, from), ErrorCode::Unauthenticated, "{name}, {number}");
        }
        println!("a wrong password of {name} takes {} ms", begun.elapsed().as_millis() / 5);
        for place in 0..3 {
            let refuses = || site.guess(place, name, from) == ErrorCode::TooManyAttempts;
            wait_until("every node has heard of five guesses", MOMENT, refuses);
        }
    }
}

/// A stranger used to lock everybody out, the administrator too, with one request a minute.
fn strangers_do_not_lock_the_owner_out(site: &Site) {
    site.create_user("chief", Role::Administrator, &[]);
    site.log_in(0, "chief");
    let codes: Vec<ErrorCode> =
        (0..40).map(|number| site.guess(number % 3, "chief", &format!("198.51.100.{number}"))).collect();
    let looked_at = codes.iter().filter(|code| **code == ErrorCode::Unauthenticated).count();
    println!("{looked_at} of forty guesses from forty addresses were looked at");
    assert!((20..25).contains(&looked_at), "a node may hear of the last ones late: {codes:?}");
    let elsewhere = site.attempt(1, "chief", PASSWORD, "198.51.100.200").err().map(|error| error.code);
    assert_eq!(elsewhere, Some(ErrorCode::TooManyAttempts), "from a new address one waits with them");
    site.log_in(2, "chief");
    site.runtime.block_on(site.root(0).ask::<UnlockUser>(UserAt::new("chief"))).expect("root ends the wait");
    let tries = || site.attempt(1, "chief", PASSWORD, "198.51.100.200").is_ok();
    wait_until("and so anybody may try, once the node has heard of it", MOMENT, tries);
}

/// Twelve wrong passwords at `/account/password` counted for nothing.
fn a_stolen_session_guesses_no_more_than_a_stranger(site: &Site) {
    site.create_user("bob", Role::Operator, &[]);
    let session = site.log_in(0, "bob");
    let token = |current: &str| CreateApiToken {
        name: "t".to_owned(),
        scopes: vec![Right::ReadStatus],
        valid_seconds: 60,
        current: Secret::new(current),
    };
    let mut codes = Vec::new();
    for number in 0..8 {
        let tried = match number % 2 {
            0 => {
                let (password, current) = (Secret::new("another long one"), Some(Secret::new("wrong")));
                let new = NewPassword { password, current, keep_api_tokens: false };
                site.runtime.block_on(session.call::<SetOwnPassword>(Nothing, &new))
            }
            _ => site.runtime.block_on(session.call::<CreateApiToken>(Nothing, &token("wrong"))).map(drop),
        };
        let Err(ClientError::Refused(error)) = tried else { panic!("{tried:?}") };
        codes.push(error.code);
    }
    let denied = codes.iter().take_while(|code| **code == ErrorCode::Denied).count();
    assert_eq!(denied, 5, "{codes:?}");
    assert!(codes[5..].iter().all(|code| *code == ErrorCode::TooManyAttempts), "{codes:?}");
    let refuses = || site.guess(1, "bob", HOME) == ErrorCode::TooManyAttempts;
    wait_until("it is the login's count, too, once the node has heard of it", MOMENT, refuses);
    site.runtime.block_on(site.root(0).ask::<UnlockUser>(UserAt::new("bob"))).expect("unlocked");
    site.runtime
        .block_on(session.call::<CreateApiToken>(Nothing, &token(PASSWORD)))
        .expect("with the password it is made");
}

fn failures_are_recorded_as_such(site: &Site) {
    let said = |records: &[AuditRecord], action: &str, outcome: &str| {
        records.iter().any(|record| record.action == action && record.outcome.starts_with(outcome))
    };
    let newest = || AuditAt { limit: Some(500), ..AuditAt::default() };
    let records = || site.runtime.block_on(site.root(0).ask::<ReadAudit>(newest())).expect("the log").items;
    wait_until("a refused attempt is recorded", MOMENT, || {
        said(&records(), "log in as amy", "refused: too many")
    });
    let records = records();
    for name in ["amy", "nobody"] {
        assert!(said(&records, &format!("log in as {name}"), "failed"), "{name}");
        assert!(!said(&records, &format!("log in as {name}"), "done"), "{name} never logged in");
    }
    assert!(said(&records, "say the password of bob", "failed"));
}

/// Takes a user's rights away.
type Change = fn(&Site);

/// The stream of a removed user went on for up to ten minutes.
fn streams_end_with_their_users(site: &Site) {
    let changes: [(&str, Change); 3] = [
        ("gone", |site| {
            site.runtime.block_on(site.root(1).ask::<DeleteUser>(UserAt::new("gone"))).expect("deleted")
        }),
        ("shut", |site| {
            let update = UpdateUser { role: Role::Operator, owned: Vec::new(), disabled: true };
            site.runtime
                .block_on(site.root(1).call_if::<UpdateUser>(UserAt::new("shut"), &update, None))
                .map(drop)
                .expect("disabled");
        }),
        ("less", |site| {
            let update = UpdateUser { role: Role::ShareOwner, owned: Vec::new(), disabled: false };
            site.runtime
                .block_on(site.root(1).call_if::<UpdateUser>(UserAt::new("less"), &update, None))
                .map(drop)
                .expect("changed");
        }),
    ];
    for (name, change) in changes {
        site.create_user(name, Role::Operator, &[]);
        let session = site.log_in(0, name);
        let mut stream = site.runtime.block_on(session.events()).expect("a stream");
        change(site);
        let asked = Instant::now();
        site.runtime.block_on(async {
            let ended = async { while stream.next().await.is_some() {} };
            tokio::time::timeout(MOMENT, ended).await.expect("the stream ends");
        });
        println!("the stream of {name} ended after {} ms", asked.elapsed().as_millis());
    }
}

/// One node is killed while the authority changes; it comes back by its registered key and takes the new one over.
fn another_authority_reaches_every_node(site: &Site) {
    let nodes: Vec<u64> = site.cluster.ready.nodes.iter().map(|node| node.id).collect();
    let authority = |id: u64| {
        let directory = site.cluster.node(id).api.parent().expect("the node's directory").to_owned();
        std::fs::read(directory.join("ca.pem")).expect("its authority")
    };
    let before = authority(nodes[0]);
    site.cluster.pause_supervisor();
    site.cluster.kill_node(nodes[2]);
    let task = site.runtime.block_on(site.root(0).ask::<RotateAuthority>(Nothing)).expect("it begins");
    let Err(ClientError::Refused(again)) =
        site.runtime.block_on(site.root(1).ask::<RotateAuthority>(Nothing))
    else {
        panic!("a second one while a node has not done its part");
    };
    assert_eq!(again.code, ErrorCode::Conflict, "{again}");
    let others = || authority(nodes[0]) != before && authority(nodes[1]) == authority(nodes[0]);
    wait_until("the nodes that are up take it over", MOMENT, others);
    site.cluster.resume_supervisor();
    let state = || {
        site.runtime.block_on(site.root(0).ask::<ReadTask>(TaskAt { id: task.id })).expect("the task").state
    };
    wait_until("every node has the new authority", Duration::from_secs(120), || state() == TaskState::Done);
    let after: Vec<Vec<u8>> = nodes.iter().map(|id| authority(*id)).collect();
    assert!(after.iter().all(|now| *now == after[0] && *now != before), "one new authority everywhere");
    let healthy = || {
        let status = site.runtime.block_on(site.root(0).ask::<ReadCluster>(Nothing)).expect("status");
        status.nodes.iter().all(|node| node.reachable)
    };
    wait_until("all nodes reach each other", MOMENT, healthy);
}

/// A share owner by name decided about the exports of the next volume that was called so.
fn a_volume_made_again_is_nobodys(site: &Site) {
    let volume = CreateVolume { name: "theirs".to_owned(), ..Default::default() };
    let make =
        || site.runtime.block_on(site.root(0).call::<CreateVolume>(Nothing, &volume)).expect("a volume");
    make();
    site.create_user("owner", Role::ShareOwner, &["theirs"]);
    // The other node may hear of the user, and of the deletion, a moment later than the one that was asked.
    let owned =
        || site.runtime.block_on(site.root(2).ask::<ReadUser>(UserAt::new("owner"))).map(|user| user.owned);
    wait_until("the owner is seen", MOMENT, || owned().is_ok_and(|owned| owned == ["theirs"]));
    site.runtime.block_on(site.root(0).ask::<DeleteVolume>(VolumeAt::new("theirs"))).expect("deleted");
    make();
    wait_until("nobody owns the new one", MOMENT, || owned().is_ok_and(|owned| owned.is_empty()));
}
