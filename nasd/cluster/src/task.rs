//! A spawned task that ends with its owner.

use tokio::task::JoinHandle;

/// Aborts the task when it is dropped.
pub struct Task<T>(JoinHandle<T>);

impl<T: Send + 'static> Task<T> {
    pub fn spawn(future: impl Future<Output = T> + Send + 'static) -> Task<T> {
        Task(tokio::spawn(future))
    }

    /// Waits for the task's end. A panic in it goes on here.
    pub async fn join(&mut self) -> T {
        match (&mut self.0).await {
            Ok(value) => value,
            Err(error) if error.is_panic() => std::panic::resume_unwind(error.into_panic()),
            // The runtime is being torn down, and this task with it.
            Err(_) => std::future::pending().await,
        }
    }
}

impl<T> Drop for Task<T> {
    fn drop(&mut self) {
        self.0.abort();
    }
}
