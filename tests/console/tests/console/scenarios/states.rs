//! What every console says three seconds after something broke, in both languages, beside what is true: a table.

use super::failure::all_well;
use crate::browser::Browser;
use crate::failed::{Done, Failed, hold};
use crate::site::Site;
use nasd_api::refusal::Language;
use nasd_api::{ListVolumes, Sentence, verdict};
use std::time::Duration;
use tokio::time::{Instant, sleep, sleep_until};

const LOOKED_AFTER: Duration = Duration::from_secs(3);
/// A page of a node that hangs says so after two seconds.
const PAGE_TIME: Duration = Duration::from_secs(3);
/// A node that has started says so for this long instead of what it misses.
const STARTED_FOR: Duration = Duration::from_secs(5);
/// Nodes, by their places in the list.
const FIRST: usize = 0;
const LAST: usize = 2;

#[derive(Clone, Copy)]
enum Fault {
    Kill,
    Freeze,
    /// Killed, and started again by whoever watches over it.
    Restart,
}

/// What a console may say.
#[derive(Clone, Copy)]
enum Saying {
    Verdict(fn() -> Sentence),
    /// Its node's nasd does not run.
    Down,
    /// Its node's nasd does not answer.
    Frozen,
}

struct State {
    truth: &'static str,
    fault: Fault,
    nodes: Vec<usize>,
    /// Of the consoles of these nodes, and of the others.
    there: &'static [Saying],
    elsewhere: &'static [Saying],
}

const ONE_MORE: Saying = Saying::Verdict(verdict::one_more_failure);
const SAFE: Saying = Saying::Verdict(verdict::all_is_there);
const CHOOSING: Saying = Saying::Verdict(|| verdict::part_is_choosing(1));
const CLUSTER_CHOOSES: Saying = Saying::Verdict(verdict::cluster_is_choosing);
const STARTED: Saying = Saying::Verdict(|| verdict::just_started("node3"));
const ALONE: Saying = Saying::Verdict(|| verdict::cut_off("node1", 3));

fn states(leader: usize) -> Vec<State> {
    let state = |truth, fault, nodes, there, elsewhere| State { truth, fault, nodes, there, elsewhere };
    let others = vec![1, LAST];
    vec![
        state(
            "node3 is frozen",
            Fault::Freeze,
            vec![LAST],
            &[Saying::Frozen],
            &[ONE_MORE, CHOOSING, CLUSTER_CHOOSES],
        ),
        state(
            "node3 is dead",
            Fault::Kill,
            vec![LAST],
            &[Saying::Down],
            &[ONE_MORE, CHOOSING, CLUSTER_CHOOSES],
        ),
        state(
            "node3 restarts",
            Fault::Restart,
            vec![LAST],
            &[Saying::Down, STARTED, CHOOSING, CLUSTER_CHOOSES, ONE_MORE, SAFE],
            &[ONE_MORE, CHOOSING, CLUSTER_CHOOSES, SAFE],
        ),
        state(
            "the leader of the volume is dead, another is chosen",
            Fault::Kill,
            vec![leader],
            &[Saying::Down],
            &[CHOOSING, CLUSTER_CHOOSES, ONE_MORE],
        ),
        state("node1 hears from nobody", Fault::Freeze, others.clone(), &[Saying::Frozen], &[ALONE]),
        state("no majority: node2 and node3 are dead", Fault::Kill, others, &[Saying::Down], &[ALONE]),
    ]
}

impl Saying {
    fn words(self, language: Language) -> String {
        let (english, korean) = match self {
            Saying::Verdict(sentence) => return sentence().said(language),
            Saying::Down => {
                ("nasd is not running on this node.", "이 노드에서 nasd가 실행되고 있지 않습니다.")
            }
            Saying::Frozen => ("The node does not answer.", "노드가 응답하지 않습니다."),
        };
        match language {
            Language::English => english.to_owned(),
            Language::Korean => korean.to_owned(),
        }
    }
}

pub async fn run(site: &Site) -> Done {
    site.use_first_console();
    for (browser, language) in site.browsers().into_iter().zip([Language::English, Language::Korean]) {
        site.administers(browser, language).await?;
    }
    let mut outcome = Ok(());
    for number in 0..states(LAST).len() {
        // Who leads changes with every state.
        let state = states(leader(site).await?).swap_remove(number);
        if outcome.is_ok() {
            outcome = holds(site, &state).await;
        }
    }
    site.use_first_console();
    outcome
}

/// Where the demo volume's leader is.
async fn leader(site: &Site) -> Done<usize> {
    let volumes = site.root().all::<ListVolumes>().await?;
    let leader = volumes.into_iter().find(|volume| volume.name == "demo").and_then(|volume| volume.leader);
    let place = site.cluster.ready.nodes.iter().position(|node| Some(node.id) == leader);
    Ok(place.ok_or("the demo volume has no leader")?)
}

async fn holds(site: &Site, state: &State) -> Done {
    let ids = || state.nodes.iter().map(|place| site.cluster.ready.nodes[*place].id);
    println!("     {}:", state.truth);
    let broken = Instant::now();
    match state.fault {
        Fault::Freeze => ids().for_each(|id| site.cluster.freeze_node(id)),
        Fault::Restart => ids().for_each(|id| site.cluster.kill_restarted_node(id)),
        Fault::Kill => {
            site.cluster.pause_supervisor();
            ids().for_each(|id| site.cluster.kill_restarted_node(id));
        }
    }
    sleep_until(broken + LOOKED_AFTER).await;
    let outcome = all_say_so(site, state, broken).await;
    match state.fault {
        Fault::Freeze => ids().for_each(|id| site.cluster.thaw_node(id)),
        Fault::Restart => {}
        Fault::Kill => site.cluster.resume_supervisor(),
    }
    // Nobody has noticed yet that it was gone, perhaps.
    sleep(LOOKED_AFTER).await;
    let outcome = outcome.and(all_well(site).await);
    sleep(STARTED_FOR).await;
    outcome
}

async fn all_say_so(site: &Site, state: &State, broken: Instant) -> Done {
    let asked = broken.elapsed();
    let (english, korean) = tokio::join!(
        said(site, &site.scripted, state, Language::English),
        said(site, &site.plain, state, Language::Korean),
    );
    for (english, korean) in english?.into_iter().zip(korean?) {
        let (node, at) = (english.node, (asked + english.took).as_secs_f32());
        println!("     {at:4.1} s  console of node{node}: {}", english.words);
        println!("             {}", korean.words);
    }
    Ok(())
}

fn wrong(state: &State, node: usize, why: &str) -> Failed {
    Failed(format!("{}; the console of node{node}: {why}", state.truth))
}

/// What one console said.
struct Said {
    node: usize,
    took: Duration,
    words: String,
}

/// What all of them say that are asked at the same moment.
async fn said(site: &Site, browser: &Browser, state: &State, language: Language) -> Done<Vec<Said>> {
    let (first, places) = (browser.tab().await?, FIRST..=LAST);
    let consoles: Vec<String> = places.map(|place| format!("{}/", site.console(place))).collect();
    let mut all = Vec::new();
    for tab in browser.open_side_by_side(&consoles).await? {
        let (address, took) = browser.look_at(&tab).await?;
        let place = consoles.iter().position(|console| *console == address);
        let place = place.ok_or_else(|| format!("{address} is no console"))?;
        let may_say = if state.nodes.contains(&place) { state.there } else { state.elsewhere };
        let text = browser.text().await?;
        let words = may_say.iter().map(|saying| saying.words(language)).find(|words| text.contains(words));
        let words = words.ok_or_else(|| wrong(state, place + 1, &format!("it says:\n{text}")))?;
        hold(took < PAGE_TIME, wrong(state, place + 1, &format!("its page took {took:?}")).0)?;
        all.push(Said { node: place + 1, took, words });
    }
    browser.only_tab(&first).await?;
    all.sort_by_key(|said| said.node);
    Ok(all)
}
