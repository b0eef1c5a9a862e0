//! Carries out what is asked of SNMP views.

use crate::Manager;
use crate::refusal::{self, of_system};
use crate::tag::hex;
use nasd_api::{
    ApiError, Call, ChangeSnmpView, CreateSnmpView, DeleteSnmpView, List, ListSnmpViews, Nothing,
    ReadSnmpView, Serve, SnmpView, Tagged,
};
use nasd_system::{SnmpViewCommand, SystemView, built_in_views, check_snmp_name, snmp_view_tag};

impl Serve<ListSnmpViews> for Manager {
    async fn serve(&self, call: Call<ListSnmpViews>) -> Result<List<SnmpView>, ApiError> {
        call.at.of(all(&self.system().await?.view()))
    }
}

impl Serve<CreateSnmpView> for Manager {
    async fn serve(&self, call: Call<CreateSnmpView>) -> Result<SnmpView, ApiError> {
        let CreateSnmpView { name, included, excluded } = call.body.clone();
        // The state would remember the refusal for the idempotency key, and give it to a better request.
        check_snmp_name(&name).map_err(|error| of_system(&error.into()))?;
        let view = nasd_system::SnmpView { name: name.clone(), included, excluded };
        self.propose(&call, SnmpViewCommand::Create(view)).await?;
        self.found_snmp_view(&name).await
    }
}

impl Serve<ReadSnmpView> for Manager {
    async fn serve(&self, call: Call<ReadSnmpView>) -> Result<Tagged<SnmpView>, ApiError> {
        self.found_snmp_view(&call.at.name).await.map(Tagged)
    }
}

impl Serve<ChangeSnmpView> for Manager {
    async fn serve(&self, call: Call<ChangeSnmpView>) -> Result<Tagged<SnmpView>, ApiError> {
        let (name, ChangeSnmpView { included, excluded }) = (call.at.name.clone(), call.body.clone());
        let view = nasd_system::SnmpView { name: name.clone(), included, excluded };
        self.propose(&call, SnmpViewCommand::Change(view)).await?;
        self.found_snmp_view(&name).await.map(Tagged)
    }
}

impl Serve<DeleteSnmpView> for Manager {
    async fn serve(&self, call: Call<DeleteSnmpView>) -> Result<Nothing, ApiError> {
        self.carry_out(&call, SnmpViewCommand::Delete { name: call.at.name.clone() }).await
    }
}

impl Manager {
    async fn found_snmp_view(&self, name: &str) -> Result<SnmpView, ApiError> {
        let found = all(&self.system().await?.view()).into_iter().find(|view| view.name == name);
        found.ok_or_else(|| refusal::unknown_snmp_view(name))
    }
}

fn all(view: &SystemView) -> Vec<SnmpView> {
    let built_in = built_in_views();
    let built_in = built_in.iter().map(|view| described(view, true));
    built_in.chain(view.snmp_views.values().map(|view| described(view, false))).collect()
}

fn described(view: &nasd_system::SnmpView, built_in: bool) -> SnmpView {
    SnmpView {
        name: view.name.clone(),
        included: view.included.clone(),
        excluded: view.excluded.clone(),
        built_in,
        etag: hex(&snmp_view_tag(view)),
    }
}
