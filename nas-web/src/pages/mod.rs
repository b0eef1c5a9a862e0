//! Owns the pages, one folder per capability: handlers, views and templates together.

pub mod account;
pub mod api;
pub mod audit;
pub mod clients;
pub mod dashboard;
pub mod disks;
pub mod exports;
pub mod groups;
pub mod help;
pub mod language;
pub mod login;
pub mod news;
pub mod nodes;
pub mod performance;
pub mod recovery;
pub mod sessions;
pub mod settings;
pub mod setup;
pub mod tasks;
pub mod users;
pub mod volumes;

use crate::route::PageRoute;

pub fn routes() -> Vec<PageRoute> {
    let parts = [
        dashboard::routes(),
        volumes::routes(),
        exports::routes(),
        nodes::routes(),
        disks::routes(),
        clients::routes(),
        performance::routes(),
        tasks::routes(),
        users::routes(),
        groups::routes(),
        sessions::routes(),
        account::routes(),
        audit::routes(),
        settings::routes(),
        help::routes(),
        api::routes(),
        setup::routes(),
        login::routes(),
        language::routes(),
        recovery::routes(),
        news::routes(),
    ];
    parts.into_iter().flatten().collect()
}
