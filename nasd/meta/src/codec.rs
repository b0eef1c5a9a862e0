//! A Raft command is a batch of changes; its reply has one result per change.
//!
//! ```text
//!   command:  version (1)  postcard Vec<(Stamp, Change)>
//!   reply:                 postcard Vec<ChangeResult>
//! ```

use crate::{Change, ChangeResult, Stamp};
use bytes::Bytes;
use nasd_base::Errno;

/// First byte of a command.
const COMMAND_VERSION: u8 = 1;

/// Most changes in one command. One apply must stay short: reads of the state wait for nothing, but the
/// group's next entries do.
pub const BATCH_CHANGES_MAX: usize = 4096;

/// Encodes one Raft command. The batch holds 1 to [`BATCH_CHANGES_MAX`] changes; a larger one is refused as
/// a whole when it is applied.
pub fn encode_commands(batch: &[(Stamp, Change)]) -> Bytes {
    let buffer = vec![COMMAND_VERSION];
    postcard::to_extend(batch, buffer).expect("a change always encodes into memory").into()
}

/// The changes of a command, or `None` for bytes that are none.
pub(crate) fn decode_commands(command: &[u8]) -> Option<Vec<(Stamp, Change)>> {
    let body = command.strip_prefix(&[COMMAND_VERSION])?;
    let (count, _) = postcard::take_from_bytes::<u64>(body).ok()?;
    if count > BATCH_CHANGES_MAX as u64 {
        return None;
    }
    let (batch, rest) = postcard::take_from_bytes::<Vec<(Stamp, Change)>>(body).ok()?;
    rest.is_empty().then_some(batch)
}

/// The reply to a command that is none: one refusal, whatever the proposer thought it had sent.
pub(crate) fn reply_to_garbage() -> Bytes {
    let refusal: [ChangeResult; 1] = [Err(Errno::Inval)];
    postcard::to_stdvec(&refusal[..]).expect("a result always encodes into memory").into()
}

pub(crate) fn encode_result(result: &ChangeResult) -> Vec<u8> {
    postcard::to_stdvec(result).expect("a result always encodes into memory")
}

/// Joins results that are encoded already: as postcard has it, their count and then one after the other.
pub(crate) fn join_results(results: &[Vec<u8>]) -> Bytes {
    let bytes = results.iter().map(Vec::len).sum::<usize>() + 4;
    let count = results.len() as u64;
    let buffer = postcard::to_extend(&count, Vec::with_capacity(bytes)).expect("a number always encodes");
    let mut buffer: Vec<u8> = buffer;
    results.iter().for_each(|result| buffer.extend_from_slice(result));
    buffer.into()
}

/// A reply that is not a list of results.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("a volume's reply could not be read; its sender may run another version")]
pub struct BadReplies;

/// One result per change of the command, in its order. A command that the state machine could not read has
/// the single result `Err(Inval)`.
pub fn decode_replies(bytes: &[u8]) -> Result<Vec<ChangeResult>, BadReplies> {
    match postcard::take_from_bytes(bytes) {
        Ok((results, [])) => Ok(results),
        _ => Err(BadReplies),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Outcome, testing::stamp};
    use nasd_base::ChunkId;
    use proptest::prelude::*;

    #[test]
    fn joined_results_decode_as_one_list() {
        let results: Vec<ChangeResult> =
            vec![Ok(Outcome::Restaged { taken: 3 }), Err(Errno::Exist), Ok(Outcome::Reaped { count: 0 })];
        let parts: Vec<_> = results.iter().map(encode_result).collect();
        assert_eq!(decode_replies(&join_results(&parts)).unwrap(), results);
        assert_eq!(decode_replies(&join_results(&[])).unwrap(), vec![]);
    }

    #[test]
    fn trailing_bytes_are_refused() {
        let command = encode_commands(&[(stamp(), Change::AllocateChunks { count: 7 })]);
        assert_eq!(decode_commands(&command).unwrap().len(), 1);
        let longer = [&command[..], &[0]].concat();
        assert!(decode_commands(&longer).is_none());
        let reply = encode_result(&Ok(Outcome::Allocated { first: ChunkId(1), count: 1 }));
        let longer = [&join_results(&[reply])[..], &[0]].concat();
        assert_eq!(decode_replies(&longer), Err(BadReplies));
    }

    #[test]
    fn a_batch_that_is_too_long_is_refused() {
        let batch = vec![(stamp(), Change::AllocateChunks { count: 1 }); BATCH_CHANGES_MAX + 1];
        assert!(decode_commands(&encode_commands(&batch)).is_none());
        assert!(decode_commands(&encode_commands(&batch[1..])).is_some());
    }

    proptest! {
        #[test]
        fn garbage_never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = decode_commands(&bytes);
            let _ = decode_replies(&bytes);
        }

        #[test]
        fn truncated_commands_are_refused(cut in 0usize..1000) {
            let change = Change::Reap { inos: vec![nasd_base::Ino(5); 40] };
            let whole = encode_commands(&[(stamp(), change)]);
            let cut = cut % whole.len();
            prop_assert!(decode_commands(&whole[..cut]).is_none());
        }
    }
}
