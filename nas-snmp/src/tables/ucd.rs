//! Owns UCD-SNMP-MIB and UCD-DISKIO-MIB, which net-snmp's users have their graphs from.

use super::history::History;
use super::values::{counter, gauge, int, long, text};
use crate::machine::Machine;
use crate::machine::disk::Disk;
use crate::machine::memory::Memory;
use crate::machine::mount::Mount;
use crate::tree::TreeBuilder;
use crate::wire::Value;

const MEMORY: &[u32] = &[1, 3, 6, 1, 4, 1, 2021, 4];
const DISK: &[u32] = &[1, 3, 6, 1, 4, 1, 2021, 9, 1];
const LOAD: &[u32] = &[1, 3, 6, 1, 4, 1, 2021, 10, 1];
const STATS: &[u32] = &[1, 3, 6, 1, 4, 1, 2021, 11];
const DISK_IO: &[u32] = &[1, 3, 6, 1, 4, 1, 2021, 13, 15, 1, 1];

pub fn add_to(tree: &mut TreeBuilder, machine: &Machine, history: &mut History) {
    add_memory(tree, &machine.memory);
    add_loads(tree, machine);
    add_stats(tree, machine);
    for mount in &machine.mounts {
        add_mount(tree, history.number("mount", &mount.point), mount);
    }
    for disk in &machine.disks {
        add_disk(tree, history.number("disk", &disk.name), disk);
    }
}

fn add_memory(tree: &mut TreeBuilder, memory: &Memory) {
    tree.scalars(
        MEMORY,
        [
            (1, Value::Integer(0)),
            (2, text("swap")),
            (3, int(memory.swap_total)),
            (4, int(memory.swap_free)),
            (5, int(memory.total)),
            (6, int(memory.free)),
            (11, int(memory.free.saturating_add(memory.swap_free))),
            (13, int(memory.shared)),
            (14, int(memory.buffers)),
            (15, int(memory.cached)),
            (18, long(memory.swap_total)),
            (19, long(memory.swap_free)),
            (20, long(memory.total)),
            (21, long(memory.free)),
            (22, long(memory.free.saturating_add(memory.swap_free))),
            (24, long(memory.shared)),
            (25, long(memory.buffers)),
            (26, long(memory.cached)),
            (27, long(memory.available)),
        ],
    );
}

fn add_loads(tree: &mut TreeBuilder, machine: &Machine) {
    let Some(load) = machine.load else { return };
    for ((index, minutes), hundredths) in [(1, 1), (2, 5), (3, 15)].into_iter().zip(load.0) {
        let shown = format!("{}.{:02}", hundredths / 100, hundredths % 100);
        tree.row(
            LOAD,
            &[index],
            [
                (1, Some(int(index.into()))),
                (2, Some(text(&format!("Load-{minutes}")))),
                (3, Some(text(&shown))),
                (5, Some(int(hundredths.into()))),
            ],
        );
    }
}

fn add_stats(tree: &mut TreeBuilder, machine: &Machine) {
    let cpu = &machine.cpu;
    let [user, nice, system, idle, wait, interrupt, soft, stolen, guest, guest_nice] = cpu.times.map(counter);
    tree.scalars(
        STATS,
        [
            (50, user),
            (51, nice),
            (52, system),
            (53, idle),
            (54, wait),
            (56, interrupt),
            (59, counter(cpu.interrupts)),
            (60, counter(cpu.switches)),
            (61, soft),
            (64, stolen),
            (65, guest),
            (66, guest_nice),
            (67, int(cpu.processors.len() as u64)),
        ],
    );
}

fn add_mount(tree: &mut TreeBuilder, index: u32, mount: &Mount) {
    let kib = |units: u64| (u128::from(units) * u128::from(mount.unit) / 1024) as u64;
    let (total, available, used) = (kib(mount.total), kib(mount.available), kib(mount.used()));
    let files_used = mount.files.saturating_sub(mount.files_free);
    let high = |number: u64| gauge(number >> 32);
    let low = |number: u64| gauge(number & u64::from(u32::MAX));
    tree.row(
        DISK,
        &[index],
        [
            (1, Some(int(index.into()))),
            (2, Some(text(&mount.point))),
            (3, Some(text(&mount.device))),
            (6, Some(int(total))),
            (7, Some(int(available))),
            (8, Some(int(used))),
            (9, Some(int(percent(used, used.saturating_add(available))))),
            (10, (mount.files > 0).then(|| int(percent(files_used, mount.files)))),
            (11, Some(low(total))),
            (12, Some(high(total))),
            (13, Some(low(available))),
            (14, Some(high(available))),
            (15, Some(low(used))),
            (16, Some(high(used))),
        ],
    );
}

/// As df says it: what is not whole counts as a whole percent.
fn percent(part: u64, whole: u64) -> u64 {
    if whole == 0 { 0 } else { (u128::from(part) * 100).div_ceil(whole.into()) as u64 }
}

fn add_disk(tree: &mut TreeBuilder, index: u32, disk: &Disk) {
    tree.row(
        DISK_IO,
        &[index],
        [
            (1, Some(int(index.into()))),
            (2, Some(text(&disk.name))),
            (3, Some(counter(disk.read_bytes))),
            (4, Some(counter(disk.written_bytes))),
            (5, Some(counter(disk.reads))),
            (6, Some(counter(disk.writes))),
            (12, Some(long(disk.read_bytes))),
            (13, Some(long(disk.written_bytes))),
            (14, Some(long(disk.busy_millis.saturating_mul(1000)))),
        ],
    );
}
