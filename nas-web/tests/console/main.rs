//! The console as a browser meets it: requests to its router, with a cluster in memory behind the socket.

mod audit;
mod browser;
mod certificate;
mod clients;
mod events;
mod figures;
mod flows;
mod hub;
mod input;
mod live;
mod logins;
mod machines;
mod refused;
mod refused_mounts;
mod snmp;
mod tables;
mod tasks;
mod zone;
