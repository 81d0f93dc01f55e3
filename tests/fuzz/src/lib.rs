//! What the fuzz targets share. Each target stands in a file of its own, in `targets/`, and says there what it promises;
//! `tests/fuzz.sh` builds and runs them.
//!
//! Inputs that are worth to start from lie in `seeds/`, one folder a target; `examples/seeds` makes them.

pub mod input;
pub mod session;
pub mod websocket;
