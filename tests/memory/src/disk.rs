//! Disks.

use crate::Memory;
use nasd_api::{ApiError, Call, DiskInfo, DiskState, List, ListDisks, Serve};

impl Serve<ListDisks> for Memory {
    async fn serve(&self, call: Call<ListDisks>) -> Result<List<DiskInfo>, ApiError> {
        let items = self.act(|_| {
            Ok(vec![DiskInfo {
                node: 1,
                node_name: "stor-a".into(),
                path: "/var/lib/gotgan/chunks".into(),
                state: DiskState::Working,
                problem: None,
                total_bytes: 1 << 40,
                occupied_bytes: 4096,
                available_bytes: (1 << 40) - 4096,
            }])
        })?;
        call.at.of(items)
    }
}
