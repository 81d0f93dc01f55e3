//! What one message meant, kept until the next call.

use super::name_of;
use super::words::EventKind;
use crate::members::Texts;
use iot_tunnel_core::{PeerFault, session};

/// The fields of an event. What does not belong to its kind is 0.
#[derive(Default)]
pub(super) struct Event {
    pub(super) connection: f64,
    pub(super) payload: Span,
    pub(super) service: u8,
    pub(super) replaces: bool,
    pub(super) needs_name: bool,
    pub(super) fault: u16,
}

/// Bytes in this module's memory.
#[derive(Clone, Copy, Default)]
pub(super) struct Span {
    pub(super) pointer: usize,
    pub(super) length: usize,
}

impl Span {
    pub(super) fn of(bytes: &[u8]) -> Self {
        Self {
            pointer: bytes.as_ptr() as usize,
            length: bytes.len(),
        }
    }
}

impl Event {
    /// Takes an event apart. `None` is one that the session has dealt with.
    pub(super) fn of(event: session::Event<'_>, services: &Texts) -> Option<(EventKind, Self)> {
        use session::Event as E;
        let none = Self::default();
        Some(match event {
            E::Handled => return None,
            E::Open(announced) => {
                announced.services().iter().for_each(|name| services.push(name));
                let needs_name = announced.needs_name();
                (EventKind::Open, Self { needs_name, ..none })
            }
            E::Started { connection, replaces } => {
                let connection = name_of(connection);
                (
                    EventKind::Started,
                    Self {
                        connection,
                        replaces,
                        ..none
                    },
                )
            }
            E::Data { connection, payload } => {
                let (connection, payload) = (name_of(connection), Span::of(payload));
                (
                    EventKind::Data,
                    Self {
                        connection,
                        payload,
                        ..none
                    },
                )
            }
            E::Ended { connection } => {
                let connection = name_of(connection);
                (EventKind::Ended, Self { connection, ..none })
            }
            E::StreamEnded { service, fault } => {
                let fault = fault.map_or(0, PeerFault::code);
                // A session has at most 255 services.
                let service = service as u8;
                (
                    EventKind::StreamEnded,
                    Self {
                        service,
                        fault,
                        ..none
                    },
                )
            }
            E::SessionReset => (EventKind::SessionReset, none),
            E::Lost { fault } => {
                let fault = fault.code();
                (EventKind::Lost, Self { fault, ..none })
            }
        })
    }
}
