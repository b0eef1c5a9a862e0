//! Owns `nasctl export refused`: whom the client rules refused.

use crate::failure::Failure;
use crate::output;
use crate::table::{columns, or_dash};
use crate::when::utc;
use clap::Args;
use nasd_api::{Client, ListRefusedMounts, RefusedMount, RefusedMountsAt, RefusingRule};

#[derive(Debug, Args)]
pub struct RefusedArgs {
    /// Only at this export, for instance /demo
    #[arg(long, value_name = "PATH")]
    export: Option<String>,
    /// Only at exports of this volume
    #[arg(long)]
    volume: Option<String>,
    /// Only this client
    #[arg(long, value_name = "ADDRESS")]
    client: Option<String>,
}

pub async fn list(node: &Client, args: RefusedArgs, json: bool) -> Result<(), Failure> {
    let RefusedArgs { export, volume, client } = args;
    let at = RefusedMountsAt { export, volume, client, ..RefusedMountsAt::default() };
    output::list(json, &node.ask::<ListRefusedMounts>(at).await?.items, table)
}

fn table(refused: &[RefusedMount]) -> String {
    let heading = ["CLIENT", "ASKED FOR", "REFUSED BECAUSE", "USER", "TIMES", "LAST", "NODE"];
    columns(&heading, refused, "Nobody was refused of late.", |one| {
        [
            one.client.clone(),
            one.path.clone(),
            because(one),
            or_dash(one.user),
            one.times.to_string(),
            utc(one.last_at),
            one.node_name.clone(),
        ]
    })
}

fn because(one: &RefusedMount) -> String {
    let network = or_dash(one.network.as_ref());
    match one.rule {
        RefusingRule::NoExport => "there is no such export".into(),
        RefusingRule::NoRule => "no rule holds it".into(),
        RefusingRule::Port => format!("{network} is secure, and it called from a port above 1023"),
        RefusingRule::ReadOnly => format!("{network} is ro, and it wanted to write"),
        RefusingRule::Unknown => "unknown".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_refusal_says_who_what_and_why() {
        let one = |rule, network: Option<&str>| RefusedMount {
            node: 2,
            node_name: "stor-b".into(),
            client: "192.0.2.7".into(),
            path: "/demo".into(),
            volume: Some("demo".into()),
            rule,
            network: network.map(str::to_owned),
            user: None,
            first_at: 0,
            last_at: 1_800_000_000,
            times: 12,
        };
        let rules = [one(RefusingRule::NoRule, None), one(RefusingRule::Port, Some("192.0.2.0/24"))];
        let expected = "\
CLIENT     ASKED FOR  REFUSED BECAUSE                                          USER  TIMES  LAST                  NODE
192.0.2.7  /demo      no rule holds it                                         -     12     2027-01-15 08:00:00Z  stor-b
192.0.2.7  /demo      192.0.2.0/24 is secure, and it called from a port above 1023  -     12     2027-01-15 08:00:00Z  stor-b
";
        let words = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(words(&table(&rules)), words(expected));
        assert_eq!(table(&[]), "Nobody was refused of late.\n");
    }
}
