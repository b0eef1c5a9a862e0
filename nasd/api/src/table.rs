//! Owns the table of routes. The router, the authorization and the OpenAPI document are made from it: the operations
//! ([`crate::nouns`]), and the few requests that are none ([`crate::routes`]).

use crate::access::Access;
use crate::nouns::of_operations;
use crate::route::Route;
use crate::routes::by_handlers;
use axum::http::Method;
use serde_json::{Map, Value};

/// All routes of this version.
pub fn routes() -> Vec<Route> {
    let mut routes: Vec<Route> = by_handlers().into_iter().map(|(route, _)| route).collect();
    routes.extend(of_operations());
    routes.push(openapi_route());
    routes
}

/// Where the description is, which describes itself, too.
pub(crate) fn openapi_route() -> Route {
    let summary = "This description, in OpenAPI 3.1";
    Route::new(Method::GET, "/openapi.json", Access::Everybody, summary)
        .korean("OpenAPI 3.1로 된 이 설명")
        .gives_tagged::<Map<String, Value>>()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    /// Of two routes that one address fits, a thing may be called like the other's word.
    #[test]
    fn an_address_belongs_to_one_route() {
        let shape = |path: &str| -> Vec<String> {
            path.split('/')
                .map(|part| if part.starts_with('{') { "{}".to_owned() } else { part.to_owned() })
                .collect()
        };
        let paths: BTreeSet<Vec<String>> = routes().iter().map(|route| shape(route.path)).collect();
        for path in &paths {
            let fits = |other: &&Vec<String>| {
                other.len() == path.len()
                    && other.iter().zip(path).all(|(one, own)| one == own || one == "{}" || own == "{}")
            };
            assert_eq!(paths.iter().filter(fits).count(), 1, "{path:?}");
        }
    }
}
