//! Owns /proc/stat: what processors spent their time with.

use super::text::{THINGS_MAX, numbers};

/// Times are in hundredths of a second since the machine started.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cpu {
    /// User, nice, system, idle, waiting for disks, interrupts, soft interrupts, stolen, guests, nice guests.
    pub times: [u64; 10],
    /// By their numbers.
    pub processors: Vec<(u32, Times)>,
    pub interrupts: u64,
    pub switches: u64,
}

/// Of one processor.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Times {
    pub busy: u64,
    pub all: u64,
}

impl Cpu {
    pub fn parse(text: &str) -> Cpu {
        let mut cpu = Cpu::default();
        for line in text.lines() {
            let Some((name, rest)) = line.split_once(' ') else { continue };
            match name {
                "cpu" => cpu.times = times(rest),
                "intr" => cpu.interrupts = numbers(rest).first().copied().unwrap_or_default(),
                "ctxt" => cpu.switches = numbers(rest).first().copied().unwrap_or_default(),
                _ => cpu.add_processor(name, rest),
            }
        }
        cpu
    }

    fn add_processor(&mut self, name: &str, rest: &str) {
        let number = name.strip_prefix("cpu").and_then(|number| number.parse().ok());
        if let Some(number) = number.filter(|_| self.processors.len() < THINGS_MAX) {
            // Guests' times are in the user's already.
            let times = &times(rest)[..8];
            let all = times.iter().fold(0u64, |sum, time| sum.saturating_add(*time));
            let idle = times[3].saturating_add(times[4]);
            self.processors.push((number, Times { busy: all.saturating_sub(idle), all }));
        }
    }
}

fn times(rest: &str) -> [u64; 10] {
    let mut times = [0; 10];
    numbers(rest).into_iter().zip(&mut times).for_each(|(number, time)| *time = number);
    times
}

/// What /proc/cpuinfo calls the processors.
pub fn model(text: &str) -> Option<String> {
    let line = text.lines().find(|line| line.starts_with("model name"))?;
    Some(line.split_once(':')?.1.trim().chars().take(64).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn processors_are_read() {
        let cpu = Cpu::parse(
            "cpu  100 2 30 400 50 6 7 8 9 10\ncpu0 50 1 15 200 25 3 3 4 5 5\ncpu1 50 1 15 200\nintr 77 1 2\nctxt 88\nbtime 5\n",
        );
        assert_eq!(cpu.times, [100, 2, 30, 400, 50, 6, 7, 8, 9, 10]);
        assert_eq!(cpu.processors, [(0, Times { busy: 76, all: 301 }), (1, Times { busy: 66, all: 266 })]);
        assert_eq!((cpu.interrupts, cpu.switches), (77, 88));
        assert_eq!(model("processor: 0\nmodel name\t: A B 3\n"), Some("A B 3".to_owned()));
    }

    #[test]
    fn nonsense_says_nothing() {
        for text in
            ["", "cpu", "cpu ", "cpu x y", "cpu0 18446744073709551615 18446744073709551615", "intr\nctxt -1"]
        {
            Cpu::parse(text);
        }
        assert_eq!(Cpu::parse("cpuX 1 2 3\ncpu-1 4").processors, []);
    }
}
