//! Both stores against the simplest one there could be: records in a map, every question answered by a full
//! scan.

use std::collections::{BTreeMap, HashMap};

use iot_tunnel_core::{ClientMode, Millis};
use proptest::prelude::*;

use super::*;
use crate::store::{MemoryStore, RedbStore, Versioned};

// Few of each, and lifetimes and pauses of about the same length, so that they often meet: a client token
// passes from an expired tunnel that nobody has closed yet to the next.
const NAMES: u8 = 4;
const CLIENT_TOKENS: u8 = 2;
const THINGS: [&str; 3] = ["lamp", "lamp2", "door"];

/// What may happen to a tunnel.
#[derive(Clone, Debug)]
enum Act {
    Open {
        thing: Option<usize>,
        minutes: u32,
    },
    Connect {
        token: u8,
    },
    Rotate {
        thing: Option<usize>,
    },
    Describe,
    Close,
    Expire,
    Delete,
    /// A change that has read another version.
    Stale,
}

#[derive(Clone, Debug)]
struct Step {
    name: u8,
    act: Act,
    /// Milliseconds since the step before.
    pause: u64,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let thing = || proptest::option::of(0..THINGS.len());
    let act = prop_oneof![
        4 => (thing(), 1_u32..3).prop_map(|(thing, minutes)| Act::Open { thing, minutes }),
        4 => (0..CLIENT_TOKENS).prop_map(|token| Act::Connect { token }),
        2 => thing().prop_map(|thing| Act::Rotate { thing }),
        1 => Just(Act::Describe),
        1 => Just(Act::Close),
        2 => Just(Act::Expire),
        1 => Just(Act::Delete),
        1 => Just(Act::Stale),
    ];
    let pause = prop_oneof![
        4 => Just(0),
        2 => 1..Millis::MINUTE,
        1 => Just(Millis::MINUTE),
        1 => Just(200 * Millis::MINUTE),
    ];
    let step = (0..NAMES, act, pause).prop_map(|(name, act, pause)| Step { name, act, pause });
    proptest::collection::vec(step, 1..100)
}

#[derive(Default)]
struct Model {
    records: BTreeMap<String, Versioned>,
    sources: HashMap<String, AccessToken<MAX_ISSUED>>,
    holders: HashMap<[u8; 32], Holder>,
    now: Millis,
}

impl Model {
    /// The change that a step offers, if it makes sense.
    fn change(&mut self, step: &Step) -> Option<Change> {
        let name = format!("t{}", step.name);
        let old = self.records.get(&name).cloned();
        let now = self.now;
        if let Act::Open { thing, minutes } = step.act {
            let opened = open(&name, thing.map(|thing| THINGS[thing]), now.0, minutes);
            if old.is_none() {
                self.sources.insert(name, opened.source);
            }
            return Some(Change {
                max_open: Some((4, now)),
                ..change(&opened.record, None)
            });
        }
        let Versioned { version, mut record } = old?;
        match step.act {
            Act::Connect { token } => {
                let (token, source) = (client_token(token), self.sources.get(&name)?);
                let holder = self.holders.get(token.digest().as_bytes()).cloned();
                let others = holder.as_ref().filter(|holder| **holder != source_of(&name));
                let in_use = others
                    .is_some_and(|other| self.records[other.tunnel.as_str()].record.tunnel.is_open(now));
                let handshake = Handshake {
                    access_token: source.expose(),
                    side: Side::Source,
                    client_token: Some(&token),
                };
                record
                    .tunnel
                    .connect(handshake, ConnectionId(1), |_| in_use, now)
                    .ok()?;
                return Some(binding(&record, Some(version), token.digest(), holder));
            }
            Act::Rotate { thing } => {
                let config = thing.map(|thing| open("x", Some(THINGS[thing]), 0, 1).record.tunnel);
                let config = config.as_ref().and_then(Tunnel::destination_config).cloned();
                let rotated = record
                    .tunnel
                    .rotate(ClientMode::All, config, now, &entropy())
                    .ok()?;
                self.sources.insert(name, rotated.source?);
            }
            Act::Describe => record.description = Some(format!("at {}", now.0)),
            Act::Close => drop(record.tunnel.close(false, now)),
            Act::Expire if record.tunnel.expire(now).deletes() => return Some(deletion(&name, version)),
            Act::Expire | Act::Open { .. } => {}
            Act::Delete => return Some(deletion(&name, version)),
            Act::Stale => return Some(deletion(&name, version + 1)),
        }
        Some(change(&record, Some(version)))
    }

    /// Makes the change and says whether its conditions held.
    fn commit(&mut self, change: Change) -> bool {
        let name = change.id.to_string();
        let holder = |digest: TokenDigest| self.holders.get(digest.as_bytes());
        if self.records.get(&name).map(|old| old.version) != change.expected
            || change
                .max_open
                .is_some_and(|(max, now)| self.count_open(now) >= max)
            || change
                .binds
                .is_some_and(|(digest, read)| holder(digest) != read.as_ref())
        {
            return false;
        }
        let bound = |record: &Record| record.tunnel.bound_client_token(Side::Source);
        let before = self.records.remove(&name).and_then(|old| bound(&old.record));
        if let Some(record) = change.record {
            if let Some(digest) = bound(&record).filter(|digest| before != Some(*digest)) {
                self.holders.insert(*digest.as_bytes(), source_of(&name));
            }
            let version = change.expected.unwrap_or_default() + 1;
            self.records.insert(name, Versioned { version, record });
        }
        let records = &self.records;
        let holds = |holder: &Holder, digest: &[u8; 32]| {
            let held = records
                .get(holder.tunnel.as_str())
                .and_then(|held| bound(&held.record));
            held.is_some_and(|held| held.as_bytes() == digest)
        };
        self.holders.retain(|digest, holder| holds(holder, digest));
        true
    }

    fn count_open(&self, now: Millis) -> u64 {
        self.records
            .values()
            .filter(|held| held.record.tunnel.is_open(now))
            .count() as u64
    }

    /// Asks a store everything, and compares.
    async fn compare(&self, store: &impl Store) {
        for name in 0..NAMES {
            let name = format!("t{name}");
            assert_eq!(
                store.get(&id(&name)).await.unwrap().as_ref(),
                self.records.get(&name)
            );
        }
        for token in 0..CLIENT_TOKENS {
            let digest = client_token(token).digest();
            assert_eq!(
                store.holder(&digest).await.unwrap().as_ref(),
                self.holders.get(digest.as_bytes())
            );
        }
        let mut newest: Vec<_> = self.records.values().map(|held| &held.record).collect();
        newest.sort_by_key(|record| std::cmp::Reverse((record.tunnel.created_at(), record.tunnel.id())));
        for thing in [None, Some(THINGS[0]), Some(THINGS[1]), Some(THINGS[2])] {
            let listed = newest
                .iter()
                .filter(|record| thing.is_none() || record.thing_name() == thing);
            let listed: Vec<_> = listed.map(|record| (*record).clone()).collect();
            let mut after = None;
            for page in listed.chunks(2).chain([&[][..]]) {
                let query = Query {
                    thing_name: thing.map(Into::into),
                    after,
                    limit: 2,
                };
                assert_eq!(store.list(query).await.unwrap(), page);
                after = page
                    .last()
                    .map(|last| (last.tunnel.created_at(), last.tunnel.id().clone()));
            }
        }
        let mut deadlines: Vec<_> = newest
            .iter()
            .map(|record| (record.tunnel.next_deadline(), record.tunnel.id().clone()))
            .collect();
        deadlines.sort();
        assert_eq!(
            store.next_deadline().await.unwrap(),
            deadlines.first().map(|(at, _)| *at)
        );
        let due = deadlines
            .into_iter()
            .filter(|(at, _)| *at <= self.now)
            .take(3)
            .map(|(_, id)| id);
        assert_eq!(store.due(self.now, 3).await.unwrap(), due.collect::<Vec<_>>());
        assert_eq!(
            store.count_open(self.now).await.unwrap(),
            self.count_open(self.now)
        );
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn both_stores_answer_as_a_full_scan_would(steps in steps()) {
        // In memory too, so that hundreds of commits do not wait for the disk.
        let file = || {
            let pages = ::redb::backends::InMemoryBackend::new();
            Ok(::redb::Database::builder().create_with_backend(pages)?)
        };
        let (memory, redb) = (MemoryStore::new(), RedbStore::opened_by(file).unwrap());
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let mut model = Model::default();
            for step in &steps {
                model.now = model.now.after(step.pause);
                let Some(change) = model.change(step) else { continue };
                let made = model.commit(change.clone());
                assert_eq!(memory.commit(change.clone()).await.is_ok(), made, "memory: {change:?}");
                assert_eq!(redb.commit(change).await.is_ok(), made, "redb: {step:?}");
                model.compare(&memory).await;
                model.compare(&redb).await;
            }
        });
    }
}
