//! Owns two mounts that change one directory at the same moment: each one's kernel holds the directory's lock while its
//! change waits for the other's to forget.

use rustix::fs::{XattrFlags, getxattr, setxattr};
use rustix::mount::{UnmountFlags, unmount};
use std::fs::{self, File};
use std::io;
use std::path::Path;
use std::sync::mpsc;
use std::time::Duration;

const ROUNDS: usize = 40;
const HANGS_AFTER: Duration = Duration::from_secs(120);

/// Names are made through one mount while attributes of their directory are set through another, and both look at it all
/// the while. The attribute hung for ever, and then its mount.
pub fn names_and_attributes_of_one_directory(one: &Path, other: &Path) {
    let [names, attributes] = [one, other].map(|mount| mount.join("crossed"));
    fs::create_dir(&names).expect("mkdir");
    let (tell, told) = mpsc::channel();
    let (made, set) = (names.clone(), attributes.clone());
    start(tell.clone(), move |round| {
        File::create_new(made.join(format!("n{round}"))).and_then(|_| list(&made))
    });
    start(tell, move |round| {
        setxattr(&set, "user.round", round.to_string().as_bytes(), XattrFlags::empty())?;
        list(&set)
    });
    for _ in 0..2 {
        match told.recv_timeout(HANGS_AFTER) {
            Ok(done) => done.expect("a change"),
            Err(_) => {
                // Else nothing on this machine could end what hangs, not even a signal.
                for mount in [one, other] {
                    let _ = unmount(mount, UnmountFlags::FORCE | UnmountFlags::DETACH);
                }
                panic!("two mounts that change one directory wait for each other");
            }
        }
    }
    for dir in [&names, &attributes] {
        assert_eq!(fs::read_dir(dir).expect("a listing").count(), ROUNDS);
        let mut value = [0; 8];
        let len = getxattr(dir, "user.round", &mut value).expect("getxattr");
        assert_eq!(&value[..len], (ROUNDS - 1).to_string().as_bytes());
    }
}

fn start(tell: mpsc::Sender<io::Result<()>>, change: impl Fn(usize) -> io::Result<()> + Send + 'static) {
    std::thread::spawn(move || {
        let _ = tell.send((0..ROUNDS).try_for_each(change));
    });
}

fn list(dir: &Path) -> io::Result<()> {
    for entry in fs::read_dir(dir)? {
        fs::symlink_metadata(entry?.path())?;
    }
    fs::metadata(dir).map(|_| ())
}
