//! Promises of a session, on one harness with virtual time.

mod faults;
mod heartbeat;
mod pair;
mod properties;
mod reconnecting;
mod resets;
mod rig;
mod streams;
mod table;
mod tokens;
mod unnamed;
