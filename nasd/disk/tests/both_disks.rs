//! What the operating system's files and the simulated ones must do alike.

use bytes::Bytes;
use nasd_disk::{BLOCK_BYTES, Disk, OpenMode, RealDisk, SimDisk, SimDiskOptions};
use std::io::ErrorKind;
use std::sync::Arc;

/// Runs a test body on a real and on a simulated disk.
macro_rules! on_both_disks {
    ($($name:ident => $body:ident;)*) => {$(
        mod $name {
            use super::*;

            #[tokio::test(flavor = "multi_thread")]
            async fn on_a_real_disk() {
                let directory = tempfile::tempdir().unwrap();
                $body(Arc::new(RealDisk::open(directory.path()).unwrap())).await;
            }

            #[tokio::test(start_paused = true)]
            async fn on_a_simulated_disk() {
                $body(Arc::new(SimDisk::new(7, SimDiskOptions::default()))).await;
            }
        }
    )*};
}

on_both_disks! {
    written_bytes_are_read_back => write_and_read;
    durable_writes_of_any_alignment_are_read_back => write_durably;
    many_small_pieces_are_written_in_order => many_pieces;
    allocation_gives_zeroes_and_keeps_what_was_there => allocate;
    lengths_can_be_cut_and_extended => set_len;
    names_are_created_renamed_and_removed => change_names;
    names_that_leave_the_directory_are_refused => bad_names;
    a_removed_file_lives_on_for_its_handles => removed_while_open;
    overlapping_calls_all_complete => overlap;
    space_is_told => space;
}

fn pieces(parts: &[&[u8]]) -> Vec<Bytes> {
    parts.iter().map(|part| Bytes::copy_from_slice(part)).collect()
}

async fn write_and_read(disk: Arc<dyn Disk>) {
    let file = disk.open("a", OpenMode::New).await.unwrap();
    assert_eq!(file.read_at(0, 10).await.unwrap(), "");
    file.write_at(3, pieces(&[b"abc", b"", b"def"])).await.unwrap();
    assert_eq!(file.len().await.unwrap(), 9);
    assert_eq!(file.read_at(0, 100).await.unwrap(), &b"\0\0\0abcdef"[..]);
    assert_eq!(file.read_at(7, 1).await.unwrap(), "e");
    assert_eq!(file.read_at(9, 1).await.unwrap(), "");
    assert_eq!(file.read_at(1000, 1).await.unwrap(), "");
    file.sync().await.unwrap();
    let large = Bytes::from((0..1_000_000u32).flat_map(u32::to_le_bytes).collect::<Vec<u8>>());
    file.write_at(5000, vec![large.clone()]).await.unwrap();
    assert!(file.read_at(5000, large.len() + 1).await.unwrap() == large);
    let other = disk.open("a", OpenMode::Existing).await.unwrap();
    assert_eq!(other.read_at(3, 6).await.unwrap(), "abcdef");
}

async fn write_durably(disk: Arc<dyn Disk>) {
    let file = disk.open("a", OpenMode::New).await.unwrap();
    file.allocate(64 << 10).await.unwrap();
    let blocks = Bytes::from(vec![7; 2 * BLOCK_BYTES]);
    file.write_durably_at(4096, vec![blocks.slice(..100), blocks.slice(100..)]).await.unwrap();
    assert_eq!(file.read_at(4095, 8194).await.unwrap(), [&[0][..], &blocks[..], &[0]].concat());
    file.write_durably_at(5, pieces(&[b"odd"])).await.unwrap();
    assert_eq!(file.read_at(4, 5).await.unwrap(), &b"\0odd\0"[..]);
    // What is in memory only and what goes straight to the disk make one file.
    file.write_at(4096, pieces(&[b"cached"])).await.unwrap();
    file.write_durably_at(8192, vec![blocks.slice(..4096)]).await.unwrap();
    assert_eq!(file.read_at(4096, 7).await.unwrap(), &b"cached\x07"[..]);
    // Longer than any buffer, and beyond the end.
    let large = Bytes::from((0..(5u32 << 20)).flat_map(u32::to_le_bytes).collect::<Vec<u8>>());
    file.write_durably_at(4096, vec![large.slice(..77), large.slice(77..)]).await.unwrap();
    assert!(file.read_at(4096, large.len() + 1).await.unwrap() == large);
    file.write_durably_at(0, vec![]).await.unwrap();
}

async fn many_pieces(disk: Arc<dyn Disk>) {
    let file = disk.open("a", OpenMode::New).await.unwrap();
    let many: Vec<Bytes> = (0..5000u16).map(|number| Bytes::copy_from_slice(&number.to_le_bytes())).collect();
    let all = many.concat();
    file.write_at(1, many.clone()).await.unwrap();
    assert!(file.read_at(1, 20_000).await.unwrap() == all);
    file.write_durably_at(20_001, many).await.unwrap();
    assert!(file.read_at(20_001, 20_000).await.unwrap() == all);
}

async fn allocate(disk: Arc<dyn Disk>) {
    let file = disk.open("a", OpenMode::New).await.unwrap();
    file.write_at(0, pieces(&[b"kept"])).await.unwrap();
    file.allocate(700_001).await.unwrap();
    assert_eq!(file.len().await.unwrap(), 700_001);
    file.allocate(10).await.unwrap();
    assert_eq!(file.len().await.unwrap(), 700_001);
    let all = file.read_at(0, 800_000).await.unwrap();
    assert!(all.starts_with(b"kept") && all[4..].iter().all(|byte| *byte == 0));
}

async fn set_len(disk: Arc<dyn Disk>) {
    let file = disk.open("a", OpenMode::New).await.unwrap();
    file.write_at(0, vec![Bytes::from(vec![9; 10_000])]).await.unwrap();
    file.set_len(5000).await.unwrap();
    file.set_len(12_000).await.unwrap();
    let all = file.read_at(0, 20_000).await.unwrap();
    assert_eq!(all, [vec![9; 5000], vec![0; 7000]].concat());
    file.set_len(0).await.unwrap();
    assert_eq!(file.len().await.unwrap(), 0);
}

async fn change_names(disk: Arc<dyn Disk>) {
    assert!(disk.list().await.unwrap().is_empty());
    assert_eq!(disk.open("b", OpenMode::Existing).await.err().unwrap().kind(), ErrorKind::NotFound);
    for (name, content) in [("b", "one"), ("a", "two")] {
        let file = disk.open(name, OpenMode::New).await.unwrap();
        file.write_at(0, vec![content.into()]).await.unwrap();
    }
    assert_eq!(disk.open("b", OpenMode::New).await.err().unwrap().kind(), ErrorKind::AlreadyExists);
    assert_eq!(disk.list().await.unwrap(), ["a", "b"]);
    disk.rename("b", "a").await.unwrap();
    disk.sync_names().await.unwrap();
    assert_eq!(disk.list().await.unwrap(), ["a"]);
    let file = disk.open("a", OpenMode::Existing).await.unwrap();
    assert_eq!(file.read_at(0, 9).await.unwrap(), "one");
    let error = disk.rename("b", "c").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    assert!(error.to_string().contains('b'), "{error}");
    disk.remove("a").await.unwrap();
    assert_eq!(disk.remove("a").await.unwrap_err().kind(), ErrorKind::NotFound);
    assert!(disk.list().await.unwrap().is_empty());
}

async fn bad_names(disk: Arc<dyn Disk>) {
    let long = "x".repeat(256);
    for name in ["", ".", "..", "a/b", "/etc/passwd", "a\0b", &long] {
        for error in [
            disk.open(name, OpenMode::New).await.err().unwrap(),
            disk.remove(name).await.unwrap_err(),
            disk.rename(name, "ok").await.unwrap_err(),
            disk.rename("ok", name).await.unwrap_err(),
        ] {
            assert_eq!(error.kind(), ErrorKind::InvalidInput, "{name:?}");
        }
    }
    disk.open(&long[1..], OpenMode::New).await.unwrap();
}

async fn removed_while_open(disk: Arc<dyn Disk>) {
    let file = disk.open("a", OpenMode::New).await.unwrap();
    file.write_at(0, pieces(&[b"old"])).await.unwrap();
    disk.remove("a").await.unwrap();
    disk.sync_names().await.unwrap();
    let new = disk.open("a", OpenMode::New).await.unwrap();
    new.write_at(0, pieces(&[b"new"])).await.unwrap();
    assert_eq!(file.read_at(0, 3).await.unwrap(), "old");
    file.sync().await.unwrap();
}

async fn overlap(disk: Arc<dyn Disk>) {
    let file = disk.open("a", OpenMode::New).await.unwrap();
    let writers: Vec<_> = (0..16u8)
        .map(|number| {
            let file = file.clone();
            tokio::spawn(async move {
                let data = vec![Bytes::from(vec![number; BLOCK_BYTES])];
                let offset = u64::from(number) * BLOCK_BYTES as u64;
                if number.is_multiple_of(2) {
                    file.write_durably_at(offset, data).await.unwrap();
                } else {
                    file.write_at(offset, data).await.unwrap();
                    file.sync().await.unwrap();
                }
            })
        })
        .collect();
    for writer in writers {
        writer.await.unwrap();
    }
    let all = file.read_at(0, 16 * BLOCK_BYTES).await.unwrap();
    assert!(all.iter().enumerate().all(|(at, byte)| usize::from(*byte) == at / BLOCK_BYTES));
}

async fn space(disk: Arc<dyn Disk>) {
    let space = disk.space().await.unwrap();
    assert!(space.total_bytes > 0 && space.free_bytes <= space.total_bytes);
}

#[test]
fn opening_a_missing_directory_names_it() {
    let error = RealDisk::open("/nonexistent/gotgan".as_ref()).err().unwrap();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    assert!(error.to_string().contains("/nonexistent/gotgan"), "{error}");
}
