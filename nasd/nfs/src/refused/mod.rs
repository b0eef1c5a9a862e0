//! Owns that a client which the export rules refuse is remembered: what it asked for is found, and put into the table.

mod table;

pub use table::{REFUSED_AGE_MAX, Refused};

use crate::derived::Derived;
use crate::mount::Paths;
use nasd_base::export::{ClientRule, Export, RefusedBy};
use nasd_base::{Clock, VolumeId};
use std::net::IpAddr;
use std::sync::Arc;
use table::{Asked, Refusal, RefusedTable};

/// Who asked.
#[derive(Clone, Copy)]
pub(crate) struct Asker {
    pub(crate) client: IpAddr,
    pub(crate) user: Option<u32>,
    /// A rule of some export names the client.
    pub(crate) is_known: bool,
}

/// Notes refusals.
pub(crate) struct Refusals {
    table: RefusedTable,
    paths: Derived<Paths>,
    clock: Arc<dyn Clock>,
}

impl Refusals {
    pub(crate) fn new(clock: Arc<dyn Clock>) -> Refusals {
        Refusals { table: RefusedTable::default(), paths: Derived::default(), clock }
    }

    /// No rule names the client where `path` leads, or it leads to no export.
    pub(crate) fn mount(&self, exports: &Arc<Vec<Export>>, asker: Asker, path: &[u8]) {
        let paths = self.paths.of(exports, Paths::of);
        match paths.leading(exports, path) {
            Some(export) => self.note(asker, Asked::Export(export), RefusedBy::NoRule, None),
            None => self.note(asker, Asked::Nothing(path), RefusedBy::NoExport, None),
        }
    }

    /// No rule names the client that has a handle of the volume. What is not exported any more has no path to tell of.
    pub(crate) fn volume(&self, exports: &[Export], asker: Asker, volume: VolumeId) {
        if let Some(export) = exports.iter().find(|export| export.volume == volume) {
            self.note(asker, Asked::Export(export), RefusedBy::NoRule, None);
        }
    }

    /// The rule that names the client refused it.
    pub(crate) fn rule(&self, asker: Asker, export: &Export, rule: &ClientRule, by: RefusedBy) {
        self.note(asker, Asked::Export(export), by, Some(rule));
    }

    /// Those of a day, the latest first.
    pub(crate) fn list(&self) -> Vec<Refused> {
        self.table.list(self.clock.now())
    }

    fn note(&self, asker: Asker, asked: Asked<'_>, by: RefusedBy, rule: Option<&ClientRule>) {
        let Asker { client, user, is_known } = asker;
        let network = rule.map(|rule| rule.network);
        self.table.note(Refusal { client, is_known, user, asked, by, network }, self.clock.now());
    }
}
