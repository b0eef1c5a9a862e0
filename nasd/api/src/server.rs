//! Owns the local socket: who may connect, how many at once, and how it ends.

use crate::connection::{self, Speaks};
use crate::standing::Standing;
use axum::Router;
use nasd_base::rarely::Rarely;
use rustix::fs::Mode;
use std::future::Future;
use std::io;
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{UnixListener, UnixSocket, UnixStream};
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;
use tokio::time::Instant;

/// Connections the kernel keeps while all are busy.
const BACKLOG: u32 = 64;
/// How long requests may still run after the server was told to stop.
const GRACE: Duration = Duration::from_secs(5);
/// Pause after `accept` failed, so that a process out of file descriptors does not spin.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);
/// How often that is said.
const COMPLAINTS_EVERY: Duration = Duration::from_secs(60);

/// Why the socket could not be served.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    #[error("another nasd answers on {0} already; stop it first, or give this one its own --dir")]
    Live(PathBuf),
    #[error("{0} exists and is not a socket; move it away")]
    NotASocket(PathBuf),
    #[error("cannot listen on {path}: {source}")]
    Listen { path: PathBuf, source: io::Error },
}

/// Who may open a socket, and how many at once; more wait in the backlog.
#[derive(Clone, Copy, Debug)]
pub struct SocketRules {
    /// The user whose the socket is; the one that runs this process where there is none. Root can always.
    pub owner: Option<u32>,
    pub connections_max: usize,
}

/// For root: a few commands at a time.
const ROOTS: SocketRules = SocketRules { owner: None, connections_max: 64 };

/// As [`serve_unix_by`], for root.
///
/// # Errors
/// As there.
pub async fn serve_unix(
    path: &Path,
    router: Router,
    shutdown: impl Future<Output = ()> + Send,
) -> Result<(), ServeError> {
    serve_unix_by(path, ROOTS, router, shutdown).await
}

/// Serves `router` on a unix socket at `path` until `shutdown` completes; then finishes the requests in
/// progress (for at most 5 s) and removes the socket.
///
/// The socket is made with mode 0600: only its owner, and root, can connect. A socket that nobody serves any more is
/// replaced.
///
/// # Errors
/// When the socket cannot be made; later failures of single connections do not end it.
pub async fn serve_unix_by(
    path: &Path,
    rules: SocketRules,
    router: Router,
    shutdown: impl Future<Output = ()> + Send,
) -> Result<(), ServeError> {
    let listener = listen(path, rules.owner).await?;
    let inode = std::fs::metadata(path).map(|meta| meta.ino()).ok();
    accept_until(listener, rules.connections_max, router, shutdown).await;
    // A successor may have replaced the file meanwhile: that one stays.
    if std::fs::metadata(path).map(|meta| meta.ino()).ok() == inode {
        let _ = std::fs::remove_file(path);
    }
    Ok(())
}

async fn listen(path: &Path, owner: Option<u32>) -> Result<UnixListener, ServeError> {
    clear_stale(path).await?;
    let bind = || {
        let socket = UnixSocket::new_stream()?;
        // Linux gives the new file the unbound socket's mode, so there is no moment at which it is open to all.
        rustix::fs::fchmod(&socket, Mode::RUSR | Mode::WUSR)?;
        socket.bind(path)?;
        if owner.is_some() {
            std::os::unix::fs::chown(path, owner, None)?;
        }
        socket.listen(BACKLOG)
    };
    bind().map_err(|source| ServeError::Listen { path: path.to_owned(), source })
}

async fn clear_stale(path: &Path) -> Result<(), ServeError> {
    let failed = |source| ServeError::Listen { path: path.to_owned(), source };
    match std::fs::symlink_metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(failed(error)),
        Ok(meta) if !meta.file_type().is_socket() => return Err(ServeError::NotASocket(path.to_owned())),
        Ok(_) => {}
    }
    match UnixStream::connect(path).await {
        Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => {
            std::fs::remove_file(path).map_err(failed)
        }
        // A full backlog is somebody alive, too.
        _ => Err(ServeError::Live(path.to_owned())),
    }
}

async fn accept_until(
    listener: UnixListener,
    connections_max: usize,
    router: Router,
    shutdown: impl Future<Output = ()> + Send,
) {
    let places = Arc::new(Semaphore::new(connections_max));
    let complaints = Rarely::new(1, COMPLAINTS_EVERY);
    let (stop, stopped) = watch::channel(());
    let mut connections = JoinSet::new();
    let mut shutdown = pin!(shutdown);
    loop {
        let accepted = tokio::select! {
            accepted = accept(&listener, &places) => accepted,
            Some(_) = connections.join_next() => continue,
            () = &mut shutdown => break,
        };
        match accepted {
            Ok((stream, place)) => {
                let (router, stopped) = (router.clone(), stopped.clone());
                connections.spawn(async move {
                    connection::serve(stream, Speaks::Http1, router, Standing::known(), stopped).await;
                    drop(place);
                });
            }
            Err(error) => {
                if let Some(times) = complaints.say(Instant::now()) {
                    tracing::warn!(%error, times, "cannot accept a management connection");
                }
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
    drop(listener);
    let _ = stop.send(());
    let finished = async { while connections.join_next().await.is_some() {} };
    let _ = tokio::time::timeout(GRACE, finished).await;
}

async fn accept(
    listener: &UnixListener,
    places: &Arc<Semaphore>,
) -> io::Result<(UnixStream, tokio::sync::OwnedSemaphorePermit)> {
    let place = places.clone().acquire_owned().await.map_err(io::Error::other)?;
    let (stream, _) = listener.accept().await?;
    Ok((stream, place))
}
