//! Messages and frames, for gateways and tests: a session does all of this itself.

pub mod deframer;
pub mod message;
