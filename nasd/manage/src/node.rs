//! Lists the members of the cluster.

use crate::Manager;
use nasd_api::{ApiError, Call, List, ListNodes, NodeInfo, Serve};

impl Serve<ListNodes> for Manager {
    async fn serve(&self, call: Call<ListNodes>) -> Result<List<NodeInfo>, ApiError> {
        call.at.of(self.observe().await?.nodes())
    }
}
