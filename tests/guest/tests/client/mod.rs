//! What the tests of the NFS client share: the work it does, and what its lines say.

pub mod work;

use guest::Line;
use std::time::Duration;
use tokio::time::Instant;

/// The longest time between two beats of the job's heart of which the second came within the range given.
pub fn longest_pause(lines: &[Line], from: Instant, to: Instant) -> Duration {
    let beats = lines.iter().filter(|line| line.text.starts_with("@beat "));
    let beats: Vec<Instant> = beats.map(|line| line.at).collect();
    let pairs = beats.windows(2).map(|pair| (pair[0], pair[1]));
    let within = pairs.filter(|(_, second)| (from..to).contains(second));
    within.map(|(first, second)| second - first).max().unwrap_or_default()
}

/// Prints how long each step of the job took, and what programs and the guest's kernel said.
pub fn report(lines: &[Line]) {
    let start = lines[0].at;
    for line in lines {
        let progress = ["@beat ", "@unpacked ", "@round "].iter().any(|words| line.text.starts_with(words));
        if !progress {
            println!("{:6.1} s  {}", (line.at - start).as_secs_f64(), line.text);
        }
    }
}
