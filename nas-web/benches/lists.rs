//! Pages of a list of 4,000 volumes, from the request of a browser to the whole page, with a cluster in memory behind
//! the socket: asking, describing, sorting, filtering and writing are in it, what a node has to look up is not.

#[path = "../tests/console/browser.rs"]
#[expect(dead_code, reason = "the tests need more of it")]
mod browser;

use browser::{Browser, logged_in};
use criterion::{Criterion, criterion_group, criterion_main};
use memory_management::Memory;
use tokio::runtime::Runtime;

const VOLUMES: usize = 4_000;
/// As the console's links have them.
const PAGES: [(&str, &str); 4] = [
    ("by name", "/volumes"),
    ("the fullest first", "/volumes?sort=full&descending=true"),
    ("of those that a filter leaves", "/volumes?filter=xxx&sort=health"),
    ("behind a filter that leaves none", "/volumes?only=troubled"),
];

async fn with_volumes() -> Browser {
    let memory = Memory::in_cluster();
    (0..VOLUMES).for_each(|number| memory.add_volume(&format!("{number:05}-{}", "x".repeat(57))));
    logged_in(memory, "administrator").await
}

fn pages(criterion: &mut Criterion) {
    let runtime = Runtime::new().expect("a runtime");
    let mut browser = runtime.block_on(with_volumes());
    let mut benches = criterion.benchmark_group("4,000 volumes");
    benches.sample_size(20);
    for (name, path) in PAGES {
        benches.bench_function(name, |bencher| {
            bencher.iter(|| {
                let page = runtime.block_on(browser.get(path));
                assert!(page.status.is_success(), "{}", page.text);
                page.text.len()
            });
        });
    }
}

criterion_group!(benches, pages);
criterion_main!(benches);
