//! Promises of a session, on one harness with virtual time.

mod faults;
mod pair;
mod properties;
mod reconnecting;
mod rig;
mod streams;
mod table;
mod tokens;
mod unnamed;
