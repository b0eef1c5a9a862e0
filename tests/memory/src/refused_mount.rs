//! Whom the export rules refused.

use crate::Memory;
use crate::known::NOW;
use nasd_api::{ApiError, Call, List, ListRefusedMounts, RefusedMount, RefusingRule, Serve};

impl Serve<ListRefusedMounts> for Memory {
    async fn serve(&self, call: Call<ListRefusedMounts>) -> Result<List<RefusedMount>, ApiError> {
        call.at.of(self.act(|state| Ok(state.refused.clone()))?)
    }
}

impl Memory {
    /// A client asks for a path and is refused; each a second after the one before.
    pub fn refuse_mount(&self, client: &str, path: &str, volume: Option<&str>, rule: RefusingRule) {
        let mut state = self.state.lock().unwrap();
        let times = state.refused.len() as u64 + 1;
        let network =
            matches!(rule, RefusingRule::Port | RefusingRule::ReadOnly).then(|| "192.0.2.0/24".into());
        state.refused.push(RefusedMount {
            node: 1,
            node_name: "stor-a".into(),
            client: client.into(),
            path: path.into(),
            volume: volume.map(str::to_owned),
            rule,
            network,
            user: Some(1000),
            first_at: NOW - 3600,
            last_at: NOW + times as i64,
            times,
        });
    }
}
