//! The C ABI of iot-tunnel: what `include/iot_tunnel.h` declares, one file a noun of it.
//!
//! Everything here translates: pointers and lengths into slices, numbers into enums, errors into status numbers. Every rule
//! is core's. `unsafe` stands nowhere else in the project; what a caller must keep to is said once, in the header's
//! introduction (`cbindgen.toml`), and each block says on which part of it it relies.
// The libraries that C links know no std; what links it is `cargo test`.
#![cfg_attr(panic = "abort", no_std)]
#![deny(unsafe_op_in_unsafe_fn, clippy::undocumented_unsafe_blocks)]
// What is to be said of safety is said in C's terms, in the header.
#![allow(clippy::missing_safety_doc)]
// So is the rest: placeholders in angle brackets and classes of characters are no markup.
#![allow(rustdoc::invalid_html_tags, rustdoc::broken_intra_doc_links)]

mod explain;
mod lent;
mod memory;
mod services;
mod storage;

pub mod description;
pub mod destination;
pub mod effects;
pub mod handshake;
pub mod id;
pub mod issued;
mod json;
pub mod mode;
pub mod notification;
pub mod peer_text;
pub mod record;
pub mod rotate_request;
pub mod rotate_response;
pub mod session;
pub mod status;
pub mod table;
pub mod websocket;
pub mod wire;

/// No call gets here: the gates of tests/ffi prove that no panic is linked. A device would have nobody to tell.
#[cfg(panic = "abort")]
#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    loop {
        core::hint::spin_loop();
    }
}
