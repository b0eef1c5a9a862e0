//! Owns the place where one check runs: a directory of its own, the client that acts in it and the one that looks.

use crate::side::{Kind, Outcome, Side, Stat};
use rustix::io::Errno;

pub type Check = fn(&Scene<'_>);

/// Users that are nobody else in the volume.
pub const USER: u32 = 1234;
pub const STRANGER: u32 = 4321;

pub struct Scene<'a> {
    pub here: &'a dyn Side,
    pub there: &'a dyn Side,
    /// The directory, below the volume's root.
    pub dir: &'a str,
    /// Which look comes first after an act: what a stat refreshes must not hide what a read would have shown.
    pub round: usize,
}

impl Scene<'_> {
    pub fn at(&self, name: &str) -> String {
        format!("{}/{name}", self.dir)
    }

    /// Lets both clients keep what they like to keep of the directory and of names in it, those that are not
    /// there included.
    pub fn warm(&self, names: &[&str]) {
        for side in [self.there, self.here, self.there] {
            side.stat(self.dir).expect("the check's directory");
            for name in names {
                let path = self.at(name);
                let _ = side.read_as(USER, &path);
                let _ = match side.stat(&path).map(|stat| stat.kind) {
                    Ok(Kind::File) => side.read(&path).map(|_| ()),
                    Ok(Kind::Dir) => side.list(&path).map(|_| ()),
                    Ok(Kind::Link) => side.read_link(&path).map(|_| ()),
                    Err(error) => Err(error),
                };
            }
            side.list(self.dir).expect("the check's directory");
        }
    }

    pub fn here_creates(&self, name: &str, data: &[u8]) {
        self.here.create(&self.at(name), data).expect("create");
    }

    /// The other client sees these bytes and this size.
    pub fn sees(&self, name: &str, data: &[u8]) {
        let path = self.at(name);
        let size = || {
            let size = self.there.stat(&path).map(|stat| stat.size);
            assert_eq!(size, Ok(data.len() as u64), "the size of {name}");
        };
        if self.round.is_multiple_of(2) {
            size();
        }
        let seen = self.there.read(&path).unwrap_or_else(|error| panic!("read {name}: {error}"));
        assert!(seen == data, "{name}: {}", difference(&seen, data));
        size();
        self.agree(&[name]);
    }

    /// The other client sees that nothing has this name.
    pub fn is_gone(&self, name: &str) {
        let path = self.at(name);
        let listed = || match path.rsplit_once('/') {
            Some((dir, name)) => self.there.list(dir).is_ok_and(|names| names.contains(name)),
            None => false,
        };
        if self.round.is_multiple_of(2) {
            assert!(!listed(), "{name} is still listed");
        }
        assert_eq!(self.there.stat(&path).map(|stat| stat.ino), Err(Errno::NOENT), "stat {name}");
        assert_eq!(self.there.read(&path), Err(Errno::NOENT), "read {name}");
        assert!(!listed(), "{name} is still listed");
    }

    /// Both show the same attributes of these and of the directory.
    pub fn agree(&self, names: &[&str]) {
        let paths = names.iter().map(|name| self.at(name)).chain([self.dir.to_owned()]);
        for path in paths {
            let (there, here) = (self.there.stat(&path), self.here.stat(&path));
            assert_eq!(there, here, "{path} at {} and at {}", self.there.name(), self.here.name());
        }
    }

    pub fn there_stats(&self, name: &str) -> Stat {
        self.there.stat(&self.at(name)).unwrap_or_else(|error| panic!("stat {name}: {error}"))
    }

    /// The names that the other client lists.
    pub fn lists(&self, dir: &str, names: &[&str]) {
        let listed: Outcome<Vec<String>> =
            self.there.list(&self.at(dir)).map(|names| names.into_iter().collect());
        assert_eq!(listed, Ok(names.iter().map(|name| (*name).to_owned()).collect()), "names in {dir:?}");
    }
}

fn difference(seen: &[u8], expected: &[u8]) -> String {
    let at = seen.iter().zip(expected).position(|(seen, expected)| seen != expected);
    let (seen, expected) = (seen.len(), expected.len());
    format!("{seen} bytes, expected {expected}; the first difference is at {at:?}")
}
