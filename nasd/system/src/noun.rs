//! What a noun offers to the list of nouns ([`crate::nouns`]): words for its commands, and its rows. What its commands
//! do is [`crate::nouns::Decide`].

use nasd_base::Timestamp;
use nasd_state::StateError;
use rusqlite::Connection;
use serde::Serialize;

/// A command in the operator's words, for the audit log. They name no secret and no hash of one.
pub trait Described {
    fn describe(&self) -> String;

    /// What came of it, when it was not refused.
    fn outcome(&self) -> String {
        "done".to_owned()
    }
}

/// What somebody can do about a refusal, whichever noun's it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RefusalKind {
    /// What was asked for is never possible.
    Invalid,
    /// There is no such thing.
    Unknown,
    /// There is such a thing already.
    Exists,
    /// Something else has to change first.
    Conflict,
    /// Not by whoever asks, or not with what they bring.
    Denied,
    /// Who asks is not who they say.
    Unproved,
    /// A code of the second factor is missing.
    FactorNeeded,
    TooManyAttempts,
    /// Somebody else has changed it meanwhile.
    Changed,
    /// Nobody can decide now.
    Undecided,
}

/// Why a noun's command was refused.
pub trait Refusal: Sized {
    fn kind(&self) -> RefusalKind {
        RefusalKind::Invalid
    }

    /// At least one of every variant, for the tests of those who put refusals into words.
    #[cfg(feature = "testing")]
    fn samples() -> Vec<Self>;
}

/// One row's change, as the noun's commands decide it.
pub trait RowChange: Sized {
    /// The noun's rows in memory.
    type Rows: Default;

    /// Its tables, besides `setting`.
    const SCHEMA: &'static str = "";

    /// Reads everything.
    fn load(db: &Connection) -> Result<Self::Rows, StateError>;

    fn take(self, rows: &mut Self::Rows);

    fn write(&self, db: &Connection) -> Result<(), StateError>;
}

/// Where and when a command is decided, and for whom.
pub struct At<'a> {
    /// Of the entry in the log.
    pub index: u64,
    pub now: Timestamp,
    /// Somebody who decides about exports of volumes that it owns only; nobody: about all of them.
    pub owner: Option<&'a str>,
}

/// What somebody saw before changing it: a hash of the parts that can be edited, compared where the change is
/// decided. Two who edit the same thing at once get one change and one refusal, whichever nodes they asked. Sixteen
/// bytes of a BLAKE3: enough that nobody meets another state with the same.
pub type Tag = [u8; 16];

pub fn hashed(kind: &str, content: &impl Serialize) -> Tag {
    let bytes = postcard::to_stdvec(&(kind, content)).expect("rows always encode");
    blake3::hash(&bytes).as_bytes()[..16].try_into().expect("half of it")
}
