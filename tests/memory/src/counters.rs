//! Counters.

use crate::Memory;
use nasd_api::{ApiError, Call, Counters, ReadCounters, Serve};
use std::collections::BTreeMap;

impl Serve<ReadCounters> for Memory {
    async fn serve(&self, _: Call<ReadCounters>) -> Result<Counters, ApiError> {
        let more = BTreeMap::from([("fuse_requests".to_owned(), 7)]);
        self.act(|_| Ok(Counters { log_flushes: 10, log_records: 50, more, ..Counters::default() }))
    }
}
