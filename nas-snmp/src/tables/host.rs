//! Owns HOST-RESOURCES-MIB (RFC 2790): memory, volumes, file systems, processors and disks.

use super::history::History;
use super::values::{gauge, int, oid, scaled, text, ticks};
use crate::machine::Machine;
use crate::machine::disk::{Device, Disk};
use crate::machine::mount::Mount;
use crate::tree::TreeBuilder;
use crate::wire::Value;
use nasd_api::VolumeInfo;

const HOST: &[u32] = &[1, 3, 6, 1, 2, 1, 25, 1];
const MEMORY: &[u32] = &[1, 3, 6, 1, 2, 1, 25, 2, 2];
const STORAGE: &[u32] = &[1, 3, 6, 1, 2, 1, 25, 2, 3, 1];
const DEVICE: &[u32] = &[1, 3, 6, 1, 2, 1, 25, 3, 2, 1];
const PROCESSOR: &[u32] = &[1, 3, 6, 1, 2, 1, 25, 3, 3, 1];
const DISK: &[u32] = &[1, 3, 6, 1, 2, 1, 25, 3, 6, 1];
const FILE_SYSTEM: &[u32] = &[1, 3, 6, 1, 2, 1, 25, 3, 8, 1];

const RAM: u32 = 2;
const VIRTUAL_MEMORY: u32 = 3;
const FIXED_DISK: u32 = 4;

/// Where each kind's numbers begin in hrStorageTable: with a volume's number they stay the same for ever.
const MOUNTS_FROM: u32 = 1000;
const VOLUMES_FROM: u32 = 1_000_000;
/// And in hrDeviceTable, as net-snmp has them.
const PROCESSORS_FROM: u32 = 196_608;
const DISKS_FROM: u32 = 393_216;

/// A date that is not known.
const NO_DATE: &[u8] = &[0, 0, 1, 1, 0, 0, 0, 0];

pub fn add_to(tree: &mut TreeBuilder, machine: &Machine, volumes: &[VolumeInfo], history: &mut History) {
    tree.scalars(
        HOST,
        [(1, ticks(machine.uptime)), (6, gauge(machine.processes.into())), (7, Value::Integer(0))],
    );
    tree.scalar(MEMORY, int(machine.memory.total));
    add_memory(tree, machine);
    volumes.iter().for_each(|volume| add_volume(tree, volume));
    for mount in &machine.mounts {
        add_mount(tree, history.number("mount", &mount.point), mount);
    }
    add_processors(tree, machine, history);
    for disk in &machine.disks {
        if let Some(device) = &disk.whole {
            add_disk(tree, DISKS_FROM + history.number("disk", &disk.name), disk, device);
        }
    }
}

/// A row of hrStorageTable: of a unit, how many there are and are used.
fn add_storage(
    tree: &mut TreeBuilder,
    index: u32,
    kind: u32,
    name: &str,
    (unit, size, used): (u64, u64, u64),
) {
    let (unit, size, used) = scaled(unit, size, used);
    tree.row(
        STORAGE,
        &[index],
        [
            (1, Some(int(index.into()))),
            (2, Some(oid(&[1, 3, 6, 1, 2, 1, 25, 2, 1, kind]))),
            (3, Some(text(name))),
            (4, Some(int(unit))),
            (5, Some(int(size))),
            (6, Some(int(used))),
        ],
    );
}

fn add_memory(tree: &mut TreeBuilder, machine: &Machine) {
    let memory = &machine.memory;
    let used = memory.total.saturating_sub(memory.available);
    add_storage(tree, 1, RAM, "Physical memory", (1024, memory.total, used));
    let used = memory.swap_total.saturating_sub(memory.swap_free);
    add_storage(tree, 2, VIRTUAL_MEMORY, "Swap space", (1024, memory.swap_total, used));
}

/// What a volume's files take, of that and what new ones may take.
fn add_volume(tree: &mut TreeBuilder, volume: &VolumeInfo) {
    let (Some(space), Ok(number)) = (volume.space(), u32::try_from(volume.id)) else { return };
    let Some(index) = VOLUMES_FROM.checked_add(number).filter(|index| *index <= i32::MAX as u32) else {
        return;
    };
    let size = space.used_bytes.saturating_add(space.free_bytes) / 1024;
    let name = format!("volume {}", volume.name);
    add_storage(tree, index, FIXED_DISK, &name, (1024, size, space.used_bytes.div_ceil(1024)));
}

fn add_mount(tree: &mut TreeBuilder, number: u32, mount: &Mount) {
    let index = MOUNTS_FROM + number;
    add_storage(tree, index, FIXED_DISK, &mount.point, (mount.unit, mount.total, mount.used()));
    tree.row(
        FILE_SYSTEM,
        &[number],
        [
            (1, Some(int(number.into()))),
            (2, Some(text(&mount.point))),
            (3, Some(text(""))),
            (4, Some(oid(&[1, 3, 6, 1, 2, 1, 25, 3, 9, file_system(&mount.kind)]))),
            (5, Some(Value::Integer(if mount.is_read_only { 2 } else { 1 }))),
            (6, Some(Value::Integer(if mount.point == "/" { 1 } else { 2 }))),
            (7, Some(int(index.into()))),
            (8, Some(Value::OctetString(NO_DATE.into()))),
            (9, Some(Value::OctetString(NO_DATE.into()))),
        ],
    );
}

/// hrFSTypes: most have no number of their own.
fn file_system(kind: &str) -> u32 {
    match kind {
        "ext2" | "ext3" | "ext4" => 23,
        "vfat" => 5,
        _ => 1,
    }
}

fn add_device(tree: &mut TreeBuilder, index: u32, kind: u32, name: &str) {
    tree.row(
        DEVICE,
        &[index],
        [
            (1, Some(int(index.into()))),
            (2, Some(oid(&[1, 3, 6, 1, 2, 1, 25, 3, 1, kind]))),
            (3, Some(text(name))),
            (4, Some(oid(&[0, 0]))),
            (5, Some(Value::Integer(2))),
        ],
    );
}

fn add_processors(tree: &mut TreeBuilder, machine: &Machine, history: &History) {
    let model = machine.model.as_deref().unwrap_or("processor");
    for (number, _) in &machine.cpu.processors {
        let index = PROCESSORS_FROM + number;
        add_device(tree, index, 3, model);
        let load = history.percent(*number).map(|percent| int(percent.into()));
        tree.row(PROCESSOR, &[index], [(1, Some(oid(&[0, 0]))), (2, load)]);
    }
}

fn add_disk(tree: &mut TreeBuilder, index: u32, disk: &Disk, device: &Device) {
    let model = device.model.as_deref().unwrap_or("block device");
    add_device(tree, index, 6, &format!("{} {model}", disk.name));
    tree.row(
        DISK,
        &[index],
        [
            (1, Some(Value::Integer(if device.is_read_only { 2 } else { 1 }))),
            (2, Some(Value::Integer(2))),
            (3, Some(Value::Integer(if device.is_removable { 1 } else { 2 }))),
            (4, Some(int(device.bytes / 1024))),
        ],
    );
}
