use super::AuditVerdict;
use super::gaps::{AuditLimits, LIMITS};
use crate::audit;
use crate::command::{Entry, Outcome, Proposal};
use crate::*;
use nasd_base::{NodeId, OpId, Timestamp};
use nasd_cluster::decode_all;
use nasd_state::Machine;
use proptest::prelude::*;
use rusqlite::Connection;

struct Bench {
    machine: SystemMachine,
    db: Connection,
    index: u64,
}

impl Bench {
    /// A cluster of one node.
    fn new() -> Bench {
        let (mut machine, _) = SystemMachine::new(seal());
        let db = Connection::open_in_memory().unwrap();
        machine.prepare(&db).unwrap();
        let mut bench = Bench { machine, db, index: 4 };
        let (name, address) = ("alpha".to_owned(), "192.0.2.1:7400".to_owned());
        let first = SystemCommand::Cluster(ClusterCommand::Create {
            cluster: [9; 16],
            cluster_name: "home".to_owned(),
            node: NodeId(1),
            name,
            address,
            key: [1; 32],
        });
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
        self.apply(Proposal {
            op: OpId(u128::from(self.index) + 1),
            command,
            actor,
            owned_only: false,
            seen: None,
        })
    }

    fn names(&mut self, name: &str) -> Outcome {
        self.acts(called(name))
    }

    fn records(&self) -> Vec<(String, String, String)> {
        let mut statement = self.db.prepare("SELECT actor, action, outcome FROM audit ORDER BY seq").unwrap();
        let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?))).unwrap();
        rows.map(Result::unwrap).collect()
    }

    /// The second of a record.
    fn records_at(&self, seq: u64) -> i64 {
        let at = self.db.query_row("SELECT at_ns FROM audit WHERE seq = ?", [seq as i64], |row| row.get(0));
        Timestamp::from_nanos(at.unwrap()).secs
    }

    fn verdict(&self) -> AuditVerdict {
        audit::verify(&self.db, &seal()).unwrap()
    }

    fn broken_at(&self) -> u64 {
        match self.verdict() {
            AuditVerdict::Broken { seq, .. } => seq,
            intact => panic!("nobody noticed: {intact:?}"),
        }
    }
}

/// A change that anybody's cluster has.
fn called(name: &str) -> SystemCommand {
    SystemCommand::Settings(SettingsCommand::Change {
        name: name.to_owned(),
        sessions: SessionLimits::default(),
    })
}

fn seal() -> AuditSeal {
    AuditSeal::derive(&[7; 32])
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
    bench.apply(Proposal::plain(OpId::NONE, called("other"))).unwrap();
    let records = bench.records();
    assert_eq!(records.len(), 3);
    let (who, what, outcome) = &records[0];
    assert!(who == "amy" && what.starts_with("call the cluster home") && outcome == "done", "{records:?}");
    assert!(records[1].2.starts_with("refused: "), "{records:?}");
    assert_eq!(records[2].1, "mount\u{fffd}volume", "no line of its own in anybody's terminal");
    assert!(
        matches!(bench.verdict(), AuditVerdict::Intact { first: 1, removed: 0, head, .. } if head.seq == 3)
    );
}

#[test]
fn a_repeated_operation_is_recorded_once() {
    let mut bench = Bench::new();
    let command = called("home");
    let proposal = Proposal { op: OpId(77), command, actor: Some(amy()), owned_only: false, seen: None };
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
    audit::write(&bench.db, &forged, "amy", LIMITS, &seal()).unwrap();
    assert_eq!(bench.broken_at(), 6);
}

#[test]
fn the_chain_goes_on_after_a_restart() {
    let mut bench = Bench::new();
    bench.names("home").unwrap();
    let (mut machine, views) = SystemMachine::new(seal());
    machine.prepare(&bench.db).unwrap();
    assert_eq!(views.borrow().audit.head.seq, 1);
    bench.machine = machine;
    bench.names("house").unwrap();
    assert!(
        matches!(bench.verdict(), AuditVerdict::Intact { first: 1, removed: 0, head, .. } if head.seq == 2)
    );
}

#[test]
fn of_two_who_change_one_thing_one_is_told() {
    let mut bench = Bench::new();
    let demo = || "demo".to_owned();
    let create = SystemCommand::Volume(VolumeCommand::Create { name: demo(), wanted: Default::default() });
    let Ok(SystemReply::Volume(volume)) = bench.acts(create) else { panic!("not created") };
    let seen = Some(volume_tag(&volume));
    let limit = |bytes| {
        let limits = nasd_base::file::VolumeLimits { bytes: Some(bytes), files: None };
        let command = SystemCommand::Volume(VolumeCommand::SetLimits { name: demo(), limits });
        Proposal { seen, actor: Some(amy()), ..Proposal::plain(OpId::NONE, command) }
    };
    bench.apply(limit(1000)).unwrap();
    assert_eq!(bench.apply(limit(2000)), Err(SystemError::Changed));
    let command = SystemCommand::Export(ExportCommand::Delete { path: "/x".to_owned() });
    let proposal = Proposal { seen, ..Proposal::plain(OpId::NONE, command) };
    assert_eq!(bench.apply(proposal), Err(SystemError::Export(ExportError::UnknownExport("/x".to_owned()))));
}

/// One user's refused requests wrote 800 records a second and pushed out all others in a minute.
#[test]
fn what_is_done_again_within_a_minute_is_one_record_with_a_count() {
    let mut bench = Bench::new();
    for _ in 0..40 {
        bench.names("NOT A NAME").unwrap_err();
    }
    bench.names("home").unwrap();
    let reader = |bench: &Bench| {
        let query =
            "SELECT action, times, (SELECT sum(times) FROM audit_repeat WHERE first = seq) FROM audit";
        let mut statement = bench.db.prepare(query).unwrap();
        let rows = statement.query_map([], |row| {
            Ok((row.get::<_, String>(0)?, row.get::<_, u32>(1)?, row.get::<_, Option<u32>>(2)?))
        });
        rows.unwrap().map(Result::unwrap).collect::<Vec<_>>()
    };
    assert_eq!(reader(&bench).len(), 2);
    assert_eq!(reader(&bench)[0].2, Some(39), "told before its record is written");
    // A second goes by with every entry.
    for number in 0..60 {
        bench.apply(Proposal::plain(OpId::NONE, called(&format!("n{number}")))).unwrap();
    }
    bench.names("house").unwrap();
    let records = reader(&bench);
    assert_eq!(records.iter().map(|record| record.1).collect::<Vec<_>>(), [1, 1, 39, 1], "{records:?}");
    assert_eq!(records[2].0, records[0].0);
    assert!(matches!(bench.verdict(), AuditVerdict::Intact { first: 1, kept: 4, removed: 0, .. }));
    bench.db.execute("UPDATE audit SET times = 2 WHERE seq = 3", []).unwrap();
    assert_eq!(bench.broken_at(), 3);
}

#[test]
fn what_is_watched_survives_a_restart_and_is_bounded() {
    let mut bench = Bench::new();
    for number in 0..1000 {
        let note = SystemCommand::Note { action: format!("try {number}"), outcome: "refused".to_owned() };
        let proposal =
            Proposal { op: OpId::NONE, command: note, actor: Some(amy()), owned_only: false, seen: None };
        let now = Timestamp { secs: 1_800_000_000, nanos: 5 };
        bench.index += 1;
        bench.machine.apply(&bench.db, bench.index, &Entry { now, proposal }.encode()).unwrap();
    }
    let watched = store::load(&bench.db).unwrap().audit.repeats.clone();
    assert_eq!(watched.len(), 256);
    assert!(watched.values().all(|repeat| repeat.times == 0));
    assert_eq!(bench.records().len(), 1000);
}

/// A chain with small limits, as one user after another does something.
struct Chain {
    db: Connection,
    head: AuditHead,
    written: Vec<(u64, u8)>,
}

const SMALL: AuditLimits = AuditLimits { kept_max: 20, kept_of_owner_max: 8 };

impl Chain {
    fn of(deeds: &[u8]) -> Chain {
        let db = Connection::open_in_memory().unwrap();
        store::create(&db).unwrap();
        let mut chain = Chain { db, head: AuditHead::default(), written: Vec::new() };
        for who in deeds {
            let actor = Actor { name: format!("user-{who}"), ..amy() };
            let record = AuditRecord::after(chain.head, Timestamp::default(), &actor, "act", "done");
            audit::write(&chain.db, &record, &actor.name, SMALL, &seal()).unwrap();
            chain.head = record.head();
            audit::put_head(&chain.db, chain.head, &seal()).unwrap();
            chain.written.push((record.seq, *who));
        }
        chain
    }

    fn kept(&self, who: u8) -> Vec<u64> {
        let query = "SELECT seq FROM audit WHERE owner = ? ORDER BY seq";
        let mut statement = self.db.prepare(query).unwrap();
        let rows = statement.query_map([format!("user-{who}")], |row| row.get::<_, i64>(0)).unwrap();
        rows.map(|seq| seq.unwrap() as u64).collect()
    }

    fn verdict(&self) -> AuditVerdict {
        audit::verify(&self.db, &seal()).unwrap()
    }
}

#[test]
fn a_flood_of_one_user_pushes_out_its_own_records_only() {
    let deeds: Vec<u8> = (0..1000).map(|number| if number < 5 { 1 } else { 2 }).collect();
    let chain = Chain::of(&deeds);
    assert_eq!(chain.kept(1), [1, 2, 3, 4, 5]);
    assert_eq!(chain.kept(2), (993..=1000).collect::<Vec<_>>());
    let AuditVerdict::Intact { first: 1, kept: 13, removed: 987, head } = chain.verdict() else {
        panic!("{:?}", chain.verdict())
    };
    assert_eq!(head.seq, 1000);
    let gaps: i64 = chain.db.query_row("SELECT count(*) FROM audit_gap", [], |row| row.get(0)).unwrap();
    assert_eq!(gaps, 1, "what is removed side by side is one gap");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn whoever_has_less_than_the_others_loses_nothing(deeds in prop::collection::vec(0_u8..6, 1..150)) {
        let chain = Chain::of(&deeds);
        let kept: Vec<Vec<u64>> = (0..6).map(|who| chain.kept(who)).collect();
        let total: usize = kept.iter().map(Vec::len).sum();
        prop_assert!(total <= 20 && kept.iter().all(|kept| kept.len() <= 8));
        let largest = kept.iter().map(Vec::len).max().unwrap_or(0);
        for (who, kept) in kept.iter().enumerate() {
            let own: Vec<u64> =
                chain.written.iter().filter(|(_, by)| usize::from(*by) == who).map(|(seq, _)| *seq).collect();
            prop_assert_eq!(&own[own.len() - kept.len()..], &kept[..], "the newest ones");
            // Only whoever had most ever lost one.
            prop_assert!(kept.len() == own.len() || kept.len() + 1 >= largest.min(20 / 6));
        }
        match chain.verdict() {
            AuditVerdict::Intact { kept, removed, head, .. } => {
                prop_assert_eq!((kept, removed, head), (total as u64, (deeds.len() - total) as u64, chain.head));
            }
            broken => prop_assert!(false, "{:?}", broken),
        }
    }

    #[test]
    fn whatever_is_done_to_the_tables_is_noticed(
        deeds in prop::collection::vec(0_u8..3, 40..80),
        which in 0_usize..10,
    ) {
        let chain = Chain::of(&deeds);
        let tampering = [
            "DELETE FROM audit WHERE seq = (SELECT min(seq) FROM audit)",
            "DELETE FROM audit WHERE seq = (SELECT max(seq) FROM audit)",
            "DELETE FROM audit WHERE seq = (SELECT seq FROM audit ORDER BY seq LIMIT 1 OFFSET 3)",
            "DELETE FROM audit_gap",
            "UPDATE audit_gap SET last = last + 1, after = (SELECT hash FROM audit WHERE seq = last + 1)
             WHERE first = (SELECT min(first) FROM audit_gap)",
            "UPDATE audit_gap SET before = zeroblob(32)",
            "UPDATE audit_gap SET seal = zeroblob(32)",
            "INSERT INTO audit_gap VALUES (100000, 100001, zeroblob(32), zeroblob(32), zeroblob(32))",
            "UPDATE audit SET action = 'nothing' WHERE seq = (SELECT min(seq) FROM audit)",
            "UPDATE setting SET value = substr(value, 1, 40) WHERE name = 'audit_head'",
        ];
        prop_assert!(matches!(chain.verdict(), AuditVerdict::Intact { .. }), "{:?}", chain.verdict());
        // The first gap may begin before the first record: then its predecessor is zero already.
        let changed = chain.db.execute(tampering[which], []).unwrap();
        let is_same = which == 5 && chain.kept_nothing_before_the_gap();
        if changed > 0 && !is_same {
            prop_assert!(matches!(chain.verdict(), AuditVerdict::Broken { .. }), "{}", tampering[which]);
        }
    }
}

impl Chain {
    fn kept_nothing_before_the_gap(&self) -> bool {
        let query = "SELECT count(*) FROM audit_gap WHERE first > 1";
        self.db.query_row(query, [], |row| row.get::<_, i64>(0)).unwrap() == 0
    }
}

/// Hashes without a secret: whoever could write the tables wrote another history, with a head that fits.
#[test]
fn a_log_that_was_written_anew_is_noticed() {
    let chain = Chain::of(&[1, 2, 3]);
    let other = AuditSeal::derive(b"no secret of this cluster");
    let mut head = AuditHead::default();
    chain.db.execute("DELETE FROM audit", []).unwrap();
    for action in ["nothing", "nothing either"] {
        let record = AuditRecord::after(head, Timestamp::default(), &amy(), action, "done");
        audit::write(&chain.db, &record, "amy", SMALL, &other).unwrap();
        head = record.head();
    }
    audit::put_head(&chain.db, head, &other).unwrap();
    assert!(matches!(chain.verdict(), AuditVerdict::Broken { seq: 2, .. }), "{:?}", chain.verdict());
}

#[test]
fn who_proved_nothing_is_a_stranger() {
    assert!(!audit::is_strangers(&amy()));
    assert!(audit::is_strangers(&Actor { through: NO_PROOF.to_owned(), ..amy() }));
}

#[test]
fn records_are_found_by_who_what_how_it_ended_and_when() {
    let mut bench = Bench::new();
    bench.names("home").unwrap();
    bench.names("NOT A NAME").unwrap_err();
    for outcome in ["failed: wrong password or code", "200 OK", "409 Conflict", "500 Internal Server Error"] {
        let note = SystemCommand::Note { action: "Mount Demo_100%".to_owned(), outcome: outcome.to_owned() };
        bench.acts(note).unwrap();
    }
    let found = |asked: AuditAsked| -> Vec<u64> {
        asked.page(&bench.db, 10).unwrap().into_iter().map(|record| record.seq).collect()
    };
    let all = AuditAsked::default();
    assert_eq!(found(all.clone()), [6, 5, 4, 3, 2, 1]);
    assert_eq!(found(AuditAsked { actor: Some("amy".into()), before: Some(3), ..all.clone() }), [2, 1]);
    assert_eq!(found(AuditAsked { actor: Some("am".into()), ..all.clone() }), []);
    assert_eq!(found(AuditAsked { about: Some("demo_1".into()), ..all.clone() }), [6, 5, 4, 3]);
    assert_eq!(found(AuditAsked { about: Some("demo%1".into()), ..all.clone() }), []);
    let ended = |ending| found(AuditAsked { ending: Some(ending), ..AuditAsked::default() });
    assert_eq!(ended(Ending::Done), [4, 1]);
    assert_eq!(ended(Ending::Refused), [5, 2]);
    assert_eq!(ended(Ending::Failed), [6, 3]);
    let first = bench.records_at(1);
    assert_eq!(found(AuditAsked { since: Some(first + 1), until: Some(first + 3), ..all.clone() }), [3, 2]);
    assert_eq!(found(AuditAsked { since: Some(i64::MAX), ..all.clone() }), []);
    let texts = |texts: &[&str]| {
        found(AuditAsked { texts: texts.iter().map(|it| (*it).into()).collect(), ..all.clone() })
    };
    assert_eq!((texts(&["amy", "demo_1"]), texts(&["nobody"])), (vec![6, 5, 4, 3], vec![]));
    let exact = |word: &str, is| {
        found(AuditAsked { exact: vec![(AuditColumn::Outcome, word.into(), is)], ..all.clone() })
    };
    assert_eq!(exact("done", true), ended(Ending::Done));
    assert_eq!(exact("done", false).len() + exact("done", true).len(), found(all.clone()).len());
}

/// By every column and in both directions: pages walked forwards and backwards are what sorting everything gives.
#[test]
fn pages_of_any_order_are_those_of_everything_sorted() {
    let mut bench = Bench::new();
    let outcomes = ["done", "refused: no", "failed: wrong password or code", "200 OK"];
    for number in 0..40_usize {
        let action = format!("Act {}", number * 7 % 5);
        bench.acts(SystemCommand::Note { action, outcome: outcomes[number * 3 % 4].to_owned() }).unwrap();
    }
    let everything = AuditAsked::default().page(&bench.db, 100).unwrap();
    let all = everything.len();
    assert!(all > 15, "several pages: {all}");
    let ending = |record: &AuditRecord| {
        ["done", "200", "ref"]
            .iter()
            .position(|begin| record.outcome.starts_with(begin))
            .map_or(3, |at| at.max(1))
    };
    let key = |record: &AuditRecord, by: AuditColumn| match by {
        AuditColumn::Action => record.action.clone(),
        AuditColumn::Outcome => ending(record).to_string(),
        AuditColumn::At => format!("{:020}", record.at.secs),
        AuditColumn::Number => format!("{:020}", record.seq),
        _ => String::new(),
    };
    for (by, descending) in AuditColumn::ALL.iter().flat_map(|(_, by)| [(*by, false), (*by, true)]) {
        let mut sorted = everything.clone();
        sorted.sort_by(|a, b| {
            let keys = key(a, by).cmp(&key(b, by));
            if descending { keys.reverse() } else { keys }
        });
        let page = |after: Option<String>, up_to: Option<String>| {
            let asked = AuditAsked { sort: Some(by), descending, after, up_to, ..AuditAsked::default() };
            asked.counted(&bench.db, 7).unwrap()
        };
        let (mut seen, mut at, mut pages) = (Vec::new(), page(None, None), Vec::new());
        loop {
            assert_eq!(at.count, AuditCount { total: all, found: all, skipped: seen.len() }, "{by:?}");
            seen.extend(at.records.clone());
            pages.push(at.records.clone());
            let Some(next) = at.next.clone() else { break };
            at = page(Some(next), None);
        }
        assert_eq!(seen, sorted, "{by:?} {descending}");
        for expected in pages.iter().rev().skip(1) {
            at = page(None, at.previous.clone());
            assert_eq!(&at.records, expected, "back, {by:?} {descending}");
        }
        assert_eq!(at.previous, None);
        let beyond =
            page(Some(if by == AuditColumn::Action { "1 zzz" } else { "0 9999999999999" }.to_owned()), None);
        assert!(descending || beyond.previous.is_some() || !beyond.records.is_empty());
    }
}
