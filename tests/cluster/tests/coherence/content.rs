//! Owns the checks of data and sizes.

use crate::scene::{Check, Scene};

pub const CHECKS: &[(&str, Check)] = &[
    ("overwrite", overwritten_bytes_are_seen),
    ("append", appended_bytes_are_seen_by_turns),
    ("truncate", cut_and_grown_files_are_seen),
    ("empty", a_file_that_is_emptied_and_filled_again_is_seen),
    ("large", a_change_within_a_large_file_is_seen),
    ("sparse", what_is_written_beyond_the_end_is_seen_behind_zeros),
];

fn overwritten_bytes_are_seen(s: &Scene<'_>) {
    let path = s.at("f");
    s.here_creates("f", b"first!");
    s.warm(&["f"]);
    let before = s.there_stats("f");
    // The size stays: only the times tell.
    s.here.write(&path, 0, b"second").expect("write");
    s.sees("f", b"second");
    let after = s.there_stats("f");
    assert!(after.mtime > before.mtime && after.ctime > before.ctime, "{before:?} {after:?}");
    s.there.write(&path, 3, b"OND").expect("write back");
    assert_eq!(s.here.read(&path), Ok(b"secOND".to_vec()));
    s.agree(&["f"]);
}

fn appended_bytes_are_seen_by_turns(s: &Scene<'_>) {
    let path = s.at("log");
    s.here_creates("log", b"");
    s.warm(&["log"]);
    let mut all = Vec::new();
    for number in 0..6 {
        let line = format!("line {number} of this side\n");
        s.here.append(&path, line.as_bytes()).expect("append");
        all.extend_from_slice(line.as_bytes());
        s.sees("log", &all);
        s.there.append(&path, b"and of that\n").expect("append");
        all.extend_from_slice(b"and of that\n");
        assert_eq!(s.here.stat(&path).map(|stat| stat.size), Ok(all.len() as u64));
        assert!(s.here.read(&path).as_ref() == Ok(&all), "round {number}");
    }
}

fn cut_and_grown_files_are_seen(s: &Scene<'_>) {
    let path = s.at("f");
    let mut model = vec![7; 10_000];
    s.here_creates("f", &model);
    s.warm(&["f"]);
    for size in [4_097, 12_000, 5, 0, 3, 100_000] {
        s.here.resize(&path, size).expect("resize");
        model.resize(size as usize, 0);
        s.sees("f", &model);
    }
    // What was cut off does not come back from a cache.
    s.there.resize(&path, 20).expect("resize");
    s.there.resize(&path, 10_000).expect("resize");
    model.truncate(20);
    model.resize(10_000, 0);
    assert!(s.here.read(&path).as_ref() == Ok(&model));
}

fn a_file_that_is_emptied_and_filled_again_is_seen(s: &Scene<'_>) {
    s.here_creates("f", b"what was there before");
    s.warm(&["f"]);
    let ino = s.there_stats("f").ino;
    s.here_creates("f", b"anew");
    s.sees("f", b"anew");
    s.here_creates("f", b"");
    s.sees("f", b"");
    assert_eq!(s.there_stats("f").ino, ino);
}

fn a_change_within_a_large_file_is_seen(s: &Scene<'_>) {
    let path = s.at("large");
    let mut model: Vec<u8> = (0..3_000_000u32).map(|index| (index / 977) as u8).collect();
    s.here_creates("large", &model);
    s.warm(&["large"]);
    for (offset, len) in [(1_048_000, 2_000), (0, 1), (2_999_000, 5_000), (500_000, 300_000)] {
        let data = vec![0xa5; len];
        s.here.write(&path, offset as u64, &data).expect("write");
        model.resize(model.len().max(offset + len), 0);
        model[offset..offset + len].copy_from_slice(&data);
        s.sees("large", &model);
    }
}

fn what_is_written_beyond_the_end_is_seen_behind_zeros(s: &Scene<'_>) {
    s.here_creates("f", b"start");
    s.warm(&["f"]);
    s.here.write(&s.at("f"), 70_000, b"end").expect("write");
    let mut model = b"start".to_vec();
    model.resize(70_000, 0);
    model.extend_from_slice(b"end");
    s.sees("f", &model);
}
