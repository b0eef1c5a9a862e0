//! The web console as people meet it: Chromium, with its script and without, on a real cluster of three nodes.
//!
//! One cluster and two browsers serve all scenarios, one after another, because a cluster takes longer to come up than
//! most scenarios take. Each scenario is a sentence and leaves behind what the next ones may ignore. All of them run,
//! then the test fails with those that did. `GOTGAN_CONSOLE_ONLY=word` runs only those whose name has the word, after
//! the first, which makes the administrator.

mod axe;
mod browser;
mod driver;
mod failed;
mod machine;
mod scenarios;
mod site;
mod table;

use failed::Done;
use site::Site;
use std::future::Future;
use std::pin::Pin;

type Running<'a> = Pin<Box<dyn Future<Output = Done> + 'a>>;

/// A sentence, and what holds it.
struct Scenario {
    sentence: &'static str,
    run: for<'a> fn(&'a Site) -> Running<'a>,
}

#[test]
fn the_console_serves_people_with_and_without_its_script() {
    let work = tempfile::tempdir().expect("a directory");
    let only = std::env::var("GOTGAN_CONSOLE_ONLY").unwrap_or_default();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let failures = runtime.block_on(async {
        let site = Site::start(work.path()).await;
        let mut failures = Vec::new();
        for (number, Scenario { sentence, run }) in scenarios::all().into_iter().enumerate() {
            if number > 0 && !sentence.contains(&only) {
                continue;
            }
            let start = tokio::time::Instant::now();
            let outcome = match site.read_english().await {
                Ok(()) => run(&site).await,
                lost => lost,
            };
            let seconds = start.elapsed().as_secs_f32();
            println!("{} {seconds:5.1} s  {sentence}", if outcome.is_ok() { "ok  " } else { "FAIL" });
            if let Err(failed) = outcome {
                println!("{}", failed.0);
                failures.push(format!("{sentence}: {}", failed.0));
                site.look_after_failure(sentence).await;
            }
        }
        site.stop().await;
        failures
    });
    assert!(failures.is_empty(), "{} scenarios failed:\n\n{}", failures.len(), failures.join("\n\n"));
}
