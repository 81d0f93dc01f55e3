//! The promises of a connection that need an exact clock or exact room, over pipes in virtual time.

mod ending;
mod holding;
mod idle;
mod rig;
