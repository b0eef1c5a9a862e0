//! Owns what the pages share: the way to nasd, and the secret of the setup link.

use crate::chance;
use crate::elsewhere::LastHeard;
use crate::kept::Kept;
use crate::navigation::Entry;
use crate::news::News;
use crate::pending::Pending;
use crate::room::StrangersForms;
use crate::words::Done;
use crate::zone::KeptZone;
use axum::Router;
use nasd_api::{Client, ClientError, ErrorCode, Patience, Secret};
use std::path::Path;
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::Duration;

/// Somebody looks at a page that does not come. A node asks others for up to 1.5 s; a change waits for a majority.
const PATIENCE: Patience = Patience { reads: Duration::from_secs(3), changes: Duration::from_secs(45) };
/// What takes a node a while, and who asked for it knows that.
pub const AT_LENGTH: Patience = Patience { reads: PATIENCE.changes, ..PATIENCE };
/// What a node says at once, if it says anything: a page that begins with it is told of a silent node within 3 s.
pub const SIGN_OF_LIFE: Patience = Patience { reads: Duration::from_secs(2), ..PATIENCE };

/// What the pages are to what they share, which does not know them.
pub struct Site {
    /// For a form that is shown again after a login.
    pub pages: Router,
    pub navigation: Vec<Entry>,
    /// What can have been done.
    pub done: Vec<Done>,
}

/// The console of one node. It holds no right, and of the cluster only what it last heard.
pub struct Console {
    /// As nobody. Pages use it to act for visitors.
    pub node: Client,
    /// The same, waiting as long as nasd does.
    pub(crate) patient: Client,
    pub(crate) heard: LastHeard,
    pub(crate) kept: Kept,
    pub pending: Pending,
    pub(crate) news: News,
    pub(crate) zone: KeptZone,
    pub(crate) forms: StrangersForms,
    /// The secret of the setup link, until the node is set up.
    setup: Mutex<Option<Secret>>,
    site: OnceLock<Site>,
}

impl Console {
    /// The console of the nasd whose console's socket this is.
    pub fn new(socket: &Path) -> Console {
        let patient = Client::console(socket);
        Console {
            node: patient.within(PATIENCE),
            patient,
            heard: LastHeard::default(),
            kept: Kept::default(),
            pending: Pending::default(),
            news: News::default(),
            zone: KeptZone::default(),
            forms: StrangersForms::default(),
            setup: Mutex::new(None),
            site: OnceLock::new(),
        }
    }

    /// Makes the secret of the setup link, which [`Console::offer_setup`] tells nasd; an earlier one is no good any
    /// more.
    pub fn begin_setup(&self) -> String {
        let secret = chance::secret();
        *self.setup.lock().unwrap_or_else(PoisonError::into_inner) = Some(Secret::new(&*secret));
        secret
    }

    /// Has nasd believe the setup link, if there is one: it forgets it when it is started again.
    pub async fn offer_setup(&self) {
        let secret = self.setup.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let Some(secret) = secret else { return };
        if let Err(ClientError::Refused(error)) = self.node.offer_setup(secret).await
            && error.code == ErrorCode::Conflict
        {
            self.end_setup();
        }
    }

    /// The same for somebody who brings the link's secret, before nasd was found to be back. False when it is another one.
    pub async fn offer_setup_again(&self, brought: &str) -> bool {
        let secret = self.setup.lock().unwrap_or_else(PoisonError::into_inner).clone();
        // Hashes compare in the same time wherever they differ.
        let hash = |text: &str| blake3::hash(text.as_bytes());
        let fits = secret.is_some_and(|secret| hash(secret.reveal()) == hash(brought));
        if fits {
            self.offer_setup().await;
        }
        fits
    }

    pub fn end_setup(&self) {
        *self.setup.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// Nothing before the pages are put together.
    pub(crate) fn site(&self) -> Option<&Site> {
        self.site.get()
    }

    pub(crate) fn set_site(&self, site: Site) {
        let _ = self.site.set(site);
    }
}
