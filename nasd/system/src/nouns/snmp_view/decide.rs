//! What a command does to views: pure.

use super::rules::{check_room, check_snmp_name, check_trees};
use super::{
    SnmpView, SnmpViewCommand, SnmpViewEffect, SnmpViewError, VIEWS_MAX, built_in_views, snmp_view_tag,
};
use crate::noun::{At, Tag};
use crate::nouns::{Decide, Decision, SystemError, SystemView, done};
use crate::rules::{listed, shown};

impl Decide for SnmpViewCommand {
    fn decide(&self, view: &SystemView, _: &At<'_>) -> Decision {
        match self {
            SnmpViewCommand::Create(wanted) => create(view, wanted),
            SnmpViewCommand::Change(wanted) => {
                find(view, &wanted.name)?;
                check_trees(wanted)?;
                done([SnmpViewEffect::Is(wanted.clone())])
            }
            SnmpViewCommand::Delete { name } => delete(view, name),
        }
    }

    fn tag(&self, view: &SystemView) -> Result<Option<Tag>, SystemError> {
        match self {
            SnmpViewCommand::Create(_) => Ok(None),
            SnmpViewCommand::Change(SnmpView { name, .. }) | SnmpViewCommand::Delete { name } => {
                Ok(Some(snmp_view_tag(find(view, name)?)))
            }
        }
    }
}

fn is_built_in(name: &str) -> bool {
    built_in_views().iter().any(|view| view.name == name)
}

fn find<'a>(view: &'a SystemView, name: &str) -> Result<&'a SnmpView, SnmpViewError> {
    if is_built_in(name) {
        return Err(SnmpViewError::SnmpViewBuiltIn(shown(name)));
    }
    view.snmp_views.get(name).ok_or_else(|| SnmpViewError::UnknownSnmpView(shown(name)))
}

fn create(view: &SystemView, wanted: &SnmpView) -> Decision {
    check_snmp_name(&wanted.name)?;
    check_trees(wanted)?;
    if view.snmp_views.contains_key(&wanted.name) || is_built_in(&wanted.name) {
        return Err(SnmpViewError::SnmpViewExists(wanted.name.clone()).into());
    }
    check_room(view.snmp_views.len(), VIEWS_MAX, "SNMP views")?;
    done([SnmpViewEffect::Is(wanted.clone())])
}

fn delete(view: &SystemView, name: &str) -> Decision {
    find(view, name)?;
    let users = view.snmp_users.values().map(|user| (&user.name, &user.access));
    let communities = view.snmp_communities.values().map(|one| (&one.name, &one.access));
    let readers = users.chain(communities).filter(|(_, access)| access.view == name);
    let readers: Vec<&str> = readers.map(|(reader, _)| reader.as_str()).collect();
    if !readers.is_empty() {
        return Err(SnmpViewError::SnmpViewRead { view: shown(name), readers: listed(&readers) }.into());
    }
    done([SnmpViewEffect::Gone(name.to_owned())])
}
