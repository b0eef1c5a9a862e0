//! Owns the words of a message: a line for those who glance, and the text for those who read on.

use nasd_api::refusal::Language;
use nasd_api::{Alert, DeliveryAbout, Message, Speech, Zone, alarm};
use std::fmt::Write;

pub fn language(message: &Message) -> Language {
    match message.speech {
        Speech::English => Language::English,
        Speech::Korean => Language::Korean,
    }
}

fn pick<'a>(language: Language, english: &'a str, korean: &'a str) -> &'a str {
    match language {
        Language::English => english,
        Language::Korean => korean,
    }
}

/// `[home] Critical: Node down, stor-c`.
pub fn subject(message: &Message) -> String {
    let language = language(message);
    let about = match (message.about, message.alerts.first()) {
        (DeliveryAbout::Test, _) => {
            pick(language, "This is a test of your alerts", "알림 시험 메시지입니다").to_owned()
        }
        (DeliveryAbout::Digest, _) => match language {
            Language::English => format!("{} alerts at once", message.count),
            Language::Korean => format!("알림 {}개 동시 발생", message.count),
        },
        (about, Some(alert)) => format!("{}: {}", state(about, alert, language), named(alert, language)),
        (_, None) => pick(language, "An alert that is forgotten", "기록이 지워진 알림").to_owned(),
    };
    format!("[{}] {about}", message.cluster)
}

fn state(about: DeliveryAbout, alert: &Alert, language: Language) -> &'static str {
    match about {
        DeliveryAbout::Ended => pick(language, "Over", "해소"),
        DeliveryAbout::Flapping => pick(language, "Comes and goes", "반복 발생"),
        _ => alarm::severity(alert.severity, language),
    }
}

fn named(alert: &Alert, language: Language) -> String {
    format!("{}, {}", alarm::title(alert.kind, language), alert.name)
}

/// What is wrong, what to do, and since when; a line for each of many.
pub fn body(message: &Message) -> String {
    let language = language(message);
    let zone = Zone::named(&message.time_zone).unwrap_or_default();
    let mut text = String::new();
    match (message.about, message.alerts.as_slice()) {
        (DeliveryAbout::Test, _) => {
            text += pick(
                language,
                "Somebody pressed the button. When something is wrong with the cluster, it is said here.\n",
                "누군가 시험 단추를 눌렀습니다. 클러스터에 문제가 생기면 여기로 알립니다.\n",
            );
        }
        (DeliveryAbout::Digest, alerts) => digest(&mut text, message, alerts, language),
        (about, [alert, ..]) => one(&mut text, about, alert, &zone, language),
        (_, []) => {}
    }
    if let Some(page) = page(message) {
        let _ = writeln!(text, "{page}");
    }
    let _ = write!(text, "\n{} {}", pick(language, "Delivery", "전송"), message.delivery);
    if message.attempt > 1 {
        let _ = match language {
            Language::English => write!(text, ", attempt {}: you may have it already", message.attempt),
            Language::Korean => write!(text, ", {}번째 시도: 이미 받으셨을 수 있습니다", message.attempt),
        };
    }
    text.push('\n');
    text
}

/// The console's page of it, where somebody has said where the console is.
pub fn page(message: &Message) -> Option<String> {
    let console = Some(&message.console).filter(|console| !console.is_empty())?;
    Some(match (message.about, message.alerts.as_slice()) {
        (DeliveryAbout::Test | DeliveryAbout::Digest, _) | (_, []) => format!("{console}/alerts"),
        (_, [alert, ..]) => format!("{console}/alerts/{}", alert.id),
    })
}

fn digest(text: &mut String, message: &Message, alerts: &[Alert], language: Language) {
    for alert in alerts {
        let _ =
            writeln!(text, "- {}: {}", alarm::severity(alert.severity, language), alert.what.said(language));
    }
    let more = usize::try_from(message.count).unwrap_or(usize::MAX).saturating_sub(alerts.len());
    if more > 0 {
        let _ = match language {
            Language::English => writeln!(text, "And {more} more."),
            Language::Korean => writeln!(text, "그 밖에 {more}건이 더 있습니다."),
        };
    }
}

fn one(text: &mut String, about: DeliveryAbout, alert: &Alert, zone: &Zone, language: Language) {
    let _ = writeln!(text, "{}", alert.what.said(language));
    match (about, alert.ended) {
        (DeliveryAbout::Flapping, _) => {
            text.push_str(pick(
                language,
                "It came and went several times within an hour. It stays open until it was calm for half an hour.\n",
                "한 시간 안에 여러 번 발생하고 해소되었습니다. 30분 동안 조용할 때까지 열린 채로 둡니다.\n",
            ));
        }
        // Also of what was over before it could be told.
        (_, Some(ended)) => {
            let over = pick(language, "It is over:", "해소되었습니다:");
            let _ = writeln!(text, "{over} {} – {}", zone.told(alert.raised), zone.told(ended));
        }
        _ => {
            let _ = writeln!(text, "{}", alert.advice.said(language));
            let _ = writeln!(text, "{} {}", pick(language, "Since", "발생"), zone.told(alert.raised));
        }
    }
    let _ = writeln!(text, "nasctl alert show {}", alert.id);
}
