//! Owns `nasctl snmp view`: which objects users and communities may read.

mod config;

pub use config::SnmpViewSection;

use crate::asked::Asked;
use crate::failure::Failure;
use crate::listing::ListArgs;
use crate::reach::Node;
use crate::table::columns;
use crate::{names, output, terminal};
use clap::{Args, Subcommand};
use nasd_api::{
    ChangeSnmpView, CreateSnmpView, DeleteSnmpView, ListSnmpViews, Nothing, ReadSnmpView, SnmpAt, SnmpView,
};
use nasd_base::snmp::Oid;

#[derive(Debug, Subcommand)]
pub enum ViewCommand {
    /// List the views
    List(ListArgs),
    /// Show one view
    Show {
        #[arg(value_name = "VIEW", add = names::snmp_views())]
        name: String,
    },
    /// Make a view
    Create {
        name: String,
        #[command(flatten)]
        trees: Trees,
    },
    /// Replace what a view shows
    Set {
        #[arg(value_name = "VIEW", add = names::snmp_views())]
        name: String,
        #[command(flatten)]
        trees: Trees,
    },
    /// Delete a view that nobody reads
    Delete {
        #[arg(value_name = "VIEW", add = names::snmp_views())]
        name: String,
        /// Do not ask
        #[arg(long)]
        yes: bool,
    },
}

/// Of two that hold an object the longer one decides.
#[derive(Debug, Args)]
pub struct Trees {
    /// An object identifier that is shown with all below it, for instance 1.3.6.1.2.1; say it once for each
    #[arg(long = "include", value_name = "OID", required = true)]
    included: Vec<Oid>,
    /// One that is not shown, nor anything below it; say it once for each
    #[arg(long = "exclude", value_name = "OID")]
    excluded: Vec<Oid>,
}

impl Asked for ViewCommand {
    async fn run(self, at: &Node, json: bool) -> Result<(), Failure> {
        let node = &at.client().await?;
        match self {
            ViewCommand::List(asked) => asked.print::<ListSnmpViews>(node, json, table).await,
            ViewCommand::Show { name } => {
                output::one(json, &node.ask::<ReadSnmpView>(SnmpAt::new(&name)).await?, table)
            }
            ViewCommand::Create { name, trees: Trees { included, excluded } } => {
                let wanted = CreateSnmpView { name, included, excluded };
                output::one(json, &node.call::<CreateSnmpView>(Nothing, &wanted).await?, table)
            }
            ViewCommand::Set { name, trees: Trees { included, excluded } } => {
                let wanted = ChangeSnmpView { included, excluded };
                output::one(json, &node.call::<ChangeSnmpView>(SnmpAt::new(&name), &wanted).await?, table)
            }
            ViewCommand::Delete { name, yes } => {
                node.ask::<ReadSnmpView>(SnmpAt::new(&name)).await?;
                terminal::names("SNMP view", &name, yes)?;
                node.ask::<DeleteSnmpView>(SnmpAt::new(&name)).await?;
                output::done(json, &format!("Deleted SNMP view {name}."))
            }
        }
    }
}

fn table(views: &[SnmpView]) -> String {
    let listed = |oids: &[Oid]| crate::table::listed(&oids.iter().map(Oid::to_string).collect::<Vec<_>>());
    columns(&["VIEW", "SHOWS", "BUT NOT"], views, "There are no SNMP views.", |view| {
        [view.name.clone(), listed(&view.included), listed(&view.excluded)]
    })
}
