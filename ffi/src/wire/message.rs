//! What runs through a tunnel.

use iot_tunnel_core::wire::{EncodeFault, Message as Decoded, MessageType, Origin as From, Verdict};
use iot_tunnel_core::{Capacity, Error, Misuse, Side};

use crate::memory::{Area, Buffer, Bytes, Out, Text, apart, object};
use crate::status::{Code, answer};

/// How `MessageKind` stands in a signature: a message may have another number.
pub type MessageKindCode = i32;

/// The types of messages. A message may have another number: of a later version of the protocol.
#[repr(i32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MessageKind {
    /// Bytes of a stream.
    Data = 1,
    /// A source starts a stream.
    StreamStart = 2,
    /// A stream ends.
    StreamReset = 3,
    /// The service ends every stream.
    SessionReset = 4,
    /// The service names the tunnel's services; since V2.
    ServiceIds = 5,
    /// A source opens a further connection in a stream; since V3.
    ConnectionStart = 6,
    /// A connection ends; since V3.
    ConnectionReset = 7,
}

/// How `Origin` stands in a signature.
pub type OriginCode = i32;

/// Whose messages arrive on a connection.
#[repr(i32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// At the service: a source's.
    Source = 1,
    /// At the service: a destination's.
    Destination = 2,
    /// At a source: the service's, and those of the destination that it passes on.
    ServiceToSource = 3,
    /// At a destination: the service's, and those of the source that it passes on.
    ServiceToDestination = 4,
}

/// A message. A field that is absent on the wire is 0, false or empty here; there is no difference.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct Message {
    /// What it is about, an iot_tunnel_message_kind or another number.
    pub kind: MessageKindCode,
    /// The stream it belongs to; 0 where there is none.
    pub stream_id: i32,
    /// Whether a receiver that does not know the kind may skip it.
    pub ignorable: bool,
    /// The data of the stream, at most 64512 bytes where it is sent.
    pub payload: Bytes,
    /// The service that the stream is of, since V2.
    pub service_id: Text,
    /// The connection in the stream, since V3; 0 where there is none.
    pub connection_id: u32,
    /// The services of the tunnel, in SERVICE_IDS, since V2.
    pub available_service_ids: [Text; 8],
    /// How many they are, 0 to 8. A tunnel has at most 3.
    pub available_service_id_count: u32,
}

/// Decodes a message, by the rules of proto3.
///
/// @param bytes The message, without the length of its frame.
/// @param message What it says. Payload and texts lie in `bytes`.
/// @return OK, PEER_FAULT_MALFORMED_MESSAGE, CAPACITY_TOO_MANY_SERVICES (more than 8), MISUSE_NULL_POINTER,
///         MISUSE_OVERLAPPING_MEMORY.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn iot_tunnel_message_decode(bytes: Bytes, message: *mut Message) -> Code {
    answer(|| {
        apart(&[Area::of(message, 1)], &[bytes.area()])?;
        // SAFETY: the header's rules for bytes and results.
        let (bytes, out) = unsafe { (bytes.get()?, Out::new(message)?) };
        out.set(Message::of(&Decoded::decode(bytes)?)?);
        Ok(())
    })
}

impl Message {
    fn of(message: &Decoded<'_>) -> Result<Self, Error> {
        let mut ids = [Text::EMPTY; 8];
        let mut count = 0;
        let mut places = ids.iter_mut();
        for id in message.available_service_ids {
            *places.next().ok_or(Capacity::TooManyServices)? = Text::of(id);
            count += 1;
        }
        Ok(Self {
            kind: message.message_type.number(),
            stream_id: message.stream_id,
            ignorable: message.ignorable,
            payload: Bytes::of(message.payload),
            service_id: Text::of(message.service_id),
            connection_id: message.connection_id,
            available_service_ids: ids,
            available_service_id_count: count,
        })
    }

    /// Has `act` use the message.
    ///
    /// # Safety
    /// Its bytes and texts are as `Bytes::get` and `Text::get` want them.
    unsafe fn with<T>(&self, act: impl FnOnce(&Decoded<'_>) -> Result<T, Error>) -> Result<T, Error> {
        let count =
            usize::try_from(self.available_service_id_count).map_err(|_| Capacity::TooManyServices)?;
        let texts = self
            .available_service_ids
            .get(..count)
            .ok_or(Capacity::TooManyServices)?;
        let mut ids = [""; 8];
        for (id, text) in ids.iter_mut().zip(texts) {
            // SAFETY: as this function's.
            *id = unsafe { text.get() }?;
        }
        // SAFETY: as this function's.
        let (payload, service_id) = unsafe { (self.payload.get()?, self.service_id.get()?) };
        act(&Decoded {
            message_type: MessageType::from_number(self.kind),
            stream_id: self.stream_id,
            ignorable: self.ignorable,
            payload,
            service_id,
            available_service_ids: ids.get(..count).unwrap_or_default().into(),
            connection_id: self.connection_id,
        })
    }

    /// Where what it points to stands.
    fn areas(&self) -> [Area; 10] {
        let [a, b, c, d, e, f, g, h] = self.available_service_ids.map(Text::area);
        [
            a,
            b,
            c,
            d,
            e,
            f,
            g,
            h,
            self.service_id.area(),
            self.payload.area(),
        ]
    }
}

/// Encodes a message, without the length of its frame.
///
/// @param message The message.
/// @param buffer Takes its bytes.
/// @param capacity Its length in bytes.
/// @param length The message's length in bytes, which may be 0; with CAPACITY_BUFFER_TOO_SMALL the length needed.
/// @return OK, MISUSE_NULL_POINTER, MISUSE_NOT_UTF8, MISUSE_PAYLOAD_TOO_LONG, MISUSE_MESSAGE_TOO_LONG,
///         MISUSE_OVERLAPPING_MEMORY, CAPACITY_TOO_MANY_SERVICES, CAPACITY_BUFFER_TOO_SMALL. On an error the buffer is as it
///         was.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn iot_tunnel_message_encode(
    message: *const Message,
    buffer: *mut u8,
    capacity: usize,
    length: *mut usize,
) -> Code {
    // SAFETY: the header's rules for objects, buffers and results.
    answer(|| unsafe {
        encode(message, buffer, capacity, length, |message, room| {
            message.encode(room)
        })
    })
}

/// Encodes a message as a frame, with its length before it: what goes into binary WebSocket messages.
///
/// @param message The message, with some field set.
/// @param buffer Takes the frame.
/// @param capacity Its length in bytes.
/// @param length The frame's length in bytes; with CAPACITY_BUFFER_TOO_SMALL the length needed.
/// @return As iot_tunnel_message_encode, and MISUSE_EMPTY_MESSAGE.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn iot_tunnel_message_encode_frame(
    message: *const Message,
    buffer: *mut u8,
    capacity: usize,
    length: *mut usize,
) -> Code {
    // SAFETY: the header's rules for objects, buffers and results.
    answer(|| unsafe {
        encode(message, buffer, capacity, length, |message, room| {
            message.encode_frame(room)
        })
    })
}

/// Has `encode` fill the buffer.
///
/// # Safety
/// The header's rules for objects, buffers and results.
unsafe fn encode(
    message: *const Message,
    buffer: *mut u8,
    capacity: usize,
    length: *mut usize,
    encode: impl FnOnce(&Decoded<'_>, &mut [u8]) -> Result<usize, EncodeFault>,
) -> Result<(), Error> {
    // SAFETY: as this function's.
    unsafe {
        let written = [Area::of(buffer, capacity), Area::of(length, 1)];
        apart(&written, &[Area::of(message, 1)])?;
        let message = object(message)?;
        apart(&written, &message.areas())?;
        let buffer = Buffer::new(buffer, capacity, length)?;
        message.with(|message| {
            buffer.fill(
                |room| encode(message, room),
                |fault| match fault {
                    EncodeFault::BufferTooSmall { needed } => Some(needed),
                    _ => None,
                },
            )
        })
    }
}

/// Judges whether a message may come from there.
///
/// @param message The message.
/// @param origin Whose it is, an iot_tunnel_origin.
/// @param skip Whether its receiver skips it: the kind is not known, and the message says that it may be ignored.
/// @return OK, MISUSE_NULL_POINTER, MISUSE_UNKNOWN_ENUM_VALUE, MISUSE_NOT_UTF8, MISUSE_OVERLAPPING_MEMORY,
///         CAPACITY_TOO_MANY_SERVICES,
///         PEER_FAULT_UNKNOWN_MESSAGE_TYPE, PEER_FAULT_UNEXPECTED_MESSAGE, PEER_FAULT_STREAM_ID_MISSING,
///         PEER_FAULT_PAYLOAD_TOO_LONG.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn iot_tunnel_message_check(
    message: *const Message,
    origin: OriginCode,
    skip: *mut bool,
) -> Code {
    answer(|| {
        apart(&[Area::of(skip, 1)], &[Area::of(message, 1)])?;
        // SAFETY: the header's rules for objects and results.
        let (message, out) = unsafe { (object(message)?, Out::new(skip)?) };
        let origin = match origin {
            1 => From::Client(Side::Source),
            2 => From::Client(Side::Destination),
            3 => From::ServiceTo(Side::Source),
            4 => From::ServiceTo(Side::Destination),
            _ => return Err(Misuse::UnknownEnumValue.into()),
        };
        // SAFETY: the header's rules for bytes and text.
        let verdict = unsafe { message.with(|message| Ok(message.check(origin)?)) }?;
        out.set(verdict == Verdict::Skip);
        Ok(())
    })
}
