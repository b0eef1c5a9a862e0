//! Owns `nasctl counters`: what the node counted since it started.

use crate::asked::Asked;
use crate::failure::Failure;
use crate::output;
use crate::reach::Node;
use crate::table::columns;
use clap::Args;
use nasd_api::{Counters, Nothing, ReadCounters};

/// Show what the node counted since it started
#[derive(Debug, Args)]
pub struct CountersArgs {}

impl Asked for CountersArgs {
    async fn run(self, at: &Node, json: bool) -> Result<(), Failure> {
        output::reply(json, &at.client().await?.ask::<ReadCounters>(Nothing).await?, table)
    }
}

fn table(counters: &Counters) -> String {
    let known = [
        ("log_flushes", counters.log_flushes),
        ("log_records", counters.log_records),
        ("log_bytes", counters.log_bytes),
        ("entries", counters.entries),
        ("changes", counters.changes),
        ("transactions", counters.transactions),
    ];
    let more = counters.more.iter().map(|(name, count)| (name.as_str(), *count));
    let all = known.into_iter().chain(more);
    columns(&["COUNTER", "SINCE START"], all, "", |(name, count)| [name.to_owned(), count.to_string()])
}
