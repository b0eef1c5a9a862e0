//! Owns notifications: one alert to one receiver, as a trap or an inform, of version 2c or 3.
//!
//! A trap is sent and forgotten. An inform is sent until the receiver says that it has it, or the tries are used up.

mod community;
mod notice;
mod user;

pub use notice::{KINDS, Notice, Pair, Severity, TEST};
pub use user::Credentials;

use crate::agent::Engine;
use crate::allowed::User;
use crate::wire::Salt;
use nasd_base::random::Entropy;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;
use tokio::net::UdpSocket;
use tokio::time::{Instant, timeout};

/// Where notifications go, and how.
#[derive(Clone, Debug)]
pub struct Target {
    pub address: SocketAddr,
    pub sender: As,
    /// An inform: the receiver has to say that it has it.
    pub acknowledged: bool,
    /// How often an inform is sent at most, and how long its answer is waited for.
    pub tries: u32,
    pub patience: Duration,
}

/// As whom they are sent.
#[derive(Clone, Debug)]
pub enum As {
    /// Of version 2c: this word, in clear.
    Community(String),
    /// Of version 3.
    User(Credentials),
    /// Of version 3, with the keys for this engine, which are for traps only.
    Known(User),
}

/// Why a notification was not delivered, as far as that can be known.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Undelivered {
    #[error("cannot send to {0}: {1}")]
    Unreachable(SocketAddr, String),
    #[error("{0} does not say that it has it")]
    Silent(SocketAddr),
    #[error("{0} refuses it")]
    Refused(SocketAddr),
    #[error("the receiver does not know the user, or its passphrases are others")]
    Credentials,
    #[error("this node has no engine id yet")]
    NoEngine,
}

/// What sends: one for a process, so that no two messages have the same number or are encrypted alike.
pub struct Sender {
    salt: Arc<Salt>,
    began: Instant,
    /// Of messages and requests.
    numbers: AtomicU32,
}

impl Sender {
    /// # Errors
    /// When the system has no random bytes.
    pub fn new(entropy: &impl Entropy) -> Result<Sender, String> {
        let numbers = AtomicU32::new(entropy.next_u64() as u32);
        Ok(Sender { salt: Arc::new(Salt::new()?), began: Instant::now(), numbers })
    }

    /// Delivers one notification. `engine` is this node's own, in whose name traps of version 3 are sent.
    ///
    /// # Errors
    /// A trap that nobody hears is no error.
    pub async fn deliver(
        &self,
        notice: &Notice,
        target: &Target,
        engine: Option<&Engine>,
    ) -> Result<(), Undelivered> {
        let line = Line::open(target.address).await?;
        let bindings = notice.bindings(self.began.elapsed());
        match (&target.sender, target.acknowledged) {
            (As::Community(word), _) => self.deliver_community(&line, target, word, bindings).await,
            (As::User(user), false) => self.trap_user(&line, user, engine, bindings).await,
            (As::User(user), true) => self.inform_user(&line, target, user, bindings).await,
            (As::Known(user), false) => self.trap_known(&line, user, engine, bindings).await,
            (As::Known(_), true) => Err(Undelivered::Credentials),
        }
    }

    fn number(&self) -> i32 {
        (self.numbers.fetch_add(1, Ordering::Relaxed) & i32::MAX as u32) as i32
    }
}

/// A socket that hears one receiver only.
struct Line {
    socket: UdpSocket,
    address: SocketAddr,
}

impl Line {
    async fn open(address: SocketAddr) -> Result<Line, Undelivered> {
        let any = if address.is_ipv4() { "0.0.0.0:0" } else { "[::]:0" };
        let opened = async {
            let socket = UdpSocket::bind(any).await?;
            socket.connect(address).await?;
            Ok::<_, std::io::Error>(socket)
        };
        let socket = opened.await.map_err(|error| Undelivered::Unreachable(address, error.to_string()))?;
        Ok(Line { socket, address })
    }

    async fn send(&self, message: &[u8]) -> Result<(), Undelivered> {
        let sent = self.socket.send(message).await;
        sent.map(|_| ()).map_err(|error| Undelivered::Unreachable(self.address, error.to_string()))
    }

    /// Sends once and waits for what `read` makes something of. `None` when nothing of that kind comes in time.
    async fn ask<T>(
        &self,
        message: &[u8],
        patience: Duration,
        mut read: impl FnMut(bytes::Bytes) -> Option<T>,
    ) -> Result<Option<T>, Undelivered> {
        // A port that nobody listens at is heard of with the next call: it may be there for the next try.
        let _ = self.send(message).await;
        let answer = async {
            let mut buffer = vec![0; 1 << 16];
            loop {
                let Ok(length) = self.socket.recv(&mut buffer).await else {
                    return std::future::pending().await;
                };
                if let Some(found) = read(bytes::Bytes::copy_from_slice(&buffer[..length])) {
                    return found;
                }
            }
        };
        Ok(timeout(patience, answer).await.ok())
    }
}
