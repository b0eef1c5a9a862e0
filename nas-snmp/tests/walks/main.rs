//! What net-snmp's own tools get from an agent.

mod community;
mod net_snmp;
