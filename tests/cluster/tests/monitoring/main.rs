//! A running cluster as those see it who never log in: Prometheus scrapes every node, SNMP managers walk them, and people
//! are told of what is wrong.

mod canaries;
mod causes;
mod clock;
mod diagnoses;
mod people;
mod prometheus;
mod snmp;
mod told;
mod traps;
