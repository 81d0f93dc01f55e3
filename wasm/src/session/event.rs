//! What one message meant.

use super::name_of;
use super::report::{Event, Span};
use super::words::EventKind;
use crate::members::Texts;
use iot_tunnel_core::{Error, PeerFault, session};

impl Event {
    /// What a call did wrong, or what had no room.
    pub(super) fn of_error(error: Error) -> Self {
        Self {
            fault: error.code().into(),
            ..Self::default()
        }
    }

    /// Takes an event apart. `None` is one that the session has dealt with.
    pub(super) fn of(event: session::Event<'_>, announced: &Texts) -> Option<(EventKind, Self)> {
        use session::Event as E;
        let mut fields = Self::default();
        let kind = match event {
            E::Handled => return None,
            E::Open(tunnel) => {
                tunnel.services().iter().for_each(|name| announced.push(name));
                fields.needs_name = tunnel.needs_name().into();
                EventKind::Open
            }
            E::Started { connection, replaces } => {
                fields.connection = name_of(connection);
                fields.replaces = replaces.into();
                EventKind::Started
            }
            E::Data { connection, payload } => {
                fields.connection = name_of(connection);
                fields.payload = Span::of(payload);
                EventKind::Data
            }
            E::Ended { connection } => {
                fields.connection = name_of(connection);
                EventKind::Ended
            }
            E::StreamEnded { service, fault } => {
                fields.service = service as f64;
                fields.fault = fault.map_or(0, PeerFault::code).into();
                EventKind::StreamEnded
            }
            E::SessionReset => EventKind::SessionReset,
            E::Lost { fault } => {
                fields.fault = fault.code().into();
                EventKind::Lost
            }
        };
        Some((kind, fields))
    }
}
