//! Owns how a failure is told: caught where it happens, in words, and without the steps that do not matter.

use crate::step::{Doing, NAMES};
use nasd_base::file::SetAttr;
use nasd_meta::{Change, ChangeResult, Outcome, Source};
use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind, set_hook, take_hook};
use std::sync::Once;

thread_local! {
    /// What a panic of this thread says is kept here, when there is a place for it.
    static CAUGHT: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// Runs something that may panic; an error is what the panic said and where. Nothing is printed: a history that
/// fails is tried hundreds of times while it is made shorter.
pub fn caught(work: impl FnOnce()) -> Result<(), String> {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let usual = take_hook();
        set_hook(Box::new(move |panic| {
            let kept = CAUGHT.with_borrow_mut(|caught| caught.as_mut().map(|said| *said = panic.to_string()));
            if kept.is_none() {
                usual(panic);
            }
        }));
    });
    CAUGHT.set(Some(String::new()));
    let ended = catch_unwind(AssertUnwindSafe(work));
    let said = CAUGHT.take().unwrap_or_default();
    ended.map_err(|_| said)
}

/// Takes away from a failing history what it fails without: halves first, then ever smaller parts, single steps, and
/// two steps at once at last. A step says what it does to the n-th of the things there are, so that one step often
/// cannot go unless another goes with it.
pub fn shortest(mut history: Vec<Doing>, fails: impl Fn(&[Doing]) -> bool) -> Vec<Doing> {
    loop {
        history = without_parts(history, &fails);
        match without_two(&history, &fails) {
            Some(shorter) => history = shorter,
            None => return history,
        }
    }
}

fn without_two(history: &[Doing], fails: impl Fn(&[Doing]) -> bool) -> Option<Vec<Doing>> {
    let pairs = (0..history.len()).flat_map(|second| (0..second).map(move |first| (first, second)));
    let shorter = pairs.map(|(first, second)| {
        let kept = history.iter().enumerate().filter(|(at, _)| *at != first && *at != second);
        kept.map(|(_, doing)| doing.clone()).collect::<Vec<_>>()
    });
    shorter.into_iter().find(|shorter| fails(shorter))
}

fn without_parts(mut history: Vec<Doing>, fails: impl Fn(&[Doing]) -> bool) -> Vec<Doing> {
    let mut part = history.len().div_ceil(2);
    loop {
        let before = history.len();
        let mut at = 0;
        while at < history.len() {
            let mut shorter = history.clone();
            shorter.drain(at..(at + part).min(history.len()));
            if fails(&shorter) {
                history = shorter;
            } else {
                at += part;
            }
        }
        if part == 1 && history.len() == before {
            return history;
        }
        part = part.div_ceil(2);
    }
}

/// A change in a line.
pub fn describe(change: &Change) -> String {
    let text = |name: &[u8]| String::from_utf8_lossy(name).into_owned();
    match change {
        Change::Create { parent, name, node, set, mode } => {
            let how = format!("{mode:?}").to_lowercase();
            format!("create {parent}/{} as {:?}{}, {how}", text(name), node.kind(), attributes(set))
        }
        Change::Link { ino, parent, name } => format!("link {ino} to {parent}/{}", text(name)),
        Change::Unlink { parent, name } => format!("unlink {parent}/{}", text(name)),
        Change::Rmdir { parent, name } => format!("rmdir {parent}/{}", text(name)),
        Change::Rename { from_parent, from_name, to_parent, to_name, mode } => {
            let how = format!("{mode:?}").to_lowercase();
            format!("rename {from_parent}/{} to {to_parent}/{}, {how}", text(from_name), text(to_name))
        }
        Change::SetAttr { ino, set, guard } => {
            let guard = guard.map(|guard| format!(" if its ctime is {}", guard.secs)).unwrap_or_default();
            format!("set of {ino}{}{guard}", attributes(set))
        }
        Change::SetXattr { ino, name, value, mode } => {
            format!("set {} of {ino} to {} bytes, {mode:?}", text(name), value.len())
        }
        Change::RemoveXattr { ino, name } => format!("remove {} of {ino}", text(name)),
        Change::Write { ino, pieces, .. } => format!("write {ino}: {}", runs(pieces)),
        Change::Restage { ino, pieces, as_of, .. } => {
            format!("restage {ino} as of {as_of}: {}", runs(pieces))
        }
        Change::Punch { ino, offset, len } => format!("punch {ino}: {offset}+{len}"),
        Change::Lock { ino, owner, range, exclusive, .. } => {
            let how = if *exclusive { "exclusively" } else { "shared" };
            format!("lock {ino} by {}: {}..={} {how}", owner.owner, range.first, range.last)
        }
        Change::Unlock { ino, owner, range } => {
            format!("unlock {ino} by {}: {}..={}", owner.owner, range.first, range.last)
        }
        other => format!("{other:?}"),
    }
}

fn attributes(set: &SetAttr) -> String {
    let mut said = String::new();
    let mut say = |what: &str, value: Option<String>| {
        said += &value.map(|value| format!(", {what} {value}")).unwrap_or_default();
    };
    say("mode", set.mode.map(|mode| format!("{mode:04o}")));
    say("uid", set.uid.map(|uid| uid.to_string()));
    say("gid", set.gid.map(|gid| gid.to_string()));
    say("size", set.size.map(|size| size.to_string()));
    say("atime", set.atime.map(|time| format!("{time:?}")));
    say("mtime", set.mtime.map(|time| format!("{time:?}")));
    said
}

fn runs(pieces: &[nasd_meta::Piece]) -> String {
    let run = |piece: &nasd_meta::Piece| match piece.source {
        Source::Inline { .. } => format!("{}+{}", piece.offset, piece.len),
        Source::Chunk { chunk, .. } => format!("{}+{} in chunk {chunk}", piece.offset, piece.len),
    };
    pieces.iter().map(run).collect::<Vec<_>>().join(", ")
}

/// A result in a word or two.
pub fn answer(result: &ChangeResult) -> String {
    match result {
        Ok(Outcome::Created { attr, made: true, .. }) => format!("made {}", attr.ino),
        Ok(Outcome::Created { attr, made: false, .. }) => format!("there is {}", attr.ino),
        Ok(_) => "done".to_owned(),
        Err(errno) => format!("{errno:?}"),
    }
}

#[test]
fn what_does_not_matter_is_taken_away() {
    let unlink = |name| Doing { user: 0, twice: false, step: crate::step::Step::Unlink { dir: 0, name } };
    let names = |history: &[Doing]| -> Vec<usize> {
        let name = |doing: &Doing| match doing.step {
            crate::step::Step::Unlink { name, .. } => name,
            _ => NAMES.len(),
        };
        history.iter().map(name).collect()
    };
    let history: Vec<Doing> = (0..50).map(unlink).collect();
    let short = shortest(history, |history| {
        let names = names(history);
        names.contains(&7) && names.contains(&31)
    });
    assert_eq!(names(&short), [7, 31]);
}
