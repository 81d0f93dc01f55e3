//! What the latest calls left for JavaScript, which reads it where it stands: a call for each number would be slower, and
//! 1 KB more, gzipped.

/// Numbers, in the order in which `ts/connection/places.ts` names them.
#[derive(Default)]
#[repr(C)]
pub(super) struct Report {
    pub(super) event: Event,
    /// Bytes to be sent, after `poll` or `send`.
    pub(super) frame: Span,
    /// What the WebSocket is to be closed with, after `poll`.
    pub(super) close_code: f64,
    /// Bytes of the inbox that wait to be handled, after `handle`.
    pub(super) waiting: f64,
    /// Whether one opening after another was lost before it proved usable, after `poll`: 1 or 0.
    pub(super) contested: f64,
}

/// The fields of an event. What does not belong to its kind is 0.
#[derive(Default)]
#[repr(C)]
pub(super) struct Event {
    pub(super) connection: f64,
    pub(super) payload: Span,
    /// By its place.
    pub(super) service: f64,
    /// Whether the connection that started replaces all others of its service: 1 or 0.
    pub(super) replaces: f64,
    /// Whether the session opened in a tunnel of several services and has no name for its own: 1 or 0.
    pub(super) needs_name: f64,
    /// The number of its error; 0 if there is none.
    pub(super) fault: f64,
}

/// Bytes in this module's memory.
#[derive(Clone, Copy, Default)]
#[repr(C)]
pub(super) struct Span {
    pointer: f64,
    length: f64,
}

impl Span {
    pub(super) fn of(bytes: &[u8]) -> Self {
        Self {
            pointer: bytes.as_ptr() as usize as f64,
            length: bytes.len() as f64,
        }
    }
}
