//! Owns how lists are asked for on a command line: sorted and filtered, by the node.

use crate::failure::Failure;
use crate::output;
use clap::Args;
use nasd_api::{Answered, Client, Items, Nothing, Operation, Page, Reply};
use serde::Serialize;

/// In which order a list comes, and how much of it.
#[derive(Clone, Debug, Default, Args)]
pub struct ListArgs {
    /// Sort by a column; a name that is none is refused with those that there are
    #[arg(long, value_name = "COLUMN")]
    sort: Option<String>,
    /// The largest first
    #[arg(long)]
    descending: bool,
    /// Only what holds all of these words; COLUMN:WORD for what is exactly that, -COLUMN:WORD for what is not
    #[arg(long, value_name = "WORDS", allow_hyphen_values = true)]
    filter: Option<String>,
}

impl ListArgs {
    /// The column, whether the largest come first, and the words, for a list with filters of its own.
    pub fn order(self) -> (Option<String>, bool, Option<String>) {
        (self.sort, self.descending, self.filter)
    }

    /// What the node lists.
    pub async fn ask<O>(self, node: &Client) -> Result<Vec<<Answered<O> as Items>::Item>, Failure>
    where
        O: Operation<Body = Nothing, Reply: Reply<Read: Items>, At = Page<<Answered<O> as Items>::Item>>,
    {
        let page = Page::default().sorted(self.sort, self.descending).filtered(self.filter);
        Ok(node.ask::<O>(page).await?.list().items)
    }

    /// Prints what the node lists.
    pub async fn print<O>(
        self,
        node: &Client,
        json: bool,
        table: impl FnOnce(&[<Answered<O> as Items>::Item]) -> String,
    ) -> Result<(), Failure>
    where
        O: Operation<Body = Nothing, Reply: Reply<Read: Items>, At = Page<<Answered<O> as Items>::Item>>,
        <Answered<O> as Items>::Item: Serialize,
    {
        let is_filtered = self.filter.is_some();
        let all = self.ask::<O>(node).await?;
        match is_filtered && all.is_empty() && !json {
            true => output::print("Nothing matches.\n"),
            false => output::list(json, &all, table),
        }
    }
}
