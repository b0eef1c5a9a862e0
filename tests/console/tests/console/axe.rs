//! axe-core (vendor/): what people with a screen reader, a keyboard or weak eyes would stumble over.

use crate::browser::Browser;
use crate::failed::{Done, Failed};
use std::fmt::Write;

const AXE: &str = include_str!("../../vendor/axe.min.js");
/// What axe calls so must not be.
const IMPACTS: [&str; 2] = ["serious", "critical"];

/// What axe finds on the page that is shown, as it is shown; empty when all is well.
pub async fn complaints(browser: &Browser) -> Done<String> {
    if browser.run("return typeof axe", Vec::new()).await? != "object" {
        browser.run(&format!("{AXE}; window.axe = axe;"), Vec::new()).await?;
    }
    let script = "
        const done = arguments[arguments.length - 1];
        axe.run(document, { resultTypes: ['violations'] }).then(
            found => done(found.violations.map(v => [v.impact, v.id, v.help, v.nodes.map(n => n.html + ' ' + n.failureSummary)])),
            error => done(String(error)));";
    let found = browser.run_async(script, Vec::new()).await?;
    let violations = found.as_array().ok_or_else(|| Failed(format!("axe: {found}")))?;
    let mut text = String::new();
    for violation in violations {
        let [impact, id, help, nodes] = [0, 1, 2, 3].map(|place| &violation[place]);
        if IMPACTS.iter().any(|unwanted| impact == unwanted) {
            let first = nodes[0].as_str().unwrap_or_default();
            let count = nodes.as_array().map_or(0, Vec::len);
            let _ = writeln!(text, "  {impact} {id}: {help} ({count} times), first: {first}");
        }
    }
    Ok(text)
}
