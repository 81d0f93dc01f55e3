//! A message in prost's hands.

use prost::bytes::{Buf, BufMut};
use prost::encoding::{DecodeContext, WireType};
use std::string::String;
use std::vec::Vec;

use crate::wire::{MAX_MESSAGE, Message, MessageType};

/// A message as prost reads and writes it.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Model {
    pub(super) message_type: i32,
    pub(super) stream_id: i32,
    pub(super) ignorable: bool,
    pub(super) payload: Vec<u8>,
    pub(super) service_id: String,
    pub(super) available_service_ids: Vec<String>,
    pub(super) connection_id: u32,
}

impl prost::Message for Model {
    fn encode_raw(&self, buf: &mut impl BufMut) {
        // prost's derive leaves defaults out in the same way.
        if self.message_type != 0 {
            prost::encoding::int32::encode(1, &self.message_type, buf);
        }
        if self.stream_id != 0 {
            prost::encoding::int32::encode(2, &self.stream_id, buf);
        }
        if self.ignorable {
            prost::encoding::bool::encode(3, &self.ignorable, buf);
        }
        if !self.payload.is_empty() {
            prost::encoding::bytes::encode(4, &self.payload, buf);
        }
        if !self.service_id.is_empty() {
            prost::encoding::string::encode(5, &self.service_id, buf);
        }
        prost::encoding::string::encode_repeated(6, &self.available_service_ids, buf);
        if self.connection_id != 0 {
            prost::encoding::uint32::encode(7, &self.connection_id, buf);
        }
    }

    fn merge_field(
        &mut self,
        number: u32,
        wire_type: WireType,
        buf: &mut impl Buf,
        ctx: DecodeContext,
    ) -> Result<(), prost::DecodeError> {
        use WireType::{LengthDelimited, Varint};
        match (number, wire_type) {
            (1, Varint) => prost::encoding::int32::merge(wire_type, &mut self.message_type, buf, ctx),
            (2, Varint) => prost::encoding::int32::merge(wire_type, &mut self.stream_id, buf, ctx),
            (3, Varint) => prost::encoding::bool::merge(wire_type, &mut self.ignorable, buf, ctx),
            (4, LengthDelimited) => prost::encoding::bytes::merge(wire_type, &mut self.payload, buf, ctx),
            (5, LengthDelimited) => prost::encoding::string::merge(wire_type, &mut self.service_id, buf, ctx),
            (6, LengthDelimited) => {
                let ids = &mut self.available_service_ids;
                prost::encoding::string::merge_repeated(wire_type, ids, buf, ctx)
            }
            (7, Varint) => prost::encoding::uint32::merge(wire_type, &mut self.connection_id, buf, ctx),
            // Google's decoders skip a known number with another wire type; prost's derive refuses it.
            _ => prost::encoding::skip_field(wire_type, number, buf, ctx),
        }
    }

    fn encoded_len(&self) -> usize {
        let mut bytes = Vec::new();
        self.encode_raw(&mut bytes);
        bytes.len()
    }

    fn clear(&mut self) {
        *self = Self::default();
    }
}

impl From<Message<'_>> for Model {
    fn from(message: Message<'_>) -> Self {
        Self {
            message_type: message.message_type.number(),
            stream_id: message.stream_id,
            ignorable: message.ignorable,
            payload: message.payload.to_vec(),
            service_id: message.service_id.into(),
            available_service_ids: message.available_service_ids.iter().map(Into::into).collect(),
            connection_id: message.connection_id,
        }
    }
}

impl Model {
    /// Calls `use_it` with this message, borrowed.
    pub(super) fn with<T>(&self, use_it: impl FnOnce(Message<'_>) -> T) -> T {
        let ids: Vec<&str> = self.available_service_ids.iter().map(String::as_str).collect();
        use_it(Message {
            message_type: MessageType::from_number(self.message_type),
            stream_id: self.stream_id,
            ignorable: self.ignorable,
            payload: &self.payload,
            service_id: &self.service_id,
            available_service_ids: ids.as_slice().into(),
            connection_id: self.connection_id,
        })
    }

    /// This message in a frame, as ours encodes it.
    pub(super) fn frame(&self) -> Vec<u8> {
        let mut frame = std::vec![0; MAX_MESSAGE];
        let length = self.with(|message| message.encode_frame(&mut frame)).unwrap();
        frame.truncate(length);
        frame
    }
}
