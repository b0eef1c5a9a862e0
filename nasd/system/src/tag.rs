//! What somebody saw before changing it: a hash of the parts that can be edited, compared where the change is
//! decided. Two who edit the same thing at once get one change and one refusal, whichever nodes they asked.

use super::accounts::{Group, User};
use super::command::SystemError;
use super::export::export_tag;
use super::rules::shown;
use super::settings::settings_tag;
use super::tables::Tables;
use super::view::SystemView;
use super::volume::{VolumeInfo, volume_tag};
use serde::{Deserialize, Serialize};

/// Sixteen bytes of a BLAKE3: enough that nobody meets another state with the same.
pub type Tag = [u8; 16];

/// Something that can be edited.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Resource {
    Volume(String),
    Export(String),
    User(String),
    Group(String),
    Settings,
}

/// The command is carried out only while the resource has this tag.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Condition {
    pub resource: Resource,
    pub tag: Tag,
}

/// Of what an administrator sets; logins do not change it.
pub fn user_tag(user: &User) -> Tag {
    hashed("user", &(&user.name, user.role, &user.owned, user.disabled))
}

pub fn group_tag(group: &Group) -> Tag {
    hashed("group", group)
}

pub fn hashed(kind: &str, content: &impl Serialize) -> Tag {
    let bytes = postcard::to_stdvec(&(kind, content)).expect("rows always encode");
    blake3::hash(&bytes).as_bytes()[..16].try_into().expect("half of it")
}

impl Tables {
    /// # Errors
    /// For what is not there (any more).
    pub fn tag(&self, resource: &Resource) -> Result<Tag, SystemError> {
        match resource {
            Resource::Volume(name) => {
                let volume = self.volume_named(name)?;
                Ok(volume_tag(volume, self.limits.get(&volume.id).copied().unwrap_or_default()))
            }
            Resource::Export(path) => {
                let export = self.exports.get(path).map(export_tag);
                export.ok_or_else(|| SystemError::UnknownExport(shown(path)))
            }
            Resource::User(name) => self.accounts.users.get(name).map(user_tag).ok_or(SystemError::Changed),
            Resource::Group(name) => {
                self.accounts.groups.get(name).map(group_tag).ok_or(SystemError::Changed)
            }
            Resource::Settings => Ok(settings_tag(&self.cluster_name, &self.accounts.session_limits)),
        }
    }
}

impl SystemView {
    /// The tag of a volume of this view.
    pub fn volume_tag(&self, volume: &VolumeInfo) -> Tag {
        volume_tag(volume, self.limits(volume.id))
    }
}
