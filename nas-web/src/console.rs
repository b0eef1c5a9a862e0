//! Owns what the pages share: the way to nasd, and the secret of the setup link.

use crate::chance;
use crate::news::News;
use crate::pages::login::Pending;
use axum::Router;
use nasd_api::Client;
use std::path::Path;
use std::sync::{Mutex, OnceLock, PoisonError};

/// The console of one node. It holds no state of the cluster.
pub struct Console {
    /// As root of the node. Pages use it only to act for visitors, and in the setup wizard.
    pub root: Client,
    pub pending: Pending,
    pub(crate) news: News,
    /// The hash of the setup link's secret while it is good.
    setup: Mutex<Option<blake3::Hash>>,
    router: OnceLock<Router>,
}

impl Console {
    /// The console of the nasd that listens at `socket`.
    pub fn new(socket: &Path) -> Console {
        let root = Client::local(socket);
        Console {
            root,
            pending: Pending::default(),
            news: News::default(),
            setup: Mutex::new(None),
            router: OnceLock::new(),
        }
    }

    /// Makes the secret of the setup link; an earlier one is no good any more.
    pub fn begin_setup(&self) -> String {
        let secret = chance::secret();
        *self.setup.lock().unwrap_or_else(PoisonError::into_inner) = Some(blake3::hash(secret.as_bytes()));
        secret
    }

    pub fn end_setup(&self) {
        *self.setup.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// Whether it is the secret of the setup link. Hashes compare in the same time wherever they differ.
    pub fn may_set_up(&self, secret: &str) -> bool {
        let expected = *self.setup.lock().unwrap_or_else(PoisonError::into_inner);
        expected.is_some_and(|expected| expected == blake3::hash(secret.as_bytes()))
    }

    /// The pages themselves, for a form that is shown again after a login.
    pub fn pages(&self) -> Option<Router> {
        self.router.get().cloned()
    }

    pub(crate) fn set_pages(&self, router: Router) {
        let _ = self.router.set(router);
    }
}
