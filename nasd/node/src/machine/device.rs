//! Owns which device a path lies on, and what the kernel says of it.

use super::mounted;
use super::report::DeviceReport;
use super::smart::NoSmart;
use super::text::{clean, text};
use std::path::{Path, PathBuf};

/// Devices that may be stacked: encryption on a volume of a RAID.
const LAYERS_MAX: usize = 5;
/// The kernel counts in sectors of this, whatever the disk does.
const SECTOR_BYTES: u64 = 512;

/// With the whole disk, `/dev/sda`, where there is exactly one.
pub fn read(root: &Path, path: &Path) -> (DeviceReport, Option<String>) {
    let path = std::fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let mountinfo = std::fs::read_to_string(root.join("proc/self/mountinfo")).unwrap_or_default();
    let Some(mounted) = mounted::under(&mountinfo, &path) else { return (unknown(), None) };
    let report = DeviceReport {
        device: Some(clean(&mounted.source)),
        file_system: Some(clean(&mounted.file_system)),
        mounted_at: Some(clean(&mounted.at.display().to_string())),
        mount_options: Some(clean(&mounted.options)),
        ..unknown()
    };
    let named = mounted.source.strip_prefix("/dev/").map(|name| root.join("sys/class/block").join(name));
    let places = [Some(root.join("sys/dev/block").join(&mounted.number)), named];
    let found = places.into_iter().flatten().find_map(|place| std::fs::canonicalize(place).ok());
    let Some(disk) = found.and_then(whole) else { return (report, None) };
    let name = disk.file_name().and_then(|name| name.to_str()).map(|name| format!("/dev/{name}"));
    (described(report, &disk), name)
}

/// Of which nothing is known.
pub fn unknown() -> DeviceReport {
    DeviceReport {
        device: None,
        model: None,
        serial: None,
        rotational: None,
        size_bytes: None,
        file_system: None,
        mounted_at: None,
        failed_commands: None,
        smart: Err(NoSmart::NoDisk),
        write_cache: None,
        mount_options: None,
    }
}

/// The disk that a partition is of, through what is stacked on it. Of several disks none is the one.
fn whole(mut at: PathBuf) -> Option<PathBuf> {
    for _ in 0..LAYERS_MAX {
        if at.join("partition").exists() {
            at.pop();
        }
        let below = at.join("slaves").read_dir().ok().into_iter().flatten().flatten();
        let below: Vec<PathBuf> = below.map(|entry| entry.path()).collect();
        match &below[..] {
            [] => return Some(at),
            [one] => at = std::fs::canonicalize(one).ok()?,
            _ => return None,
        }
    }
    None
}

fn described(report: DeviceReport, disk: &Path) -> DeviceReport {
    let number = |name: &str| text(&disk.join(name)).and_then(|text| text.parse::<u64>().ok());
    DeviceReport {
        model: text(&disk.join("device/model")),
        serial: serial(disk),
        rotational: number("queue/rotational").map(|it| it != 0),
        write_cache: text(&disk.join("queue/write_cache")),
        size_bytes: number("size").map(|sectors| sectors * SECTOR_BYTES),
        failed_commands: text(&disk.join("device/ioerr_cnt"))
            .and_then(|count| u64::from_str_radix(count.trim_start_matches("0x"), 16).ok()),
        ..report
    }
}

/// NVMe and virtio have a file; of SCSI it is in a page of the disk's own, behind four bytes.
fn serial(disk: &Path) -> Option<String> {
    let page = || {
        let page = std::fs::read(disk.join("device/vpd_pg80")).ok()?;
        Some(clean(std::str::from_utf8(page.get(4..)?).ok()?)).filter(|serial| !serial.is_empty())
    };
    text(&disk.join("device/serial")).or_else(|| text(&disk.join("serial"))).or_else(page)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    fn write(root: &Path, path: &str, text: &[u8]) {
        let path = root.join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    fn link(root: &Path, path: &str, to: &str) {
        let path = root.join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        symlink(root.join(to), path).unwrap();
    }

    /// A partition of a SCSI disk, and the same disk under encryption.
    fn machine() -> tempfile::TempDir {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path();
        let mountinfo = b"30 22 8:17 / /nowhere/plain rw - xfs /dev/sdb1 rw\n31 22 253:0 / /nowhere/sealed rw - ext4 /dev/mapper/sealed rw\n\
                          32 22 0:44 / /nowhere/butter rw - btrfs /dev/sdb1 rw\n33 22 0:9 / /nowhere/memory rw - tmpfs tmpfs rw\n";
        write(root, "proc/self/mountinfo", mountinfo);
        let disk = "sys/devices/pci0/block/sdb";
        write(root, &format!("{disk}/size"), b"7814037168\n");
        write(root, &format!("{disk}/queue/rotational"), b"1\n");
        write(root, &format!("{disk}/queue/write_cache"), b"write back\n");
        write(root, &format!("{disk}/device/model"), b"WDC WD40EFRX-68N\n");
        write(root, &format!("{disk}/device/vpd_pg80"), b"\0\x80\0\x0c   WD-WCC7K00");
        write(root, &format!("{disk}/device/ioerr_cnt"), b"0x1f\n");
        write(root, &format!("{disk}/sdb1/partition"), b"1\n");
        write(root, "sys/devices/virtual/block/dm-0/size", b"1\n");
        link(root, "sys/dev/block/8:17", &format!("{disk}/sdb1"));
        link(root, "sys/class/block/sdb1", &format!("{disk}/sdb1"));
        link(root, "sys/dev/block/253:0", "sys/devices/virtual/block/dm-0");
        link(root, "sys/devices/virtual/block/dm-0/slaves/sdb1", &format!("{disk}/sdb1"));
        dir
    }

    #[test]
    fn the_whole_disk_under_a_path_is_found() {
        let machine = machine();
        for (path, device, file_system) in [
            ("/nowhere/plain/chunks", "/dev/sdb1", "xfs"),
            ("/nowhere/sealed/chunks", "/dev/mapper/sealed", "ext4"),
            ("/nowhere/butter/chunks", "/dev/sdb1", "btrfs"),
        ] {
            let (read, whole) = read(machine.path(), Path::new(path));
            assert_eq!(
                (read.device.as_deref(), read.file_system.as_deref()),
                (Some(device), Some(file_system))
            );
            assert_eq!(
                (read.model.as_deref(), read.serial.as_deref()),
                (Some("WDC WD40EFRX-68N"), Some("WD-WCC7K00"))
            );
            assert_eq!((read.rotational, read.size_bytes), (Some(true), Some(4_000_787_030_016)));
            assert_eq!(read.write_cache.as_deref(), Some("write back"));
            assert_eq!(read.mount_options.as_deref(), Some("rw,rw"));
            assert_eq!((read.failed_commands, whole.as_deref()), (Some(31), Some("/dev/sdb")));
        }
    }

    #[test]
    fn where_no_disk_is_nothing_is_made_up() {
        let machine = machine();
        let (read_, whole) = read(machine.path(), Path::new("/nowhere/memory/chunks"));
        assert_eq!((read_.device.as_deref(), read_.model, whole), (Some("tmpfs"), None, None));
        assert_eq!(read_.smart, Err(NoSmart::NoDisk));
        assert_eq!(read(machine.path(), Path::new("/elsewhere")), (unknown(), None));
        link(machine.path(), "sys/devices/virtual/block/dm-0/slaves/sdc", "sys/devices/pci0/block/sdb");
        assert_eq!(
            read(machine.path(), Path::new("/nowhere/sealed/x")).1,
            None,
            "of two disks none is the one"
        );
    }
}
