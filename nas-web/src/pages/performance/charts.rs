//! Owns which charts there are, on whichever page.

use super::words;
use crate::chart::{Chart, Measure, Unit, chart};
use crate::words::{Language, common};
use nasd_api::{Performance, PerformancePoint};

/// Of one volume, as on its page: what was asked of it and what moved.
pub fn of_part(language: Language, told: &Performance) -> Vec<Chart> {
    vec![operations(language, told), moved(language, told)]
}

/// All of them.
pub fn all(language: Language, told: &Performance) -> Vec<Chart> {
    let latency = words::of(language).latency;
    let latency = chart(latency, told, Unit::Micros, &[Measure { name: latency, value: latency_of }]);
    let used = told.points.iter().any(|point| point.used_bytes.is_some()).then(|| used(language, told));
    [operations(language, told), latency, moved(language, told)].into_iter().chain(used).collect()
}

/// How much files take.
pub fn used(language: Language, told: &Performance) -> Chart {
    let name = common::of(language).used;
    let value = |point: &PerformancePoint| point.used_bytes.map(|bytes| bytes as f64);
    chart(name, told, Unit::Bytes, &[Measure { name, value }])
}

fn operations(language: Language, told: &Performance) -> Chart {
    let name = words::of(language).operations;
    chart(name, told, Unit::PerSecond, &[Measure { name, value: |point| Some(point.operations_per_second) }])
}

fn moved(language: Language, told: &Performance) -> Chart {
    let w = words::of(language);
    let measures = [
        Measure { name: w.read, value: |point| Some(point.read_bytes_per_second) },
        Measure { name: w.written, value: |point| Some(point.written_bytes_per_second) },
    ];
    chart(w.moved, told, Unit::BytesPerSecond, &measures)
}

/// Of operations that there were.
fn latency_of(point: &PerformancePoint) -> Option<f64> {
    (point.operations_per_second > 0.0).then_some(point.latency_micros)
}
