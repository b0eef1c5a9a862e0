//! SNMP views.

use crate::{Memory, State, kept};
use nasd_api::*;

impl Serve<ListSnmpViews> for Memory {
    async fn serve(&self, call: Call<ListSnmpViews>) -> Result<List<SnmpView>, ApiError> {
        call.at.of(self.act(|state| Ok(state.all_snmp_views()))?)
    }
}

impl Serve<CreateSnmpView> for Memory {
    async fn serve(&self, call: Call<CreateSnmpView>) -> Result<SnmpView, ApiError> {
        self.acts(&call);
        let CreateSnmpView { name, included, excluded } = call.body;
        self.act(|state| {
            if state.snmp_view(&name).is_ok() {
                return Err(refusal::snmp_view_exists(&name));
            }
            let view =
                SnmpView { name: name.clone(), included, excluded, built_in: false, etag: "1".to_owned() };
            kept::add(&mut state.snmp_views, name, view)
        })
    }
}

impl Serve<ReadSnmpView> for Memory {
    async fn serve(&self, call: Call<ReadSnmpView>) -> Result<Tagged<SnmpView>, ApiError> {
        self.act(|state| state.snmp_view(&call.at.name)).map(Tagged)
    }
}

impl Serve<ChangeSnmpView> for Memory {
    async fn serve(&self, call: Call<ChangeSnmpView>) -> Result<Tagged<SnmpView>, ApiError> {
        let ChangeSnmpView { included, excluded } = call.body;
        self.act(|state| {
            state.own_snmp_view(&call.at.name)?;
            kept::change(&mut state.snmp_views, &call.at.name, call.etag, |view| {
                (view.included, view.excluded) = (included, excluded);
            })
        })
        .map(Tagged)
    }
}

impl Serve<DeleteSnmpView> for Memory {
    async fn serve(&self, call: Call<DeleteSnmpView>) -> Result<Nothing, ApiError> {
        self.act(|state| {
            state.own_snmp_view(&call.at.name)?;
            kept::delete(&mut state.snmp_views, &call.at.name)
        })
    }
}

fn built_in() -> Vec<SnmpView> {
    let view = |(name, tree): (&str, &str)| SnmpView {
        name: name.to_owned(),
        included: tree.parse().into_iter().collect(),
        excluded: Vec::new(),
        built_in: true,
        etag: "1".to_owned(),
    };
    [("all", "1.3.6.1"), ("system", "1.3.6.1.2.1.1")].into_iter().map(view).collect()
}

impl State {
    pub(crate) fn all_snmp_views(&self) -> Vec<SnmpView> {
        built_in().into_iter().chain(kept::list(&self.snmp_views)).collect()
    }

    pub(crate) fn snmp_view(&self, name: &str) -> Result<SnmpView, ApiError> {
        let found = self.all_snmp_views().into_iter().find(|view| view.name == name);
        found.ok_or_else(|| refusal::unknown_snmp_view(name))
    }

    /// Not one that is always there.
    fn own_snmp_view(&self, name: &str) -> Result<(), ApiError> {
        match built_in().iter().any(|view| view.name == name) {
            true => Err(refusal::snmp_view_built_in(name)),
            false => Ok(()),
        }
    }
}
