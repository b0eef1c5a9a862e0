//! Owns the metrics of the answering node, as Prometheus reads them.

use super::handled::{Handled, Node, handled};
use crate::access::Access;
use crate::route::Route;
use crate::{ApiError, MetricsFormat};
use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, Method, header};
use nasd_base::role::Right;

/// Below [`crate::PREFIX`]; there as well as where scrapers look by themselves.
pub(crate) const METRICS: &str = "/metrics";

pub fn routes() -> Vec<Handled> {
    let see = Access::Needs(Right::ReadStatus);
    let route = Route::new(Method::GET, METRICS, see, "What the answering node measures, for Prometheus")
        .korean("응답하는 노드의 측정값(Prometheus 형식)");
    vec![handled(route.gives_texts(&["application/openmetrics-text", "text/plain"]), metrics)]
}

async fn metrics(
    State(node): Node,
    headers: HeaderMap,
) -> Result<([(HeaderName, &'static str); 1], String), ApiError> {
    let format = wanted(&headers);
    Ok(([(header::CONTENT_TYPE, format.content_type())], node.metrics(format).await?))
}

/// Scrapers of today name OpenMetrics, whatever else they take; tools of before do not.
fn wanted(headers: &HeaderMap) -> MetricsFormat {
    let accepted = headers.get_all(header::ACCEPT).into_iter().filter_map(|value| value.to_str().ok());
    match accepted.into_iter().any(|types| types.contains("application/openmetrics-text")) {
        true => MetricsFormat::OpenMetrics,
        false => MetricsFormat::PrometheusText,
    }
}
