use std::fs;
use std::path::Path;
use std::string::String;
use std::vec::Vec;

use super::*;
use crate::handshake::{HandshakeFault, InvalidEndpoint, UpgradeRequestError};
use crate::json::{
    BodyFault, BufferTooSmall, Constraint, JsonFault, JsonFaultKind, MessageFault, Problem, RotateRequest,
    RotateRequestError, Unexpected, Violation,
};
use crate::websocket::SendError;
use crate::wire::{ContentFault, DecodeFault, DecodeFaultKind, EncodeFault, FrameFault, MessageType};
use crate::{ClientToken, Region, ServiceId, ThingName, TunnelArn, TunnelId};

#[test]
fn numbers_stand_in_their_hundred_and_none_is_used_twice() {
    fn check(hundred: u16, codes: impl Iterator<Item = u16>) {
        let codes: Vec<_> = codes.collect();
        assert!(codes.is_sorted_by(|a, b| a < b));
        assert!(codes.iter().all(|code| code / 100 == hundred));
    }
    check(1, Misuse::EVERY.iter().map(|error| error.code()));
    check(2, Refusal::EVERY.iter().map(|error| error.code()));
    check(3, PeerFault::EVERY.iter().map(|error| error.code()));
    check(4, Capacity::EVERY.iter().map(|error| error.code()));
}

#[test]
fn the_text_of_a_broken_rule_says_what_the_rule_allows() {
    for (rule, number) in [
        (TunnelId::RULE, Misuse::InvalidTunnelId),
        (ThingName::RULE, Misuse::InvalidThingName),
        (ServiceId::RULE, Misuse::InvalidServiceId),
        (Region::RULE, Misuse::InvalidRegion),
        (TunnelArn::RULE, Misuse::InvalidTunnelArn),
        (ClientToken::RULE, Misuse::InvalidClientToken),
    ] {
        let broken = rule.check("").unwrap_err();
        assert_eq!(broken.misuse(), number);
        assert_eq!(Error::from(broken), number.into());
        let range = std::format!("{} to {} ", rule.min(), rule.max());
        assert!(number.text().contains(&range), "{rule:?}: {number}");
        let class = match rule.class() {
            "[!-~]" => "visible ASCII",
            class => class,
        };
        assert!(number.text().contains(class), "{rule:?}: {number}");
    }
}

#[test]
fn every_failure_has_a_number() {
    let json = JsonFault {
        kind: JsonFaultKind::EndsEarly,
        position: 0,
    };
    let shape = Unexpected {
        member: "m".into(),
        problem: Problem::NotAString,
    };
    let too_small = BufferTooSmall { needed: 1 };
    let message_type = MessageType::from_number(9);
    let decode = DecodeFault {
        kind: DecodeFaultKind::Truncated,
        position: 0,
    };
    let member = MessageFault::Member {
        member: "m".into(),
        constraint: Constraint::NotNull,
    };
    let expected: [(Error, u16); 29] = [
        (Misuse::NoServices.into(), 103),
        (Refusal::TunnelClosed.into(), 202),
        (PeerFault::EmptyFrame.into(), 304),
        (Capacity::TableFull.into(), 402),
        (Region::parse("").unwrap_err().into(), 113),
        (json.into(), 301),
        (shape.into(), 302),
        (BodyFault::NotJson(json).into(), 301),
        (BodyFault::Unexpected(shape).into(), 302),
        (Violation::of("m", Constraint::NotNull).into(), 303),
        (MessageFault::from(json).into(), 301),
        (MessageFault::from(shape).into(), 302),
        (member.into(), 303),
        (
            MessageFault::AccessTokenTooLong {
                member: "m".into(),
                room: 1,
            }
            .into(),
            404,
        ),
        (RotateRequest::parse(b"[").unwrap_err().into(), 301),
        (RotateRequest::parse(b"[]").unwrap_err().into(), 302),
        (RotateRequest::parse(b"{}").unwrap_err().into(), 303),
        (RotateRequestError::TooManyServices { given: 4 }.into(), 403),
        (too_small.into(), 401),
        (FrameFault::Empty.into(), 304),
        (decode.into(), 305),
        (ContentFault::Type { message_type }.into(), 306),
        (EncodeFault::Empty.into(), 109),
        (UpgradeRequestError::TooLong { length: 1 }.into(), 420),
        (UpgradeRequestError::BufferTooSmall { needed: 1 }.into(), 401),
        (InvalidEndpoint::Port.into(), 120),
        (HandshakeFault::Method.into(), 328),
        (SendError::Misuse(Misuse::SendAfterClose).into(), 142),
        (SendError::BufferTooSmall(too_small).into(), 401),
    ];
    for (error, number) in expected {
        assert_eq!(error.code(), number, "{error}");
    }
}

/// The names of the types that sources implement something for, between two pieces of text.
fn named(sources: &[String], before: &str, after: &str) -> Vec<String> {
    let lines = sources.iter().flat_map(|source| source.lines());
    lines
        .filter_map(|line| line.trim().strip_prefix(before)?.split_once(after))
        .map(|(name, _)| name.replace("<'_>", ""))
        .collect()
}

#[test]
fn no_type_of_error_is_without_a_number() {
    fn read(folder: &Path, sources: &mut Vec<String>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            match path.is_dir() {
                true => read(&path, sources),
                false => sources.push(fs::read_to_string(path).unwrap()),
            }
        }
    }
    let mut sources = Vec::new();
    read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut sources);
    let mut errors = named(&sources, "impl core::error::Error for ", " {}");
    // The four kinds and their sum are made by macros above; `Unused` never leaves this crate.
    errors.retain(|name| !["$name", "Error", "Unused"].contains(&name.as_str()));
    assert!(errors.len() > 10);
    let numbered = named(&sources, "impl From<", "> for Error {");
    for error in errors {
        assert!(
            numbered.contains(&error),
            "{error} has no number: it needs From<{error}> for Error"
        );
    }
}
