//! Owns what plans and their outcome look like.

use super::passwords::Shown;
use super::plan::Plan;
use super::section::AnyChange;
use crate::nouns::Step;
use crate::table::{columns, visible};
use nasd_api::Secret;
use serde_json::{Value, json};
use std::fmt::Write;

/// The plan, a line for a change.
pub fn plan(plan: &Plan) -> String {
    if plan.is_empty() {
        return "The cluster is as the file says.\n".to_owned();
    }
    let mut text = String::new();
    for step in &plan.steps {
        let mark = match step.change().action() {
            "create" => '+',
            "change" => '~',
            _ => '-',
        };
        text += &line(mark, step.change(), "");
    }
    for step in &plan.only_here {
        let why = match step.change().destroys_data() {
            true => format!(": this never destroys a {}", step.change().thing().0),
            false => " without --prune".to_owned(),
        };
        text += &line('-', step.change(), &format!("only in the cluster; left alone{why}"));
    }
    for step in &plan.impossible {
        text += &line('!', step.change(), "this cannot be changed; left alone");
    }
    text
}

/// The thing, what becomes of it, and a remark.
fn line(mark: char, step: &dyn AnyChange, remark: &str) -> String {
    let (kind, name) = step.thing();
    let mut parts: Vec<String> = Vec::new();
    for change in step.fields() {
        parts.push(match change.from {
            Some(from) => format!("{} {from} → {}", change.field, change.to),
            None => format!("{} {}", change.field, change.to),
        });
    }
    if !remark.is_empty() {
        parts.push(remark.to_owned());
    }
    let said = if parts.is_empty() { String::new() } else { format!(": {}", parts.join("; ")) };
    format!("{mark} {kind} {}\n", visible(&format!("{name}{said}")))
}

fn step_json(step: &Step) -> Value {
    let step = step.change();
    let (kind, name) = step.thing();
    json!({ "action": step.action(), "kind": kind, "name": name, "changes": step.fields() })
}

fn steps_json(steps: &[Step]) -> Value {
    steps.iter().map(step_json).collect()
}

pub fn plan_json(plan: &Plan) -> Value {
    json!({
        "steps": steps_json(&plan.steps),
        "only_here": steps_json(&plan.only_here),
        "impossible": steps_json(&plan.impossible),
    })
}

/// What became of a plan.
pub struct Outcome<'a> {
    pub plan: &'a Plan,
    /// So many of its steps were done.
    pub done: usize,
    pub passwords: Shown<'a>,
}

impl Outcome<'_> {
    pub fn as_json(&self) -> Value {
        let (done, not_done) = self.plan.steps.split_at(self.done);
        let mut outcome = json!({
            "done": steps_json(done),
            "not_done": steps_json(not_done),
            "only_here": steps_json(&self.plan.only_here),
            "impossible": steps_json(&self.plan.impossible),
        });
        match self.passwords {
            Shown::Nothing => {}
            Shown::InFile(path) => outcome["passwords_file"] = json!(path),
            Shown::Here(made) => {
                outcome["passwords"] =
                    made.iter().map(|(user, secret)| (user.clone(), secret.reveal())).collect()
            }
        }
        outcome
    }

    /// Nothing is left unsaid when it stopped half-way.
    pub fn as_text(&self) -> String {
        let (done, not_done) = self.plan.steps.split_at(self.done);
        let mut text = String::new();
        if !not_done.is_empty() {
            for (what, steps) in [("Done", done), ("NOT done", not_done)] {
                let _ = writeln!(text, "{what}:{}", if steps.is_empty() { " nothing" } else { "" });
                for step in steps.iter().map(Step::change) {
                    let (kind, name) = step.thing();
                    let _ = writeln!(text, "  {} {kind} {}", step.action(), visible(name));
                }
            }
        } else if !done.is_empty() {
            let _ = writeln!(text, "Done: {} change(s).", done.len());
        }
        match self.passwords {
            Shown::Nothing => {}
            Shown::InFile(path) => {
                let _ = writeln!(text, "The new users' passwords are in {}. {CHANGE}", path.display());
            }
            Shown::Here(made) => {
                let row = |(user, secret): &(String, Secret)| [user.clone(), secret.reveal().to_owned()];
                let table = columns(&["NEW USER", "PASSWORD"], made, "", row);
                let _ = write!(text, "\n{table}These passwords are not shown again. {CHANGE}\n");
            }
        }
        text
    }
}

const CHANGE: &str = "Each user should set another one at the first login.";
