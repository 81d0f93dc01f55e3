//! One message of the tunnel, decoded and encoded, for who looks into the stream.

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;

use iot_tunnel_core::wire::{Message, MessageType};
use wasm_bindgen::prelude::*;

use crate::fault::Fault;
use crate::members::{Members, Texts};

/// Decodes a message, without the length before it, into `message`: `type`, `streamId`, `ignorable`, `payload`,
/// `serviceId` and `connectionId`, and its available service ids.
#[wasm_bindgen(js_name = decodeMessage)]
pub fn decode_message(bytes: &[u8], message: &Members, services: &Texts) -> Result<(), Fault> {
    let decoded = Message::decode(bytes)?;
    message.number("type", f64::from(decoded.message_type.number()));
    message.number("streamId", f64::from(decoded.stream_id));
    message.flag("ignorable", decoded.ignorable);
    message.bytes("payload", decoded.payload.into());
    message.text("serviceId", decoded.service_id);
    message.number("connectionId", f64::from(decoded.connection_id));
    decoded
        .available_service_ids
        .iter()
        .for_each(|service| services.push(service));
    Ok(())
}

/// Encodes a message, without the length before it.
#[wasm_bindgen(js_name = encodeMessage)]
pub fn encode_message(
    message_type: i32,
    stream_id: i32,
    ignorable: bool,
    payload: &[u8],
    service_id: &str,
    services: &Texts,
    connection_id: u32,
) -> Result<Box<[u8]>, Fault> {
    let services: Result<Vec<String>, JsValue> =
        (0..services.length()).map(|index| services.get(index)).collect();
    let services = services.map_err(Fault::thrown)?;
    let services: Vec<&str> = services.iter().map(String::as_str).collect();
    let message = Message {
        message_type: MessageType::from_number(message_type),
        stream_id,
        ignorable,
        payload,
        service_id,
        available_service_ids: services.as_slice().into(),
        connection_id,
    };
    let mut bytes = vec![0; message.encoded_len()?];
    message.encode(&mut bytes)?;
    Ok(bytes.into())
}
