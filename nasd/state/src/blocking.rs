//! Blocking calls made from async tasks.

use tokio::runtime::{Handle, RuntimeFlavor};

/// Runs a blocking call without starving other tasks: on a multi-threaded runtime the other tasks of this
/// worker move to another thread first; elsewhere (simulation, plain threads) the call is simply made.
pub fn blocking<T>(call: impl FnOnce() -> T) -> T {
    match Handle::try_current().map(|handle| handle.runtime_flavor()) {
        Ok(RuntimeFlavor::MultiThread) => tokio::task::block_in_place(call),
        _ => call(),
    }
}

#[cfg(test)]
mod tests {
    use super::blocking;

    #[test]
    fn works_on_every_kind_of_runtime_and_outside() {
        assert_eq!(blocking(|| 1), 1);
        let current = tokio::runtime::Builder::new_current_thread().build().unwrap();
        assert_eq!(current.block_on(async { blocking(|| 2) }), 2);
        let multi = tokio::runtime::Builder::new_multi_thread().worker_threads(1).build().unwrap();
        assert_eq!(multi.block_on(async { tokio::spawn(async { blocking(|| 3) }).await.unwrap() }), 3);
    }
}
