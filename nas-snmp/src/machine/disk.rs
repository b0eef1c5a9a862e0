//! Owns /proc/diskstats and /sys/block: what block devices did.

use super::text::{THINGS_MAX, numbers, value};
use std::path::Path;

/// What /proc/diskstats counts in, whatever the device's sectors are.
const SECTOR_BYTES: u64 = 512;

/// One block device or partition.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Disk {
    pub name: String,
    pub reads: u64,
    pub read_bytes: u64,
    pub writes: u64,
    pub written_bytes: u64,
    pub busy_millis: u64,
    /// Of a whole device; absent of a partition.
    pub whole: Option<Device>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Device {
    pub bytes: u64,
    pub is_removable: bool,
    pub is_read_only: bool,
    pub model: Option<String>,
}

pub fn look(text: &str, dir: &Path) -> Vec<Disk> {
    let mut disks = parse(text);
    for disk in &mut disks {
        // A name is one part of a path, with `!` for a slash in the device's own name.
        let dir = dir.join(disk.name.replace('/', "!"));
        let sectors: Option<u64> = value(&dir.join("size"));
        disk.whole = sectors.map(|sectors| Device {
            bytes: sectors.saturating_mul(SECTOR_BYTES),
            is_removable: value::<u8>(&dir.join("removable")) == Some(1),
            is_read_only: value::<u8>(&dir.join("ro")) == Some(1),
            model: value::<String>(&dir.join("device/model")).filter(|model| !model.is_empty()),
        });
    }
    disks
}

/// Devices that were never used are left out: a kernel has a dozen unused loops and memory disks.
pub fn parse(text: &str) -> Vec<Disk> {
    let read = text.lines().filter_map(|line| {
        let mut words = line.split_ascii_whitespace().skip(2);
        let name = words.next()?.to_owned();
        let rest: Vec<&str> = words.collect();
        let numbers = numbers(&rest.join(" "));
        let [reads, _, read_sectors, _, writes, _, written_sectors, _, _, busy_millis] =
            *numbers.get(..10)?
        else {
            return None;
        };
        Some(Disk {
            name,
            reads,
            read_bytes: read_sectors.saturating_mul(SECTOR_BYTES),
            writes,
            written_bytes: written_sectors.saturating_mul(SECTOR_BYTES),
            busy_millis,
            whole: None,
        })
    });
    read.filter(|disk| disk.reads > 0 || disk.writes > 0).take(THINGS_MAX).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn disks_are_read() {
        let text = "   8  0 sda 10 1 200 5 20 2 400 6 0 70 80 1 2 3 4\n 7 0 loop0 0 0 0 0 0 0 0 0 0 0 0\n 8 1 sda1 1\n";
        let [disk] = &parse(text)[..] else { panic!() };
        assert_eq!((disk.reads, disk.read_bytes), (10, 102_400));
        assert_eq!((disk.writes, disk.written_bytes, disk.busy_millis), (20, 204_800, 70));
        let dir = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(dir.path().join("sda/device")).unwrap();
        std::fs::write(dir.path().join("sda/size"), "2000\n").unwrap();
        std::fs::write(dir.path().join("sda/device/model"), "Some Disk  \n").unwrap();
        let whole = look(text, dir.path())[0].whole.clone().unwrap();
        assert_eq!((whole.bytes, whole.model.as_deref()), (1_024_000, Some("Some Disk")));
        assert_eq!(look(text, Path::new("/nonexistent"))[0].whole, None);
    }
}
