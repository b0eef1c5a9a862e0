//! Owns the cluster's part of a bundle: what anybody can be shown through the management interface, which has no
//! secrets, as the interface says it.

use super::archive::File;
use super::censor::censored;
use crate::Manager;
use nasd_api::{
    ApiError, AuditAt, Call, Caller, ListAlerts, ListApiTokens, ListChannels, ListClients, ListDeliveries,
    ListDiagnoses, ListDisks, ListEvents, ListExports, ListGroups, ListNodes, ListPastAlerts,
    ListRefusedMounts, ListSilences, ListSnmpCommunities, ListSnmpUsers, ListSnmpViews, ListTasks, ListUsers,
    ListVolumes, Nothing, Operation, Page, PerformanceAt, Range, ReadAudit, ReadCluster, ReadCounters,
    ReadPerformance, ReadSettings, ReadSnmp, RefusedMountsAt, Serve, Tagged,
};
use serde::Serialize;
use serde_json::json;

/// The newest records of the audit log.
const RECORDS: u32 = 300;

impl Manager {
    pub(super) async fn of_cluster(&self, caller: &Caller) -> Vec<File> {
        let mut files = Vec::new();
        macro_rules! put {
            ($($name:literal: $operation:ty, $at:expr;)*) => {
                $(files.push(file($name, &self.said::<$operation>(caller, $at).await));)*
            };
        }
        put! {
            "cluster": ReadCluster, Nothing;
            "counters": ReadCounters, Nothing;
            "performance": ReadPerformance, PerformanceAt::of_all(Range::Hour);
            "nodes": ListNodes, Page::default();
            "disks": ListDisks, Page::default();
            "volumes": ListVolumes, Page::default();
            "exports": ListExports, Page::default();
            "clients": ListClients, Page::default();
            "refused-mounts": ListRefusedMounts, RefusedMountsAt::default();
            "tasks": ListTasks, Page::default();
            "events": ListEvents, Page::default();
            "diagnoses": ListDiagnoses, Page::default();
            "alerts": ListAlerts, Page::default();
            "past-alerts": ListPastAlerts, Page::default();
            "silences": ListSilences, Page::default();
            "channels": ListChannels, Page::default();
            "deliveries": ListDeliveries, Page::default();
            "users": ListUsers, Page::default();
            "groups": ListGroups, Page::default();
            "api-tokens": ListApiTokens, Page::default();
            "snmp-users": ListSnmpUsers, Page::default();
            "snmp-communities": ListSnmpCommunities, Page::default();
            "snmp-views": ListSnmpViews, Page::default();
            "audit": ReadAudit, AuditAt { limit: Some(RECORDS), ..AuditAt::default() };
        }
        let settings = self.said::<ReadSettings>(caller, Nothing).await.map(|Tagged(settings)| settings);
        files.push(file("settings", &settings));
        let snmp = self.said::<ReadSnmp>(caller, Nothing).await.map(|Tagged(snmp)| snmp);
        files.push(file("snmp", &snmp));
        files
    }

    async fn said<O: Operation<Body = Nothing>>(
        &self,
        caller: &Caller,
        at: O::At,
    ) -> Result<O::Reply, ApiError>
    where
        Manager: Serve<O>,
    {
        let call = Call { caller: caller.clone(), op: None, at, body: Nothing, etag: None };
        Serve::<O>::serve(self, call).await
    }
}

/// Why it is not known, where it is not.
fn file(name: &str, said: &Result<impl Serialize, ApiError>) -> File {
    let value = match said {
        Ok(said) => serde_json::to_value(said).unwrap_or_default(),
        Err(error) => json!({ "not_available": error.message }),
    };
    let text = serde_json::to_vec_pretty(&censored(value)).unwrap_or_default();
    File::new(&format!("cluster/{name}.json"), text)
}
