//! Owns what a route of the console is.

use crate::console::Console;
use axum::handler::Handler;
use axum::http::Method;
use axum::routing::{MethodRouter, get, post};
use std::sync::Arc;

/// One route, with one method.
pub struct PageRoute {
    pub method: Method,
    pub path: &'static str,
    /// Also for whoever is not logged in.
    pub is_open: bool,
    pub(crate) handler: MethodRouter<Arc<Console>>,
}

impl PageRoute {
    pub(crate) fn get<H: Handler<T, Arc<Console>>, T: 'static>(path: &'static str, handler: H) -> PageRoute {
        PageRoute { method: Method::GET, path, is_open: false, handler: get(handler) }
    }

    pub(crate) fn post<H: Handler<T, Arc<Console>>, T: 'static>(path: &'static str, handler: H) -> PageRoute {
        PageRoute { method: Method::POST, path, is_open: false, handler: post(handler) }
    }

    pub(crate) fn open(mut self) -> PageRoute {
        self.is_open = true;
        self
    }
}
