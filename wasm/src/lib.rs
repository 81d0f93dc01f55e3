//! The raw bindings of iot-tunnel for JavaScript: memory, numbers and texts cross here, and nothing is decided. What
//! people use is the TypeScript on top of it, in `ts/`.
//!
//! # How things cross
//! - **Bytes** lie in this module's memory and go by pointer and length. JavaScript makes a view
//!   (`new Uint8Array(memory.buffer, pointer, length)`) after the call and uses it before the next one: any call may let
//!   the memory grow, which detaches every view, and may put other bytes there.
//! - **Objects and lists** are the caller's: a call gets an empty object or array and fills it ([`members`]).
//! - **Errors** are thrown as instances of the package's own classes, made by `tunnelError` of `errors.js` from number
//!   and text ([`fault`]), but for those of `handle`, which are events. A call that fails has changed nothing.
//! - **Times** are milliseconds. A session has a clock of the caller's, which counts from any moment and is asked when the
//!   time matters; a record is told, and counts from 1970-01-01 UTC. Fractions are cut off.
//! - **Entropy** is drawn here, from `crypto.getRandomValues`.
//!
//! # Two modules
//! Each feature makes a WebAssembly of its own, so that nobody downloads what he does not use: `connection` is the package's
//! main entry, with the rules and the session; `local` is its entry `local`, with the service's record and the messages.
//!
//! # A session
//! [`Session`](session::Session) is core's, with two buffers around it. The loop of a client:
//!
//! 1. Something happened: `token`, `timeout`, and `happened` for the WebSocket.
//! 2. A binary WebSocket message came. For each part of at most `inboxCapacity()` bytes: write its n bytes to `inbox`, call
//!    `handle(n)`, and then `handle(0)` until it says `none`. A payload is where the report says, until the next call. If
//!    `waiting` is not 0 then, send something first (5), and handle again.
//! 3. The application wants: `open`, `reset`, `close`.
//! 4. It sends n bytes: write them to `outbox`, call `send(connection, n)`; the frame around the bytes taken is where
//!    the report says: give it to the socket at once. 0 says that something else is to be sent first (5).
//! 5. Until `poll` says `wait`: do what it says; after `send`, report `sent`.
//! 6. Sleep until something happens or `deadline` has come.

#![cfg_attr(target_family = "wasm", no_std)]

extern crate alloc;

mod entropy;
pub mod fault;
pub mod members;
#[cfg(feature = "local")]
pub mod record;
#[cfg(feature = "connection")]
pub mod rotate;
#[cfg(feature = "connection")]
pub mod rules;
mod services;
#[cfg(feature = "connection")]
pub mod session;
#[cfg(feature = "local")]
pub mod wire;
pub mod words;

use iot_tunnel_core::Millis;

/// A panic is a trap, without a word: none can be reached, and words about it would be a tenth of the package.
#[cfg(target_family = "wasm")]
#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    core::arch::wasm32::unreachable()
}

#[cfg(target_family = "wasm")]
#[global_allocator]
static MEMORY: rlsf::SmallGlobalTlsf = rlsf::SmallGlobalTlsf::new();

/// A time of JavaScript. What is no time of this side of the year 285,000 is the next that is.
fn millis(time: f64) -> Millis {
    Millis(time as u64)
}

/// A time for JavaScript.
fn number(time: Millis) -> f64 {
    time.0 as f64
}
