use crate::bench::{Bench, MINUTES};
use crate::*;
use nasd_base::NodeId;
use nasd_base::alert::{AlertKind, AlertObject, Severity};
use nasd_base::channel::{ChannelTarget, Protection, QuietHours, WebhookFormat};
use proptest::prelude::*;

fn plan(target: ChannelTarget) -> ChannelPlan {
    let (least, after_minutes, quiet, speech) = (Severity::Warning, 0, None, Speech::English);
    ChannelPlan { target, on: true, least, after_minutes, quiet, speech }
}

fn hook(url: &str) -> ChannelTarget {
    ChannelTarget::Webhook { url: url.to_owned(), format: WebhookFormat::Gotgan, chat: String::new() }
}

fn email(to: &[&str], user: &str) -> ChannelTarget {
    ChannelTarget::Email {
        server: "mail.example.com:465".to_owned(),
        protection: Protection::Tls,
        user: user.to_owned(),
        from: "nas@example.com".to_owned(),
        to: to.iter().map(|to| (*to).to_owned()).collect(),
    }
}

fn create(name: &str, target: ChannelTarget, secret: &[u8]) -> SystemCommand {
    ChannelCommand::Create { name: name.to_owned(), plan: plan(target), secret: secret.to_vec() }.into()
}

fn test(name: &str) -> SystemCommand {
    ChannelCommand::Test { name: name.to_owned() }.into()
}

fn leased(bench: &mut Bench, node: u64, deliveries: &[DeliveryId]) -> Vec<DeliveryId> {
    let lease = ChannelCommand::Lease { node: NodeId(node), deliveries: deliveries.to_vec() };
    match bench.run(lease.into()) {
        Ok(SystemReply::Leased(leased)) => leased,
        other => panic!("not leased: {other:?}"),
    }
}

fn report(node: u64, delivery: DeliveryId, outcome: Attempted) -> SystemCommand {
    ChannelCommand::Report { node: NodeId(node), delivery, outcome }.into()
}

fn failed(why: &str) -> Attempted {
    Attempted::Failed { why: why.to_owned() }
}

#[test]
fn channels_are_made_changed_and_deleted() {
    let mut bench = Bench::of(3);
    bench.done(create("hook", hook("https://example.com/x"), b"sealed"));
    let taken = bench.refused(create("hook", hook("https://example.com/y"), b""));
    assert_eq!(taken, ChannelError::ChannelExists("hook".into()).into());
    let change = |secret: Option<&[u8]>| {
        let (name, plan) = ("hook".to_owned(), plan(hook("https://example.com/y")));
        SystemCommand::from(ChannelCommand::Change { name, plan, secret: secret.map(<[u8]>::to_vec) })
    };
    bench.done(change(None));
    assert_eq!(bench.view().channels.all["hook"].secret, b"sealed", "it stays");
    bench.done(change(Some(b"")));
    assert!(bench.view().channels.all["hook"].secret.is_empty());
    bench.done(test("hook"));
    assert_eq!(bench.refused(test("hook")), ChannelError::TestUnderWay("hook".into()).into());
    bench.done(ChannelCommand::Delete { name: "hook".to_owned() }.into());
    assert!(bench.view().channels.deliveries.is_empty());
    assert_eq!(bench.refused(change(None)), ChannelError::UnknownChannel("hook".into()).into());
}

#[test]
fn what_no_channel_can_be_is_refused() {
    let mut bench = Bench::of(1);
    let telegram = |chat: &str, url: &str| ChannelTarget::Webhook {
        url: url.to_owned(),
        format: WebhookFormat::Telegram,
        chat: chat.to_owned(),
    };
    let bot = "https://api.telegram.org/bot{secret}/sendMessage";
    let many = ["a@b.c"; 21];
    let table: Vec<(SystemCommand, ChannelError)> = vec![
        (create("C 1", hook("https://a"), b""), ChannelError::BadChannelName("C 1".into())),
        (create("a", hook("ftp://a"), b""), ChannelError::BadUrl("ftp://a".into())),
        (create("a", hook("https:///x"), b""), ChannelError::BadUrl("https:///x".into())),
        (create("a", email(&[], ""), b""), ChannelError::BadRecipients),
        (create("a", email(&many, ""), b""), ChannelError::BadRecipients),
        (create("a", email(&["amy"], ""), b""), ChannelError::BadMailbox("amy".into())),
        (create("a", email(&["a@b.c\r\nBcc: x@y.z"], ""), b""), {
            ChannelError::BadMailbox("a@b.c\u{fffd}\u{fffd}Bcc: x@y.z".into())
        }),
        (create("a", email(&["a@b.c"], "nas"), b""), ChannelError::SecretMissing),
        (create("a", email(&["a@b.c"], "nas"), &[0; 1101]), ChannelError::SecretTooLong),
        (create("a", telegram("", bot), b"x"), ChannelError::TelegramUnfit),
        (create("a", telegram("@us", "https://api.telegram.org/"), b"x"), ChannelError::TelegramUnfit),
        (create("a", telegram("@us", bot), b""), ChannelError::SecretMissing),
        (
            create("a", ChannelTarget::Syslog { server: "log".into(), protection: Protection::Tls }, b""),
            ChannelError::BadServer("log".into()),
        ),
        (
            create(
                "a",
                ChannelTarget::Syslog { server: "log:6514".into(), protection: Protection::StartTls },
                b"",
            ),
            ChannelError::NoStartTls,
        ),
    ];
    for (command, refusal) in table {
        assert_eq!(bench.refused(command.clone()), refusal.into(), "{command:?}");
    }
    let odd = |after_minutes, quiet| {
        let plan = ChannelPlan { after_minutes, quiet, ..plan(hook("https://a")) };
        SystemCommand::from(ChannelCommand::Create { name: "a".into(), plan, secret: Vec::new() })
    };
    assert_eq!(bench.refused(odd(10_081, None)), ChannelError::BadEscalation.into());
    let day = QuietHours { from: 0, until: 1440 };
    assert_eq!(bench.refused(odd(0, Some(day))), ChannelError::BadQuietHours.into());
    bench.done(create("a", telegram("@us", bot), b"x"));
}

/// A node took deliveries and died: nobody was told.
#[test]
fn what_a_dead_node_has_leased_is_due_again() {
    let mut bench = Bench::of(3);
    bench.done(create("hook", hook("https://example.com"), b""));
    bench.done(test("hook"));
    assert_eq!(leased(&mut bench, 1, &[1, 9]), [1]);
    assert!(leased(&mut bench, 2, &[1]).is_empty(), "node 1 has it");
    bench.done(report(2, 1, Attempted::Delivered));
    assert!(bench.view().channels.deliveries[&1].ended.is_none(), "it is not node 2's to say");
    bench.now += 90;
    assert_eq!(leased(&mut bench, 2, &[1]), [1]);
    bench.done(report(1, 1, failed("late news")));
    assert!(bench.view().channels.deliveries[&1].ended.is_none());
    bench.done(report(2, 1, Attempted::Delivered));
    let delivery = bench.view().channels.deliveries[&1].clone();
    assert_eq!((delivery.attempts, delivery.ended.map(|it| it.1)), (2, Some(DeliveryEnd::Delivered)));
    assert!(leased(&mut bench, 3, &[1]).is_empty());
    assert_eq!(bench.refused(report(3, 9, Attempted::Delivered)), ChannelError::UnknownDelivery(9).into());
}

fn down() -> SystemCommand {
    down_and(Severity::Critical)
}

fn down_and(severity: Severity) -> SystemCommand {
    let (kind, object) = (AlertKind::NodeDown, AlertObject::Cluster);
    let (what, cause) = (Said::default(), None);
    let changes = vec![AlertChange::Raise { kind, object, severity, what, cause }];
    AlertCommand::Change { changes }.into()
}

fn up() -> SystemCommand {
    let (kind, object) = (AlertKind::NodeDown, AlertObject::Cluster);
    AlertCommand::Change { changes: vec![AlertChange::End { kind, object }] }.into()
}

/// A receiver was away while a node was: it heard that the node is back, and a quarter of a minute later that it is down,
/// which was the last word. After quiet hours, and within one lease, it was a matter of luck.
#[test]
fn an_end_is_not_told_before_its_beginning() {
    let mut bench = Bench::of(3);
    bench.done(create("hook", hook("https://example.com"), b""));
    bench.done(down());
    assert_eq!(leased(&mut bench, 1, &[1]), [1]);
    bench.done(report(1, 1, failed("refused")));
    bench.done(up());
    assert!(leased(&mut bench, 2, &[1, 2]).is_empty());
    bench.now += 15;
    assert_eq!(leased(&mut bench, 2, &[1, 2]), [1], "one after the other");
    bench.done(report(2, 1, Attempted::Delivered));
    assert_eq!(leased(&mut bench, 3, &[1, 2]), [2]);
}

/// A pager that takes what is critical was told of a full disk, and never that there is room again: before there was, it
/// was less than critical.
#[test]
fn who_was_told_the_worst_is_told_the_end() {
    let mut bench = Bench::of(3);
    for (name, least) in [("pager", Severity::Critical), ("mail", Severity::Warning)] {
        let plan = ChannelPlan { least, ..plan(hook("https://example.com")) };
        bench.done(ChannelCommand::Create { name: name.into(), plan, secret: Vec::new() }.into());
    }
    let told = |bench: &Bench| -> Vec<(String, About)> {
        let view = bench.view();
        view.channels.deliveries.values().map(|it| (it.channel.clone(), it.about)).collect()
    };
    let (mail, pager) = (|about| ("mail".to_owned(), about), |about| ("pager".to_owned(), about));
    bench.done(down());
    bench.done(down_and(Severity::Warning));
    bench.done(up());
    let both = [mail(About::Raised), pager(About::Raised), mail(About::Ended), pager(About::Ended)];
    assert_eq!(told(&bench), both);
    bench.done(down_and(Severity::Warning));
    bench.done(up());
    assert_eq!(told(&bench)[4..], [mail(About::Raised), mail(About::Ended)], "what was never critical");
}

#[test]
fn a_failure_is_tried_again_later_and_later_for_a_day() {
    let mut bench = Bench::of(3);
    bench.done(create("hook", hook("https://example.com"), b""));
    bench.done(down());
    let mut waits = Vec::new();
    while bench.view().channels.deliveries[&1].ended.is_none() {
        assert_eq!(leased(&mut bench, 1, &[1]), [1]);
        bench.done(report(1, 1, failed("refused")));
        let delivery = bench.view().channels.deliveries[&1].clone();
        let wait = delivery.due.secs - bench.now;
        waits.push(wait);
        bench.now += wait - 1;
        assert!(leased(&mut bench, 1, &[1]).is_empty());
        bench.now += 1;
    }
    assert_eq!(waits[..10], [15, 30, 60, 120, 240, 480, 960, 1920, 3600, 3600]);
    let delivery = bench.view().channels.deliveries[&1].clone();
    assert_eq!(delivery.ended.map(|it| it.1), Some(DeliveryEnd::GivenUp));
    assert_eq!(delivery.failure.as_deref(), Some("refused"));
    assert!((24 * 60..26 * 60).contains(&((bench.now - delivery.made.secs) / MINUTES)));
}

#[test]
fn a_test_is_tried_once() {
    let mut bench = Bench::of(1);
    bench.done(create("hook", hook("https://example.com"), b""));
    bench.done(test("hook"));
    assert_eq!(leased(&mut bench, 1, &[1]), [1]);
    bench.done(report(1, 1, failed("no\nroute")));
    let delivery = bench.view().channels.deliveries[&1].clone();
    assert_eq!(delivery.ended.map(|it| it.1), Some(DeliveryEnd::GivenUp));
    assert_eq!(delivery.failure.as_deref(), Some("noroute"));
    bench.done(test("hook"));
}

#[derive(Clone, Debug)]
enum Step {
    Lease(u64),
    Dies,
    Ok(u64),
    Fails(u64),
    Later(i64),
}

fn step() -> impl Strategy<Value = Step> {
    let node = 1u64..4;
    prop_oneof![
        node.clone().prop_map(Step::Lease),
        Just(Step::Dies),
        node.clone().prop_map(Step::Ok),
        node.prop_map(Step::Fails),
        (1i64..400).prop_map(Step::Later),
    ]
}

proptest! {
    /// Whatever nodes do, one at a time has a delivery, and it ends as delivered only when one said so.
    #[test]
    fn none_is_lost_and_no_two_deliver_at_once(steps in prop::collection::vec(step(), 1..80)) {
        let mut bench = Bench::of(3);
        bench.done(create("hook", hook("https://example.com"), b""));
        bench.done(down());
        // Who has it, until when.
        let mut held: Option<(u64, i64)> = None;
        let mut arrived = false;
        for step in steps {
            match step {
                Step::Lease(node) => {
                    let got = !leased(&mut bench, node, &[1]).is_empty();
                    if got {
                        prop_assert!(!arrived && held.is_none_or(|(_, until)| until <= bench.now));
                        held = Some((node, bench.now + 90));
                    }
                }
                Step::Dies => {}
                Step::Ok(node) => {
                    bench.done(report(node, 1, Attempted::Delivered));
                    arrived |= held.take_if(|(holder, _)| *holder == node).is_some();
                }
                Step::Fails(node) => {
                    bench.done(report(node, 1, failed("no")));
                    held.take_if(|(holder, _)| *holder == node);
                }
                Step::Later(seconds) => bench.now += seconds,
            }
            let delivery = bench.view().channels.deliveries[&1].clone();
            let is_delivered = matches!(delivery.ended, Some((_, DeliveryEnd::Delivered)));
            prop_assert_eq!(is_delivered, arrived);
        }
        // Whatever happened, somebody can deliver it in the end.
        if !arrived {
            bench.now += 4000;
            prop_assert_eq!(leased(&mut bench, 3, &[1]), [1]);
        }
    }
}
