//! Users of SNMPv3.

use crate::{Memory, kept};
use nasd_api::*;

impl Serve<ListSnmpUsers> for Memory {
    async fn serve(&self, call: Call<ListSnmpUsers>) -> Result<List<SnmpUser>, ApiError> {
        call.at.of(self.act(|state| Ok(kept::list(&state.snmp_users)))?)
    }
}

impl Serve<CreateSnmpUser> for Memory {
    async fn serve(&self, call: Call<CreateSnmpUser>) -> Result<SnmpUser, ApiError> {
        self.acts(&call);
        let CreateSnmpUser { name, passphrases: SnmpPassphrases { auth, privacy, .. }, view, sources } =
            call.body;
        self.act(|state| {
            state.snmp_view(&view)?;
            let (unknown_at, etag) = (Vec::new(), "1".to_owned());
            let user = SnmpUser { name: name.clone(), auth, privacy, view, sources, unknown_at, etag };
            kept::add(&mut state.snmp_users, name, user)
        })
    }
}

impl Serve<ReadSnmpUser> for Memory {
    async fn serve(&self, call: Call<ReadSnmpUser>) -> Result<Tagged<SnmpUser>, ApiError> {
        self.act(|state| kept::find(&state.snmp_users, &call.at.name)).map(Tagged)
    }
}

impl Serve<ChangeSnmpUser> for Memory {
    async fn serve(&self, call: Call<ChangeSnmpUser>) -> Result<Tagged<SnmpUser>, ApiError> {
        let ChangeSnmpUser { passphrases, view, sources } = call.body;
        self.act(|state| {
            state.snmp_view(&view)?;
            kept::change(&mut state.snmp_users, &call.at.name, call.etag, |user| {
                (user.view, user.sources) = (view, sources);
                if let Some(SnmpPassphrases { auth, privacy, .. }) = passphrases {
                    (user.auth, user.privacy) = (auth, privacy);
                }
            })
        })
        .map(Tagged)
    }
}

impl Serve<DeleteSnmpUser> for Memory {
    async fn serve(&self, call: Call<DeleteSnmpUser>) -> Result<Nothing, ApiError> {
        self.act(|state| kept::delete(&mut state.snmp_users, &call.at.name))
    }
}
