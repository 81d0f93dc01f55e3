//! What is read in place is what is copied out, and a failure changes no byte.

use std::fmt::Debug;
use std::string::ToString;
use std::vec::Vec;

use proptest::prelude::*;

use super::super::*;
use crate::{DestinationConfig, Error, ServiceId, ThingName};

/// The same outcome twice; a body whose reading failed is as it was.
fn alike<T: PartialEq + Debug>(
    copied: &Result<T, Error>,
    lent: &Result<T, Error>,
    [before, after]: [&[u8]; 2],
) {
    assert!(lent.is_ok() || before == after, "a failed call changed the body");
    assert_eq!(lent, copied, "{}", before.escape_ascii());
}

fn written(write: impl Fn(&mut [u8]) -> Result<usize, BufferTooSmall>) -> Vec<u8> {
    let mut buffer = std::vec![0; write(&mut []).unwrap_err().needed];
    write(&mut buffer).unwrap();
    buffer
}

fn notification(body: &[u8]) {
    let mut place = body.to_vec();
    let copied = Notification::<{ crate::token::MAX_ACCESS_TOKEN }>::parse(body);
    assert_eq!(NotificationRef::check(body).err(), copied.as_ref().err().copied());
    let lent = NotificationRef::parse_in_place(&mut place).map(|lent| {
        let services: Vec<_> = lent.services().iter().map(ToString::to_string).collect();
        let again = NotificationRef::new(
            lent.client_access_token(),
            lent.client_mode(),
            lent.region(),
            lent.services(),
        )
        .unwrap();
        assert_eq!(
            written(|buffer| again.write(buffer)),
            written(|buffer| lent.write(buffer))
        );
        let texts = [lent.client_access_token(), lent.region()].map(ToString::to_string);
        (
            texts,
            lent.client_mode(),
            services,
            written(|buffer| lent.write(buffer)),
        )
    });
    let copied = copied.map_err(Error::from).map(|copied| {
        let services = copied.services.iter().map(ToString::to_string).collect();
        let texts = [copied.client_access_token.expose(), copied.region.as_str()].map(ToString::to_string);
        (
            texts,
            copied.client_mode,
            services,
            written(|buffer| copied.write(buffer)),
        )
    });
    alike(&copied, &lent, [body, &place]);
}

fn response(body: &[u8]) {
    let mut place = body.to_vec();
    let copied = RotateResponse::<{ crate::token::MAX_ACCESS_TOKEN }>::parse(body);
    assert_eq!(
        RotateResponseRef::check(body).err(),
        copied.as_ref().err().copied()
    );
    let lent = RotateResponseRef::parse_in_place(&mut place).map(|lent| {
        let tokens = [lent.source_access_token(), lent.destination_access_token()];
        let again = RotateResponseRef::new(lent.tunnel_arn(), tokens[0], tokens[1]).unwrap();
        assert_eq!(
            written(|buffer| again.write(buffer)),
            written(|buffer| lent.write(buffer))
        );
        let tokens = tokens.map(|token| token.map(ToString::to_string));
        (
            lent.tunnel_arn().to_string(),
            tokens,
            written(|buffer| lent.write(buffer)),
        )
    });
    let copied = copied.map_err(Error::from).map(|copied| {
        let tokens = [&copied.source_access_token, &copied.destination_access_token]
            .map(|token| token.as_ref().map(|token| token.expose().to_string()));
        (
            copied.tunnel_arn.to_string(),
            tokens,
            written(|buffer| copied.write(buffer)),
        )
    });
    alike(&copied, &lent, [body, &place]);
}

fn request(body: &[u8]) {
    let mut place = body.to_vec();
    let copied = RotateRequest::parse(body);
    assert_eq!(
        RotateRequestRef::check(body).err(),
        copied.as_ref().err().copied()
    );
    let lent = RotateRequestRef::parse_in_place(&mut place).map(|lent| {
        let config = lent.destination_config().map(|config| {
            let again = DestinationConfigRef::new(config.thing_name(), config.services());
            assert_eq!(again, Ok(config));
            let services: Vec<_> = config
                .services()
                .iter()
                .map(|name| ServiceId::parse(name).unwrap())
                .collect();
            let thing_name = config.thing_name().map(|name| ThingName::parse(name).unwrap());
            DestinationConfig::new(thing_name, &services).unwrap()
        });
        let again = RotateRequestRef::new(lent.tunnel_id(), lent.client_mode(), lent.destination_config());
        assert_eq!(again, Ok(lent));
        let bytes = written(|buffer| lent.write(buffer));
        (lent.tunnel_id().to_string(), lent.client_mode(), config, bytes)
    });
    let copied = copied.map_err(Error::from).map(|copied| {
        let bytes = written(|buffer| copied.write(buffer));
        (
            copied.tunnel_id.to_string(),
            copied.client_mode,
            copied.destination_config,
            bytes,
        )
    });
    alike(&copied, &lent, [body, &place]);
}

/// Reads a body as each message, in place and with copies.
pub(super) fn reads_alike(body: &[u8]) {
    notification(body);
    response(body);
    request(body);
}

/// Messages that keep every rule, with `%` in the place of one text.
const MESSAGES: [&str; 10] = [
    r#"{"clientAccessToken":%,"clientMode":"source","region":"r"}"#,
    r#"{"clientAccessToken":"t","clientMode":%,"region":"r"}"#,
    r#"{"clientAccessToken":"t","clientMode":"source","region":%}"#,
    r#"{"clientAccessToken":"t","clientMode":"source","region":"r","services":["a",%]}"#,
    r#"{"tunnelArn":%,"sourceAccessToken":"t"}"#,
    r#"{"tunnelArn":"arn","sourceAccessToken":"t","destinationAccessToken":%}"#,
    r#"{"tunnelId":%,"clientMode":"ALL"}"#,
    r#"{"tunnelId":"t","clientMode":%,"destinationConfig":{"services":["a"]}}"#,
    r#"{"tunnelId":"t","clientMode":"ALL","destinationConfig":{"thingName":%,"services":["a"]}}"#,
    r#"{"tunnelId":"t","clientMode":"ALL","destinationConfig":{"services":["a","b",%]}}"#,
];

proptest! {
    #[test]
    fn one_text_decides_and_decides_alike(
        text in prop_oneof![
            9 => "([a-z0-9-]{0,33}|[a-zA-Z0-9:_+=-]{0,130}|[!-~]{0,9}|.{0,3}|source|DESTINATION)",
            1 => (1599..=1601_usize).prop_map(|length| "a".repeat(length)),
            1 => (3071..=3073_usize).prop_map(|length| "a".repeat(length)),
        ],
        escaped in any::<bool>(),
    ) {
        let mut text = serde_json::Value::from(text).to_string();
        if escaped {
            text = text.replace('a', r"\u0061");
        }
        for message in MESSAGES {
            reads_alike(message.replace('%', &text).as_bytes());
        }
    }
}
