//! Owns that something has changed, for whoever listens within the console.

use tokio::sync::watch;

/// Where browsers listen.
pub const PATH: &str = "/news";

/// Says to whoever listens that something changed.
#[derive(Default)]
pub struct News {
    changes: watch::Sender<()>,
    ended: watch::Sender<bool>,
}

impl News {
    pub fn tell(&self) {
        self.changes.send_replace(());
    }

    /// Ends all streams, those to come too: none may hold up the end of the console.
    pub fn end(&self) {
        self.ended.send_replace(true);
    }

    pub fn changes(&self) -> watch::Receiver<()> {
        self.changes.subscribe()
    }

    pub fn ended(&self) -> watch::Receiver<bool> {
        self.ended.subscribe()
    }
}
