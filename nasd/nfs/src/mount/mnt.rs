//! MNT: from a path to the first handle.

use crate::mount::paths::names;
use crate::mount::types::{MountStatus, Mounted};
use crate::v3::CallContext;
use crate::v3::lookup::find;
use crate::v3::types::Status;
use bytes::Bytes;
use nasd_base::export::{Export, Exported};
use nasd_base::file::{FileKind, NAME_BYTES_MAX};

/// AUTH_SYS, as MOUNT numbers it.
const FLAVOR_SYS: u32 = 1;

/// Mounts an export or a directory below one.
///
/// Directories below are looked up one by one as the caller, so nobody mounts what he could not reach by
/// walking there. What is not exported to the client is ACCES, whether or not it exists.
pub(super) async fn mount(call: &CallContext, path: &Bytes) -> Result<Mounted, MountStatus> {
    let components = components(path)?;
    let Some((export, below)) = choose(call, &components) else {
        call.refuse_mount(path);
        return Err(MountStatus::Access);
    };
    let mut file = call.admit(export.volume).map_err(refusal)?;
    let mut attr = file.root_attr().await.map_err(refusal)?;
    file = file.sibling(&attr);
    for name in below {
        attr = find(&file, name.clone()).await.map_err(refusal)?.0;
        file = file.sibling(&attr);
    }
    if attr.kind != FileKind::Directory {
        return Err(MountStatus::NotDir);
    }
    Ok(Mounted { root: file.handle(&attr), flavors: vec![FLAVOR_SYS] })
}

/// The names in a path, checked.
fn components(path: &Bytes) -> Result<Vec<Bytes>, MountStatus> {
    if path.first() != Some(&b'/') {
        return Err(MountStatus::Inval);
    }
    let names: Vec<Bytes> = names(path).map(|name| path.slice_ref(name)).collect();
    for name in &names {
        if name.len() > NAME_BYTES_MAX {
            return Err(MountStatus::NameTooLong);
        }
        if &name[..] == b".." || name.contains(&0) {
            return Err(MountStatus::Inval);
        }
    }
    Ok(names)
}

/// The export with the longest path that leads to `components` and is open to the client, and what is left
/// of the path below it.
fn choose<'a>(call: &'a CallContext, components: &'a [Bytes]) -> Option<(&'a Export, &'a [Bytes])> {
    let open = call.exports.iter().filter(|export| export.rule_for(call.client).is_some());
    let leading = open.filter_map(|export| {
        let own = export.path.split('/').filter(|name| !name.is_empty());
        let own: Vec<&[u8]> = own.map(str::as_bytes).collect();
        let leads = own.len() <= components.len() && own.iter().zip(components).all(|(a, b)| *a == &b[..]);
        leads.then(|| (export, &components[own.len()..]))
    });
    leading.min_by_key(|(_, below)| below.len())
}

fn refusal(status: Status) -> MountStatus {
    match status {
        Status::Perm => MountStatus::Perm,
        Status::NoEnt => MountStatus::NoEnt,
        Status::Access => MountStatus::Access,
        Status::NotDir => MountStatus::NotDir,
        Status::Inval => MountStatus::Inval,
        Status::NameTooLong => MountStatus::NameTooLong,
        Status::ServerFault => MountStatus::ServerFault,
        _ => MountStatus::Io,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_split_into_checked_names() {
        let split = |path: &'static str| components(&Bytes::from_static(path.as_bytes()));
        assert_eq!(split("/"), Ok(vec![]));
        assert_eq!(split("//a/./b/").unwrap(), ["a", "b"]);
        assert_eq!(split("a"), Err(MountStatus::Inval));
        assert_eq!(split(""), Err(MountStatus::Inval));
        assert_eq!(split("/a/../b"), Err(MountStatus::Inval));
        assert_eq!(split("/a\0"), Err(MountStatus::Inval));
    }
}
