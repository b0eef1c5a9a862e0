//! Machines that were just installed become a cluster, and one dies in the middle of it.

use super::looks;
use crate::browser::Browser;
use crate::failed::{Done, hold};
use crate::machine::Machine;
use crate::site::{ADMIN, PASSWORD, Site};
use nasd_api::refusal::Language;
use std::time::Duration;
use tokio::time::{Instant, sleep};

/// How long a node that was started again may take to serve its console.
const PATIENCE: Duration = Duration::from_secs(30);
const ASK_EVERY: Duration = Duration::from_millis(500);
/// The place of the node that dies while its console is used.
const DYING: usize = 2;

pub async fn run(site: &Site) -> Done {
    let (first, second) = (Machine::start(&site.dir, "first")?, Machine::start(&site.dir, "second")?);
    let [scripted, plain] = site.browsers();
    scripted.read_in(Language::Korean).await?;
    let outcome = founded_and_joined(site, plain, scripted, first, second).await;
    site.use_first_console();
    for browser in site.browsers() {
        browser.forget().await?;
    }
    outcome
}

async fn founded_and_joined(
    site: &Site,
    founder: &Browser,
    joiner: &Browser,
    mut first: Machine,
    second: Machine,
) -> Done {
    founder.forget().await?;
    founder.use_console(&first.url);
    founder.open(&first.setup_link).await?;
    founder.fill("cluster", "shop").await?;
    first.node.kill();
    type_administrator(founder).await?;
    founder.expect("What you typed is still here").await?;
    let status = founder.status().await?;
    hold(status == 503, format!("a wizard without its node answers {status}"))?;
    let kept = (founder.value("#cluster").await?, founder.value("#name").await?);
    hold(kept == ("shop".to_owned(), ADMIN.to_owned()), format!("the form has {kept:?} now"))?;
    first.node.start_again();
    type_administrator(founder).await?;
    founder.expect("Where your data lives").await?;

    // The wizard is over: the link is good for nothing more.
    founder.open(&first.setup_link).await?;
    hold(!founder.has("main [name='cluster']").await?, "the setup link works twice")?;
    founder.open("/nodes/-add").await?;
    founder.submit().await?;
    founder.expect("nasctl cluster join").await?;
    let token = founder.read("main code.breaks").await?;

    joiner.use_console(&second.url);
    joiner.forget().await?;
    joiner.open(&second.setup_link).await?;
    let complaints = looks::of_shown(site, joiner, "open-wizard").await?;
    joiner.look_plain().await?;
    hold(complaints.is_empty(), complaints)?;
    join(joiner, "gotgan1-nonsense@127.0.0.1:1").await?;
    joiner.expect_word("What you typed is still here", "입력한 내용은 그대로입니다").await?;
    join(joiner, &token).await?;
    joiner.expect_word("Log in", "로그인").await?;
    founder.open("/nodes").await?;
    founder.expect_reloading(&["second"]).await
}

async fn type_administrator(browser: &Browser) -> Done {
    browser.fill("name", ADMIN).await?;
    browser.fill("password", PASSWORD).await?;
    browser.fill("again", PASSWORD).await?;
    browser.submit().await
}

async fn join(browser: &Browser, token: &str) -> Done {
    browser.fill("token", token).await?;
    browser.click_on("main form:has([name='token']) button").await
}

pub async fn silent_node(site: &Site) -> Done {
    for browser in site.browsers() {
        browser.use_console(&site.console(DYING));
        site.log_in(browser, ADMIN).await?;
        browser.open("/volumes/-new").await?;
        browser.fill("name", "patient").await?;
    }
    site.cluster.pause_supervisor();
    let outcome = sent_to_nobody(site).await;
    site.cluster.resume_supervisor();
    super::failure::all_well(site).await?;
    outcome?;
    for browser in site.browsers() {
        wait_for_form(browser).await?;
        let kept = browser.value("#name").await?;
        hold(kept == "patient", format!("the form has {kept:?} now"))?;
    }
    site.scripted.submit().await?;
    site.scripted.expect("patient").await?;
    hold(site.volumes_called("patient").await? == 1, "the form was not carried out")?;
    site.use_first_console();
    Ok(())
}

/// The other nodes may know that all is well before the one that was dead serves its console.
async fn wait_for_form(browser: &Browser) -> Done {
    let patience = Instant::now() + PATIENCE;
    while !browser.has("main #name").await? {
        hold(Instant::now() < patience, "the form did not come back")?;
        browser.click("Show my form").await?;
        sleep(ASK_EVERY).await;
    }
    Ok(())
}

async fn sent_to_nobody(site: &Site) -> Done {
    site.cluster.kill_restarted_node(site.cluster.ready.nodes[DYING].id);
    for browser in site.browsers() {
        browser.submit().await?;
        browser.expect("what you typed is kept on this page").await?;
    }
    Ok(())
}
