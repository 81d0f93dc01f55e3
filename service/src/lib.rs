//! AWS IoT Secure Tunneling on your own machine: a service that real AWS clients talk to.
//!
//! The rules are [`iot_tunnel_core`]'s; this crate gives them an API, a store, a clock and a way to tell devices:
//!
//! ```text
//!   AWS CLI, SDKs ──HTTP──▶ api ──▶ tunnels ──▶ iot_tunnel_core::Tunnel (decides)
//!                          │           │
//!                         auth         ├──▶ store   (compare-and-set, durable before the answer)
//!                       (SigV4)        ├──▶ notify  (MQTT to the thing, after it is durable)
//!                                      └──▶ relay   (closes and resets what the change asks for)
//!                                             ▲
//!   source, destination ──WebSocket───────────┘   (judges a handshake by the tunnel's record, carries its bytes)
//! ```
//!
//! One call: [`api`] reads and validates it, [`tunnels`] reads the record, lets core decide, stores the changed record
//! under the version it had read, and only then answers and notifies.
//!
//! The program is `iot-tunnel serve`. In tests, start a real service with [`LocalService`].

pub mod agent;
pub mod api;
pub mod auth;
pub mod client;
pub mod clock;
mod console;
pub mod entropy;
pub mod history;
pub mod local;
pub mod localproxy;
pub mod logging;
pub mod metrics;
pub mod notify;
pub mod program;
pub mod proxy;
pub mod record;
pub mod relay;
mod server;
pub mod service;
pub mod settings;
pub mod store;
pub mod tls;
mod transport;
pub mod tunnels;

pub use local::{LocalService, LocalServiceBuilder};
pub use service::{Ready, Service, StartError};
pub use settings::Settings;
