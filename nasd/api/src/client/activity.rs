//! Owns the client's calls about what goes on: disks, connected clients, tasks, events and performance.

use super::{Client, ClientError};
use crate::{ConnectedClient, DiskInfo, Event, Performance, Range, StartTask, Task};

impl Client {
    /// The disks of all nodes.
    pub async fn disks(&self) -> Result<Vec<DiskInfo>, ClientError> {
        self.list("/disks").await
    }

    /// Who is connected, on all nodes.
    pub async fn clients(&self) -> Result<Vec<ConnectedClient>, ClientError> {
        self.list("/clients").await
    }

    /// Newest first.
    pub async fn tasks(&self) -> Result<Vec<Task>, ClientError> {
        self.list("/tasks").await
    }

    pub async fn task(&self, id: u64) -> Result<Task, ClientError> {
        self.get(&format!("/tasks/{id}")).await
    }

    pub async fn start_task(&self, request: &StartTask) -> Result<Task, ClientError> {
        self.post("/tasks", request).await
    }

    pub async fn cancel_task(&self, id: u64) -> Result<(), ClientError> {
        self.post_nothing(&format!("/tasks/{id}/cancel")).await
    }

    pub async fn performance(&self, range: Range) -> Result<Performance, ClientError> {
        self.get(&format!("/performance?range={}", range.name())).await
    }

    /// What happened of late, newest first.
    pub async fn recent_events(&self) -> Result<Vec<Event>, ClientError> {
        self.list("/events").await
    }
}
