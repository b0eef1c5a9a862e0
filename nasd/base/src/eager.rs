//! Beginning work where it arrives, so that what needs not wait costs no switch of threads.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::task::{Context, Waker};

/// Runs a future as far as it goes without waiting. Returns the rest of it, for a runtime to go on with, if it
/// waits for something. To be called within the context of that runtime.
///
/// A panic ends the future, as it would in a task of its own; the panic hook has reported it.
pub fn begin<F: Future<Output = ()>>(future: F) -> Option<Pin<Box<F>>> {
    let mut future = Box::pin(future);
    // Whoever goes on polls again before it waits, and leaves its own waker then.
    let mut context = Context::from_waker(Waker::noop());
    match catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(&mut context).is_pending())) {
        Ok(true) => Some(future),
        Ok(false) | Err(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::Cell;

    #[test]
    fn what_does_not_wait_is_done_at_once() {
        let done = Cell::new(false);
        assert!(begin(async { done.set(true) }).is_none());
        assert!(done.get());
    }

    #[test]
    fn what_waits_is_given_back_and_can_go_on() {
        let (ready, done) = (Cell::new(false), Cell::new(false));
        let work = std::future::poll_fn(|_| match ready.get() {
            true => {
                done.set(true);
                std::task::Poll::Ready(())
            }
            false => std::task::Poll::Pending,
        });
        let rest = begin(work).expect("it waits");
        assert!(!done.get());
        ready.set(true);
        assert!(begin(rest).is_none() && done.get());
    }

    #[test]
    fn a_panic_ends_the_work_and_not_the_thread() {
        assert!(begin(async { panic!("for the test") }).is_none());
    }
}
