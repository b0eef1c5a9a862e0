//! Owns what is put together from the exports once for each change of them, because every call asks for it.

use nasd_base::export::Export;
use parking_lot::Mutex;
use std::sync::{Arc, Weak};

/// What was made of the exports that are current.
#[derive(Default)]
pub(crate) struct Derived<T>(Mutex<(Weak<Vec<Export>>, Arc<T>)>);

impl<T> Derived<T> {
    pub(crate) fn of(&self, exports: &Arc<Vec<Export>>, make: impl FnOnce(&[Export]) -> T) -> Arc<T> {
        let mut latest = self.0.lock();
        if !is_of(&latest.0, exports) {
            *latest = (Arc::downgrade(exports), Arc::new(make(exports)));
        }
        latest.1.clone()
    }
}

/// A weak pointer keeps its place from being used again, so that equal pointers mean the same exports.
pub(crate) fn is_of(seen: &Weak<Vec<Export>>, exports: &Arc<Vec<Export>>) -> bool {
    std::ptr::eq(seen.as_ptr(), Arc::as_ptr(exports))
}
