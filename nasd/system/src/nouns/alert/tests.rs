use crate::bench::{Bench, MINUTES};
use crate::*;
use nasd_base::NodeId;
use nasd_base::alert::{AlertKind, AlertObject, Severity};
use nasd_base::channel::{ChannelTarget, WebhookFormat};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

fn node(id: u64) -> AlertObject {
    AlertObject::Node(NodeId(id))
}

fn raise(kind: AlertKind, object: AlertObject, cause: Option<AlertKey>) -> AlertChange {
    let what = Said { reason: kind.name().to_owned(), text: "It is so.".to_owned(), ..Said::default() };
    AlertChange::Raise { kind, object, severity: Severity::Warning, what, cause }
}

fn down(id: u64) -> AlertChange {
    raise(AlertKind::NodeDown, node(id), None)
}

fn up(id: u64) -> AlertChange {
    AlertChange::End { kind: AlertKind::NodeDown, object: node(id) }
}

fn change(changes: impl IntoIterator<Item = AlertChange>) -> SystemCommand {
    AlertCommand::Change { changes: changes.into_iter().collect() }.into()
}

fn channel(name: &str, least: Severity, after_minutes: u16) -> SystemCommand {
    let url = "https://example.com/hook".to_owned();
    let target = ChannelTarget::Webhook { url, format: WebhookFormat::Gotgan, chat: String::new() };
    let plan = ChannelPlan { target, on: true, least, after_minutes, quiet: None, speech: Speech::English };
    ChannelCommand::Create { name: name.to_owned(), plan, secret: Vec::new() }.into()
}

/// A cluster with a channel that takes everything.
fn bench() -> Bench {
    let mut bench = Bench::of(3);
    bench.done(channel("hook", Severity::Info, 0));
    bench
}

fn open(bench: &Bench) -> Vec<AlertId> {
    bench.view().alerts.open().map(|alert| alert.id).collect()
}

/// What is or was said over a channel: about what, of how many.
fn told(bench: &Bench, channel: &str) -> Vec<(About, u32)> {
    let view = bench.view();
    let of_channel = view.channels.deliveries.values().filter(|delivery| delivery.channel == channel);
    let said = of_channel.filter(|it| !matches!(it.ended, Some((_, DeliveryEnd::Retracted))));
    said.map(|delivery| (delivery.about, delivery.count)).collect()
}

#[test]
fn a_fault_is_one_alert_until_it_is_gone() {
    let mut bench = bench();
    bench.done(change([down(2), down(2)]));
    bench.done(change([down(2)]));
    assert_eq!(open(&bench), [1]);
    bench.done(change([up(3), up(2), up(2)]));
    assert!(open(&bench).is_empty());
    assert_eq!(told(&bench, "hook"), [(About::Raised, 1), (About::Ended, 1)]);
    bench.done(change([down(2)]));
    assert_eq!(open(&bench), [2], "a number is not used again");
}

/// One node that fails took 40 volumes and its disks with it: somebody was woken 44 times.
#[test]
fn one_cause_is_one_alarm() {
    let mut bench = bench();
    let cause = Some((AlertKind::NodeDown, node(2)));
    let volume = |id| AlertObject::Volume(nasd_base::VolumeId(id));
    let ill = |id| raise(AlertKind::VolumeDegraded, volume(id), cause.clone());
    bench.done(change([down(2)].into_iter().chain((1..=40).map(ill))));
    assert_eq!(told(&bench, "hook"), [(About::Raised, 1)]);
    assert!(bench.view().alerts.open().skip(1).all(|alert| alert.cause == Some(1)));
    // The node is back, and one volume stays as it is: that is an alarm now.
    let well = |id| AlertChange::End { kind: AlertKind::VolumeDegraded, object: volume(id) };
    bench.done(change([up(2)].into_iter().chain((2..=40).map(well))));
    assert_eq!(told(&bench, "hook"), [(About::Raised, 1), (About::Ended, 1)]);
    bench.done(change([raise(AlertKind::VolumeDegraded, volume(1), None)]));
    assert_eq!(told(&bench, "hook").last(), Some(&(About::Raised, 1)));
    assert_eq!(open(&bench).len(), 1);
}

#[test]
fn what_gets_worse_is_told_again() {
    let mut bench = bench();
    bench.done(channel("pager", Severity::Critical, 0));
    bench.done(change([down(2)]));
    assert!(told(&bench, "pager").is_empty());
    let AlertChange::Raise { kind, object, what, cause, .. } = down(2) else { unreachable!() };
    bench.done(change([AlertChange::Raise { kind, object, severity: Severity::Critical, what, cause }]));
    assert_eq!(told(&bench, "pager"), [(About::Raised, 1)]);
    assert_eq!(told(&bench, "hook"), [(About::Raised, 1); 2]);
}

/// A cable with a loose contact: 30 messages in an hour, then nobody read the next one.
#[test]
fn what_comes_and_goes_stays_open_and_says_so() {
    let mut bench = bench();
    for _ in 0..4 {
        bench.done(change([down(2)]));
        bench.now += 2 * MINUTES;
        bench.done(change([up(2)]));
        bench.now += 3 * MINUTES;
    }
    let flapping = |bench: &Bench| bench.view().alerts.open().next().map(|alert| alert.flapping);
    assert_eq!(flapping(&bench), Some(true));
    let before = told(&bench, "hook");
    assert_eq!(before.len(), 8, "four times raised, three times over, once that it comes and goes");
    assert_eq!(before.last(), Some(&(About::Flapping, 1)));
    for _ in 0..10 {
        bench.done(change([down(2)]));
        bench.now += MINUTES;
        bench.done(change([up(2)]));
        bench.now += MINUTES;
    }
    assert_eq!(told(&bench, "hook"), before);
    bench.now += 20 * MINUTES;
    bench.done(change([up(2)]));
    assert_eq!(flapping(&bench), Some(true), "not calm for long enough");
    bench.now += 10 * MINUTES;
    bench.done(change([up(2)]));
    assert_eq!(flapping(&bench), None);
    assert_eq!(told(&bench, "hook").last(), Some(&(About::Ended, 1)));
}

#[test]
fn a_silence_keeps_quiet_and_ends() {
    let mut bench = bench();
    let silence = |what: Silenced, seconds| {
        let (by, why) = ("amy".to_owned(), "new switch".to_owned());
        SystemCommand::from(AlertCommand::Silence { what, seconds, by, why })
    };
    let nothing = Silenced { kind: None, object: None };
    assert_eq!(bench.refused(silence(nothing, 600)), AlertError::SilencesEverything.into());
    let node_2 = Silenced { kind: None, object: Some(node(2)) };
    assert_eq!(bench.refused(silence(node_2.clone(), 59)), AlertError::BadSilence.into());
    let made = bench.run(silence(node_2, 600));
    let kept =
        bench.view().alerts.silences.keys().copied().map(SystemReply::Silence).map(Ok).collect::<Vec<_>>();
    assert_eq!([made], *kept, "who made it learns its number");
    bench.done(change([down(2), down(3)]));
    assert_eq!(told(&bench, "hook"), [(About::Raised, 1)], "of node 3");
    bench.done(change([AlertChange::Tell { alert: 1 }]));
    assert_eq!(told(&bench, "hook").len(), 1, "it is silenced still");
    bench.now += 600;
    bench.done(change([AlertChange::Tell { alert: 1 }]));
    assert_eq!(told(&bench, "hook").len(), 2);
    bench.done(change([AlertChange::Tell { alert: 1 }]));
    assert_eq!(told(&bench, "hook").len(), 2, "once");
    assert!(bench.view().alerts.silences.is_empty());
    let end = SystemCommand::from(AlertCommand::EndSilence { silence: 7 });
    assert_eq!(bench.refused(end), AlertError::UnknownSilence(7).into());
}

#[test]
fn whoever_acknowledges_stops_the_escalation() {
    let mut bench = bench();
    bench.done(channel("boss", Severity::Info, 30));
    bench.done(change([down(2), down(3)]));
    let acknowledge = |alert| {
        let (by, note) = ("amy".to_owned(), "on my way\n".to_owned());
        SystemCommand::from(AlertCommand::Acknowledge { alert, by, note })
    };
    bench.done(acknowledge(1));
    assert_eq!(told(&bench, "boss"), [(About::Raised, 1)], "of node 3");
    bench.now += 31 * MINUTES;
    bench.done(change([up(2), up(3)]));
    assert_eq!(told(&bench, "boss"), [(About::Raised, 1), (About::Ended, 1)], "nothing about node 2");
    assert_eq!(bench.refused(acknowledge(1)), AlertError::AlertEnded(1).into());
    assert_eq!(bench.refused(acknowledge(9)), AlertError::UnknownAlert(9).into());
    assert_eq!(bench.view().alerts.all[&1].acknowledged.as_ref().unwrap().note, "on my way");
}

#[test]
fn what_was_over_before_it_could_be_told_is_noted_once() {
    let mut bench = bench();
    let lost = |ago: i64| {
        let AlertChange::Raise { severity, what, .. } = down(1) else { unreachable!() };
        let began = nasd_base::Timestamp { secs: 1_800_000_000 - ago, nanos: 0 };
        let (kind, object) = (AlertKind::NoMajority, AlertObject::Cluster);
        change([AlertChange::Note { kind, object, severity, what, began }])
    };
    bench.done(lost(60));
    bench.done(lost(58));
    assert_eq!(told(&bench, "hook"), [(About::Raised, 1)]);
    assert!(open(&bench).is_empty());
    assert_eq!(bench.view().alerts.all[&1].raised.secs, 1_800_000_000 - 60);
}

#[test]
fn a_thousand_causes_at_once_are_a_few_deliveries() {
    let mut bench = bench();
    for batch in 0..5 {
        bench.done(change((0..200).map(|n| down(100 + batch * 200 + n))));
    }
    let said = told(&bench, "hook");
    assert_eq!(said.len(), 11, "{said:?}");
    assert_eq!(said.last(), Some(&(About::Digest, 990)));
    assert_eq!(bench.view().channels.deliveries[&11].alerts.len(), 20);
    let many = change((0..257).map(down));
    assert_eq!(bench.refused(many), AlertError::TooManyChanges(257).into());
}

/// With 2,048 warnings open, nobody was told that the last volume had stopped.
#[test]
fn what_is_worse_pushes_out_what_is_not() {
    let mut bench = Bench::of(3);
    for batch in 0..9 {
        bench.done(change((0..250).map(|n| down(100 + batch * 250 + n))));
    }
    assert_eq!(open(&bench).len(), 2_048);
    let AlertChange::Raise { kind, what, cause, .. } = down(1) else { unreachable!() };
    let worst = AlertChange::Raise { kind, object: node(1), severity: Severity::Critical, what, cause };
    bench.done(change([worst]));
    let view = bench.view();
    assert_eq!(view.alerts.open().count(), 2_048);
    assert!(view.alerts.open().any(|alert| alert.object == node(1)));
}

/// What a node saw, one thing after another.
#[derive(Clone, Debug)]
enum Step {
    Down(u64),
    Up(u64),
    Ill(u64, Option<u64>),
    Well(u64),
    Later(i64),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        (1u64..5).prop_map(Step::Down),
        (1u64..5).prop_map(Step::Up),
        (1u64..5, prop::option::of(1u64..5)).prop_map(|(id, cause)| Step::Ill(id, cause)),
        (1u64..5).prop_map(Step::Well),
        (1i64..2000).prop_map(Step::Later),
    ]
}

proptest! {
    /// Against sets of what is wrong: what is wrong is open, once; what is right is not, unless it flaps; a
    /// consequence has no delivery.
    #[test]
    fn alerts_follow_what_is_wrong(steps in prop::collection::vec(step(), 1..60)) {
        let mut bench = bench();
        let mut wrong: BTreeSet<AlertKey> = BTreeSet::new();
        let mut alone: BTreeMap<AlertKey, bool> = BTreeMap::new();
        for step in steps {
            let volume = |id| AlertObject::Volume(nasd_base::VolumeId(id));
            match step {
                Step::Down(id) => {
                    wrong.insert((AlertKind::NodeDown, node(id)));
                    bench.done(change([down(id)]));
                }
                Step::Up(id) => {
                    wrong.remove(&(AlertKind::NodeDown, node(id)));
                    bench.done(change([up(id)]));
                }
                Step::Ill(id, by) => {
                    let key = (AlertKind::VolumeDegraded, volume(id));
                    let cause = by.map(|id| (AlertKind::NodeDown, node(id)));
                    let view = bench.view();
                    let is_alone = cause.as_ref().is_none_or(|cause| !view.alerts.open().any(|it| it.key() == *cause));
                    let was_open = view.alerts.open().any(|it| it.key() == key);
                    *alone.entry(key.clone()).or_default() = is_alone || (was_open && alone.get(&key) == Some(&true));
                    wrong.insert(key);
                    bench.done(change([raise(AlertKind::VolumeDegraded, volume(id), cause)]));
                }
                Step::Well(id) => {
                    wrong.remove(&(AlertKind::VolumeDegraded, volume(id)));
                    bench.done(change([AlertChange::End { kind: AlertKind::VolumeDegraded, object: volume(id) }]));
                }
                Step::Later(seconds) => bench.now += seconds,
            }
            let view = bench.view();
            let open: Vec<AlertKey> = view.alerts.open().map(Alert::key).collect();
            prop_assert_eq!(open.iter().collect::<BTreeSet<_>>().len(), open.len(), "one of a kind and object");
            for key in &wrong {
                prop_assert!(open.contains(key), "{key:?} is wrong and not open");
            }
            for alert in view.alerts.open() {
                prop_assert!(wrong.contains(&alert.key()) || alert.flapping, "{alert:?} is over");
                let is_told = view.channels.deliveries.values().any(|it| it.alerts.contains(&alert.id));
                prop_assert_eq!(alert.told, is_told);
                if alert.kind == AlertKind::VolumeDegraded {
                    prop_assert_eq!(alert.told, alone[&alert.key()], "{:?}", alert);
                }
            }
        }
    }
}
