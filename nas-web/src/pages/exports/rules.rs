//! Owns the rows of a form in which an administrator says who may mount an export.

use super::said::becomes;
use super::words::Words;
use crate::form::Form;
use crate::problems::Problems;
use nasd_api::ClientRule;
use nasd_base::export::{ANONYMOUS, Squash};
use std::net::IpAddr;

/// Rows that are read: a form holds no more anyway.
pub const ROWS_MAX: usize = 500;

/// The fields of a row.
const COLUMNS: [&str; 6] = ["network", "access", "squash", "uid", "gid", "ports"];

/// The choices of what becomes of a client's users.
const SQUASHES: [(&str, Squash); 3] = [("root", Squash::Root), ("all", Squash::All), ("none", Squash::None)];

/// The buttons that move a row; their value is its place.
pub const UP: &str = "up";
pub const DOWN: &str = "down";

/// One row as it was typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleRow {
    pub network: String,
    pub access: String,
    pub squash: String,
    pub ports: String,
    /// Kept though the form does not show them: `nasctl` sets them.
    pub uid: String,
    pub gid: String,
}

impl RuleRow {
    pub fn empty() -> RuleRow {
        RuleRow {
            network: String::new(),
            access: "rw".to_owned(),
            squash: "root".to_owned(),
            ports: "secure".to_owned(),
            uid: String::new(),
            gid: String::new(),
        }
    }

    /// As safe as a rule gets, for one machine.
    pub fn for_client(client: IpAddr) -> RuleRow {
        RuleRow { network: client.to_string(), ..RuleRow::empty() }
    }

    pub fn of(rule: &ClientRule) -> RuleRow {
        let kept = |id: u32| if id == ANONYMOUS { String::new() } else { id.to_string() };
        let chosen = SQUASHES.iter().find(|(_, squash)| *squash == rule.squash);
        RuleRow {
            network: rule.network.to_string(),
            access: if rule.read_only { "ro" } else { "rw" }.to_owned(),
            squash: chosen.map(|(value, _)| *value).unwrap_or_default().to_owned(),
            ports: if rule.insecure { "insecure" } else { "secure" }.to_owned(),
            uid: kept(rule.anonymous_uid),
            gid: kept(rule.anonymous_gid),
        }
    }

    /// What can become of the users of the client, with the value that chooses it.
    pub fn squashes(&self, w: &Words) -> [(&'static str, String); 3] {
        let (uid, gid) = (id(&self.uid).unwrap_or(ANONYMOUS), id(&self.gid).unwrap_or(ANONYMOUS));
        SQUASHES.map(|(value, squash)| (value, becomes(squash, uid, gid, w)))
    }

    pub fn read(&self) -> Option<ClientRule> {
        let chosen = SQUASHES.iter().find(|(value, _)| *value == self.squash);
        Some(ClientRule {
            network: self.network.parse().ok()?,
            read_only: self.access == "ro",
            squash: chosen.map(|(_, squash)| *squash).unwrap_or_default(),
            anonymous_uid: id(&self.uid)?,
            anonymous_gid: id(&self.gid)?,
            insecure: self.ports == "insecure",
        })
    }
}

fn id(text: &str) -> Option<u32> {
    if text.is_empty() { Some(ANONYMOUS) } else { text.parse().ok() }
}

/// Moves the row whose button was pressed past its neighbour; where it is now.
pub fn reorder(rows: &mut [RuleRow], form: &Form) -> Option<usize> {
    let at = |button| form.get(button).parse::<usize>().ok();
    let (from, to) = match (at(UP), at(DOWN)) {
        (Some(from), _) => (from, from.checked_sub(1)?),
        (None, Some(from)) => (from, from.checked_add(1)?),
        (None, None) => return None,
    };
    let both_are_there = from.max(to) < rows.len();
    both_are_there.then(|| {
        rows.swap(from, to);
        to
    })
}

/// The rows of the form, in its order.
pub fn rows(form: &Form) -> Vec<RuleRow> {
    let columns = COLUMNS.map(|name| form.all(name));
    let cell = |column: usize, row: usize| columns[column].get(row).copied().unwrap_or_default().to_owned();
    let count = columns[0].len().min(ROWS_MAX);
    let row = |at| RuleRow {
        network: cell(0, at),
        access: cell(1, at),
        squash: cell(2, at),
        uid: cell(3, at),
        gid: cell(4, at),
        ports: cell(5, at),
    };
    (0..count).map(row).collect()
}

/// Writes the rules into the form, a row for each.
pub fn write(rules: &[ClientRule], form: &mut Form) {
    for row in rules.iter().map(RuleRow::of) {
        let cells = [row.network, row.access, row.squash, row.uid, row.gid, row.ports];
        COLUMNS.into_iter().zip(cells).for_each(|(column, cell)| form.add(column, cell));
    }
}

/// The rules; rows without a network count as removed.
pub fn read(rows: &[RuleRow], w: &Words, problems: &mut Problems) -> Vec<ClientRule> {
    let mut rules = Vec::new();
    for (at, row) in rows.iter().enumerate().filter(|(_, row)| !row.network.is_empty()) {
        match row.read() {
            Some(rule) => rules.push(rule),
            None => problems.add(&format!("network-{at}"), w.network_wrong.to_string()),
        }
    }
    rules
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pages::exports::words;
    use crate::words::Language;

    #[test]
    fn rules_survive_the_form() {
        for text in [
            "192.0.2.0/24:ro:all_squash:insecure:anonuid=7",
            "2001:db8::/32:rw:no_root_squash",
            "192.0.2.7:rw:root_squash",
        ] {
            let rule: ClientRule = text.parse().unwrap();
            let mut problems = Problems::default();
            let mut form = Form::default();
            write(std::slice::from_ref(&rule), &mut form);
            let read = read(&rows(&form), words::of(Language::English), &mut problems);
            assert_eq!(read, [rule]);
            assert!(problems.is_empty());
        }
    }

    #[test]
    fn a_row_moves_past_its_neighbour_and_never_out() {
        for (pressed, order, to) in [
            ("up=1", "bac", Some(0)),
            ("up=2", "acb", Some(1)),
            ("down=0", "bac", Some(1)),
            ("down=1", "acb", Some(2)),
            ("up=0", "abc", None),
            ("down=2", "abc", None),
            ("up=3", "abc", None),
            ("down=18446744073709551615", "abc", None),
            ("up=-1", "abc", None),
            ("up=", "abc", None),
            ("", "abc", None),
        ] {
            let form = Form::parse(format!("network=a&network=b&network=c&{pressed}").as_bytes());
            let mut rows = rows(&form);
            assert_eq!(reorder(&mut rows, &form), to, "{pressed}");
            assert_eq!(rows.iter().map(|row| row.network.as_str()).collect::<String>(), order, "{pressed}");
        }
    }

    #[test]
    fn the_choices_of_a_row_name_whom_its_users_become() {
        let w = words::of(Language::English);
        let row = RuleRow::of(&"192.0.2.7:ro:all_squash:anonuid=1000:anongid=1000".parse().unwrap());
        let said = row.squashes(w).map(|(_, text)| text);
        assert_eq!(
            said,
            ["root becomes 1000:1000", "everybody becomes 1000:1000", "everybody stays, root too"]
        );
        assert_eq!(RuleRow::empty().squashes(w)[0].1, "root becomes nobody (65534)");
    }

    #[test]
    fn a_wrong_network_is_named_by_its_row_and_an_empty_row_is_none() {
        let form = Form::parse(b"network=&access=rw&squash=root&network=here&access=ro&squash=root");
        let mut problems = Problems::default();
        let rules = read(&rows(&form), words::of(Language::English), &mut problems);
        assert_eq!(rules, []);
        assert!(problems.of("network-1").is_some() && problems.of("network-0").is_none());
    }
}
