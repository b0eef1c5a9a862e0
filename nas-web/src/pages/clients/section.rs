//! Owns the section of clients that the page of a volume has.

use crate::page::Member;
use nasd_api::{ClientVolume, FileClient, ListClients, Page};
use std::cmp::Reverse;

/// Rows of a section; the page of clients has all.
const ROWS: usize = 10;

/// The clients of a volume, with what they do there: who is here first.
pub struct Section {
    pub volume: String,
    /// `None`: nobody knows.
    pub rows: Option<Vec<(FileClient, ClientVolume)>>,
    pub more: bool,
}

impl Section {
    /// A page without it is better than none.
    pub async fn of(member: &Member, volume: &str) -> Section {
        let at = Page::default().filtered(Some(format!("volume:{volume}")));
        let asked = member.client.ask::<ListClients>(at).await;
        let Ok(list) = asked else { return Section { volume: volume.to_owned(), rows: None, more: false } };
        let used = |client: FileClient| {
            let used = client.volumes.iter().find(|used| used.volume == volume)?.clone();
            Some((client, used))
        };
        let mut rows: Vec<_> = list.items.into_iter().filter_map(used).collect();
        rows.sort_by_key(|(client, _)| Reverse((client.connected, client.last_seen)));
        let more = rows.len() > ROWS;
        rows.truncate(ROWS);
        Section { volume: volume.to_owned(), rows: Some(rows), more }
    }
}
