//! The scenarios, in the order in which they run: the first makes the administrator, the last ones break things.

mod failure;
mod flood;
mod looks;
mod session;
mod setup;
mod status;

use crate::Scenario;

pub fn all() -> Vec<Scenario> {
    vec![
        Scenario {
            sentence: "the first administrator is made with the setup link",
            run: |site| Box::pin(setup::run(site)),
        },
        Scenario {
            sentence: "one look says that all is well and how much space there is",
            run: |site| Box::pin(status::run(site)),
        },
        Scenario {
            sentence: "an address of nothing is not found",
            run: |site| Box::pin(status::nothing(site)),
        },
        Scenario {
            sentence: "a session that ended asks to log in and goes on where it was",
            run: |site| Box::pin(session::run(site)),
        },
        Scenario {
            sentence: "every page can be used by everybody, light and dark, narrow and wide",
            run: |site| Box::pin(looks::run(site)),
        },
        Scenario {
            sentence: "a node that died is named by the others' consoles, and its own console stays",
            run: |site| Box::pin(failure::one_node(site)),
        },
        Scenario {
            sentence: "without a majority the console says so and what to do",
            run: |site| Box::pin(failure::two_nodes(site)),
        },
        Scenario { sentence: "a flood of logins is refused", run: |site| Box::pin(flood::run(site)) },
    ]
}
