//! What net-snmp's own tools get from an agent.

mod cluster;
mod community;
mod flood;
mod machine;
mod mib;
mod net_snmp;
mod plain_client;
mod refused;
mod users;
