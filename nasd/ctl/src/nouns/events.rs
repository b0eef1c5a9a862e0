//! Owns `nasctl events`: what happened, and what happens.

use crate::asked::Asked;
use crate::failure::Failure;
use crate::output::{self, Reader};
use crate::reach::Node;
use crate::table::visible;
use crate::{language, when};
use clap::Args;
use nasd_api::{Client, Event, ListEvents};
use std::time::Duration;

/// Before a stream that ended is asked for again.
const PAUSE: Duration = Duration::from_secs(1);

/// Show what happened of late, oldest first, as the node noticed it
#[derive(Debug, Args)]
pub struct EventsArgs {
    /// Go on and print what happens, until interrupted; with --json an object on each line
    #[arg(long)]
    pub follow: bool,
}

impl Asked for EventsArgs {
    async fn run(self, at: &Node, json: bool) -> Result<(), Failure> {
        let EventsArgs { follow } = self;
        let node = &at.client().await?;
        if !follow {
            let recent = oldest_first(node).await?;
            if json {
                return output::print(&output::json(&recent)?);
            }
            return output::print(&recent.iter().map(line).collect::<String>());
        }
        let mut last = 0;
        loop {
            // The stream first: what happens while the list is on its way is in one of them at least.
            let mut stream = node.events().await?;
            let recent = oldest_first(node).await?;
            // A node that started anew counts anew.
            if recent.last().is_none_or(|newest| newest.seq < last) {
                last = 0;
            }
            let mut recent = recent.into_iter();
            while let Some(event) = match recent.next() {
                Some(event) => Some(event),
                None => stream.next().await,
            } {
                if event.seq > last && say(&event, json)? == Reader::Gone {
                    return Ok(());
                }
                last = last.max(event.seq);
            }
            // The node ends streams now and then, to check the right to them again.
            tokio::time::sleep(PAUSE).await;
        }
    }
}

async fn oldest_first(node: &Client) -> Result<Vec<Event>, Failure> {
    let mut recent = node.all::<ListEvents>().await?;
    recent.reverse();
    Ok(recent)
}

fn line(event: &Event) -> String {
    format!("{}  {}\n", when::utc(event.at), visible(&event.what.said(language::here())))
}

fn say(event: &Event, json: bool) -> Result<Reader, Failure> {
    if !json {
        return output::write(&line(event));
    }
    output::write(&output::line(event)?)
}
