//! Owns what the forms of users and communities have in common: what may be read, from where, and how it is asked for.

use super::words;
use crate::page::{Form, Member, Problems, Refused};
use nasd_api::{ListSnmpViews, Nothing, Page, ReadSnmp, SnmpSource, SnmpView};
use nasd_base::snmp::Oid;

/// Who and where a node is: a few lines that every agent has.
const SYSTEM: &str = "1.3.6.1.2.1.1";

/// What may be chosen, and whom to ask.
pub struct Choices {
    pub views: Vec<SnmpView>,
    host: String,
}

impl Choices {
    pub async fn read(member: &Member) -> Result<Choices, Refused> {
        let views = member.ask::<ListSnmpViews>(Page::default()).await?.items;
        let nodes = member.ask::<ReadSnmp>(Nothing).await?.nodes;
        let host = nodes.into_iter().next().map(|node| node.host).unwrap_or_default();
        Ok(Choices { views, host })
    }

    /// The line that asks the first node for something that the view shows; `how`: version and credentials.
    pub fn command(&self, how: &str, view: &str) -> String {
        let shown = self.views.iter().find(|one| one.name == view).map_or(&[][..], |view| &view.included);
        let system: Option<Oid> = SYSTEM.parse().ok();
        let holds_system = |oid: &Oid| system.as_ref().is_some_and(|system| oid.holds(system));
        let tree = match shown.iter().any(holds_system) {
            true => SYSTEM.to_owned(),
            false => shown.first().map_or(SYSTEM.to_owned(), Oid::to_string),
        };
        format!("snmpwalk {how} {} {tree}", self.host)
    }
}

/// As somebody types them.
pub fn typed(sources: &[SnmpSource]) -> String {
    sources.iter().map(SnmpSource::to_string).collect::<Vec<_>>().join(", ")
}

/// Where may be asked from; what cannot be read is a problem.
pub fn sources(member: &Member, form: &Form, problems: &mut Problems) -> Vec<SnmpSource> {
    let w = words::of(member.language());
    let texts = form.names("sources");
    problems.check(!texts.is_empty(), "sources", w.sources_missing);
    let read = |text: &String| {
        let source = text.parse();
        if source.is_err() {
            problems.add("sources", w.source_bad.of(text));
        }
        source.ok()
    };
    texts.iter().filter_map(read).collect()
}
