//! What every store promises: each promise is tested on both. Beside it, what only the file promises, and a
//! comparison with the simplest store there could be.

mod file;
mod model;
mod promises;

use std::sync::atomic::{AtomicU32, Ordering};

use iot_tunnel_core::token::MAX_ISSUED;
use iot_tunnel_core::{
    AccessToken, ClientToken, ConnectionId, DestinationConfig, Entropy, Handshake, Lifetime, Millis,
    ServiceId, Side, ThingName, TokenDigest, Tunnel, TunnelId,
};

use super::{Change, CommitError, Holder, Query, Store};
use crate::record::{Notification, Record};

/// A tunnel, and what only its peers know of it.
#[derive(Clone, Debug)]
struct Opened {
    record: Record,
    source: AccessToken<MAX_ISSUED>,
}

fn id(text: &str) -> TunnelId {
    TunnelId::parse(text).unwrap()
}

fn entropy() -> Entropy {
    static DRAWN: AtomicU32 = AtomicU32::new(1);
    let mut bytes = [0; 64];
    bytes[..4].copy_from_slice(&DRAWN.fetch_add(1, Ordering::Relaxed).to_be_bytes());
    Entropy::new(bytes).unwrap()
}

fn open(name: &str, thing: Option<&str>, created: u64, minutes: u32) -> Opened {
    let config = thing.map(|thing| {
        let services = [
            ServiceId::parse("SSH").unwrap(),
            ServiceId::parse("HTTP").unwrap(),
        ];
        DestinationConfig::new(Some(ThingName::parse(thing).unwrap()), &services).unwrap()
    });
    let lifetime = Lifetime::from_minutes(minutes).unwrap();
    let (tunnel, opened) = Tunnel::open(id(name), config, lifetime, Millis(created), &entropy()).unwrap();
    let record = Record {
        tunnel,
        description: None,
        tags: Vec::new(),
        notification: Notification::None,
    };
    Opened {
        record,
        source: opened.source,
    }
}

fn client_token(number: u8) -> ClientToken {
    ClientToken::parse(&format!("{number:032}")).unwrap()
}

/// The source connects with a client token.
fn connect(opened: &mut Opened, client_token: &ClientToken, now: Millis) {
    let handshake = Handshake {
        access_token: opened.source.expose(),
        side: Side::Source,
        client_token: Some(client_token),
    };
    opened
        .record
        .tunnel
        .connect(handshake, ConnectionId(1), |_| false, now)
        .unwrap();
}

fn source_of(name: &str) -> Holder {
    Holder {
        tunnel: id(name),
        side: Side::Source,
    }
}

/// The change from one version to the record as it is now.
fn change(record: &Record, expected: Option<u64>) -> Change {
    Change {
        id: record.tunnel.id().clone(),
        expected,
        record: Some(record.clone()),
        binds: None,
        max_open: None,
    }
}

fn deletion(name: &str, expected: u64) -> Change {
    Change {
        id: id(name),
        expected: Some(expected),
        record: None,
        binds: None,
        max_open: None,
    }
}

fn binding(record: &Record, expected: Option<u64>, digest: TokenDigest, holder: Option<Holder>) -> Change {
    Change {
        binds: Some((digest, holder)),
        ..change(record, expected)
    }
}

async fn put(store: &impl Store, record: &Record, expected: Option<u64>) {
    store.commit(change(record, expected)).await.unwrap();
}

async fn names(store: &impl Store, query: Query) -> Vec<String> {
    let found = store.list(query).await.unwrap();
    found
        .iter()
        .map(|record| record.tunnel.id().to_string())
        .collect()
}

fn first(limit: usize) -> Query {
    Query {
        limit,
        ..Query::default()
    }
}

async fn due(store: &impl Store, now: u64, limit: usize) -> Vec<String> {
    let found = store.due(Millis(now), limit).await.unwrap();
    found.iter().map(ToString::to_string).collect()
}

fn is_conflict(outcome: &Result<(), CommitError>) -> bool {
    matches!(outcome, Err(CommitError::Conflict))
}
