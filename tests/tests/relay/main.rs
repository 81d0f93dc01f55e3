//! The relay's promises, each shown to clients whose WebSocket is not ours (tungstenite's).

mod carrying;
mod rig;
