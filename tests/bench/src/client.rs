//! One way to use a file system under test: through a mount, or through libnfs.
//!
//! Workloads see only [`Client`], so that every system is asked for exactly the same work.

use harness::nfs_client::{NfsClient, NfsFile, OpenMode};
use std::fs;
use std::io::{self, Write};
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

/// Where the file system under test is found.
#[derive(Clone, Debug)]
pub enum Place {
    /// A directory, on any mount.
    Mount(PathBuf),
    /// An NFSv3 server (`host:port` of NFS and of MOUNT) and its export.
    Nfs { nfs: String, mount: String, export: String },
}

impl std::str::FromStr for Place {
    type Err = String;

    /// A directory's path, or `nfs://HOST:PORT/EXPORT`.
    fn from_str(text: &str) -> Result<Place, String> {
        let Some(rest) = text.strip_prefix("nfs://") else { return Ok(Place::Mount(text.into())) };
        let (address, export) =
            rest.split_once('/').ok_or_else(|| format!("{text}: expected nfs://HOST:PORT/EXPORT"))?;
        if !address.contains(':') {
            return Err(format!("{text}: the port is missing"));
        }
        Ok(Place::Nfs { nfs: address.to_owned(), mount: address.to_owned(), export: format!("/{export}") })
    }
}

/// The operations that workloads are made of. Paths are relative to the root of what is under test.
pub trait Client: Send {
    fn make_dir(&mut self, path: &Path) -> io::Result<()>;
    fn remove_dir(&mut self, path: &Path) -> io::Result<()>;
    fn unlink(&mut self, path: &Path) -> io::Result<()>;
    fn rename(&mut self, from: &Path, to: &Path) -> io::Result<()>;
    /// Bytes of the file.
    fn stat(&mut self, path: &Path) -> io::Result<u64>;
    /// Names, and whether each is a directory.
    fn list(&mut self, path: &Path) -> io::Result<Vec<(PathBuf, bool)>>;
    /// Creates a file, writes it and closes it; `durable` with an fsync before the close.
    fn write_new(&mut self, path: &Path, data: &[u8], durable: bool) -> io::Result<()>;
    /// Opens a file for the calls below; the one that was open is closed.
    fn open(&mut self, path: &Path, mode: OpenMode) -> io::Result<()>;
    fn read_at(&mut self, offset: u64, buffer: &mut [u8]) -> io::Result<usize>;
    fn write_at(&mut self, offset: u64, data: &[u8]) -> io::Result<()>;
    fn sync(&mut self) -> io::Result<()>;
    fn close(&mut self) -> io::Result<()>;
}

/// Connects to a place. Each thread of a workload has a client of its own.
pub fn connect(place: &Place) -> io::Result<Box<dyn Client>> {
    Ok(match place {
        Place::Mount(root) => Box::new(Mounted { root: root.clone(), file: None }),
        Place::Nfs { nfs, mount, export } => {
            let client = NfsClient::mount_at(nfs, mount, export).map_err(io::Error::other)?;
            Box::new(OverNfs { client, file: None })
        }
    })
}

struct Mounted {
    root: PathBuf,
    file: Option<fs::File>,
}

impl Mounted {
    fn file(&self) -> io::Result<&fs::File> {
        self.file.as_ref().ok_or_else(|| io::Error::other("no file is open"))
    }
}

impl Client for Mounted {
    fn make_dir(&mut self, path: &Path) -> io::Result<()> {
        fs::create_dir(self.root.join(path))
    }

    fn remove_dir(&mut self, path: &Path) -> io::Result<()> {
        fs::remove_dir(self.root.join(path))
    }

    fn unlink(&mut self, path: &Path) -> io::Result<()> {
        fs::remove_file(self.root.join(path))
    }

    fn rename(&mut self, from: &Path, to: &Path) -> io::Result<()> {
        fs::rename(self.root.join(from), self.root.join(to))
    }

    fn stat(&mut self, path: &Path) -> io::Result<u64> {
        Ok(fs::symlink_metadata(self.root.join(path))?.len())
    }

    fn list(&mut self, path: &Path) -> io::Result<Vec<(PathBuf, bool)>> {
        let entries = fs::read_dir(self.root.join(path))?;
        entries
            .map(|entry| entry.and_then(|entry| Ok((entry.file_name().into(), entry.file_type()?.is_dir()))))
            .collect()
    }

    fn write_new(&mut self, path: &Path, data: &[u8], durable: bool) -> io::Result<()> {
        let mut file = fs::File::create_new(self.root.join(path))?;
        file.write_all(data)?;
        if durable { file.sync_all() } else { Ok(()) }
    }

    fn open(&mut self, path: &Path, mode: OpenMode) -> io::Result<()> {
        let mut options = fs::OpenOptions::new();
        match mode {
            OpenMode::Read => options.read(true),
            OpenMode::Write => options.write(true).create(true),
            OpenMode::WriteStable => {
                options.write(true).create(true).custom_flags(rustix::fs::OFlags::DSYNC.bits() as i32)
            }
        };
        let file = options.open(self.root.join(path))?;
        // What the kernel still has from an earlier workload would measure the kernel.
        rustix::fs::fadvise(&file, 0, None, rustix::fs::Advice::DontNeed)?;
        self.file = Some(file);
        Ok(())
    }

    fn read_at(&mut self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        self.file()?.read_at(buffer, offset)
    }

    fn write_at(&mut self, offset: u64, data: &[u8]) -> io::Result<()> {
        self.file()?.write_all_at(data, offset)
    }

    fn sync(&mut self) -> io::Result<()> {
        self.file()?.sync_all()
    }

    fn close(&mut self) -> io::Result<()> {
        self.file = None;
        Ok(())
    }
}

struct OverNfs {
    client: NfsClient,
    file: Option<NfsFile>,
}

/// libnfs wants absolute paths.
fn absolute(path: &Path) -> PathBuf {
    Path::new("/").join(path)
}

impl OverNfs {
    fn file(&self) -> io::Result<NfsFile> {
        self.file.ok_or_else(|| io::Error::other("no file is open"))
    }
}

impl Client for OverNfs {
    fn make_dir(&mut self, path: &Path) -> io::Result<()> {
        self.client.make_dir(&absolute(path), 0o755).map_err(io::Error::other)
    }

    fn remove_dir(&mut self, path: &Path) -> io::Result<()> {
        self.client.remove_dir(&absolute(path)).map_err(io::Error::other)
    }

    fn unlink(&mut self, path: &Path) -> io::Result<()> {
        self.client.unlink(&absolute(path)).map_err(io::Error::other)
    }

    fn rename(&mut self, from: &Path, to: &Path) -> io::Result<()> {
        self.client.rename(&absolute(from), &absolute(to)).map_err(io::Error::other)
    }

    fn stat(&mut self, path: &Path) -> io::Result<u64> {
        self.client.size(&absolute(path)).map_err(io::Error::other)
    }

    fn list(&mut self, path: &Path) -> io::Result<Vec<(PathBuf, bool)>> {
        self.client.list(&absolute(path)).map_err(io::Error::other)
    }

    fn write_new(&mut self, path: &Path, data: &[u8], durable: bool) -> io::Result<()> {
        let file = self.client.open(&absolute(path), OpenMode::Write).map_err(io::Error::other)?;
        self.client.write_at(file, 0, data).map_err(io::Error::other)?;
        if durable {
            self.client.sync(file).map_err(io::Error::other)?;
        }
        self.client.close(file).map_err(io::Error::other)
    }

    fn open(&mut self, path: &Path, mode: OpenMode) -> io::Result<()> {
        self.close()?;
        self.file = Some(self.client.open(&absolute(path), mode).map_err(io::Error::other)?);
        Ok(())
    }

    fn read_at(&mut self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        let file = self.file()?;
        self.client.read_at(file, offset, buffer).map_err(io::Error::other)
    }

    fn write_at(&mut self, offset: u64, data: &[u8]) -> io::Result<()> {
        let file = self.file()?;
        self.client.write_at(file, offset, data).map_err(io::Error::other)
    }

    fn sync(&mut self) -> io::Result<()> {
        let file = self.file()?;
        self.client.sync(file).map_err(io::Error::other)
    }

    fn close(&mut self) -> io::Result<()> {
        match self.file.take() {
            Some(file) => self.client.close(file).map_err(io::Error::other),
            None => Ok(()),
        }
    }
}
