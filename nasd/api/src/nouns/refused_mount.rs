//! Owns what is said about clients that the export rules refused.

use super::client::canonical;
use crate::List;
use crate::access::Access;
use crate::described::{Cursor, ListPageSize};
use crate::operation::{Shape, operations};
use crate::paging::{Cell, Column, Listed, Page, newest, number};
use nasd_base::role::Right;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Which rule refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RefusingRule {
    /// What was asked for is no export.
    NoExport,
    /// No rule of the export names the client.
    NoRule,
    /// The client's rule takes only ports below 1024, and it called from another.
    Port,
    /// The client's rule lets it only read, and it wanted to change something.
    ReadOnly,
    #[serde(other)]
    Unknown,
}

/// One client that was refused one thing by one rule, as one node remembers it: for a day, and not beyond its restart.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RefusedMount {
    /// The node that refused.
    pub node: u64,
    pub node_name: String,
    /// The client's address.
    pub client: String,
    /// The export's path; with `no_export` the beginning of what was asked for last.
    pub path: String,
    /// The volume that is exported there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub volume: Option<String>,
    pub rule: RefusingRule,
    /// Whom the rule names that refused, where one did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub network: Option<String>,
    /// The user that asked last, as the client said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<u32>,
    /// Seconds since 1970-01-01 UTC.
    pub first_at: i64,
    pub last_at: i64,
    /// How often.
    pub times: u64,
}

/// Which refusals are asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RefusedMountsAt {
    /// So many, at most.
    #[serde(default)]
    #[schemars(with = "ListPageSize")]
    pub limit: Option<usize>,
    /// What comes behind this place.
    #[serde(default)]
    #[schemars(with = "Cursor")]
    pub after: Option<String>,
    /// Of the export with this path.
    #[serde(default)]
    #[schemars(with = "String")]
    pub export: Option<String>,
    /// Of this volume's exports.
    #[serde(default)]
    #[schemars(with = "String")]
    pub volume: Option<String>,
    /// Of the client with this address.
    #[serde(default)]
    #[schemars(with = "String")]
    pub client: Option<String>,
}

impl RefusedMountsAt {
    /// The page of `items` that is asked for.
    ///
    /// # Errors
    /// `InvalidRequest` for a size that no page has.
    pub fn of(self, mut items: Vec<RefusedMount>) -> Result<List<RefusedMount>, crate::ApiError> {
        items.retain(|item| self.asks_for(item));
        self.limit.map_or_else(Page::default, Page::first).behind(self.after).of(items)
    }

    fn asks_for(&self, item: &RefusedMount) -> bool {
        self.export.as_ref().is_none_or(|path| item.path == *path && item.rule != RefusingRule::NoExport)
            && self.volume.as_ref().is_none_or(|volume| item.volume.as_ref() == Some(volume))
            && self.client.as_ref().is_none_or(|client| canonical(client) == canonical(&item.client))
    }
}

operations! {
    /// Whom the export rules refused within a day, on any node that answers, the latest first.
    ListRefusedMounts(RefusedMountsAt) -> List<RefusedMount> =
        Shape::get("/refused-mounts", Access::Needs(Right::ReadStatus), "Whom the export rules refused of late").korean("최근 내보내기 규칙이 거부한 접근");
}

impl Listed for RefusedMount {
    const COLUMNS: &'static [Column<RefusedMount>] = &[
        ("client", |refused| Cell::text(&refused.client)),
        ("path", |refused| Cell::text(&refused.path)),
        ("volume", |refused| Cell::text(refused.volume.as_deref().unwrap_or_default())),
        ("rule", |refused| Cell::word(refused.rule, refused.rule as u64)),
        ("node", |refused| Cell::text(&refused.node_name)),
        ("times", |refused| Cell::number(refused.times)),
        ("first", |refused| Cell::time(refused.first_at)),
        ("last", |refused| Cell::time(refused.last_at)),
    ];

    fn place(&self) -> String {
        let RefusedMount { client, rule, network, path, .. } = self;
        let network = network.as_deref().unwrap_or("");
        let last = newest(u64::try_from(self.last_at).unwrap_or(0));
        format!("{last} {} {client} {rule:?} {network} {path}", number(self.node))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(client: &str, path: &str, volume: Option<&str>, last_at: i64) -> RefusedMount {
        RefusedMount {
            node: 1,
            node_name: "a".into(),
            client: client.into(),
            path: path.into(),
            volume: volume.map(str::to_owned),
            rule: if volume.is_some() { RefusingRule::NoRule } else { RefusingRule::NoExport },
            network: None,
            user: None,
            first_at: 1,
            last_at,
            times: 1,
        }
    }

    #[test]
    fn refusals_are_found_by_export_volume_and_client_the_latest_first() {
        let all = vec![
            refused("192.0.2.1", "/a", Some("demo"), 5),
            refused("192.0.2.1", "/b", Some("demo"), 7),
            refused("2001:db8::1", "/a", Some("demo"), 6),
            refused("192.0.2.2", "/a", None, 9),
        ];
        let found = |at: RefusedMountsAt| -> Vec<i64> {
            at.of(all.clone()).unwrap().items.iter().map(|item| item.last_at).collect()
        };
        let some = |text: &str| Some(text.to_owned());
        let at = RefusedMountsAt::default;
        assert_eq!(found(at()), [9, 7, 6, 5]);
        assert_eq!(found(RefusedMountsAt { limit: Some(2), ..at() }), [9, 7]);
        assert_eq!(found(RefusedMountsAt { export: some("/a"), ..at() }), [6, 5]);
        assert_eq!(found(RefusedMountsAt { volume: some("demo"), ..at() }), [7, 6, 5]);
        assert_eq!(found(RefusedMountsAt { client: some("2001:DB8:0::1"), ..at() }), [6]);
        assert_eq!(found(RefusedMountsAt { client: some("::ffff:192.0.2.1"), ..at() }), [7, 5]);
        assert!(found(RefusedMountsAt { client: some("x"), ..at() }).is_empty());
        assert!(RefusedMountsAt { limit: Some(0), ..at() }.of(vec![]).is_err());
    }
}
