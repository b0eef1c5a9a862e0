//! Owns the address at which what to do without an answer can be read in good times, too.

use crate::page::{Noun, PageRoute, Response};
use crate::silence::{self, Silence};
use crate::visit::Visit;
use crate::words::Words;
use nasd_api::{Fresh, Health, HealthWord};

pub const NOUN: Noun = Noun::new(routes);

fn routes() -> Vec<PageRoute> {
    vec![PageRoute::get("/recovery", show).open()]
}

async fn show(visit: Visit) -> Response {
    let w = visit.words();
    let silence = match visit.health().await {
        Ok(Fresh { value: word, stale }) => outage(&word, stale, w),
        Err(error) => Some(Silence::of(&error, visit.language)),
    };
    silence::page(visit.chrome(w.title_recovery), silence, "/".to_owned())
}

/// What does not work, to somebody who may not be told of nodes and volumes.
fn outage(word: &HealthWord, stale: bool, w: &Words) -> Option<Silence> {
    if word.health != Health::Unavailable && !stale {
        return None;
    }
    let (what, detail) = match word.reason.as_str() {
        "cut_off" => (w.recovery_cut_off, w.recovery_cut_off_text),
        "no_majority" => (w.recovery_no_majority, w.recovery_no_majority_text),
        "cluster_has_no_leader" => (w.recovery_no_leader, w.recovery_no_leader_text),
        "just_started" => (w.recovery_started, w.recovery_started_text),
        "part_is_out" => (w.recovery_part_out, w.recovery_part_out_text),
        _ => (w.recovery_now, w.recovery_unsaid),
    };
    Some(Silence { what, detail: detail.to_string() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::{Language, of};
    use nasd_api::{Sentence, verdict};
    use std::collections::BTreeSet;

    /// The page had one sentence for a node that is cut off, a cluster without a majority, and a volume that is out.
    #[test]
    fn every_outage_has_its_own_words() {
        let outages: [Sentence; 5] = [
            verdict::cut_off("", ""),
            verdict::no_majority("", ""),
            verdict::cluster_has_no_leader(""),
            verdict::just_started(""),
            verdict::part_is_out("", ""),
        ];
        for language in Language::ALL {
            let w = of(language);
            let said = outages.iter().map(|headline| {
                let word = HealthWord { health: Health::Unavailable, reason: headline.reason.clone() };
                outage(&word, false, w).unwrap().what.to_string()
            });
            let said: BTreeSet<String> = said.collect();
            assert_eq!(said.len(), outages.len(), "{said:?}");
            assert!(!said.contains(&w.recovery_now.to_string()));
        }
        let choosing = HealthWord { health: Health::Degraded, reason: "cluster_is_choosing".into() };
        assert!(outage(&choosing, false, of(Language::ALL[0])).is_none());
    }
}
