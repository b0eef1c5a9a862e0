//! Owns notifications of version 2c.

use super::{Line, Sender, Target, Undelivered};
use crate::wire::{Body, Incoming, Kind, community_message};
use bytes::Bytes;

impl Sender {
    pub(super) async fn deliver_community(
        &self,
        line: &Line,
        target: &Target,
        word: &str,
        bindings: Vec<u8>,
    ) -> Result<(), Undelivered> {
        let id = self.number();
        if !target.acknowledged {
            return line.send(&community_message(word.as_bytes(), &Body::trap(id, bindings))).await;
        }
        // The same number each time: a receiver that has it can tell that it was told before.
        let message = community_message(word.as_bytes(), &Body::inform(id, bindings));
        for _ in 0..target.tries {
            let answer =
                line.ask(&message, target.patience, |datagram| answer_to(id, word, datagram)).await?;
            match answer {
                Some(true) => return Ok(()),
                Some(false) => return Err(Undelivered::Refused(line.address)),
                None => {}
            }
        }
        Err(Undelivered::Silent(line.address))
    }
}

/// Whether a datagram says yes or no to the inform with this number.
fn answer_to(id: i32, word: &str, datagram: Bytes) -> Option<bool> {
    let Ok(Incoming::Community(message)) = Incoming::read(datagram) else { return None };
    match message.request.kind {
        Kind::Response { is_good } if message.request.id == id && message.community == word => Some(is_good),
        _ => None,
    }
}
