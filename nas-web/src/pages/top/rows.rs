//! Owns how what operations took is written: figures, and stages as a bar with the same in words.

use super::words::Words;
use crate::figures::bytes;
use crate::page::Text;
use nasd_api::{SlowOperation, StageTimes, TopBy, TopClient, TopFile, TopVolume, Work, Zone};

/// Stages that are said of one row, the longest; the bar has all.
const STAGES_SAID: usize = 3;

/// A volume or client as it was told.
pub struct Named<'a> {
    name: &'a str,
    page: &'static str,
    volumes: &'a [String],
    work: &'a Work,
}

impl<'a> From<&'a TopVolume> for Named<'a> {
    fn from(one: &'a TopVolume) -> Named<'a> {
        Named { name: &one.volume, page: "volumes", volumes: &[], work: &one.work.all }
    }
}

impl<'a> From<&'a TopClient> for Named<'a> {
    fn from(one: &'a TopClient) -> Named<'a> {
        Named { name: &one.client, page: "clients", volumes: &one.volumes, work: &one.work.all }
    }
}

/// The same as it is shown.
pub struct Rows {
    pub name: String,
    pub page: &'static str,
    pub volumes: Vec<String>,
    pub operations: String,
    pub bytes: String,
    pub each: String,
    pub stages: Bar,
}

/// A file or directory.
pub struct Place {
    pub name: String,
    pub volume: String,
    pub operations: String,
    pub bytes: String,
    pub each: String,
}

/// One operation.
pub struct Slow {
    pub kind: String,
    pub took: String,
    pub when: String,
    pub client: String,
    pub volume: String,
    pub file: String,
    pub request: String,
    pub stages: Bar,
}

/// Stages beside each other, in percent of them all.
pub struct Bar {
    pub parts: Vec<Part>,
    pub said: String,
}

pub struct Part {
    /// Which stage.
    pub number: usize,
    pub from: String,
    pub width: String,
}

pub fn row(w: &Words, one: &Named<'_>, seconds: u32) -> Rows {
    let (name, page, volumes) = (one.name.to_owned(), one.page, one.volumes.to_vec());
    let (operations, bytes, each) = figures(w, one.work, seconds);
    Rows { name, page, volumes, operations, bytes, each, stages: bar(w, &one.work.stages) }
}

pub fn place(w: &Words, file: &TopFile, seconds: u32) -> Place {
    let TopFile { operations, bytes, micros, .. } = *file;
    let work = Work { operations, bytes, micros, ..Work::default() };
    let (operations, bytes, each) = figures(w, &work, seconds);
    let name = file.path.clone().unwrap_or_else(|| w.inode.of(file.inode));
    Place { name, volume: file.volume.clone(), operations, bytes, each }
}

pub fn slow(w: &Words, zone: &Zone, slow: &SlowOperation) -> Slow {
    let inode = || slow.inode.map(|inode| w.inode.of(inode));
    Slow {
        kind: kind(w, &slow.kind),
        took: millis(w, slow.micros as f64),
        when: zone.time_of_day(slow.at),
        client: slow.client.clone(),
        volume: slow.volume.clone(),
        file: slow.path.clone().or_else(inode).unwrap_or_else(|| "–".to_owned()),
        request: slow.request.clone(),
        stages: bar(w, &slow.stages),
    }
}

fn kind(w: &Words, kind: &str) -> String {
    let text: Text = match kind {
        "read" => w.kind_read,
        "write" => w.kind_write,
        "commit" => w.kind_commit,
        "lookup" => w.kind_lookup,
        "list" => w.kind_list,
        "change" => w.kind_change,
        "lock" => w.kind_lock,
        other => return other.to_owned(),
    };
    text.to_string()
}

/// A figure of what lists are sorted by.
pub fn measured(w: &Words, by: TopBy, figure: u64) -> String {
    match by {
        TopBy::Time => millis(w, figure as f64),
        TopBy::Operations => figure.to_string(),
        TopBy::Bytes => bytes(figure),
    }
}

fn figures(w: &Words, work: &Work, seconds: u32) -> (String, String, String) {
    let seconds = seconds.max(1);
    let operations = w.per_second.of(format!("{:.1}", work.operations as f64 / f64::from(seconds)));
    let moved = w.per_second.of(bytes(work.bytes / u64::from(seconds)));
    (operations, moved, millis(w, work.micros as f64 / work.operations.max(1) as f64))
}

fn millis(w: &Words, micros: f64) -> String {
    w.millis.of(format!("{:.1}", micros / 1000.0))
}

fn bar(w: &Words, stages: &StageTimes) -> Bar {
    let named =
        [w.client_network, w.queue, w.leader_hop, w.log_flush, w.apply, w.chunk_read, w.chunk_write, w.other];
    let all = stages.all();
    let total = all.iter().sum::<u64>().max(1) as f64;
    let (mut at, mut parts, mut said) = (0.0, Vec::new(), Vec::new());
    for (number, (micros, name)) in
        all.into_iter().zip(named).enumerate().filter(|(_, (micros, _))| *micros > 0)
    {
        let width = 100.0 * micros as f64 / total;
        parts.push(Part { number, from: format!("{at:.1}"), width: format!("{width:.1}") });
        if width >= 0.5 {
            said.push((micros, format!("{name} {width:.0}%")));
        }
        at += width;
    }
    said.sort_by_key(|(micros, _)| std::cmp::Reverse(*micros));
    said.truncate(STAGES_SAID);
    let said = said.into_iter().map(|(_, said)| said).collect::<Vec<_>>().join(", ");
    Bar { parts, said: if said.is_empty() { w.idle.to_string() } else { said } }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pages::top::words;
    use crate::words::Language;

    #[test]
    fn a_bar_has_every_stage_beside_the_one_before_and_says_the_longest() {
        let stages = StageTimes { log_flush: 70, queue: 20, apply: 6, other: 4, ..StageTimes::default() };
        let bar = bar(words::of(Language::English), &stages);
        assert_eq!(bar.said, "log flush 70%, queue 20%, apply 6%");
        let parts: Vec<_> =
            bar.parts.iter().map(|part| (part.number, &part.from[..], &part.width[..])).collect();
        assert_eq!(parts, [(1, "0.0", "20.0"), (3, "20.0", "70.0"), (4, "90.0", "6.0"), (7, "96.0", "4.0")]);
        assert_eq!(super::bar(words::of(Language::Korean), &StageTimes::default()).said, "시간 없음");
    }
}
