//! The scenarios, in the order in which they run: the first makes the administrator, the last ones break things.

mod alerts;
mod exports;
mod factor;
mod failure;
mod flood;
mod lately;
mod looks;
mod people;
mod read;
mod session;
mod setup;
mod silence;
mod states;
mod status;
mod tables;
mod volumes;
mod wizard;

use crate::Scenario;

macro_rules! scenarios {
    ($($sentence:literal => $run:path,)*) => {
        pub fn all() -> Vec<Scenario> {
            vec![$(Scenario { sentence: $sentence, run: |site| Box::pin($run(site)) }),*]
        }
    };
}

scenarios! {
    "the setup link leads to an administrator, a volume, an export and a file on it" => setup::run,
    "one look says that all is well and how much space there is" => status::run,
    "a volume is made and shared in one form" => volumes::made_and_shared,
    "a form that is sent twice makes one volume" => volumes::made_once,
    "the way back from a deleted volume leads to a page that says so" => volumes::back_after_delete,
    "the way back to a form that was refused leads to all that was typed" => volumes::back_to_refused,
    "an address of nothing is not found" => status::nothing,
    "a chart is read by keys, a line to mount is copied, and both work without a script" => read::run,
    "what happens elsewhere shows by itself, at once" => status::live,
    "a client that was kept out is let in" => exports::access_is_fixed,
    "a client that was refused is let in where the refusal is said" => exports::let_in,
    "the first rule that holds a client decides, and can be moved" => exports::rules_are_ordered,
    "of two who edit an export the second one decides, and nothing is lost" => exports::two_at_once,
    "a form outlives the session in which it was filled in" => session::mid_form,
    "a login leads where the visitor was going" => session::between_pages,
    "a second factor is set up, asked for by every node, and taken away with the password" => factor::run,
    "a group gives its members a role and takes it away" => people::group_gives_a_role,
    "an auditor is offered no change, and a crafted one is refused" => people::auditor_changes_nothing,
    "the audit log says who did what" => people::audit_names_them,
    "a list stays sorted and filtered while it changes, and is read in pages" => tables::run,
    "what happened is found by forms, and a task is followed to its end" => lately::run,
    "an alert is understood in two clicks and told over a channel and by SNMP" => alerts::run,
    "every page can be used by everybody, light and dark, narrow and wide" => looks::run,
    "an open page says since when it is not live, and a reload that the node hangs or is down" => silence::run,
    "dead, frozen, restarting, choosing, cut off, no majority: every console tells the truth" => states::run,
    "a session that ended leaves nothing green behind" => session::on_an_open_page,
    "a node that died is named by the others, and its own console stays" => failure::one_node,
    "without a majority the console says so and what to do" => failure::two_nodes,
    "a form that no node takes is kept until one does" => wizard::silent_node,
    "fresh machines become a cluster, though one dies in the wizard" => wizard::run,
    "a flood of logins is refused" => flood::run,
}
