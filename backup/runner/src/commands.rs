//! Owns the commands: what they take, and what each does with the repository.

use crate::archive::{Archive, Archived};
use crate::report::{self, Done, Line};
use backup_repository::{
    Directory, Id, KeyCost, Node, NodeKind, Repository, RepositoryError, RfcTime, Snapshot, Writer,
};
use backup_restore::{Conflict, Options, Progress, restore};
use clap::{Args, Subcommand, ValueEnum};
use nasd_base::{Entropy, OsEntropy};
use serde::Serialize;
use std::ffi::OsString;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

#[derive(Subcommand)]
pub enum Command {
    /// Make an empty repository.
    ///
    /// Keep the passphrase elsewhere than on this machine: without it nobody reads the repository again.
    Init,
    /// Back a directory of this machine up: a new restore point, for which only what is new is stored.
    Backup(Backup),
    /// List the restore points, the oldest first.
    Points,
    /// List what a restore point holds.
    List(List),
    /// Restore all that a restore point holds, or a part of it.
    Restore(Restore),
    /// Look whether everything that restore points need is there.
    Check(Check),
}

#[derive(Args)]
pub struct Backup {
    /// The directory.
    directory: PathBuf,
    /// Words to find the restore point by.
    #[arg(long, value_name = "WORD")]
    tag: Vec<String>,
}

#[derive(Args)]
pub struct List {
    /// The restore point: the beginning of its id, or `latest`.
    point: String,
    /// A directory or file in it.
    #[arg(default_value = "/")]
    path: OsString,
    /// Everything below, too.
    #[arg(long, short)]
    recursive: bool,
}

#[derive(Args)]
pub struct Restore {
    /// The restore point: the beginning of its id, or `latest`.
    point: String,
    /// The directory to restore into; it is made if it is not there.
    #[arg(long, value_name = "DIR")]
    into: PathBuf,
    /// Only this file or directory of the restore point. It gets the last part of its name in DIR.
    #[arg(long)]
    path: Option<OsString>,
    /// What becomes of files that are there already.
    #[arg(long, value_enum, default_value_t)]
    conflict: OnConflict,
    /// Say what would be restored, and restore nothing.
    #[arg(long)]
    dry_run: bool,
}

#[derive(Clone, Copy, Default, ValueEnum)]
enum OnConflict {
    /// They stay, and the end says that not all was restored.
    #[default]
    Refuse,
    /// They stay.
    Skip,
    /// They are replaced, unless they are as new or newer.
    Older,
    /// They are replaced.
    Replace,
}

#[derive(Args)]
pub struct Check {
    /// Read all packs, too: as much as the whole repository.
    #[arg(long)]
    read_data: bool,
}

/// Threads that compress and seal, or read and write files.
fn threads() -> usize {
    std::thread::available_parallelism().map_or(2, usize::from)
}

impl Command {
    pub fn run(self, place: &Path, passphrase: &[u8], json: bool) -> Result<Done, String> {
        let entropy: Arc<dyn Entropy> = Arc::new(OsEntropy);
        let backend = Arc::new(Directory::new(place));
        let open = || Repository::open(backend.clone(), passphrase).map(Arc::new).map_err(words);
        match self {
            Command::Init => {
                let made = Repository::create(
                    backend.clone(),
                    passphrase,
                    KeyCost::default(),
                    now(),
                    entropy.as_ref(),
                );
                let id = made.map_err(words)?.id();
                report::say(json, &Made { repository: id });
                Ok(Done::Wholly)
            }
            Command::Backup(backup) => backup.run(&open()?, &entropy, json),
            Command::Points => {
                for (id, snapshot) in open()?.snapshots().map_err(words)? {
                    report::say(json, &Point { id, snapshot });
                }
                Ok(Done::Wholly)
            }
            Command::List(list) => list.run(open()?.as_ref(), json),
            Command::Restore(restore) => restore.run(open()?.as_ref(), json),
            Command::Check(Check { read_data }) => {
                let found = open()?.check(read_data).map_err(words)?;
                Ok(report::check(json, &found))
            }
        }
    }
}

impl Backup {
    fn run(
        self,
        repository: &Arc<Repository>,
        entropy: &Arc<dyn Entropy>,
        json: bool,
    ) -> Result<Done, String> {
        let directory = std::fs::canonicalize(&self.directory)
            .map_err(|error| format!("{}: {error}", self.directory.display()))?;
        let path = directory.to_string_lossy().into_owned();
        let points = repository.snapshots().map_err(words)?;
        let parent = points.into_iter().rfind(|(_, snapshot)| snapshot.paths == [path.clone()]);
        let begun = now();
        let writer = Writer::new(repository.clone(), entropy.clone(), threads());
        let archived =
            Archive::new(repository, &writer).directory(&directory, parent.as_ref().map(|(_, of)| of.tree));
        // Why the writer stopped is what it says at its end.
        let written = writer.finish().map_err(words)?;
        let Archived { tree, files, bytes, unread } = archived?;
        let snapshot = Snapshot {
            time: begun,
            parent: parent.map(|(id, _)| id),
            tree,
            paths: vec![path],
            hostname: host_name(),
            username: String::new(),
            tags: Some(self.tag).filter(|tags| !tags.is_empty()),
            original: None,
            program_version: concat!("nas-backup ", env!("CARGO_PKG_VERSION")).to_owned(),
        };
        let point = repository.add_snapshot(&snapshot, entropy.as_ref()).map_err(words)?;
        Ok(report::backup(json, point, files, bytes, written, &unread))
    }
}

impl List {
    fn run(self, repository: &Repository, json: bool) -> Result<Done, String> {
        let (_, snapshot) = repository.snapshot(&self.point).map_err(words)?;
        let nodes = repository.nodes_at(snapshot.tree, self.path.as_bytes()).map_err(words)?;
        let (begin, nodes) = match nodes.as_slice() {
            // A directory is what it holds.
            [node] if node.kind == NodeKind::Dir && is_named(&self.path, node) => {
                let tree = node.subtree.map(|tree| repository.tree(tree)).transpose().map_err(words)?;
                (trimmed(&self.path), tree.unwrap_or_default().nodes)
            }
            [node] if is_named(&self.path, node) => (parent(&self.path), nodes),
            _ => (Vec::new(), nodes),
        };
        list(repository, &begin, nodes, self.recursive, json)?;
        Ok(Done::Wholly)
    }
}

/// Whether this is what the path names, and not the first of what the root holds.
fn is_named(path: &OsString, node: &Node) -> bool {
    trimmed(path).rsplit(|byte| *byte == b'/').next() == Some(node.name.as_slice())
}

fn trimmed(path: &OsString) -> Vec<u8> {
    let parts = path.as_bytes().split(|byte| *byte == b'/').filter(|part| !part.is_empty() && *part != b".");
    parts.flat_map(|part| [b"/", part].concat()).collect()
}

fn parent(path: &OsString) -> Vec<u8> {
    let path = trimmed(path);
    let end = path.iter().rposition(|byte| *byte == b'/').unwrap_or(0);
    path[..end].to_vec()
}

fn list(
    repository: &Repository,
    begin: &[u8],
    nodes: Vec<Node>,
    recursive: bool,
    json: bool,
) -> Result<(), String> {
    for node in nodes {
        let path = [begin, b"/", &node.name].concat();
        report::say(json, &Line::of(&path, &node));
        if let Some(tree) = node.subtree.filter(|_| recursive) {
            list(repository, &path, repository.tree(tree).map_err(words)?.nodes, recursive, json)?;
        }
    }
    Ok(())
}

impl Restore {
    fn run(self, repository: &Repository, json: bool) -> Result<Done, String> {
        let (_, snapshot) = repository.snapshot(&self.point).map_err(words)?;
        let path = self.path.unwrap_or_default();
        let nodes = repository.nodes_at(snapshot.tree, path.as_bytes()).map_err(words)?;
        if !self.dry_run {
            let made = std::fs::create_dir_all(&self.into);
            made.map_err(|error| format!("cannot make {}: {error}", self.into.display()))?;
        }
        let into = if self.dry_run { Path::new("/") } else { self.into.as_path() };
        let conflict = match self.conflict {
            OnConflict::Refuse => Conflict::Refuse,
            OnConflict::Skip => Conflict::Skip,
            OnConflict::Older => Conflict::Older,
            OnConflict::Replace => Conflict::Replace,
        };
        let options = Options { conflict, dry_run: self.dry_run, threads: threads() };
        let outcome = restore(repository, nodes, into, options, &Progress::default());
        Ok(report::restored(json, self.dry_run, &outcome.map_err(|error| error.to_string())?))
    }
}

#[derive(Serialize)]
struct Made {
    repository: Id,
}

impl std::fmt::Display for Made {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        writeln!(f, "The repository {} is made.", self.repository)?;
        write!(f, "Keep the passphrase elsewhere, too: without it nobody reads the repository again.")
    }
}

#[derive(Serialize)]
struct Point {
    id: Id,
    #[serde(flatten)]
    snapshot: Snapshot,
}

impl std::fmt::Display for Point {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Snapshot { time, hostname, paths, tags, .. } = &self.snapshot;
        let id = self.id.to_string();
        write!(f, "{}  {time}  {hostname}  {}", &id[..8], paths.join(" "))?;
        tags.iter().flatten().try_for_each(|tag| write!(f, "  [{tag}]"))
    }
}

fn now() -> RfcTime {
    let now = jiff::Timestamp::now();
    RfcTime { seconds: now.as_second(), nanos: now.subsec_nanosecond() as u32 }
}

fn host_name() -> String {
    rustix::system::uname().nodename().to_string_lossy().into_owned()
}

fn words(error: RepositoryError) -> String {
    error.to_string()
}
