//! Owns the section of refusals that a page of an export, a volume or a client has.

use super::words::{self, Words};
use crate::page::Member;
use nasd_api::{ListRefusedMounts, RefusedMount, RefusedMountsAt, RefusingRule, percent_encoded};
use nasd_base::role::Right;

/// Rows of a section; a page of their own has all.
const ROWS: usize = 10;

/// The latest refusals of something.
pub struct Section {
    /// `None`: nobody knows.
    pub rows: Option<Vec<Row>>,
    pub more: bool,
}

/// One refusal, in words.
pub struct Row {
    pub client: String,
    pub path: String,
    pub why: String,
    pub user: Option<String>,
    pub last: String,
    pub times: u64,
    pub node: String,
    /// Where the rules can be changed.
    pub edit: Option<String>,
    /// A new row would let the client in; else one that names it is to be changed.
    pub lets_in: bool,
}

impl Section {
    /// A page without it is better than none.
    pub async fn of(member: &Member, at: RefusedMountsAt) -> Section {
        let at = RefusedMountsAt { limit: Some(ROWS), ..at };
        let Ok(list) = member.client.ask::<ListRefusedMounts>(at).await else {
            return Section { rows: None, more: false };
        };
        let rows = list.items.into_iter().map(|one| Row::of(member, one)).collect();
        Section { rows: Some(rows), more: list.next.is_some() }
    }
}

impl Row {
    pub fn of(member: &Member, one: RefusedMount) -> Row {
        let w = words::of(member.language());
        let is_export = one.rule != RefusingRule::NoExport;
        let lets_in = one.rule == RefusingRule::NoRule;
        let edit = (is_export && member.may(Right::ChangeExports)).then(|| edit(&one, lets_in));
        Row {
            why: why(&one, w, member.words().health_unknown),
            user: one.user.map(|user| w.user.of(user)),
            last: member.zone.minute(one.last_at),
            client: one.client,
            path: one.path,
            times: one.times,
            node: one.node_name,
            edit,
            lets_in,
        }
    }
}

/// With a row for the client where it has none.
fn edit(one: &RefusedMount, lets_in: bool) -> String {
    let path = percent_encoded(&one.path);
    let client = if lets_in { format!("&client={}", percent_encoded(&one.client)) } else { String::new() };
    format!("/exports/edit?path={path}{client}")
}

fn why(one: &RefusedMount, w: &Words, unknown: crate::page::Text) -> String {
    let network = one.network.as_deref().unwrap_or("–");
    match one.rule {
        RefusingRule::NoExport => w.no_export.to_string(),
        RefusingRule::NoRule => w.no_rule.to_string(),
        RefusingRule::Port => w.port.of(network),
        RefusingRule::ReadOnly => w.read_only.of(network),
        RefusingRule::Unknown => unknown.to_string(),
    }
}
