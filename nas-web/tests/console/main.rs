//! The console as a browser meets it: requests to its router, with a cluster in memory behind the socket.

mod alerts;
mod audit;
mod browser;
mod certificate;
mod clients;
mod diagnostics;
mod events;
mod figures;
mod flows;
mod hub;
mod input;
mod korean;
mod live;
mod logins;
mod machines;
mod refused;
mod refused_mounts;
mod snmp;
mod tables;
mod tasks;
mod zone;
