//! Owns which file system a path is in, as `/proc/self/mountinfo` has it (proc_pid_mountinfo(5)).

use std::path::{Path, PathBuf};

/// A line of the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mounted {
    /// `8:1`; `0:…` where no block device is under it.
    pub number: String,
    pub at: PathBuf,
    pub file_system: String,
    /// `/dev/sda1`, for instance.
    pub source: String,
    /// Of the mount and of the file system.
    pub options: String,
}

/// The last of the longest: a later mount covers an earlier one.
pub fn under(mountinfo: &str, path: &Path) -> Option<Mounted> {
    let all = mountinfo.lines().filter_map(read).filter(|mounted| path.starts_with(&mounted.at));
    all.max_by_key(|mounted| mounted.at.components().count())
}

fn read(line: &str) -> Option<Mounted> {
    let (of_mount, of_system) = line.split_once(" - ")?;
    let of_mount: Vec<&str> = of_mount.split(' ').collect();
    let mut of_system = of_system.split(' ');
    Some(Mounted {
        number: (*of_mount.get(2)?).to_owned(),
        at: unescaped(of_mount.get(4)?).into(),
        file_system: of_system.next()?.to_owned(),
        source: unescaped(of_system.next()?),
        options: format!("{},{}", of_mount.get(5)?, of_system.next().unwrap_or_default()),
    })
}

/// Space, tab, line feed and backslash are octal there.
fn unescaped(text: &str) -> String {
    [("\\040", " "), ("\\011", "\t"), ("\\012", "\n"), ("\\134", "\\")]
        .iter()
        .fold(text.to_owned(), |text, (escape, plain)| text.replace(escape, plain))
}

#[cfg(test)]
mod tests {
    use super::*;

    const MOUNTINFO: &str = "\
22 1 254:0 / / rw,relatime shared:1 - ext4 /dev/mapper/root rw
30 22 8:17 / /srv/my\\040disk rw,noatime shared:9 - xfs /dev/sdb1 rw,attr2
31 22 0:44 / /srv/disk rw - btrfs /dev/sdc rw,subvol=/
garbage
";

    #[test]
    fn the_nearest_mount_decides() {
        let of = |path: &str| under(MOUNTINFO, Path::new(path)).unwrap();
        let disk = of("/srv/my disk/chunks");
        assert_eq!(
            (disk.number.as_str(), disk.file_system.as_str(), disk.source.as_str()),
            ("8:17", "xfs", "/dev/sdb1")
        );
        assert_eq!(of("/srv/disk").source, "/dev/sdc");
        assert_eq!(of("/srv/disks").number, "254:0", "a name that begins alike is another");
        assert_eq!(under("", Path::new("/srv")), None);
    }
}
