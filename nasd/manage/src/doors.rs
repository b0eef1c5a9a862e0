//! Owns what the node's doors lead to. It is said here, and not where they are opened: what answers more than a hundred
//! operations is compiled in the crate that says it, and this one is compiled for size.

use crate::manager::Manager;
use nasd_api::{Router, agent_router, console_router, network_router, router};
use std::sync::Arc;

impl Manager {
    /// Of the local socket, whose callers are root.
    pub fn local_routes(self: &Arc<Self>) -> Router {
        router(self.clone())
    }

    /// Of the web console's socket.
    pub fn console_routes(self: &Arc<Self>) -> Router {
        console_router(self.clone())
    }

    /// Of the agents' socket.
    pub fn agent_routes(self: &Arc<Self>) -> Router {
        agent_router(self.clone())
    }

    /// Of the network.
    pub fn network_routes(self: &Arc<Self>) -> Router {
        network_router(self.clone())
    }
}
