//! Who has mounted what, as far as this node was told. For information only, and lost with the node.

use crate::mount::types::{HostName, MountEntry, MountPath, PATH_BYTES_MAX};
use bytes::Bytes;
use parking_lot::Mutex;
use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

const CLIENTS_MAX: usize = 4096;
const PATHS_PER_CLIENT_MAX: usize = 64;

/// A bound of the size of one client's list.
pub(super) const LISTING_BYTES_MAX: usize = PATHS_PER_CLIENT_MAX * (PATH_BYTES_MAX + 64);

/// The mounts of each client. Full tables forget the newcomer: nothing depends on an entry.
#[derive(Default)]
pub(crate) struct MountTable {
    mounts: Mutex<BTreeMap<IpAddr, BTreeSet<Bytes>>>,
}

impl MountTable {
    pub(super) fn add(&self, client: IpAddr, path: &Bytes) {
        let mut mounts = self.mounts.lock();
        if mounts.len() >= CLIENTS_MAX && !mounts.contains_key(&client) {
            return;
        }
        let paths = mounts.entry(client).or_default();
        if paths.len() < PATHS_PER_CLIENT_MAX {
            // A copy, because the path's bytes would keep the whole record alive.
            paths.insert(Bytes::copy_from_slice(path));
        }
    }

    pub(super) fn remove(&self, client: IpAddr, path: &Bytes) {
        let mut mounts = self.mounts.lock();
        if let Some(paths) = mounts.get_mut(&client) {
            paths.remove(path);
            if paths.is_empty() {
                mounts.remove(&client);
            }
        }
    }

    pub(super) fn remove_all(&self, client: IpAddr) {
        self.mounts.lock().remove(&client);
    }

    /// The client's own mounts.
    pub(super) fn of(&self, client: IpAddr) -> Vec<MountEntry> {
        let mounts = self.mounts.lock();
        let paths = mounts.get(&client).into_iter().flatten();
        let host = HostName(client.to_string().into());
        paths.map(|path| MountEntry { host: host.clone(), path: MountPath(path.clone()) }).collect()
    }
}

impl MountTable {
    /// The same for people to read.
    pub(crate) fn paths_of(&self, client: IpAddr) -> Vec<String> {
        let mounts = self.mounts.lock();
        let paths = mounts.get(&client).into_iter().flatten();
        paths.map(|path| String::from_utf8_lossy(path).into_owned()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_stay_bounded_and_clients_see_their_own_mounts() {
        let table = MountTable::default();
        let (one, two) = ("192.0.2.1".parse().unwrap(), "192.0.2.2".parse().unwrap());
        for n in 0..2 * PATHS_PER_CLIENT_MAX {
            table.add(one, &format!("/{n}").into());
        }
        table.add(two, &Bytes::from_static(b"/demo"));
        assert_eq!(table.of(one).len(), PATHS_PER_CLIENT_MAX);
        assert_eq!(table.of(two).len(), 1);
        table.remove(two, &Bytes::from_static(b"/demo"));
        table.remove_all(one);
        assert!(table.mounts.lock().is_empty());
    }
}
