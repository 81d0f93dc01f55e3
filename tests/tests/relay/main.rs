//! The relay's promises, each shown to clients whose WebSocket is not ours (tungstenite's), or to bytes on a socket.

mod backpressure;
mod bursts;
mod carrying;
mod closing;
mod dropping;
mod durable;
mod faults;
mod handshake;
mod held_store;
mod http;
mod metrics;
mod peer;
mod rate;
mod refusing;
mod resetting;
mod rig;
mod stale;
mod stopping;
mod tls;
mod token_life;
