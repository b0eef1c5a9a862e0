//! Owns what a check has found, and how monitoring systems read it.

use super::range::Range;
use crate::failure::Failure;
use crate::{language, output};
use clap::ValueEnum;
use nasd_api::{ClientError, ErrorCode, Health, Sentence};
use nasd_base::alert::Severity;
use serde::Serialize;
use std::fmt::Write;

/// Who reads the output.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// Nagios, Icinga, Naemon, Zabbix, Checkmk's MRPE: a line, and more lines behind it
    #[default]
    Nagios,
    /// Checkmk's agent, of a local check
    Checkmk,
}

/// The exit status says it. The order is that of badness.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum State {
    Ok,
    Unknown,
    Warning,
    Critical,
}

impl State {
    pub fn code(self) -> u8 {
        match self {
            State::Ok => 0,
            State::Warning => 1,
            State::Critical => 2,
            State::Unknown => 3,
        }
    }

    fn word(self) -> &'static str {
        match self {
            State::Ok => "OK",
            State::Warning => "WARNING",
            State::Critical => "CRITICAL",
            State::Unknown => "UNKNOWN",
        }
    }
}

impl From<Health> for State {
    fn from(health: Health) -> State {
        match health {
            Health::Healthy => State::Ok,
            Health::Degraded => State::Warning,
            Health::Unavailable => State::Critical,
            Health::Unknown => State::Unknown,
        }
    }
}

impl From<Severity> for State {
    fn from(severity: Severity) -> State {
        match severity {
            Severity::Info => State::Ok,
            Severity::Warning => State::Warning,
            Severity::Critical => State::Critical,
        }
    }
}

/// Outside of which it is a warning, or critical.
#[derive(Clone, Copy, Debug)]
pub struct Thresholds {
    pub warning: Range,
    pub critical: Range,
}

impl Thresholds {
    pub fn state(&self, value: f64) -> State {
        match (self.critical.tells(value), self.warning.tells(value)) {
            (true, _) => State::Critical,
            (_, true) => State::Warning,
            _ => State::Ok,
        }
    }

    pub fn scaled(&self, factor: f64) -> Thresholds {
        Thresholds { warning: self.warning.scaled(factor), critical: self.critical.scaled(factor) }
    }
}

/// A figure that the monitoring system draws.
#[derive(Clone, Debug, Serialize)]
pub struct Figure {
    pub label: String,
    pub value: f64,
    /// One of the guidelines' units: `s`, `%`, `B`, or empty for a number.
    pub unit: &'static str,
    #[serde(skip)]
    pub thresholds: Option<Thresholds>,
    pub max: Option<f64>,
}

impl Figure {
    pub fn new(label: &str, value: f64, unit: &'static str) -> Figure {
        Figure { label: label.to_owned(), value, unit, thresholds: None, max: None }
    }

    pub fn count(label: &str, count: usize) -> Figure {
        Figure::new(label, count as f64, "")
    }

    pub fn of(self, max: f64) -> Figure {
        Figure { max: Some(max), ..self }
    }

    pub fn within(self, thresholds: Thresholds) -> Figure {
        Figure { thresholds: Some(thresholds), ..self }
    }

    /// `label=value[unit];warning;critical;min;max`. What is counted is never below 0, but a time may be.
    fn written(&self, label: &str) -> String {
        let (warning, critical) = match &self.thresholds {
            Some(thresholds) => (thresholds.warning.to_string(), thresholds.critical.to_string()),
            None => Default::default(),
        };
        let min = if self.unit == "s" || self.value < 0.0 { "" } else { "0" };
        let max = self.max.map(|max| max.to_string()).unwrap_or_default();
        let figure = format!("{label}={}{};{warning};{critical};{min};{max}", self.value, self.unit);
        figure.trim_end_matches(';').to_owned()
    }

    /// Quotes around what has spaces; an apostrophe or an equals sign cannot be in a label.
    fn quoted(&self) -> String {
        let label: String =
            self.label.chars().map(|c| if matches!(c, '=' | '\'') { '_' } else { c }).collect();
        if label.contains(' ') { format!("'{label}'") } else { label }
    }
}

/// What was found.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// What was looked at, for instance `CLUSTER` or `VOLUME demo`.
    pub subject: String,
    pub state: State,
    pub text: String,
    pub figures: Vec<Figure>,
    /// Lines of more to say.
    pub details: Vec<String>,
}

impl Report {
    pub fn new(subject: &str, state: State, text: impl Into<String>) -> Report {
        let (subject, text) = (subject.to_owned(), text.into());
        Report { subject, state, text, figures: Vec::new(), details: Vec::new() }
    }

    pub fn with(self, figures: impl IntoIterator<Item = Figure>) -> Report {
        Report { figures: figures.into_iter().collect(), ..self }
    }

    pub fn saying(self, details: impl IntoIterator<Item = String>) -> Report {
        Report { details: details.into_iter().collect(), ..self }
    }

    /// Of a check that was not carried out. Whoever does not answer is down; what somebody has to set right on this
    /// side, as a token that is not good, says nothing about the cluster.
    pub fn of_failure(subject: &str, failure: &Failure) -> Report {
        let state = match failure {
            Failure::Client(ClientError::Refused(error)) if error.code == ErrorCode::NoCluster => {
                State::Critical
            }
            Failure::Client(error) if error.is_silence() => State::Critical,
            _ => State::Unknown,
        };
        Report::new(subject, state, failure.in_a_line(language::here()))
    }

    /// Prints it, and ends with its exit status.
    pub fn tell(&self, format: Format, json: bool) -> Result<(), Failure> {
        output::print(&match (json, format) {
            (true, _) => output::json(self)?,
            (false, Format::Nagios) => self.nagios(),
            (false, Format::Checkmk) => self.checkmk(),
        })?;
        if self.state == State::Ok { Ok(()) } else { Err(Failure::Checked(self.state.code())) }
    }

    fn nagios(&self) -> String {
        let mut out = format!("{} {} - {}", one_line(&self.subject), self.state.word(), one_line(&self.text));
        for (number, figure) in self.figures.iter().enumerate() {
            let before = if number == 0 { " |" } else { "" };
            let _ = write!(out, "{before} {}", figure.written(&figure.quoted()));
        }
        let lines = self.details.iter().map(|line| one_line(line));
        lines.fold(out, |out, line| format!("{out}\n{line}")) + "\n"
    }

    /// `state "service" figures text`; figures have no units there, and names of few characters.
    fn checkmk(&self) -> String {
        let name = |label: &str| -> String {
            label.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect()
        };
        let figures = self.figures.iter().map(|figure| {
            let plain = Figure { unit: "", ..figure.clone() };
            plain.written(&name(&figure.label))
        });
        let figures = figures.collect::<Vec<_>>().join("|");
        let figures = if figures.is_empty() { "-".to_owned() } else { figures };
        let service = one_line(&self.subject).replace('"', "'");
        let details: String = self.details.iter().map(|line| format!("\\n{}", one_line(line))).collect();
        let text = one_line(&self.text);
        format!("{} \"Gotgan {service}\" {figures} {text}{details}\n", self.state.code())
    }
}

/// In the language of the locale.
pub fn said(sentence: &Sentence) -> String {
    sentence.said(language::here())
}

/// Figures begin at the first bar, and the next line at a break.
fn one_line(text: &str) -> String {
    text.chars()
        .map(|c| {
            if c == '|' {
                '/'
            } else if c.is_control() {
                ' '
            } else {
                c
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report() -> Report {
        let thresholds = Thresholds { warning: "80".parse().unwrap(), critical: "90".parse().unwrap() };
        Report::new("CAPACITY", State::Warning, "85.5 % of a|b\nis used").with([
            Figure::new("used", 85.5, "%").within(thresholds).of(100.0),
            Figure::new("used by o'neill", 7.0, "B"),
            Figure::new("ahead", -0.25, "s"),
        ])
    }

    #[test]
    fn a_line_has_one_bar_and_figures_behind_it() {
        let said = report().saying(["more|of\tit".to_owned()]).nagios();
        assert_eq!(
            said,
            "CAPACITY WARNING - 85.5 % of a/b is used | used=85.5%;80;90;0;100 'used by o_neill'=7B;;;0 ahead=-0.25s\n\
             more/of it\n"
        );
    }

    #[test]
    fn checkmk_reads_the_same_in_its_own_order() {
        let said = report().saying(["more".to_owned()]).checkmk();
        assert_eq!(
            said,
            "1 \"Gotgan CAPACITY\" used=85.5;80;90;0;100|used_by_o_neill=7;;;0|ahead=-0.25 85.5 % of a/b is used\\nmore\n"
        );
        assert_eq!(Report::new("ALERTS", State::Ok, "none").checkmk(), "0 \"Gotgan ALERTS\" - none\n");
    }

    #[test]
    fn each_state_has_the_code_of_the_guidelines() {
        let codes = [State::Ok, State::Warning, State::Critical, State::Unknown].map(State::code);
        assert_eq!(codes, [0, 1, 2, 3]);
        assert!(State::Critical > State::Warning && State::Warning > State::Unknown);
        let of = |failure| Report::of_failure("X", &failure).state;
        let at = || "a".to_owned();
        assert_eq!(of(ClientError::TimedOut { at: at() }.into()), State::Critical);
        assert_eq!(of(ClientError::Unreachable { words: at() }.into()), State::Critical);
        let untrusted = ClientError::Untrusted { at: at(), fingerprint: at(), reason: at() };
        assert_eq!(of(untrusted.into()), State::Unknown);
        assert_eq!(of(Failure::Usage(at())), State::Unknown);
    }
}
