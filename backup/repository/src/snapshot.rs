//! Owns restore points: which tree, of what, from when.

use crate::id::Id;
use jiff::Timestamp;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A moment as RFC 3339 writes it. What lies outside its years is the nearest that is inside.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct RfcTime {
    pub seconds: i64,
    pub nanos: u32,
}

/// The first and the last second of the years 0000 to 9999, which the format has.
const SECONDS: (i64, i64) = (-62_167_219_200, 253_402_207_200);

impl RfcTime {
    fn clamped(self) -> RfcTime {
        let seconds = self.seconds.clamp(SECONDS.0, SECONDS.1);
        let nanos = if seconds == self.seconds { self.nanos.min(999_999_999) } else { 0 };
        RfcTime { seconds, nanos }
    }
}

impl std::fmt::Display for RfcTime {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let RfcTime { seconds, nanos } = self.clamped();
        let time =
            Timestamp::new(seconds, 0).unwrap_or_default() + std::time::Duration::from_nanos(nanos.into());
        write!(f, "{time}")
    }
}

impl Serialize for RfcTime {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for RfcTime {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<RfcTime, D::Error> {
        let text = String::deserialize(deserializer)?;
        let time: Timestamp = text.parse().map_err(serde::de::Error::custom)?;
        let (seconds, nanos) = (time.as_second(), time.subsec_nanosecond());
        // Before 1970 the fraction is negative.
        let under = i64::from(nanos < 0);
        Ok(RfcTime { seconds: seconds - under, nanos: (i64::from(nanos) + under * 1_000_000_000) as u32 })
    }
}

/// A restore point.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Snapshot {
    /// Of what was backed up.
    pub time: RfcTime,
    /// The one before it of the same.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<Id>,
    /// The directory whose entries are what was backed up.
    pub tree: Id,
    pub paths: Vec<String>,
    #[serde(default)]
    pub hostname: String,
    #[serde(default)]
    pub username: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tags: Option<Vec<String>>,
    /// Of what this was made, when something was taken out of another.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub original: Option<Id>,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub program_version: String,
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn times_are_read_with_their_zones() {
        let read: RfcTime = serde_json::from_str("\"2024-02-29T12:00:00.000000001+09:00\"").unwrap();
        assert_eq!(read, RfcTime { seconds: 1_709_175_600, nanos: 1 });
        let far = RfcTime { seconds: i64::MAX, nanos: 5 };
        assert!(far.to_string().starts_with("9999-"), "{far}");
        assert!(RfcTime { seconds: i64::MIN, nanos: 5 }.to_string().starts_with("0000-"));
    }

    proptest! {
        #[test]
        fn times_read_as_they_are_written(seconds in SECONDS.0..SECONDS.1, nanos in 0..1_000_000_000_u32) {
            let time = RfcTime { seconds, nanos };
            let json = serde_json::to_string(&time).unwrap();
            prop_assert_eq!(serde_json::from_str::<RfcTime>(&json).unwrap(), time, "{}", json);
        }
    }
}
