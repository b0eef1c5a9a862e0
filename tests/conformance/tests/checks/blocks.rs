//! Owns the checks of what files take: blocks, and the room that is left.

use super::rw;
use harness::mapping::Mapping;
use rustix::fs::{FallocateFlags, SeekFrom, fallocate, seek, statvfs};
use std::fs::{self, File};
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::Path;

const MIB: u64 = 1 << 20;

pub const CHECKS: &[(&str, super::Check)] = &[
    ("blocks", what_is_written_takes_blocks_at_once),
    ("sparse-tools", tools_that_look_for_holes_lose_nothing),
    ("mapped-blocks", what_is_stored_through_a_mapping_takes_blocks),
    ("room", the_room_that_is_left_shrinks_with_every_write),
];

/// MiB that a file takes, in whole ones.
fn taken(file: &File) -> u64 {
    file.metadata().unwrap().blocks() * 512 / MIB
}

fn what_is_written_takes_blocks_at_once(dir: &Path) {
    let file = rw(&dir.join("f"));
    let write = |at: u64, mib: u64| file.write_all_at(&vec![5; (mib * MIB) as usize], at * MIB).unwrap();
    write(0, 4);
    assert_eq!(taken(&file), 4);
    write(100, 2);
    assert_eq!(taken(&file), 6, "a hole takes none");
    write(1, 2);
    assert_eq!(taken(&file), 6, "nor does overwriting");
    file.sync_all().unwrap();
    assert_eq!(taken(&file), 6);
    write(0, 6);
    assert_eq!(taken(&file), 8);
    file.set_len(3 * MIB).unwrap();
    assert_eq!(taken(&file), 3);
    fallocate(&file, FallocateFlags::PUNCH_HOLE | FallocateFlags::KEEP_SIZE, 0, MIB).unwrap();
    assert_eq!(taken(&file), 2);
    let small = rw(&dir.join("small"));
    small.write_all_at(b"x", 0).unwrap();
    assert!(small.metadata().unwrap().blocks() > 0);
}

fn tools_that_look_for_holes_lose_nothing(dir: &Path) {
    let path = dir.join("f");
    for round in 0..2u8 {
        let file = rw(&path);
        file.set_len(32 * MIB).unwrap();
        let data: Vec<u8> = (0..2 * MIB).map(|at| (at / 7) as u8 | 1).collect();
        file.write_all_at(&data, (3 + u64::from(round) * 8) * MIB).unwrap();
        drop(file);
        for how in [["cp", "--sparse=auto"], ["cp", "--sparse=always"]] {
            let copy = dir.join("copy");
            let done = std::process::Command::new(how[0]).arg(how[1]).arg(&path).arg(&copy).status();
            assert!(
                done.unwrap().success() && fs::read(&copy).unwrap() == fs::read(&path).unwrap(),
                "{how:?}"
            );
        }
        for how in ["raw", "seek"] {
            let archive = dir.join("archive");
            let mut tar = std::process::Command::new("tar");
            tar.arg("-C").arg(dir).arg(format!("--hole-detection={how}")).arg("-cSf").arg(&archive).arg("f");
            assert!(tar.status().unwrap().success());
            let out = std::process::Command::new("tar").arg("-xOf").arg(&archive).output().unwrap();
            assert!(out.stdout == fs::read(&path).unwrap(), "tar --hole-detection={how}");
        }
        let file = rw(&path);
        assert_eq!(seek(&file, SeekFrom::Data(0)), Ok(3 * MIB));
    }
}

fn what_is_stored_through_a_mapping_takes_blocks(dir: &Path) {
    let file = rw(&dir.join("f"));
    file.set_len(MIB).unwrap();
    assert_eq!(file.metadata().unwrap().blocks(), 0);
    let mapping = Mapping::shared(&file, MIB as usize);
    mapping.write(5000, &[7; 5000]);
    assert!(file.metadata().unwrap().blocks() > 0);
    drop(mapping);
    assert!(fs::read(dir.join("f")).unwrap()[5000..10_000].iter().all(|byte| *byte == 7));
}

fn the_room_that_is_left_shrinks_with_every_write(dir: &Path) {
    let free = || {
        let stat = statvfs(dir).unwrap();
        stat.f_bfree * stat.f_frsize
    };
    // Others may give some back on the same disk just then.
    let shrinks = |round: u8| {
        let mut data = vec![0; 8 << 20];
        blake3::Hasher::new().update(&[round]).finalize_xof().fill(&mut data);
        let before = free();
        rw(&dir.join(format!("f{round}"))).write_all_at(&data, 0).unwrap();
        free() + 7 * MIB <= before
    };
    assert!((0..5).any(shrinks), "8 MiB were written, and the room is as it was");
}
