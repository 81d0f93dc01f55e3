//! What the other side and the service send, and what the session makes of it.

use iot_tunnel_core::session::Status;
use iot_tunnel_core::wire::{Message, MessageType, Origin, PREFIX};
use iot_tunnel_core::{Misuse, ServiceId, Side};

use super::{Driver, Socket};
use crate::session::Seen;
use crate::session::application::{Ids, place};
use crate::session::script::Setup;
use crate::session::twins::Twins;

impl Driver {
    pub(super) fn service_ids(&mut self, which: u8) {
        let mut ids: Vec<&str> = (0..3)
            .filter(|bit| which >> bit & 1 == 1)
            .map(|bit| Setup::NAMES[bit])
            .collect();
        match which >> 3 & 3 {
            1 => ids.push("SSH"),
            2 => ids.push("no service's name"),
            _ => {}
        }
        self.frame_arrives(&Message {
            message_type: MessageType::ServiceIds,
            available_service_ids: ids.as_slice().into(),
            ..Message::default()
        });
    }

    pub(super) fn about(&mut self, message_type: u8, which: u8, change: u8, length: u8) {
        let known = self.peer.known.iter().rev().nth(which.into());
        let Some(mut ids) = known.cloned() else { return };
        match change & 7 {
            1 => ids.stream = ids.stream.wrapping_add(1),
            2 => ids.connection = Some(ids.connection.unwrap_or(0).wrapping_add(1)),
            3 => ids.connection = None,
            4 => ids.service = Setup::NAMES[usize::from(change >> 3) % 3].into(),
            5 => ids.service.clear(),
            _ => {}
        }
        self.message(message_type, &ids, length.into());
    }

    pub(super) fn message(&mut self, message_type: u8, ids: &Ids, length: usize) {
        let first = self.count() as u8;
        let payload: Vec<u8> = (0..length).map(|index| first.wrapping_add(index as u8)).collect();
        self.frame_arrives(&Message {
            message_type: MessageType::from_number(i32::from(message_type & 15)),
            stream_id: ids.stream,
            ignorable: message_type & 0x80 != 0,
            payload: &payload,
            service_id: &ids.service,
            connection_id: ids.connection.unwrap_or(0),
            ..Message::default()
        });
    }

    pub(super) fn frame_arrives(&mut self, message: &Message<'_>) {
        let mut frame = [0; 1024];
        // A message without a byte is none.
        let length = message.encode_frame(&mut frame).unwrap_or(PREFIX);
        self.arrive(&frame[..length]);
    }

    pub(super) fn arrive(&mut self, bytes: &[u8]) {
        self.inbox.extend_from_slice(bytes);
        self.read(usize::MAX, false);
    }

    /// The session reads what has arrived, unless the application is slow.
    pub(super) fn read(&mut self, piece: usize, drained: bool) {
        if self.socket != Socket::Up && !self.inbox.is_empty() {
            let answer = self.twins.handle_bytes(self.now, &self.inbox, piece);
            assert_eq!(answer.map(drop), self.allowed(false, Misuse::NotConnected));
            return self.inbox.clear();
        }
        if self.is_paused || self.inbox.is_empty() {
            return;
        }
        let inbox = std::mem::take(&mut self.inbox);
        let before = self.twins.status();
        let heard = self
            .twins
            .handle_bytes(self.now, &inbox, piece)
            .expect("it is connected");
        // Data leaves room for an answer.
        let has_room = drained || !self.peer.awaits_resets(&self.application);
        assert!(heard.taken > 0 || !has_room, "there is room for an answer");
        let mut start = 0;
        let mut opened = before == Status::Open;
        for (seen, end) in heard.events {
            self.frame.extend_from_slice(&inbox[start..end]);
            start = end;
            if let Seen::Lost { fault } = seen {
                let frame = std::mem::take(&mut self.frame);
                assert!(
                    is_at_fault(&frame, self.setup.side(), opened),
                    "{fault}: {frame:02x?}"
                );
                return self.give_up();
            }
            opened |= matches!(seen, Seen::Open { .. });
            self.see(&seen);
        }
        self.frame.extend_from_slice(&inbox[start..heard.taken]);
        self.inbox = inbox[heard.taken..].to_vec();
    }

    pub(super) fn see(&mut self, seen: &Seen) {
        let frame = std::mem::take(&mut self.frame);
        let message = Message::decode(&frame[PREFIX..]).expect("the session has read it");
        if let Seen::Open {
            tunnel, needs_name, ..
        } = seen
        {
            assert!(message.available_service_ids.iter().eq(tunnel.iter()));
            let mut names = tunnel.iter();
            let is_one = names
                .next()
                .is_none_or(|first| ServiceId::parse(first).is_ok() && names.all(|name| name == first));
            assert_eq!(*needs_name, self.setup.services().is_empty() && !is_one);
            (self.tunnel, self.needs_name) = (tunnel.clone(), *needs_name);
        }
        let place = place(&message, self.setup.count(), self.twins.services()).filter(|_| !self.needs_name);
        self.application.see(seen, &message, place);
        if self.setup.side() == Side::Destination {
            self.peer.expect_answer(seen, &message);
            if let Seen::Started { .. } = seen {
                self.peer.known.push(Ids::of(&message));
            }
        }
    }
}

/// Whether the peer may be dropped for what it sent, which starts with a frame.
fn is_at_fault(bytes: &[u8], side: Side, is_open: bool) -> bool {
    let Some((&[high, low], rest)) = bytes.split_first_chunk() else {
        return false;
    };
    let length = usize::from(u16::from_be_bytes([high, low]));
    if length == 0 || length > Twins::INCOMING {
        return true;
    }
    let Some(message) = rest.get(..length) else {
        return false;
    };
    match Message::decode(message) {
        Err(_) => true,
        Ok(message) => {
            message.check(Origin::ServiceTo(side)).is_err()
                || !is_open && message.message_type != MessageType::ServiceIds
        }
    }
}
