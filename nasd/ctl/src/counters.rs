//! Owns `nasctl counters`: what the node counted since it started.

use crate::failure::Failure;
use crate::output;
use crate::table::Table;
use nasd_api::{Client, Counters, Nothing, ReadCounters};

pub async fn run(node: &Client, json: bool) -> Result<(), Failure> {
    output::reply(json, &node.ask::<ReadCounters>(Nothing).await?, table)
}

fn table(counters: &Counters) -> String {
    let mut table = Table::new(&["COUNTER", "SINCE START"]);
    let known = [
        ("log_flushes", counters.log_flushes),
        ("log_records", counters.log_records),
        ("log_bytes", counters.log_bytes),
        ("entries", counters.entries),
        ("changes", counters.changes),
        ("transactions", counters.transactions),
    ];
    let more = counters.more.iter().map(|(name, count)| (name.as_str(), *count));
    for (name, count) in known.into_iter().chain(more) {
        table.row([name.to_owned(), count.to_string()]);
    }
    table.or("")
}
