//! `messages.json`: a message is read or refused as Google's protobuf does it, and written byte for byte the same.

use iot_tunnel_core::wire::{Message, MessageType};
use iot_tunnel_tests::vectors;
use serde::Deserialize;

#[derive(Deserialize)]
struct File {
    canonical: Vec<Accepted>,
    accepted: Vec<Accepted>,
    refused: Vec<Refused>,
}

#[derive(Deserialize)]
struct Accepted {
    hex: String,
    why: String,
    fields: Fields,
}

#[derive(Deserialize)]
struct Refused {
    hex: String,
    why: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Fields {
    r#type: i32,
    stream_id: i32,
    ignorable: bool,
    #[serde(rename = "payload_hex")]
    payload: String,
    service_id: String,
    available_service_ids: Vec<String>,
    connection_id: u32,
}

fn bytes(hex: &str) -> Vec<u8> {
    let byte = |at| u8::from_str_radix(&hex[at..at + 2], 16).expect("two hexadecimal digits");
    (0..hex.len()).step_by(2).map(byte).collect()
}

impl Fields {
    /// Calls `check` with the message that has these fields.
    fn with(&self, check: impl FnOnce(Message<'_>) -> Result<(), String>) -> Result<(), String> {
        let ids: Vec<&str> = self.available_service_ids.iter().map(String::as_str).collect();
        check(Message {
            message_type: MessageType::from_number(self.r#type),
            stream_id: self.stream_id,
            ignorable: self.ignorable,
            payload: &bytes(&self.payload),
            service_id: &self.service_id,
            available_service_ids: ids.as_slice().into(),
            connection_id: self.connection_id,
        })
    }
}

/// Decodes a case to its fields.
fn decodes(case: &Accepted) -> Result<(), String> {
    case.fields
        .with(|expected| match Message::decode(&bytes(&case.hex)) {
            Ok(message) if message == expected => Ok(()),
            outcome => Err(format!("{}: {outcome:?}", case.why)),
        })
}

/// Encodes a case's fields to its bytes.
fn encodes(case: &Accepted) -> Result<(), String> {
    case.fields.with(|message| {
        let expected = bytes(&case.hex);
        let mut encoded = vec![0; expected.len()];
        match message.encode(&mut encoded) {
            Ok(length) if length == expected.len() && encoded == expected => Ok(()),
            outcome => Err(format!("{}: {outcome:?} {encoded:02x?}", case.why)),
        }
    })
}

#[test]
fn every_canonical_message_is_read_and_written_as_the_vectors_say() {
    let file: File = vectors::read("messages.json");
    vectors::run("messages.json canonical", &file.canonical, |case| {
        decodes(case).and_then(|()| encodes(case))
    });
}

#[test]
fn every_accepted_message_is_read_as_the_vectors_say() {
    let file: File = vectors::read("messages.json");
    vectors::run("messages.json accepted", &file.accepted, decodes);
}

#[test]
fn every_refused_message_is_refused() {
    let file: File = vectors::read("messages.json");
    vectors::run(
        "messages.json refused",
        &file.refused,
        |case| match Message::decode(&bytes(&case.hex)) {
            Err(_) => Ok(()),
            Ok(message) => Err(format!("{}: {message:?}", case.why)),
        },
    );
}
