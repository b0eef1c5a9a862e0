//! What a command does to alerts: pure.

use super::book::Book;
use super::{
    Acknowledged, AlertChange, AlertCommand, AlertEffect, AlertError, AlertId, CHANGES_MAX, NOTE_CHARS_MAX,
    SILENCES_MAX, Silence, SilenceId, Silenced, check_silence,
};
use crate::noun::At;
use crate::nouns::{Decide, Decision, SystemReply, SystemView, done};
use std::time::Duration;

impl Decide for AlertCommand {
    fn decide(&self, view: &SystemView, at: &At<'_>) -> Decision {
        match self {
            AlertCommand::Change { changes } => change(view, at, changes),
            AlertCommand::Acknowledge { alert, by, note } => acknowledge(view, at, *alert, by, note),
            AlertCommand::Silence { what, seconds, by, why } => silence(view, at, what, *seconds, [by, why]),
            AlertCommand::EndSilence { silence } => end_silence(view, *silence),
        }
    }
}

fn change(view: &SystemView, at: &At<'_>, changes: &[AlertChange]) -> Decision {
    if changes.len() > CHANGES_MAX {
        return Err(AlertError::TooManyChanges(changes.len()).into());
    }
    let mut book = Book::of(&view.alerts, &view.channels, at.now);
    changes.iter().for_each(|change| book.take(change));
    Ok((SystemReply::Done, book.effects()))
}

fn acknowledge(view: &SystemView, at: &At<'_>, alert: AlertId, by: &str, note: &str) -> Decision {
    let mut book = Book::of(&view.alerts, &view.channels, at.now);
    match book.acknowledge(alert, Acknowledged { by: line(by), at: at.now, note: line(note) }) {
        None => Err(AlertError::UnknownAlert(alert).into()),
        Some(false) => Err(AlertError::AlertEnded(alert).into()),
        Some(true) => Ok((SystemReply::Done, book.effects())),
    }
}

fn silence(
    view: &SystemView,
    at: &At<'_>,
    Silenced { kind, object }: &Silenced,
    seconds: u32,
    [by, why]: [&str; 2],
) -> Decision {
    if kind.is_none() && object.is_none() {
        return Err(AlertError::SilencesEverything.into());
    }
    check_silence(seconds)?;
    let count = view.alerts.silences.values().filter(|silence| at.now < silence.until).count();
    if count >= SILENCES_MAX {
        return Err(AlertError::TooManySilences(count).into());
    }
    let until = at.now.plus(Duration::from_secs(seconds.into()));
    let (kind, object) = (*kind, object.clone());
    let silence = Silence { id: at.index, kind, object, until, by: line(by), why: line(why) };
    let reply = SystemReply::Silence(silence.id);
    let over = view.alerts.silences.values().filter(|silence| silence.until <= at.now);
    let over = over.map(|silence| AlertEffect::NoSilence(silence.id));
    Ok((reply, over.chain([AlertEffect::Silence(silence)]).map(Into::into).collect()))
}

fn end_silence(view: &SystemView, silence: SilenceId) -> Decision {
    match view.alerts.silences.contains_key(&silence) {
        true => done([AlertEffect::NoSilence(silence)]),
        false => Err(AlertError::UnknownSilence(silence).into()),
    }
}

/// What people write, on one line.
fn line(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(NOTE_CHARS_MAX).collect()
}
