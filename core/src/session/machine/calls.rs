//! What the application asks of an open session: to open a connection, to send, to reset.

use super::Machine;
use crate::error::{Error, Misuse};
use crate::handshake::Subprotocol;
use crate::mode::Side;
use crate::session::event::Progress;
use crate::session::services::ServiceList;
use crate::session::state::Offered;
use crate::session::streams::{Connection, Format};
use crate::wire::Envelope;

impl<B, const TOKEN: usize, const SERVICES: usize, const CONNECTIONS: usize>
    Machine<B, TOKEN, SERVICES, CONNECTIONS>
where
    B: AsRef<[u8]> + AsMut<[u8]>,
{
    pub(in crate::session) fn open(
        &mut self,
        index: usize,
        services: &ServiceList<SERVICES>,
    ) -> Result<Progress<Connection>, Error> {
        if self.side != Side::Source {
            return Err(Misuse::NotSource.into());
        }
        let misuse = self.misuse(Misuse::NotOpen);
        let open = self.state.open().ok_or(misuse)?;
        if index >= services.count() {
            return Err(Misuse::UnknownService.into());
        }
        if services.needs_name() {
            return Err(Misuse::ServiceNotChosen.into());
        }
        let format = self.format.min(open.link.subprotocol);
        let named = match open.offer {
            Offered::Unnamed => false,
            Offered::Named(named) if named.get(index) != Some(&true) => {
                return Err(Misuse::ServiceNotInTunnel.into());
            }
            Offered::Named(_) => format >= Subprotocol::V2,
        };
        if !named && services.count() > 1 {
            return Err(Misuse::ServiceNeedsName.into());
        }
        // The resets of what has ended go first: their places may be needed, and a new stream would cut short what was sent.
        while self.streams.pay_reset(services, &mut self.outgoing) {}
        if !self.outgoing.takes_control() {
            return Ok(Progress::WouldBlock);
        }
        let format = Format {
            service_id: named,
            connection_id: format >= Subprotocol::V3,
        };
        let service = services.id(index);
        let Some((connection, message)) = self.streams.open(index, service, format, &mut self.counters)?
        else {
            return Ok(Progress::WouldBlock);
        };
        // There is room: see above.
        self.outgoing.push(&message);
        Ok(Progress::Done(connection))
    }

    pub(in crate::session) fn send(
        &mut self,
        connection: Connection,
        data: &[u8],
        services: &ServiceList<SERVICES>,
    ) -> Result<Progress<usize>, Misuse> {
        let length = self.max_payload.min(self.outgoing.room_for_payload());
        let payload = data.get(..length).unwrap_or(data);
        let service = services.id(connection.service());
        let message = self.streams.data(connection, service, payload);
        // Where it lies: a message is too large to move.
        let Some(message) = &message else {
            return Err(self.misuse(Misuse::ConnectionEnded));
        };
        Ok(match payload.len() {
            0 if data.is_empty() => Progress::Done(0),
            length if length > 0 && self.outgoing.push(message) => Progress::Done(length),
            _ => Progress::WouldBlock,
        })
    }

    pub(in crate::session) fn envelope<'b>(
        &mut self,
        connection: Connection,
        data: &[u8],
        services: &ServiceList<SERVICES>,
        buffer: &'b mut [u8],
    ) -> Result<Progress<(Envelope<'b>, usize)>, Error> {
        let misuse = self.misuse(Misuse::ConnectionEnded);
        let service = services.id(connection.service());
        let payload = data.get(..self.max_payload).unwrap_or(data);
        let message = self.streams.data(connection, service, payload).ok_or(misuse)?;
        if data.is_empty() || !self.outgoing.bytes().is_empty() {
            return Ok(Progress::WouldBlock);
        }
        let envelope = message.encode_envelope(buffer)?;
        Ok(Progress::Done((envelope, payload.len())))
    }

    pub(in crate::session) fn has_sent_all(&self) -> bool {
        self.outgoing.bytes().is_empty()
    }

    pub(in crate::session) fn reset(&mut self, connection: Connection) -> Result<(), Misuse> {
        let misuse = self.misuse(Misuse::ConnectionEnded);
        match self.streams.reset(connection) {
            true => Ok(()),
            false => Err(misuse),
        }
    }
}
