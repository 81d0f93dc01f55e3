//! The relay's promises, each shown to clients whose WebSocket is not ours (tungstenite's), or to bytes on a socket.

mod bursts;
mod carrying;
mod closing;
mod dropping;
mod durable;
mod handshake;
mod held_store;
mod http;
mod peer;
mod rig;
mod token_life;
