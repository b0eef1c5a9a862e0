//! Owns the fields of a channel: what is read from a form, and what one begins with.

use super::words::{self, Words};
use crate::page::{Form, Member, Problems, Text};
use nasd_api::{ChannelPlan, ESCALATION_MINUTES_MAX, Secret, Speech};
use nasd_base::alert::Severity;
use nasd_base::channel::{ChannelKind, ChannelTarget, Protection, QuietHours, WebhookFormat};

pub fn formats(w: &Words) -> [(&'static str, Text); 4] {
    [
        (WebhookFormat::Gotgan, w.format_gotgan),
        (WebhookFormat::Slack, w.format_slack),
        (WebhookFormat::Teams, w.format_teams),
        (WebhookFormat::Telegram, w.format_telegram),
    ]
    .map(|(format, text)| (format.name(), text))
}

/// Syslog has no STARTTLS.
pub fn protections(w: &Words, form: &Form) -> Vec<(&'static str, Text)> {
    let all = [
        (Protection::Tls, w.protection_tls),
        (Protection::StartTls, w.protection_starttls),
        (Protection::None, w.protection_none),
    ];
    let fits = |protection: Protection| protection != Protection::StartTls || !form.is("kind", "syslog");
    all.into_iter().filter(|(it, _)| fits(*it)).map(|(it, text)| (it.name(), text)).collect()
}

/// A new channel of this kind. Its language is that of whoever makes it.
pub fn blank(kind: &str) -> Form {
    let rules = [("least", "warning"), ("after", "0"), ("on", "1")];
    let mut form = Form::new(&[("kind", kind), ("format", "gotgan"), ("protection", "tls")]);
    rules.into_iter().for_each(|(name, value)| form.add(name, value));
    form
}

pub fn written(plan: &ChannelPlan) -> Form {
    let mut form = Form::new(&[("kind", plan.target.kind().name())]);
    plan.target.fields().into_iter().for_each(|(name, value)| form.add(name, value));
    form.add("least", plan.least.name());
    form.add("after", plan.after_minutes.to_string());
    form.add("quiet", plan.quiet.clone().unwrap_or_default());
    form.add("speech", if plan.speech == Speech::Korean { "ko" } else { "en" });
    form.add("on", u8::from(plan.on).to_string());
    form
}

/// What was typed; nothing only where there are problems.
pub fn plan(member: &Member, form: &Form, problems: &mut Problems) -> Option<ChannelPlan> {
    let w = words::of(member.language());
    let target = target(w, form, problems);
    let after = form.get("after").parse().ok().filter(|minutes| *minutes <= ESCALATION_MINUTES_MAX);
    let after = problems.need(after, "after", w.after_wrong);
    let quiet = Some(form.get("quiet").to_owned()).filter(|quiet| !quiet.is_empty());
    let is_fine = quiet.as_ref().is_none_or(|quiet| quiet.parse::<QuietHours>().is_ok());
    problems.check(is_fine, "quiet", w.quiet_wrong);
    Some(ChannelPlan {
        target: target?,
        on: form.is("on", "1"),
        least: form.get("least").parse().unwrap_or(Severity::Warning),
        after_minutes: after?,
        quiet,
        speech: if form.is("speech", "ko") { Speech::Korean } else { Speech::English },
    })
}

fn target(w: &Words, form: &Form, problems: &mut Problems) -> Option<ChannelTarget> {
    let text = |name: &str| form.get(name).to_owned();
    let mut need = |name: &str, missing: Text| {
        problems.check(!form.get(name).is_empty(), name, missing);
        form.get(name).to_owned()
    };
    let protection = form.get("protection").parse().unwrap_or(Protection::Tls);
    Some(match form.get("kind").parse().ok()? {
        ChannelKind::Email => ChannelTarget::Email {
            server: need("server", w.server_missing),
            protection,
            user: text("user"),
            from: need("from", w.from_missing),
            to: match need("to", w.recipients_missing).is_empty() {
                true => Vec::new(),
                false => form.names("to"),
            },
        },
        ChannelKind::Webhook => ChannelTarget::Webhook {
            url: need("url", w.url_missing),
            format: form.get("format").parse().unwrap_or(WebhookFormat::Gotgan),
            chat: text("chat"),
        },
        ChannelKind::Syslog => ChannelTarget::Syslog { server: need("server", w.server_missing), protection },
        ChannelKind::Snmp => ChannelTarget::Snmp {
            server: need("server", w.server_missing),
            inform: form.is("inform", "1"),
            user: text("user"),
        },
    })
}

/// An empty field says nothing of it.
pub fn secret(form: &Form) -> Option<Secret> {
    Some(form.raw("password")).filter(|secret| !secret.is_empty()).map(Secret::new)
}
