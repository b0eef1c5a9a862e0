//! Random histories against a file system in plain maps: the same answers, names, attributes, bytes and locks.
//!
//! A history is made of steps, which say what to do to which of the things there are (`step`); each becomes a
//! `Change`, which the machine and the oracle (`plain`) both carry out, and `pair` compares them. A history that
//! ends differently is made as short as it can be and told in words (`story`).

#[path = "../common/mod.rs"]
mod common;
mod compare;
mod data;
mod locks;
mod pair;
mod plain;
mod rename;
mod step;
mod story;

use pair::Pair;
use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestError, TestRng, TestRunner};
use step::{Doing, any_history};
use story::{caught, shortest};

/// Histories, unless [`SEQUENCES_VARIABLE`] says otherwise.
const SEQUENCES: u32 = 200;
/// Set it to 10000, and [`STEPS_VARIABLE`] to 200, for a night's run.
const SEQUENCES_VARIABLE: &str = "GOTGAN_ORACLE_SEQUENCES";
/// Steps of each.
const STEPS: u32 = 60;
const STEPS_VARIABLE: &str = "GOTGAN_ORACLE_STEPS";
/// Everything is compared after so many steps, and at the end.
const COMPARED_EVERY: usize = 8;

fn number(variable: &str, default: u32) -> u32 {
    let given = std::env::var(variable).ok();
    given.map_or(default, |given| {
        given.parse().unwrap_or_else(|_| panic!("{variable} is not a number: {given}"))
    })
}

/// Carries out a history; an error is its story up to where the two came apart.
fn tell(history: &[Doing]) -> Result<Vec<String>, String> {
    let mut pair = Pair::new();
    let outcome = caught(|| {
        for (number, doing) in history.iter().enumerate() {
            pair.step(doing);
            if number % COMPARED_EVERY == COMPARED_EVERY - 1 {
                pair.compare();
            }
        }
        pair.compare();
    });
    match outcome {
        Ok(()) => Ok(pair.story),
        Err(why) => Err(format!("{}\n  {why}", pair.story.join("\n"))),
    }
}

fn config(sequences: u32) -> Config {
    Config { cases: sequences, failure_persistence: None, max_shrink_iters: 0, ..Config::default() }
}

/// The shortest history for which `holds` does not, if one of those that the runner comes upon is such.
fn search(mut runner: TestRunner, steps: u32, holds: impl Fn(&[Doing]) -> bool) -> Option<Vec<Doing>> {
    let found = runner.run(&any_history(steps as usize), |history| match holds(&history) {
        true => Ok(()),
        false => Err(TestCaseError::fail("it does not hold")),
    });
    match found {
        Ok(()) => None,
        Err(TestError::Fail(_, history)) => Some(shortest(history, |history| !holds(history))),
        Err(error) => panic!("{error}"),
    }
}

#[test]
fn a_history_has_the_outcome_that_plain_maps_have() {
    let (sequences, steps) = (number(SEQUENCES_VARIABLE, SEQUENCES), number(STEPS_VARIABLE, STEPS));
    let runner = TestRunner::new(config(sequences));
    if let Some(history) = search(runner, steps, |history| tell(history).is_ok()) {
        let story = tell(&history).expect_err("it failed a moment ago");
        panic!("the shortest of its kind:\n{story}\n\nto repeat it: tell(&{history:?})");
    }
    println!("{sequences} histories of {steps} steps");
}

/// What somebody reads who has broken something: not two hundred steps, but those that matter. The histories are the
/// same every time, because there is no proof of the shortest: a random one kept fourteen steps of two hundred before
/// two were taken away at once, and of eighty since then one kept nine.
#[test]
fn a_failure_is_told_in_as_few_steps_as_it_takes() {
    let exchanged = |line: &String| line.contains("exchange") && line.ends_with("done");
    let always_the_same = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let runner = TestRunner::new_with_rng(config(10_000), always_the_same);
    let history = search(runner, 200, |history| !tell(history).expect("no failure").iter().any(exchanged));
    let story = tell(&history.expect("somewhere two names are exchanged")).expect("no failure");
    // Two names and their exchange; perhaps directories that they are in and who may write to them, and what gave a
    // name its number: nothing is left out that another step counts by.
    assert!(story.len() <= 8, "{}", story.join("\n"));
    assert!(story[0].contains("create") && exchanged(&story[story.len() - 1]), "{}", story.join("\n"));
}
