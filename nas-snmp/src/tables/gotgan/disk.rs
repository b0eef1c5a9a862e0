//! Owns `gotganDiskTable`: the disks that hold chunks, of all nodes.

use super::place::{DISK_ENTRY, implied, index, ours};
use crate::cluster::{Said, Smart};
use crate::tables::values::{long, text, truth};
use crate::tree::TreeBuilder;
use crate::wire::Value;
use nasd_api::{DiskInfo, DiskState, SmartInfo};

pub fn add_to(tree: &mut TreeBuilder, said: &Said, smart: &Smart) {
    let entry = ours(&DISK_ENTRY);
    for disk in &said.disks {
        if let (Some(node), Some(path)) = (index(disk.node), implied(&disk.path)) {
            let place = [&[node], &path[..]].concat();
            tree.row(&entry, &place, row(disk));
            if let Some(smart) = smart.get(&(disk.node, disk.path.clone())) {
                tree.row(&entry, &place, smart_row(smart));
            }
        }
    }
}

fn row(disk: &DiskInfo) -> [(u32, Option<Value>); 5] {
    let state = match disk.state {
        DiskState::Working => 1,
        DiskState::Waiting => 2,
        DiskState::Failed => 3,
        DiskState::Unreachable => 4,
        DiskState::Unknown => 5,
    };
    [
        (2, Some(Value::Integer(state))),
        (3, Some(text(disk.problem.as_ref().map_or("", |problem| problem.text.as_str())))),
        (4, Some(long(disk.total_bytes))),
        (5, Some(long(disk.occupied_bytes))),
        (6, Some(long(disk.available_bytes))),
    ]
}

fn smart_row(smart: &SmartInfo) -> [(u32, Option<Value>); 7] {
    let degrees = smart.temperature_celsius.and_then(|degrees| i32::try_from(degrees).ok());
    [
        (7, smart.passed.map(truth)),
        (8, degrees.map(Value::Integer)),
        (9, smart.power_on_hours.map(long)),
        (10, smart.reallocated.map(long)),
        (11, smart.pending.map(long)),
        (12, smart.uncorrectable.map(long)),
        (13, smart.worn_percent.map(long)),
    ]
}
