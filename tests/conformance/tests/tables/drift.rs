//! Owns programs on three nodes that make, move and remove the same directories: whatever they hear, it is what they would
//! hear of ext4.

use rustix::io::Errno;
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::time::Duration;

/// On each node.
const THREADS: u64 = 2;
/// By each thread.
const CALLS: u32 = 200;

/// What can come of names that others change.
const EXPECTED: &[Errno] =
    &[Errno::NOENT, Errno::EXIST, Errno::NOTEMPTY, Errno::INVAL, Errno::NOTDIR, Errno::ISDIR, Errno::BUSY];

/// The numbers of xorshift64.
struct Chance(u64);

impl Chance {
    fn below(&mut self, end: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % end
    }

    fn path(&mut self) -> String {
        (0..=self.below(3)).map(|_| format!("/n{}", self.below(4))).collect()
    }
}

/// Some calls of three thousand ended with ESTALE.
pub fn drift(mounts: [&Path; 3]) {
    fs::create_dir(mounts[0].join("drift")).expect("mkdir");
    let seeds = (0..THREADS).flat_map(|thread| mounts.map(|mount| (mount, thread)));
    let wrong: BTreeMap<String, u32> = std::thread::scope(|scope| {
        let working: Vec<_> = seeds
            .enumerate()
            .map(|(seed, (mount, _))| scope.spawn(move || work(&mount.join("drift"), seed as u64 + 1)))
            .collect();
        working.into_iter().flat_map(|thread| thread.join().expect("a thread")).fold(
            BTreeMap::new(),
            |mut wrong, what| {
                *wrong.entry(what).or_default() += 1;
                wrong
            },
        )
    });
    assert!(wrong.is_empty(), "{wrong:?}");
    fs::remove_dir_all(mounts[1].join("drift")).expect("rm -r");
}

/// Answers that nobody expects.
fn work(root: &Path, seed: u64) -> Vec<String> {
    let mut chance = Chance(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15));
    let mut wrong = Vec::new();
    for _ in 0..CALLS {
        let (a, b) =
            (format!("{}{}", root.display(), chance.path()), format!("{}{}", root.display(), chance.path()));
        let (what, done) = match chance.below(7) {
            0 => ("mkdir", fs::create_dir(&a)),
            1 => ("rmdir", fs::remove_dir(&a)),
            2 | 3 => ("rename", fs::rename(&a, &b)),
            4 => ("write", fs::write(a + "f", "x")),
            5 => ("unlink", fs::remove_file(a + "f")),
            _ => ("list", fs::read_dir(&a).and_then(|_| fs::metadata(a + "/..")).map(drop)),
        };
        if let Err(error) = done
            && !Errno::from_io_error(&error).is_some_and(|errno| EXPECTED.contains(&errno))
        {
            wrong.push(format!("{what}: {error}"));
        }
    }
    wrong
}

/// A rename onto a directory that another node had moved to that name, while this node's kernel still knew it by its old
/// one, ended with ESTALE every time: the kernel moves what it knows only if nobody renames.
pub fn a_directory_moved_elsewhere_is_renamed_onto(here: &Path, there: &Path) {
    let (here, there) = (here.join("moved"), there.join("moved"));
    for dir in ["from/old", "from/mine", "to"] {
        fs::create_dir_all(here.join(dir)).expect("mkdir");
    }
    fs::metadata(there.join("from/old")).expect("stat");
    // Nobody takes back what the kernel does not trust any more.
    harness::cluster::pause(Duration::from_millis(2500));
    fs::rename(here.join("from/old"), here.join("to/new")).expect("rename here");
    fs::rename(there.join("from/mine"), there.join("to/new")).expect("rename there, onto it");
}
