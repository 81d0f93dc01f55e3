//! Promises of a session, on one harness with virtual time.

mod configured;
mod echo;
mod envelope;
mod faults;
mod faults_of_connecting;
mod heartbeat;
mod outages;
mod pair;
mod pairings;
mod peers;
mod properties;
mod reconnecting;
mod resets;
mod rig;
mod splits;
mod streams;
mod table;
mod tokens;
mod unnamed;
