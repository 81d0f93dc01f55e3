//! What the application asks for, and what the caller is asked for.

use iot_tunnel_core::handshake::Subprotocol;
use iot_tunnel_core::session::{Progress, Status};
use iot_tunnel_core::{Capacity, Error, Misuse, Side};

use super::{Driver, Socket};
use crate::session::application::Life;
use crate::session::{CONNECTIONS, Task};

impl Driver {
    pub(super) fn open(&mut self, service: usize, drained: bool) {
        let service = service & 3;
        let refusal = self.refusal(service);
        match self.twins.open(service) {
            Ok(Progress::Done(connection)) => {
                assert_eq!((refusal, connection.service()), (None, service));
                self.application.learn(connection, None);
                self.peer.expect_start(connection);
            }
            // Without connection ids there may also be a pause after the stream before.
            Ok(Progress::WouldBlock) => assert!(
                refusal.is_none() && (!drained || self.format < Subprotocol::V3),
                "there is room"
            ),
            Err(Error::Capacity(full)) => {
                assert_eq!(refusal, None);
                let has = |is: &dyn Fn(Life) -> bool| {
                    let entries = self.application.entries.iter();
                    let of_service = entries.filter(|entry| entry.connection.service() == service);
                    of_service.filter(|entry| is(entry.life)).count()
                };
                let expected = match self.format {
                    Subprotocol::V3 => (
                        Capacity::ConnectionTableFull,
                        has(&|life| life != Life::Over) >= CONNECTIONS,
                    ),
                    _ => (Capacity::OneConnectionOnly, has(&|life| life == Life::Live) == 1),
                };
                assert_eq!((full, true), expected);
            }
            Err(error) => assert_eq!(Some(error), refusal),
        }
    }

    /// Why no connection can be opened to a service, whatever room there is.
    fn refusal(&self, service: usize) -> Option<Error> {
        let names = self.twins.services();
        let is_known = || {
            names
                .get(service)
                .is_some_and(|name| self.tunnel.iter().any(|id| id == name.as_str()))
        };
        let is_named = !self.tunnel.is_empty() && self.format >= Subprotocol::V2;
        let misuse = match self.twins.status() {
            _ if self.setup.side() == Side::Destination => Misuse::NotSource,
            Status::Closed => Misuse::SessionClosed,
            Status::Open if service >= self.setup.count() => Misuse::UnknownService,
            Status::Open if self.needs_name => Misuse::ServiceNotChosen,
            Status::Open if !self.tunnel.is_empty() && !is_known() => Misuse::ServiceNotInTunnel,
            Status::Open if !is_named && self.setup.count() > 1 => Misuse::ServiceNeedsName,
            Status::Open => return None,
            _ => Misuse::NotOpen,
        };
        Some(misuse.into())
    }

    pub(super) fn send(&mut self, which: usize, length: u8, drained: bool) {
        let Some(connection) = self.application.ever.iter().rev().nth(which).copied() else {
            return;
        };
        let data = self.data(length);
        let lives = self.application.live(connection).is_some();
        let answer = self.twins.send(connection, &data);
        assert_eq!(answer.map(drop), self.allowed(lives, Misuse::ConnectionEnded));
        match answer {
            Ok(Progress::Done(0)) => assert!(data.is_empty()),
            Ok(Progress::Done(count)) => self.peer.expect_data(connection, &data[..count]),
            Ok(Progress::WouldBlock) => assert!(!drained && !data.is_empty(), "there is room"),
            Err(_) => {}
        }
    }

    pub(super) fn envelope(&mut self, which: usize, length: u8) {
        let Some(connection) = self.application.ever.iter().rev().nth(which).copied() else {
            return;
        };
        let data = self.data(length);
        let lives = self.application.live(connection).is_some();
        let answer = self.twins.envelope(connection, &data);
        let allowed = self.allowed(lives, Misuse::ConnectionEnded);
        assert_eq!(
            answer.as_ref().map(drop).map_err(|error| *error),
            allowed.map_err(Into::into)
        );
        match answer {
            Ok(Progress::Done((head, tail, count))) => {
                self.peer.expect_data(connection, &data[..count]);
                let frame = [&head, &data[..count], &tail].concat();
                self.peer.is_offered(&frame);
                self.peer
                    .receive(&frame, &mut self.application, self.twins.services());
            }
            Ok(Progress::WouldBlock) => assert!(data.is_empty() || !self.twins.has_sent_all()),
            Err(_) => {}
        }
    }

    /// Bytes to send, unlike those before.
    fn data(&mut self, length: u8) -> Vec<u8> {
        let first = self.count() as u8;
        (0..usize::from(length) * 3)
            .map(|index| first.wrapping_add(index as u8))
            .collect()
    }

    pub(super) fn reset(&mut self, which: usize) {
        let Some(connection) = self.application.ever.iter().rev().nth(which).copied() else {
            return;
        };
        let entry = self.application.live(connection);
        let lives = entry.is_some();
        if let Some(entry) = entry {
            entry.life = Life::ResetOwed;
        }
        let answer = self.twins.reset(connection);
        assert_eq!(answer, self.allowed(lives, Misuse::ConnectionEnded));
    }

    /// Does the next thing, and sends at most so many bytes. Whether there was one.
    pub(super) fn poll(&mut self, part: usize) -> bool {
        let task = self.twins.poll_output();
        assert_eq!(
            matches!(task, Task::CloseWebSocket(_)),
            self.owes_close,
            "{task:?}"
        );
        match task {
            Task::CloseWebSocket(_) => self.owes_close = false,
            Task::Connect {
                access_token,
                client_token,
            } => {
                assert_eq!(self.socket, Socket::None, "two sockets at a time");
                self.socket = Socket::Asked;
                self.connects_with(&access_token, client_token);
            }
            Task::Ping => assert_eq!(self.socket, Socket::Up),
            Task::Send(bytes) => {
                assert_eq!(self.socket, Socket::Up);
                self.peer.is_offered(&bytes);
                let part = part.min(bytes.len());
                assert!(part > 0, "there is nothing to send");
                self.twins.sent(part).unwrap();
                self.peer
                    .receive(&bytes[..part], &mut self.application, self.twins.services());
            }
            Task::Wait(_) => return false,
        }
        true
    }
}
