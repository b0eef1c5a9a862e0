//! The console as a browser meets it: requests to its router, with a cluster in memory behind the socket.

mod audit;
mod browser;
mod certificate;
mod events;
mod flows;
mod input;
mod live;
mod logins;
mod machines;
mod refused;
mod tasks;
mod zone;
