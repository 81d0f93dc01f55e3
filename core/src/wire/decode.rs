//! Bytes to a [`Message`], by the rules of proto3.

use super::available::AvailableServiceIds;
use super::fault::{DecodeFault, DecodeFaultKind};
use super::field::{Fields, tag};
use super::message::{Message, MessageType};

impl<'a> Message<'a> {
    /// Decodes the message that `bytes` hold, without the length before it.
    ///
    /// As proto3 has it: fields stand in any order; the last value of a field counts, and every available service id;
    /// a varint may be longer than it must, a number takes the low bits of it, and any but 0 is true. A field that is
    /// not known is skipped; so is a known number whose value is written in another way. Groups are refused: proto3
    /// has none, and nobody sends them (ours).
    ///
    /// What a message may say is judged by [`check`](Self::check).
    ///
    /// # Errors
    /// [`DecodeFault`] with the first field that cannot be read.
    pub fn decode(bytes: &'a [u8]) -> Result<Self, DecodeFault> {
        // A microcontroller has less room for the fast way than time for the other one.
        if cfg!(not(target_os = "none"))
            && let Some(message) = Self::decode_in_order(bytes)
        {
            return Ok(message);
        }
        Self::decode_in_any_order(bytes)
    }

    /// What encoders write: fields in order of their numbers, each at most once, none of them unknown. `None`: it is
    /// something else. Without a loop, and put together where the caller wants the message, this takes half the time.
    #[inline(always)]
    pub(super) fn decode_in_order(bytes: &'a [u8]) -> Option<Self> {
        let mut fields = Fields { rest: bytes };
        let message = Self {
            message_type: MessageType::from_number(fields.next_number(tag::TYPE)? as i32),
            stream_id: fields.next_number(tag::STREAM_ID)? as i32,
            ignorable: fields.next_number(tag::IGNORABLE)? != 0,
            payload: fields.next_bytes(tag::PAYLOAD)?,
            service_id: str::from_utf8(fields.next_bytes(tag::SERVICE_ID)?).ok()?,
            available_service_ids: AvailableServiceIds::default(),
            connection_id: fields.next_number(tag::CONNECTION_ID)?,
        };
        fields.rest.is_empty().then_some(message)
    }

    /// What proto3 allows.
    #[inline(never)]
    pub(super) fn decode_in_any_order(bytes: &'a [u8]) -> Result<Self, DecodeFault> {
        let mut message = Self::default();
        let mut fields = Fields { rest: bytes };
        while !fields.rest.is_empty() {
            let field = fields;
            message.take(&mut fields).map_err(|kind| DecodeFault {
                kind,
                position: bytes.len() - field.rest.len(),
            })?;
        }
        Ok(message)
    }

    /// Takes the next field.
    fn take(&mut self, fields: &mut Fields<'a>) -> Result<(), DecodeFaultKind> {
        let field = *fields;
        let tag = fields.tag()?;
        let value = fields.value(tag)?;
        match tag {
            // A number takes the low bits of a varint that has more than it has room for.
            tag::TYPE => self.message_type = MessageType::from_number(value.number as i32),
            tag::STREAM_ID => self.stream_id = value.number as i32,
            tag::IGNORABLE => self.ignorable = value.number != 0,
            tag::PAYLOAD => self.payload = value.bytes,
            tag::SERVICE_ID => self.service_id = value.text()?,
            tag::AVAILABLE_SERVICE_IDS => {
                value.text()?;
                self.available_service_ids.start_at(field);
            }
            tag::CONNECTION_ID => self.connection_id = value.number as u32,
            _ => {}
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_names_what_is_wrong_and_the_field_it_is_in() {
        use DecodeFaultKind::{FieldNumberZero, Group, NotUtf8, Truncated, VarintTooLong, WireType};
        let cases: [(&[u8], DecodeFaultKind); 20] = [
            (b"\x10", Truncated),
            (b"\x10\x80", Truncated),
            (b"\x10\x80\x80\x80\x80\x80\x80\x80\x80\x80", Truncated),
            (b"\x10\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80", VarintTooLong),
            (b"\x10\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\0", VarintTooLong),
            (b"\x90\x80\x80\x80\x80", VarintTooLong),
            (b"\x90\x80\x80\x80\x80\0\0", VarintTooLong),
            (b"\x90\x80\x80\x80\x10\0", VarintTooLong),
            (b"\x22\x80\x80\x80\x80\x80\0", VarintTooLong),
            (b"\x22\x81\x80\x80\x80\x10a", VarintTooLong),
            (b"\x22\x02a", Truncated),
            (b"\x2a\x02\xc3\x28", NotUtf8),
            (b"\x32\x02\xc3\x28", NotUtf8),
            (b"\x0d\0\0\0", Truncated),
            (b"\x09\0\0\0\0\0\0\0", Truncated),
            (b"\0\0", FieldNumberZero),
            (b"\x80\0\0", FieldNumberZero),
            (b"\x4b\x4c", Group),
            (b"\x4c", Group),
            (b"\x4e\0", WireType),
        ];
        for (bytes, kind) in cases {
            let message = [b"\x08\x01", bytes].concat();
            let fault = DecodeFault { kind, position: 2 };
            assert_eq!(Message::decode(&message), Err(fault), "{bytes:02x?}");
        }
    }

    #[test]
    fn a_number_takes_the_low_bits_and_a_bool_all_of_them() {
        let long = b"\x10\x85\x80\x80\x80\x10\x18\x80\x80\x80\x80\x10\x38\x87\x80\x80\x80\x10";
        let message = Message::decode(long).unwrap();
        assert_eq!(
            (message.stream_id, message.ignorable, message.connection_id),
            (5, true, 7)
        );
        // Bits above the 64th count for nothing.
        let longest = b"\x18\x80\x80\x80\x80\x80\x80\x80\x80\x80\x02";
        assert!(!Message::decode(longest).unwrap().ignorable);
    }
}
