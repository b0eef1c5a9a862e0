//! Pages of long lists, from the request of a browser to the whole page, with a cluster in memory behind
//! the socket: asking, describing, sorting, filtering and writing are in it, what a node has to look up is not.

#[path = "../tests/console/browser.rs"]
#[expect(dead_code, reason = "the tests need more of it")]
mod browser;

use browser::logged_in;
use criterion::{Criterion, criterion_group, criterion_main};
use memory_management::Memory;
use nasd_api::AlertState;
use nasd_base::alert::{AlertKind, Severity};
use tokio::runtime::Runtime;

/// What a page of a list may weigh.
const PAGE_BYTES_MAX: usize = 100_000;
const VOLUMES: usize = 4_000;
/// More than a cluster remembers, of each.
const MESSAGES: usize = 10_000;

/// As the console's links have them.
const OF_VOLUMES: &[(&str, &str)] = &[
    ("by name", "/volumes"),
    ("the fullest first", "/volumes?sort=full&descending=true"),
    ("of those that a filter leaves", "/volumes?filter=xxx&sort=health"),
    ("behind a filter that leaves none", "/volumes?only=troubled"),
];
const OF_MESSAGES: &[(&str, &str)] = &[
    ("the dashboard", "/"),
    ("open alerts", "/alerts"),
    ("past alerts", "/past-alerts"),
    ("past alerts by kind, of those that a filter leaves", "/past-alerts?sort=kind&filter=stor"),
    ("deliveries", "/deliveries"),
    ("deliveries by channel", "/deliveries?sort=channel"),
];

fn volumes(memory: &Memory) {
    (0..VOLUMES).for_each(|number| memory.add_volume(&format!("{number:05}-{}", "x".repeat(57))));
}

/// As many alerts that are open, that are over, and deliveries.
fn messages(memory: &Memory) {
    for number in 0..2 * MESSAGES {
        let kind = AlertKind::ALL[number % AlertKind::ALL.len()];
        let id = memory.add_alert(kind, Severity::Warning, (number as u64, &format!("stor-{number}")));
        if number % 2 == 0 {
            memory.change_alert(id, |alert| alert.state = AlertState::Ended);
            memory.add_test(&format!("channel-{}", number % 64));
        }
    }
}

fn measure(criterion: &mut Criterion, group: &str, fill: impl Fn(&Memory), pages: &[(&str, &str)]) {
    let runtime = Runtime::new().expect("a runtime");
    let memory = Memory::in_cluster();
    fill(&memory);
    let mut browser = runtime.block_on(logged_in(memory, "administrator"));
    let mut benches = criterion.benchmark_group(group);
    benches.sample_size(20);
    for (name, path) in pages {
        benches.bench_function(*name, |bencher| {
            bencher.iter(|| {
                let page = runtime.block_on(browser.get(path));
                assert!(page.status.is_success() && page.text.len() < PAGE_BYTES_MAX, "{}", page.text);
                page.text.len()
            });
        });
    }
}

fn pages(criterion: &mut Criterion) {
    measure(criterion, "4,000 volumes", volumes, OF_VOLUMES);
    measure(criterion, "10,000 alerts and deliveries", messages, OF_MESSAGES);
}

criterion_group!(benches, pages);
criterion_main!(benches);
