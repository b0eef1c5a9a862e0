//! Owns what a machine keeps when it becomes a member, and the order of it: first what the new member must know, then
//! what makes it one. A power cut at any step leaves a member that starts, or a machine that can be told again.

use nasd_cluster::Identity;
use nasd_files::{Folder, Mode};
use serde::{Deserialize, Serialize};

/// Of a new node: who founded the cluster, or whom it joined.
pub const BOOTSTRAP_FILE: &str = "bootstrap.json";
/// Far more than a thousand members take.
const BYTES_MAX: usize = 1 << 20;

/// What a new member has to know until the replicated state says it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bootstrap {
    /// Set on the node that founds the cluster.
    pub founding: Option<FoundingFile>,
    /// The members that a joining node was told of.
    pub members: Vec<(u64, String)>,
    /// What their keys are known by.
    #[serde(default)]
    pub keys: Vec<(u64, [u8; 32])>,
}

/// What the founder says of itself and the cluster.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FoundingFile {
    pub node_name: String,
    pub address: String,
    pub cluster_name: String,
}

/// Makes the machine the member that the identity names. Durable on return.
///
/// # Errors
/// A sentence for the operator. The machine may be a member all the same: it is looked at again at the next start.
pub fn become_member(dir: &Folder, bootstrap: &Bootstrap, identity: &Identity) -> Result<(), String> {
    // The other way round, a member without them knew nobody, or founded a cluster of its own from an earlier attempt.
    let text = serde_json::to_vec_pretty(bootstrap).map_err(|error| error.to_string())?;
    let failed = |error| format!("cannot write {}: {error}", dir.path().join(BOOTSTRAP_FILE).display());
    dir.replace(BOOTSTRAP_FILE, &text, Mode::Owner).map_err(failed)?;
    identity.save(dir).map_err(|error| error.to_string())
}

/// What a member that starts was told; nothing where there is no such file.
///
/// # Errors
/// A sentence for the operator, with what to do.
pub fn load(dir: &Folder) -> Result<Bootstrap, String> {
    let path = dir.path().join(BOOTSTRAP_FILE);
    let read = dir.read(BOOTSTRAP_FILE, BYTES_MAX);
    let Some(text) = read.map_err(|error| format!("cannot read {}: {error}", path.display()))? else {
        return Ok(Bootstrap::default());
    };
    serde_json::from_slice(&text).map_err(|error| {
        format!(
            "{} is damaged ({error}). A node that has been in its cluster needs it no more: remove the file and start \
             nasd again. If the node then hears from nobody, it had not been: empty its directory and create or join the \
             cluster again",
            path.display()
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use nasd_base::{Clock, NodeId, OsEntropy, SystemClock};
    use nasd_cluster::identity::load_or_create_key;
    use nasd_cluster::{Authority, NodeKey};
    use nasd_files::{Journal, Left};
    use std::sync::Arc;

    fn identity(key: NodeKey) -> Identity {
        let authority = Authority::create(SystemClock.now(), &OsEntropy).unwrap();
        let certificate = authority.issue(NodeId(1), &key.public_key(), SystemClock.now()).unwrap();
        Identity::new(Arc::new(authority), certificate, key).unwrap()
    }

    fn told(name: &str) -> Bootstrap {
        let (node_name, address) = (name.to_owned(), "a:1".to_owned());
        let founding = FoundingFile { node_name, address, cluster_name: name.to_owned() };
        Bootstrap { founding: Some(founding), ..Bootstrap::default() }
    }

    fn joined() -> Bootstrap {
        Bootstrap { members: vec![(1, "a:1".to_owned())], ..Bootstrap::default() }
    }

    /// Three nodes did not start after a power cut soon after create and join: bootstrap.json was empty. A joined one
    /// could also have come up as the founder that an earlier attempt had made of it.
    #[test]
    fn a_power_cut_at_any_step_leaves_a_member_that_knows_all_or_a_machine_that_can_be_told_again() {
        for (before, wanted) in [(None, told("new")), (Some(told("an earlier attempt")), joined())] {
            let (dir, journal) = (tempfile::tempdir().unwrap(), Arc::new(Journal::default()));
            let before: Left = before
                .map(|bootstrap| (BOOTSTRAP_FILE.to_owned(), serde_json::to_vec(&bootstrap).unwrap()))
                .into_iter()
                .collect();
            Journal::lay_out(&before, dir.path()).unwrap();
            let folder = Folder::through(dir.path(), journal.clone());
            let key = load_or_create_key(&folder).unwrap();
            become_member(&folder, &wanted, &identity(key)).unwrap();
            let (mut members, mut machines) = (0, 0);
            for left in journal.survivors(&before) {
                let dir = tempfile::tempdir().unwrap();
                Journal::lay_out(&left, dir.path()).unwrap();
                let folder = Folder::new(dir.path());
                let found = load(&folder).unwrap();
                if Identity::load(dir.path()).unwrap().is_some() {
                    assert_eq!(found, wanted, "{:?}", left.keys());
                    members += 1;
                } else {
                    let key = load_or_create_key(&folder).unwrap();
                    become_member(&folder, &wanted, &identity(key)).unwrap();
                    assert!(Identity::load(dir.path()).unwrap().is_some());
                    machines += 1;
                }
            }
            assert!(members > 0 && machines > 0);
        }
    }

    #[test]
    fn a_damaged_file_is_named_with_what_to_do() {
        let dir = tempfile::tempdir().unwrap();
        for text in ["", "{\"founding\": {\"node_na", "garbage \u{0}"] {
            std::fs::write(dir.path().join(BOOTSTRAP_FILE), text).unwrap();
            let error = load(&Folder::new(dir.path())).unwrap_err();
            assert!(error.contains(BOOTSTRAP_FILE) && error.contains("remove the file"), "{error}");
        }
    }
}
