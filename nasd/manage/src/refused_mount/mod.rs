//! Lists whom the export rules refused, on all nodes.

pub mod told;

use told::all;

use crate::Manager;
use nasd_api::{ApiError, Call, List, ListRefusedMounts, RefusedMount, Serve};

impl Serve<ListRefusedMounts> for Manager {
    async fn serve(&self, call: Call<ListRefusedMounts>) -> Result<List<RefusedMount>, ApiError> {
        let (observed, reports) = self.reports().await?;
        call.at.of(all(&observed, &reports))
    }
}
