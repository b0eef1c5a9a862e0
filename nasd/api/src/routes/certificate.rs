//! Owns the routes of the certificate that the answering node shows browsers and API clients. Each node has its own:
//! certificates name hosts.

use super::{Node, Reply, Route, SecretBody};
use crate::access::Access;
use crate::{CertificateInfo, NewCertificate};
use axum::Json;
use axum::extract::State;
use axum::http::Method;
use nasd_base::role::Right;

const PATH: &str = "/certificate";

pub fn routes() -> Vec<Route> {
    let (see, change) = (Access::Needs(Right::ReadStatus), Access::Needs(Right::ChangeCluster));
    vec![
        Route::new(Method::GET, PATH, see, "The answering node's HTTPS certificate", certificate)
            .gives::<CertificateInfo>(),
        Route::new(Method::PUT, PATH, change, "Replace the answering node's HTTPS certificate", set)
            .takes::<NewCertificate>()
            .gives::<CertificateInfo>()
            .recorded(),
        Route::new(Method::DELETE, PATH, change, "Go back to a new self-signed certificate", reset)
            .gives::<CertificateInfo>()
            .recorded(),
    ]
}

async fn certificate(State(node): Node) -> Reply<CertificateInfo> {
    node.certificate().await.map(Json)
}

async fn set(State(node): Node, SecretBody(new): SecretBody<NewCertificate>) -> Reply<CertificateInfo> {
    node.set_certificate(new).await.map(Json)
}

async fn reset(State(node): Node) -> Reply<CertificateInfo> {
    node.reset_certificate().await.map(Json)
}
