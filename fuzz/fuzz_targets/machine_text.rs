//! A text of the kernel in /proc; the first byte chooses which one it is taken for.
#![no_main]

use libfuzzer_sys::fuzz_target;
use nas_snmp::machine::{cpu, disk, interface, load, memory, mount};

fuzz_target!(|input: &[u8]| {
    let Some((kind, bytes)) = input.split_first() else { return };
    let text = String::from_utf8_lossy(bytes);
    match kind % 8 {
        0 => drop(cpu::Cpu::parse(&text)),
        1 => drop(cpu::model(&text)),
        2 => drop(memory::Memory::parse(&text)),
        3 => drop(load::Load::parse(&text)),
        4 => drop(load::uptime(&text)),
        5 => assert!(interface::parse(&text).len() <= 1024),
        6 => assert!(disk::parse(&text).len() <= 1024),
        _ => assert!(mount::parse(&text).len() <= 1024),
    }
});
