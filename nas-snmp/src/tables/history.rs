//! Owns what a picture needs to know of earlier ones: numbers of rows, changes, and means over a minute.

use crate::machine::Machine;
use crate::machine::cpu::Times;
use std::collections::{BTreeMap, HashMap, VecDeque};
use std::time::Duration;

const MINUTE: Duration = Duration::from_secs(60);

/// Of the pictures since the agent started.
#[derive(Debug, Default)]
pub struct History {
    /// Of file systems, disks and sensors: numbers that are given in order and never change while the agent runs.
    numbers: BTreeMap<(&'static str, String), u32>,
    /// Of each interface's index: its state, and when it came into it, since the agent started.
    states: HashMap<u32, (String, Duration)>,
    /// Of the last minute, the oldest first: when, and what each processor had done.
    loads: VecDeque<(Duration, Vec<(u32, Times)>)>,
}

impl History {
    /// Takes note of how the machine is, so long after the agent started.
    pub fn note(&mut self, uptime: Duration, machine: &Machine) {
        for interface in &machine.interfaces {
            let known = self.states.entry(interface.index);
            let (state, since) = known.or_insert_with(|| (interface.state.clone(), Duration::ZERO));
            if *state != interface.state {
                (*state, *since) = (interface.state.clone(), uptime);
            }
        }
        self.states.retain(|index, _| machine.interfaces.iter().any(|known| known.index == *index));
        self.loads.push_back((uptime, machine.cpu.processors.clone()));
        while self.loads.get(1).is_some_and(|(at, _)| uptime.saturating_sub(*at) >= MINUTE) {
            self.loads.pop_front();
        }
    }

    /// The number of a thing of a kind, from 1.
    pub fn number(&mut self, kind: &'static str, name: &str) -> u32 {
        let next = self.numbers.range((kind, String::new())..).take_while(|((of, _), _)| *of == kind).count();
        *self.numbers.entry((kind, name.to_owned())).or_insert(next as u32 + 1)
    }

    /// When an interface came into the state that it is in: at 0 when it was in it before.
    pub fn changed(&self, index: u32) -> Duration {
        self.states.get(&index).map_or(Duration::ZERO, |(_, since)| *since)
    }

    /// How busy a processor was in the last minute, in percent. `None` before there are two pictures.
    pub fn percent(&self, processor: u32) -> Option<u32> {
        let of = |entry: &(Duration, Vec<(u32, Times)>)| {
            entry.1.iter().find(|(number, _)| *number == processor).map(|(_, times)| *times)
        };
        let (first, last) = (of(self.loads.front()?)?, of(self.loads.back()?)?);
        let all = last.all.saturating_sub(first.all);
        let busy = last.busy.saturating_sub(first.busy).min(all);
        (all > 0).then(|| (100 * u128::from(busy) / u128::from(all)) as u32)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::machine::interface::Interface;

    fn machine(state: &str, busy: u64, all: u64) -> Machine {
        let mut machine = Machine::default();
        machine.interfaces.push(Interface { index: 2, state: state.to_owned(), ..Interface::default() });
        machine.cpu.processors.push((0, Times { busy, all }));
        machine
    }

    #[test]
    fn numbers_stay_with_their_names() {
        let mut history = History::default();
        let given = ["/b", "/a", "/b"].map(|name| history.number("mount", name));
        assert_eq!((given, history.number("disk", "/a")), ([1, 2, 1], 1));
    }

    #[test]
    fn a_load_is_that_of_the_last_minute() {
        let mut history = History::default();
        history.note(Duration::ZERO, &machine("up", 0, 0));
        assert_eq!(history.percent(0), None);
        history.note(Duration::from_secs(1), &machine("up", 50, 100));
        assert_eq!((history.percent(0), history.percent(1)), (Some(50), None));
        for second in 2..=200 {
            history.note(Duration::from_secs(second), &machine("up", 50, 100 * second));
        }
        assert_eq!(history.percent(0), Some(0));
        assert!(history.loads.len() <= 62);
    }

    #[test]
    fn a_change_of_state_is_dated() {
        let mut history = History::default();
        history.note(Duration::from_secs(1), &machine("up", 0, 0));
        assert_eq!(history.changed(2), Duration::ZERO);
        history.note(Duration::from_secs(5), &machine("down", 0, 0));
        history.note(Duration::from_secs(6), &machine("down", 0, 0));
        assert_eq!(history.changed(2), Duration::from_secs(5));
    }
}
