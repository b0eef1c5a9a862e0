//! What alerts are about: their kinds, how bad they are, and the things that they name.

use crate::{NodeId, VolumeId};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// How bad it is. The order is that of badness; append worse ones only.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Somebody may want to know.
    Info,
    /// Somebody should do something, these days.
    Warning,
    /// Somebody should do something now.
    Critical,
}

impl Severity {
    pub const ALL: [Severity; 3] = [Severity::Info, Severity::Warning, Severity::Critical];

    /// The name in requests and replies.
    pub fn name(self) -> &'static str {
        match self {
            Severity::Info => "info",
            Severity::Warning => "warning",
            Severity::Critical => "critical",
        }
    }
}

/// Declares the kinds with their names in requests and replies.
macro_rules! kinds {
    ($($(#[$about:meta])+ $kind:ident = $name:literal;)+) => {
        /// What is wrong. Append, never reorder.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum AlertKind {
            $($(#[$about])+ $kind,)+
        }

        impl AlertKind {
            pub const ALL: &[AlertKind] = &[$(AlertKind::$kind),+];

            /// The name in requests and replies.
            pub fn name(self) -> &'static str {
                match self {
                    $(AlertKind::$kind => $name,)+
                }
            }
        }
    };
}

kinds! {
    /// No majority of nodes answered, for a while that is over when it can be noted.
    NoMajority = "no_majority";
    /// A node does not answer.
    NodeDown = "node_down";
    /// A node answers, and its log or its replica of the cluster's state does not work.
    NodeFaulty = "node_faulty";
    /// A node's replica is far behind.
    NodeLagging = "node_lagging";
    /// A node's clock differs from the others'.
    ClockSkew = "clock_skew";
    /// A node's certificate for browsers expires soon.
    CertExpiring = "cert_expiring";
    /// Nobody can use a volume.
    VolumeUnavailable = "volume_unavailable";
    /// A volume has fewer replicas than it should.
    VolumeDegraded = "volume_degraded";
    /// A volume nears its limit, or a disk its end.
    NearFull = "near_full";
    /// A volume holds as much as its limit allows.
    QuotaExceeded = "quota_exceeded";
    /// A disk says that it will fail.
    DiskFailing = "disk_failing";
    /// A disk takes no data any more.
    DiskFailed = "disk_failed";
    /// Damaged data was found and mended.
    ChecksumRepaired = "checksum_repaired";
    /// Damaged data was found and is not mended.
    ScrubErrors = "scrub_errors";
    /// Many wrong passwords or codes within minutes.
    LoginBurst = "login_burst";
    /// Leaders change again and again.
    LeaderFlapping = "leader_flapping";
    /// A node took over from another one that was silent.
    Failover = "failover";
    /// A check of a node's diagnosis failed.
    DiagnosisFailed = "diagnosis_failed";
}

/// What an alert is about. Append, never reorder.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum AlertObject {
    Cluster,
    Node(NodeId),
    Volume(VolumeId),
    /// By its path on its node.
    Disk(NodeId, String),
}

impl AlertObject {
    /// The node that it is, or is a part of.
    pub fn node(&self) -> Option<NodeId> {
        match self {
            AlertObject::Node(node) | AlertObject::Disk(node, _) => Some(*node),
            AlertObject::Cluster | AlertObject::Volume(_) => None,
        }
    }
}

/// As it is named in requests: `cluster`, `node/3`, `volume/7`, `disk/3/srv/a`.
impl fmt::Display for AlertObject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            AlertObject::Cluster => f.write_str("cluster"),
            AlertObject::Node(node) => write!(f, "node/{node}"),
            AlertObject::Volume(volume) => write!(f, "volume/{}", volume.0),
            AlertObject::Disk(node, path) => write!(f, "disk/{node}/{}", path.trim_start_matches('/')),
        }
    }
}

/// A text that names no kind, severity or other word of a list.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{said}` is none of {known}")]
pub struct UnknownWord {
    said: String,
    known: String,
}

/// The one of `all` with this name.
///
/// # Errors
/// Says which names there are.
pub fn called<T: Copy>(said: &str, all: &[T], name: fn(T) -> &'static str) -> Result<T, UnknownWord> {
    let unknown = || UnknownWord {
        said: said.chars().take(40).filter(|c| !c.is_control()).collect(),
        known: all.iter().map(|one| name(*one)).collect::<Vec<_>>().join(", "),
    };
    all.iter().copied().find(|one| name(*one) == said).ok_or_else(unknown)
}

impl FromStr for AlertKind {
    type Err = UnknownWord;

    fn from_str(text: &str) -> Result<AlertKind, UnknownWord> {
        called(text, AlertKind::ALL, AlertKind::name)
    }
}

impl FromStr for Severity {
    type Err = UnknownWord;

    fn from_str(text: &str) -> Result<Severity, UnknownWord> {
        called(text, &Severity::ALL, Severity::name)
    }
}

impl fmt::Display for AlertKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_as_they_are_written() {
        for kind in AlertKind::ALL {
            assert_eq!(kind.name().parse(), Ok(*kind));
        }
        for severity in Severity::ALL {
            assert_eq!(severity.name().parse(), Ok(severity));
        }
        let error = "loud".parse::<Severity>().unwrap_err().to_string();
        assert_eq!(error, "`loud` is none of info, warning, critical");
    }

    /// The rows of the state hold numbers.
    #[test]
    fn kinds_keep_their_numbers() {
        let number = |kind: AlertKind| postcard::to_stdvec(&kind).unwrap()[0];
        assert_eq!(number(AlertKind::NoMajority), 0);
        assert_eq!(number(AlertKind::VolumeDegraded), 7);
        assert_eq!(number(AlertKind::LeaderFlapping), 15);
        assert_eq!(number(AlertKind::Failover), 16);
        assert_eq!(number(AlertKind::DiagnosisFailed), 17);
    }

    #[test]
    fn objects_have_one_name_each() {
        let disk = AlertObject::Disk(NodeId(3), "/srv/a".into());
        assert_eq!(disk.to_string(), "disk/3/srv/a");
        assert_eq!(disk.node(), Some(NodeId(3)));
        assert_eq!(AlertObject::Volume(VolumeId(7)).to_string(), "volume/7");
    }
}
