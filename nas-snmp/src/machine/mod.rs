//! Owns what the machine says of itself in /proc and /sys: a file for each source, with the parser of its text.
//!
//! The texts are the kernel's and its drivers': what cannot be read is left out, and nothing is believed to be short.

pub mod cpu;
pub mod disk;
pub mod interface;
pub mod load;
pub mod memory;
pub mod mount;
pub mod sensor;
mod text;

use cpu::Cpu;
use disk::Disk;
use interface::Interface;
use load::Load;
use memory::Memory;
use mount::Mount;
use sensor::Sensor;
use std::path::Path;
use std::time::Duration;
use text::text;

/// A machine at one moment.
#[derive(Clone, Debug, Default)]
pub struct Machine {
    pub uptime: Duration,
    pub processes: u32,
    pub cpu: Cpu,
    pub model: Option<String>,
    pub memory: Memory,
    pub load: Option<Load>,
    pub interfaces: Vec<Interface>,
    pub disks: Vec<Disk>,
    pub mounts: Vec<Mount>,
    pub sensors: Vec<Sensor>,
}

impl Machine {
    /// How the machine is now.
    pub fn look() -> Machine {
        let proc = |name: &str| text(&Path::new("/proc").join(name)).unwrap_or_default();
        Machine {
            uptime: load::uptime(&proc("uptime")).unwrap_or_default(),
            processes: load::processes(Path::new("/proc")),
            cpu: Cpu::parse(&proc("stat")),
            model: cpu::model(&proc("cpuinfo")),
            memory: Memory::parse(&proc("meminfo")),
            load: Load::parse(&proc("loadavg")),
            interfaces: interface::look(&proc("net/dev"), Path::new("/sys/class/net")),
            disks: disk::look(&proc("diskstats"), Path::new("/sys/block")),
            mounts: mount::look(&proc("self/mounts")),
            sensors: sensor::look(Path::new("/sys/class/hwmon")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// This machine: whatever runs the tests has these.
    #[test]
    fn this_machine_is_seen() {
        let machine = Machine::look();
        assert!(machine.uptime > Duration::ZERO && machine.processes > 0);
        assert!(!machine.cpu.processors.is_empty());
        assert!(machine.memory.total > machine.memory.free);
        assert!(machine.interfaces.iter().any(|interface| interface.name == "lo" && interface.index > 0));
        assert!(machine.mounts.iter().any(|mount| mount.point == "/" && mount.total > 0));
    }
}
