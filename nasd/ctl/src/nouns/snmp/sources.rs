//! Owns how it is said from where somebody may ask.

use nasd_api::SnmpSource;

pub fn listed(sources: &[SnmpSource]) -> String {
    sources.iter().map(SnmpSource::to_string).collect::<Vec<_>>().join(", ")
}
