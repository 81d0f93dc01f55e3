//! The service's promises, each shown over HTTP and, for handshakes, through its library.

mod answers;
mod atomicity;
mod bad_input;
mod concurrency;
mod console;
mod durability;
mod large_bodies;
mod lifecycle;
mod listing;
mod order;
mod permission_table;
mod permissions;
mod quota;
mod rig;
mod rotation;
mod secrecy;
mod signatures;
mod slow_senders;
mod stopping;
