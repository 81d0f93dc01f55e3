//! A tunnel against a service of the test's own making, over pipes in memory; the local ends are real sockets.

mod back_pressure;
mod closing;
mod cut_connections;
mod framing;
mod half_close;
mod local_ends;
mod peer;
mod rig;
mod stalls;
mod tokens;
mod waiting;
