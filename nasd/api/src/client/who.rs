//! Owns as whom a client asks.

use crate::gate::{CSRF_HEADER, FOR_HEADER, SESSION_COOKIE};
use crate::{SETUP_HEADER, Secret};
use hyper::header;
use hyper::http::request::Builder;
use std::net::IpAddr;

/// As whom a client asks. What is said for others counts on the sockets of a node only.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Who {
    /// Whom the door is for: root on the local socket, nobody on the console's.
    Root,
    /// Through HTTPS, with an API token.
    ApiToken(Secret),
    /// Somebody at this address who is not known yet.
    Visitor(IpAddr),
    /// Somebody at this address with the secret of the node's setup link.
    Founder { address: IpAddr, secret: Secret },
    /// The owner of a session, at this address. Changes need the session's CSRF token.
    Session { address: IpAddr, session: Secret, csrf: Option<Secret> },
}

impl Who {
    /// Adds what proves it.
    pub(super) fn sign(&self, request: Builder) -> Builder {
        match self {
            Who::Root => request,
            Who::ApiToken(token) => {
                request.header(header::AUTHORIZATION, format!("Bearer {}", token.reveal()))
            }
            Who::Visitor(address) => request.header(FOR_HEADER, address.to_string()),
            Who::Founder { address, secret } => {
                request.header(FOR_HEADER, address.to_string()).header(SETUP_HEADER, secret.reveal())
            }
            Who::Session { address, session, csrf } => {
                let request = request
                    .header(FOR_HEADER, address.to_string())
                    .header(header::COOKIE, format!("{SESSION_COOKIE}={}", session.reveal()));
                match csrf {
                    Some(csrf) => request.header(CSRF_HEADER, csrf.reveal()),
                    None => request,
                }
            }
        }
    }
}
