use super::audit::{self, AuditVerdict};
use super::command::{Entry, Outcome, Proposal};
use super::*;
use nasd_base::{NodeId, OpId, Timestamp};
use nasd_state::Machine;
use rusqlite::Connection;

struct Bench {
    machine: SystemMachine,
    db: Connection,
    index: u64,
}

impl Bench {
    /// A cluster of one node.
    fn new() -> Bench {
        let (mut machine, _) = SystemMachine::new();
        let db = Connection::open_in_memory().unwrap();
        machine.prepare(&db).unwrap();
        let mut bench = Bench { machine, db, index: 4 };
        let (name, address) = ("alpha".to_owned(), "192.0.2.1:7400".to_owned());
        let first = SystemCommand::RegisterFirstNode {
            cluster: [9; 16],
            node: NodeId(1),
            name,
            address,
            key: [1; 32],
        };
        bench.apply(Proposal::plain(OpId::NONE, first)).unwrap();
        bench
    }

    fn apply(&mut self, proposal: Proposal) -> Outcome {
        self.index += 1;
        let now = Timestamp { secs: 1_800_000_000 + self.index as i64, nanos: 5 };
        let reply = self.machine.apply(&self.db, self.index, &Entry { now, proposal }.encode()).unwrap();
        self.machine.committed();
        decode_all(&reply).unwrap()
    }

    fn acts(&mut self, command: SystemCommand) -> Outcome {
        let actor = Some(amy());
        self.apply(Proposal { op: OpId(u128::from(self.index) + 1), command, actor, condition: None })
    }

    fn names(&mut self, name: &str) -> Outcome {
        self.acts(SystemCommand::NameCluster { name: name.to_owned() })
    }

    fn records(&self) -> Vec<(String, String, String)> {
        let mut statement = self.db.prepare("SELECT actor, action, outcome FROM audit ORDER BY seq").unwrap();
        let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?))).unwrap();
        rows.map(Result::unwrap).collect()
    }

    fn verdict(&self) -> AuditVerdict {
        audit::verify(&self.db).unwrap()
    }

    fn broken_at(&self) -> u64 {
        match self.verdict() {
            AuditVerdict::Broken { seq, .. } => seq,
            intact => panic!("nobody noticed: {intact:?}"),
        }
    }
}

fn amy() -> Actor {
    Actor { name: "amy".to_owned(), address: "192.0.2.9".to_owned(), through: "session".to_owned() }
}

#[test]
fn changes_and_refusals_of_somebody_are_recorded_and_those_of_nodes_are_not() {
    let mut bench = Bench::new();
    bench.names("home").unwrap();
    bench.names("NOT A NAME").unwrap_err();
    let note = SystemCommand::Note { action: "mount\nvolume".to_owned(), outcome: "failed".to_owned() };
    bench.acts(note).unwrap();
    bench
        .apply(Proposal::plain(OpId::NONE, SystemCommand::NameCluster { name: "other".to_owned() }))
        .unwrap();
    let records = bench.records();
    assert_eq!(records.len(), 3);
    assert_eq!(records[0], ("amy".to_owned(), "name the cluster home".to_owned(), "done".to_owned()));
    assert!(records[1].2.starts_with("refused: "), "{records:?}");
    assert_eq!(records[2].1, "mount\u{fffd}volume", "no line of its own in anybody's terminal");
    assert!(matches!(bench.verdict(), AuditVerdict::Intact { first: 1, head } if head.seq == 3));
}

#[test]
fn a_repeated_operation_is_recorded_once() {
    let mut bench = Bench::new();
    let command = SystemCommand::NameCluster { name: "home".to_owned() };
    let proposal = Proposal { op: OpId(77), command, actor: Some(amy()), condition: None };
    bench.apply(proposal.clone()).unwrap();
    bench.apply(proposal).unwrap();
    assert_eq!(bench.records().len(), 1);
}

#[test]
fn an_altered_record_is_found_whichever_field_it_was() {
    for change in [
        "actor = 'bob'",
        "address = '192.0.2.1'",
        "action = 'nothing'",
        "outcome = 'done '",
        "at_ns = at_ns + 1",
        "through = 'x'",
        "hash = zeroblob(32)",
        "previous = zeroblob(32)",
        "hash = 'text'",
    ] {
        let mut bench = Bench::new();
        for number in 0..9 {
            bench.names(&format!("home-{number}")).unwrap();
        }
        assert!(matches!(bench.verdict(), AuditVerdict::Intact { .. }));
        bench.db.execute(&format!("UPDATE audit SET {change} WHERE seq = 5"), []).unwrap();
        assert_eq!(bench.broken_at(), 5, "{change}");
    }
}

#[test]
fn missing_records_are_found_at_the_beginning_in_the_middle_and_at_the_end() {
    for (gone, found) in [("seq = 5", 6), ("seq = 9", 9), ("seq = 1", 2), ("seq <= 9", 1)] {
        let mut bench = Bench::new();
        for number in 0..9 {
            bench.names(&format!("home-{number}")).unwrap();
        }
        bench.db.execute(&format!("DELETE FROM audit WHERE {gone}"), []).unwrap();
        assert_eq!(bench.broken_at(), found, "{gone}");
    }
}

/// Whoever alters a record and computes its hash anew breaks the next one.
#[test]
fn a_record_with_a_new_hash_does_not_fit_the_next_one() {
    let mut bench = Bench::new();
    for number in 0..9 {
        bench.names(&format!("home-{number}")).unwrap();
    }
    let head = AuditHead {
        seq: 4,
        hash: bench.db.query_row("SELECT hash FROM audit WHERE seq = 4", [], |row| row.get(0)).unwrap(),
    };
    let forged = AuditRecord::after(head, Timestamp::default(), &amy(), "nothing", "done");
    bench.db.execute("DELETE FROM audit WHERE seq = 5", []).unwrap();
    audit::write(&bench.db, &forged).unwrap();
    assert_eq!(bench.broken_at(), 6);
}

#[test]
fn the_chain_goes_on_after_a_restart() {
    let mut bench = Bench::new();
    bench.names("home").unwrap();
    let (mut machine, views) = SystemMachine::new();
    machine.prepare(&bench.db).unwrap();
    assert_eq!(views.borrow().audit.seq, 1);
    bench.machine = machine;
    bench.names("house").unwrap();
    assert!(matches!(bench.verdict(), AuditVerdict::Intact { first: 1, head } if head.seq == 2));
}

#[test]
fn of_two_who_change_one_thing_one_is_told() {
    let mut bench = Bench::new();
    let replicas = vec![NodeId(1)];
    let Ok(SystemReply::Volume(volume)) =
        bench.acts(SystemCommand::CreateVolume { name: "demo".to_owned(), replicas })
    else {
        panic!("not created")
    };
    let seen = volume_tag(&volume, Default::default());
    let limit = |bytes| {
        let limits = nasd_base::file::VolumeLimits { bytes: Some(bytes), files: None };
        let command = SystemCommand::SetVolumeLimits { volume: volume.id, limits };
        let condition = Some(Condition { resource: Resource::Volume(volume.id), tag: seen });
        Proposal { op: OpId::NONE, command, actor: Some(amy()), condition }
    };
    bench.apply(limit(1000)).unwrap();
    assert_eq!(bench.apply(limit(2000)), Err(SystemError::Changed));
    let missing = Condition { resource: Resource::Export("/x".to_owned()), tag: seen };
    let command = SystemCommand::DeleteExport { path: "/x".to_owned() };
    let proposal = Proposal { op: OpId::NONE, command, actor: None, condition: Some(missing) };
    assert_eq!(bench.apply(proposal), Err(SystemError::Changed));
}
