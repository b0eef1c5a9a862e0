//! Owns what the daemon does beside operations: it tells of what happens, and what it measures.

use crate::{Accounts, ApiError, Events, Setup};
use nasd_base::net::BoxFuture;

/// What a management call gives back.
pub type Answer<'a, T> = BoxFuture<'a, Result<T, ApiError>>;

/// The texts that Prometheus reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MetricsFormat {
    OpenMetrics,
    /// The exposition format that was before it.
    PrometheusText,
}

impl MetricsFormat {
    pub fn content_type(self) -> &'static str {
        match self {
            MetricsFormat::OpenMetrics => "application/openmetrics-text; version=1.0.0; charset=utf-8",
            MetricsFormat::PrometheusText => "text/plain; version=0.0.4; charset=utf-8",
        }
    }
}

/// What the gate and the few requests need that are no operations; the others are [`crate::Operations`].
pub trait Management: Accounts + Setup {
    /// Those that happen from now on, until the node stops.
    fn events(&self) -> Answer<'_, Events>;

    /// What this node measures. Nothing secret is in it.
    fn metrics(&self, format: MetricsFormat) -> Answer<'_, String>;
}
