//! The workloads, in the order in which they run: later ones use what earlier ones left.

use crate::client::{Client, Place, connect};
use crate::measure::{Latencies, Processes, Sample, measure};
use harness::nfs_client::OpenMode;
use harness::tree;
use rand::{Rng, RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// How much of everything.
#[derive(Clone, Copy, Debug)]
pub struct Scale {
    pub stream_mib: u64,
    pub random_operations: u64,
    pub small_files: u64,
    pub tree_files: usize,
}

impl Scale {
    pub const SMOKE: Scale =
        Scale { stream_mib: 16, random_operations: 64, small_files: 64, tree_files: 100 };
    pub const FULL: Scale =
        Scale { stream_mib: 1024, random_operations: 4096, small_files: 2000, tree_files: 5000 };
}

const PIECE: usize = 1 << 20;
const BLOCK: usize = 4096;
const DEEP: u64 = 16;

const STREAM: &str = "stream";
const SMALL: &str = "small";
const DURABLE: &str = "durable";
const TREE: &str = "tree";

/// Every workload, in its order.
pub const ORDER: [&str; 16] = [
    "sequential write",
    "sequential read",
    "random read 4 KiB, depth 1",
    "random read 4 KiB, depth 16",
    "stable write 4 KiB, depth 1",
    "stable write 4 KiB, depth 16",
    "create 4 KiB",
    "create 4 KiB, fsync",
    "stat",
    "readdir",
    "rename",
    "unlink",
    "unpack a source tree",
    "walk it (readdir and stat)",
    "grep it (read every file)",
    "delete it",
];

/// Only the streams, for what has nothing above the disk.
pub fn streams(place: &Place, system: &dyn Processes, scale: Scale) -> io::Result<Vec<Sample>> {
    let bench = Bench { place, system, scale, root: PathBuf::from("bench") };
    let mut client = connect(place)?;
    client.make_dir(&bench.root)?;
    let samples = vec![bench.sequential_write(&mut *client)?, bench.sequential_read(&mut *client)?];
    remove_all(&mut *client, &bench.root)?;
    Ok(samples)
}

/// Runs every workload once below a directory that must not exist yet; it is removed at the end.
pub fn run_all(
    place: &Place,
    system: &dyn Processes,
    scale: Scale,
    note: &mut dyn FnMut(&Sample),
) -> io::Result<Vec<Sample>> {
    let bench = Bench { place, system, scale, root: PathBuf::from("bench") };
    let mut client = connect(place)?;
    client.make_dir(&bench.root)?;
    let mut samples = Vec::new();
    let mut take = |sample: io::Result<Sample>| {
        let sample = sample?;
        note(&sample);
        samples.push(sample);
        Ok::<(), io::Error>(())
    };
    take(bench.sequential_write(&mut *client))?;
    take(bench.sequential_read(&mut *client))?;
    take(bench.random("random read 4 KiB, depth 1", 1, OpenMode::Read))?;
    take(bench.random("random read 4 KiB, depth 16", DEEP, OpenMode::Read))?;
    take(bench.random("stable write 4 KiB, depth 1", 1, OpenMode::WriteStable))?;
    take(bench.random("stable write 4 KiB, depth 16", DEEP, OpenMode::WriteStable))?;
    take(bench.create("create 4 KiB", SMALL, false, &mut *client))?;
    take(bench.create("create 4 KiB, fsync", DURABLE, true, &mut *client))?;
    take(bench.each("stat", &mut *client, |client, path| client.stat(path).map(|_| ())))?;
    take(bench.readdir(&mut *client))?;
    take(bench.each("rename", &mut *client, |client, path| client.rename(path, &path.with_extension("r"))))?;
    take(bench.each("unlink", &mut *client, |client, path| client.unlink(&path.with_extension("r"))))?;
    let sources = Sources::load(scale.tree_files)?;
    take(bench.unpack(&sources, &mut *client))?;
    take(bench.walk(&mut *client))?;
    take(bench.grep(&sources, &mut *client))?;
    take(bench.delete_tree(&mut *client))?;
    remove_all(&mut *client, &bench.root)?;
    Ok(samples)
}

struct Bench<'a> {
    place: &'a Place,
    system: &'a dyn Processes,
    scale: Scale,
    root: PathBuf,
}

impl Bench<'_> {
    fn measure(
        &self,
        workload: &'static str,
        work: impl FnOnce(&mut Latencies) -> io::Result<u64>,
    ) -> io::Result<Sample> {
        measure(workload, self.system, || {
            let mut latencies = Latencies::default();
            let bytes = work(&mut latencies)?;
            Ok((latencies, bytes))
        })
    }

    fn sequential_write(&self, client: &mut dyn Client) -> io::Result<Sample> {
        let piece = incompressible(PIECE);
        self.measure("sequential write", |latencies| {
            client.open(&self.root.join(STREAM), OpenMode::Write)?;
            for index in 0..self.scale.stream_mib {
                latencies.time(|| client.write_at(index * PIECE as u64, &piece))?;
            }
            latencies.time(|| client.sync())?;
            client.close()?;
            Ok(self.scale.stream_mib * PIECE as u64)
        })
    }

    fn sequential_read(&self, client: &mut dyn Client) -> io::Result<Sample> {
        let mut buffer = vec![0; PIECE];
        self.measure("sequential read", |latencies| {
            client.open(&self.root.join(STREAM), OpenMode::Read)?;
            let mut offset = 0;
            loop {
                match latencies.time(|| client.read_at(offset, &mut buffer))? {
                    0 => break,
                    read => offset += read as u64,
                }
            }
            client.close()?;
            Ok(offset)
        })
    }

    /// Single blocks at random places of the stream's file, by `depth` threads with a client each.
    fn random(&self, workload: &'static str, depth: u64, mode: OpenMode) -> io::Result<Sample> {
        let blocks = self.scale.stream_mib * PIECE as u64 / BLOCK as u64;
        let each = (self.scale.random_operations * if depth > 1 { 2 } else { 1 }).div_ceil(depth);
        let mut clients = Vec::new();
        for _ in 0..depth {
            let mut client = connect(self.place)?;
            client.open(&self.root.join(STREAM), mode)?;
            clients.push(client);
        }
        measure(workload, self.system, || {
            let work = |(number, mut client): (usize, Box<dyn Client>)| {
                let mut rng = ChaCha8Rng::seed_from_u64(number as u64 + depth * 1000);
                let mut buffer = incompressible(BLOCK);
                let mut latencies = Latencies::default();
                for _ in 0..each {
                    let offset = rng.random_range(0..blocks) * BLOCK as u64;
                    latencies.time(|| match mode {
                        OpenMode::Read => client.read_at(offset, &mut buffer).map(|_| ()),
                        OpenMode::Write | OpenMode::WriteStable => client.write_at(offset, &buffer),
                    })?;
                }
                client.close()?;
                Ok::<_, io::Error>(latencies)
            };
            let mut all = Latencies::default();
            std::thread::scope(|scope| {
                let threads: Vec<_> =
                    clients.into_iter().enumerate().map(|client| scope.spawn(move || work(client))).collect();
                for thread in threads {
                    all.extend(thread.join().expect("a client's thread")?);
                }
                Ok::<(), io::Error>(())
            })?;
            Ok((all, each * depth * BLOCK as u64))
        })
    }

    fn create(
        &self,
        workload: &'static str,
        dir: &str,
        durable: bool,
        client: &mut dyn Client,
    ) -> io::Result<Sample> {
        let data = incompressible(BLOCK);
        client.make_dir(&self.root.join(dir))?;
        self.measure(workload, |latencies| {
            for number in 0..self.scale.small_files {
                let path = self.small(dir, number);
                latencies.time(|| client.write_new(&path, &data, durable))?;
            }
            Ok(self.scale.small_files * BLOCK as u64)
        })
    }

    fn small(&self, dir: &str, number: u64) -> PathBuf {
        self.root.join(dir).join(format!("file-{number:06}"))
    }

    fn each(
        &self,
        workload: &'static str,
        client: &mut dyn Client,
        mut operation: impl FnMut(&mut dyn Client, &Path) -> io::Result<()>,
    ) -> io::Result<Sample> {
        self.measure(workload, |latencies| {
            for number in 0..self.scale.small_files {
                let path = self.small(SMALL, number);
                latencies.time(|| operation(client, &path))?;
            }
            Ok(0)
        })
    }

    fn readdir(&self, client: &mut dyn Client) -> io::Result<Sample> {
        const TIMES: usize = 5;
        self.measure("readdir", |latencies| {
            for _ in 0..TIMES {
                let names = latencies.time(|| client.list(&self.root.join(SMALL)))?;
                assert_eq!(names.len() as u64, self.scale.small_files, "the directory's listing is wrong");
            }
            Ok(0)
        })
    }

    fn unpack(&self, sources: &Sources, client: &mut dyn Client) -> io::Result<Sample> {
        client.make_dir(&self.root.join(TREE))?;
        self.measure("unpack a source tree", |latencies| {
            for (path, content) in &sources.objects {
                let path = self.root.join(TREE).join(path);
                latencies.time(|| match content {
                    Some(data) => client.write_new(&path, data, false),
                    None => client.make_dir(&path),
                })?;
            }
            Ok(sources.bytes)
        })
    }

    fn walk(&self, client: &mut dyn Client) -> io::Result<Sample> {
        self.measure("walk it (readdir and stat)", |latencies| {
            let mut pending = vec![self.root.join(TREE)];
            while let Some(dir) = pending.pop() {
                for (name, is_dir) in latencies.time(|| client.list(&dir))? {
                    let path = dir.join(name);
                    latencies.time(|| client.stat(&path))?;
                    if is_dir {
                        pending.push(path);
                    }
                }
            }
            Ok(0)
        })
    }

    fn grep(&self, sources: &Sources, client: &mut dyn Client) -> io::Result<Sample> {
        let mut buffer = vec![0; PIECE];
        self.measure("grep it (read every file)", |latencies| {
            let mut found = 0;
            for (path, content) in &sources.objects {
                let Some(content) = content else { continue };
                let path = self.root.join(TREE).join(path);
                let read = latencies.time(|| {
                    client.open(&path, OpenMode::Read)?;
                    let mut offset = 0;
                    while offset < content.len() as u64 {
                        let read = client.read_at(offset, &mut buffer)?;
                        if read == 0 {
                            break;
                        }
                        found += buffer[..read].windows(6).filter(|window| window == b"unsafe").count();
                        offset += read as u64;
                    }
                    client.close()?;
                    Ok(offset)
                })?;
                assert_eq!(read, content.len() as u64, "{} is cut", path.display());
            }
            std::hint::black_box(found);
            Ok(sources.bytes)
        })
    }

    fn delete_tree(&self, client: &mut dyn Client) -> io::Result<Sample> {
        self.measure("delete it", |latencies| {
            remove_all_timed(client, &self.root.join(TREE), latencies)?;
            Ok(0)
        })
    }
}

fn remove_all(client: &mut dyn Client, dir: &Path) -> io::Result<()> {
    remove_all_timed(client, dir, &mut Latencies::default())
}

fn remove_all_timed(client: &mut dyn Client, dir: &Path, latencies: &mut Latencies) -> io::Result<()> {
    for (name, is_dir) in client.list(dir)? {
        let path = dir.join(name);
        match is_dir {
            true => remove_all_timed(client, &path, latencies)?,
            false => latencies.time(|| client.unlink(&path))?,
        }
    }
    latencies.time(|| client.remove_dir(dir))
}

/// A real source tree in memory: directories before what is in them.
struct Sources {
    objects: Vec<(PathBuf, Option<Vec<u8>>)>,
    bytes: u64,
}

impl Sources {
    fn load(files_min: usize) -> io::Result<Sources> {
        let (mut objects, mut bytes, mut files) = (Vec::new(), 0, 0);
        for root in tree::source_crates(files_min) {
            let name = PathBuf::from(root.file_name().unwrap_or_default());
            objects.push((name.clone(), None));
            for (path, node) in tree::digest(&root)? {
                match node {
                    _ if files >= files_min => break,
                    tree::Node::Directory => objects.push((name.join(path), None)),
                    tree::Node::File { .. } => {
                        let data = fs::read(root.join(&path))?;
                        bytes += data.len() as u64;
                        files += 1;
                        objects.push((name.join(path), Some(data)));
                    }
                    tree::Node::Symlink { .. } => {}
                }
            }
        }
        Ok(Sources { objects, bytes })
    }
}

/// Bytes that no system can squeeze: what is measured is moving them.
fn incompressible(len: usize) -> Vec<u8> {
    let mut bytes = vec![0; len];
    ChaCha8Rng::seed_from_u64(len as u64).fill_bytes(&mut bytes);
    bytes
}
