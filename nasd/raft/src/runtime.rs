//! The runtime openraft runs on: tokio, with election timeouts that a simulation can reproduce.

use openraft::{AsyncRuntime, OptionalSend};
use parking_lot::Mutex;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use std::future::Future;
use std::time::Duration;

type Tokio = openraft::impls::TokioRuntime;

/// Where the seeds of election timeouts come from. Chance only spreads them; nothing secret depends on it.
static ELECTIONS: Mutex<Option<ChaCha8Rng>> = Mutex::new(None);

/// Makes all later election timeouts of this process a function of `seed`: for the simulation, which runs
/// one seed per process. Without it they come from the operating system.
pub fn seed_election_randomness(seed: u64) {
    *ELECTIONS.lock() = Some(ChaCha8Rng::seed_from_u64(seed));
}

/// Tokio as it is, but for [`AsyncRuntime::thread_rng`].
pub(crate) struct Runtime(Tokio);

impl std::fmt::Debug for Runtime {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Runtime")
    }
}

impl AsyncRuntime for Runtime {
    type JoinError = <Tokio as AsyncRuntime>::JoinError;
    type JoinHandle<T: OptionalSend + 'static> = <Tokio as AsyncRuntime>::JoinHandle<T>;
    type Sleep = <Tokio as AsyncRuntime>::Sleep;
    type Instant = <Tokio as AsyncRuntime>::Instant;
    type TimeoutError = <Tokio as AsyncRuntime>::TimeoutError;
    type Timeout<R, T: Future<Output = R> + OptionalSend> = <Tokio as AsyncRuntime>::Timeout<R, T>;
    type ThreadLocalRng = ChaCha8Rng;
    type Mpsc = <Tokio as AsyncRuntime>::Mpsc;
    type Watch = <Tokio as AsyncRuntime>::Watch;
    type Oneshot = <Tokio as AsyncRuntime>::Oneshot;
    type Mutex<T: OptionalSend + 'static> = <Tokio as AsyncRuntime>::Mutex<T>;

    fn spawn<T>(future: T) -> Self::JoinHandle<T::Output>
    where
        T: Future + OptionalSend + 'static,
        T::Output: OptionalSend + 'static,
    {
        Tokio::spawn(future)
    }

    fn sleep(duration: Duration) -> Self::Sleep {
        Tokio::sleep(duration)
    }

    fn sleep_until(deadline: Self::Instant) -> Self::Sleep {
        Tokio::sleep_until(deadline)
    }

    fn timeout<R, F: Future<Output = R> + OptionalSend>(
        duration: Duration,
        future: F,
    ) -> Self::Timeout<R, F> {
        Tokio::timeout(duration, future)
    }

    fn timeout_at<R, F: Future<Output = R> + OptionalSend>(
        deadline: Self::Instant,
        future: F,
    ) -> Self::Timeout<R, F> {
        Tokio::timeout_at(deadline, future)
    }

    fn is_panic(join_error: &Self::JoinError) -> bool {
        Tokio::is_panic(join_error)
    }

    fn thread_rng() -> ChaCha8Rng {
        let mut elections = ELECTIONS.lock();
        let source = elections.get_or_insert_with(from_os);
        ChaCha8Rng::from_rng(source)
    }

    fn new(threads: usize) -> Self {
        Runtime(Tokio::new(threads))
    }

    fn block_on<F, T>(&mut self, future: F) -> T
    where
        F: Future<Output = T>,
    {
        self.0.block_on(future)
    }
}

/// A generator seeded by the operating system.
fn from_os() -> ChaCha8Rng {
    use nasd_base::Entropy;
    let mut seed = [0; 32];
    nasd_base::OsEntropy.fill(&mut seed);
    ChaCha8Rng::from_seed(seed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::Rng;

    #[test]
    fn seeded_timeouts_are_reproducible() {
        seed_election_randomness(7);
        let first: Vec<u64> = (0..4).map(|_| Runtime::thread_rng().next_u64()).collect();
        seed_election_randomness(7);
        let second: Vec<u64> = (0..4).map(|_| Runtime::thread_rng().next_u64()).collect();
        assert_eq!(first, second);
        assert_ne!(first[0], first[1]);
    }
}
