//! The promises of the trait.

use std::sync::Arc;

use iot_tunnel_core::{CLOSED_RETENTION, ClientMode, Millis};
use tokio::task::JoinSet;

use super::*;

const MINUTE: u64 = Millis::MINUTE;

/// Runs each promise on a new store of either kind.
macro_rules! on_both_stores {
    ($($promise:ident)*) => {
        mod memory {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
            async fn $promise() {
                super::$promise(crate::store::MemoryStore::new()).await;
            })*
        }
        mod redb {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
            async fn $promise() {
                let directory = tempfile::tempdir().unwrap();
                let path = directory.path().join("store");
                super::$promise(crate::store::RedbStore::open(&path).unwrap()).await;
            })*
        }
    };
}

on_both_stores! {
    a_record_is_read_as_it_was_written_and_its_version_grows_by_one
    a_change_of_another_version_is_refused_and_changes_nothing
    concurrent_changes_lose_nothing
    a_list_is_newest_first_and_the_greater_id_first_at_the_same_moment
    pages_join_up_even_while_tunnels_come_and_go
    a_list_of_one_thing_follows_the_thing
    what_is_due_comes_longest_due_first
    expired_tunnels_do_not_count_as_open_before_anybody_closes_them
    there_are_never_more_open_tunnels_than_allowed
    two_tunnels_never_bind_the_same_client_token
    a_client_token_that_an_expired_tunnel_held_stays_with_its_new_holder
    a_rotation_releases_the_client_token
    a_deleted_tunnel_leaves_nothing_behind
}

async fn a_record_is_read_as_it_was_written_and_its_version_grows_by_one(store: impl Store) {
    let mut opened = open("a", Some("thing"), 5, 720);
    opened.record.description = Some("für \"alle\"\n".into());
    put(&store, &opened.record, None).await;
    let read = store.get(&id("a")).await.unwrap().unwrap();
    assert_eq!((read.version, &read.record), (1, &opened.record));

    connect(&mut opened, &client_token(1), Millis(6));
    put(&store, &opened.record, Some(1)).await;
    let read = store.get(&id("a")).await.unwrap().unwrap();
    assert_eq!((read.version, &read.record), (2, &opened.record));
    assert_eq!(store.get(&id("b")).await.unwrap(), None);
}

async fn a_change_of_another_version_is_refused_and_changes_nothing(store: impl Store) {
    let mut opened = open("a", None, 0, 1);
    let before = opened.record.clone();
    assert!(
        is_conflict(&store.commit(change(&before, Some(1))).await),
        "there is none"
    );
    put(&store, &before, None).await;
    connect(&mut opened, &client_token(1), Millis(1));
    for expected in [None, Some(0), Some(2)] {
        assert!(
            is_conflict(&store.commit(change(&opened.record, expected)).await),
            "{expected:?}"
        );
    }
    assert!(is_conflict(&store.commit(deletion("a", 2)).await));
    assert_eq!(store.get(&id("a")).await.unwrap().unwrap().record, before);
    assert_eq!(store.holder(&client_token(1).digest()).await.unwrap(), None);
}

async fn concurrent_changes_lose_nothing(store: impl Store) {
    const TASKS: usize = 8;
    const CHANGES: usize = 5;
    put(&store, &open("a", None, 0, 1).record, None).await;
    let store = Arc::new(store);
    let mut tasks = JoinSet::new();
    for task in 0..TASKS {
        let store = Arc::clone(&store);
        tasks.spawn(async move {
            for number in 0..CHANGES {
                loop {
                    let mut read = store.get(&id("a")).await.unwrap().unwrap();
                    let text = read.record.description.get_or_insert_default();
                    text.push_str(&format!("{task}.{number} "));
                    match store.commit(change(&read.record, Some(read.version))).await {
                        Ok(()) => break,
                        Err(CommitError::Conflict) => {}
                        Err(error) => panic!("{error}"),
                    }
                }
            }
        });
    }
    tasks.join_all().await;
    let read = store.get(&id("a")).await.unwrap().unwrap();
    assert_eq!(read.version, 1 + (TASKS * CHANGES) as u64);
    let mut written: Vec<_> = read
        .record
        .description
        .as_deref()
        .unwrap()
        .split_whitespace()
        .collect();
    written.sort_unstable();
    written.dedup();
    assert_eq!(written.len(), TASKS * CHANGES);
}

async fn a_list_is_newest_first_and_the_greater_id_first_at_the_same_moment(store: impl Store) {
    for (name, created) in [
        ("b", 2),
        ("a", 2),
        ("z", 1),
        ("c", 3),
        ("bb", 2),
        ("B", 2),
        ("=", 2),
    ] {
        put(&store, &open(name, None, created, 1).record, None).await;
    }
    assert_eq!(
        names(&store, first(100)).await,
        ["c", "bb", "b", "a", "B", "=", "z"]
    );
    assert_eq!(names(&store, first(2)).await, ["c", "bb"]);
    assert!(names(&store, first(0)).await.is_empty());
}

async fn pages_join_up_even_while_tunnels_come_and_go(store: impl Store) {
    for (name, created) in [("a", 1), ("b", 2), ("c", 3), ("d", 4), ("e", 5), ("f", 6)] {
        put(&store, &open(name, None, created, 1).record, None).await;
    }
    let after = |created, name| Query {
        after: Some((Millis(created), id(name))),
        limit: 2,
        thing_name: None,
    };
    assert_eq!(names(&store, first(2)).await, ["f", "e"]);
    // The last one shown, and the next one, are gone; a new one has come.
    store.commit(deletion("e", 1)).await.unwrap();
    store.commit(deletion("d", 1)).await.unwrap();
    put(&store, &open("g", None, 7, 1).record, None).await;
    assert_eq!(names(&store, after(5, "e")).await, ["c", "b"]);
    assert_eq!(names(&store, after(2, "b")).await, ["a"]);
    assert!(names(&store, after(1, "a")).await.is_empty());
}

async fn a_list_of_one_thing_follows_the_thing(store: impl Store) {
    for (name, thing, created) in [
        ("a", "lamp", 1),
        ("b", "lamp2", 2),
        ("c", "lamp", 3),
        ("d", "lam", 4),
        ("e", "lamp", 5),
    ] {
        put(&store, &open(name, Some(thing), created, 1).record, None).await;
    }
    put(&store, &open("f", None, 6, 1).record, None).await;
    let of = |thing: &str, after| Query {
        thing_name: Some(thing.into()),
        after,
        limit: 2,
    };
    assert_eq!(names(&store, of("lamp", None)).await, ["e", "c"]);
    assert_eq!(names(&store, of("lamp", Some((Millis(3), id("c"))))).await, ["a"]);
    assert!(names(&store, of("la", None)).await.is_empty());

    // A rotation may put another thing at the destination.
    let mut moved = store.get(&id("c")).await.unwrap().unwrap().record;
    let config = open("x", Some("lam"), 0, 1)
        .record
        .tunnel
        .destination_config()
        .cloned();
    moved
        .tunnel
        .rotate(ClientMode::Destination, config, Millis(7), &entropy())
        .unwrap();
    put(&store, &moved, Some(1)).await;
    assert_eq!(names(&store, of("lamp", None)).await, ["e", "a"]);
    assert_eq!(names(&store, of("lam", None)).await, ["d", "c"]);
}

async fn what_is_due_comes_longest_due_first(store: impl Store) {
    assert_eq!(store.next_deadline().await.unwrap(), None);
    let mut closed = open("closed", None, 0, 1).record;
    closed.tunnel.close(false, Millis(10));
    for record in [
        closed,
        open("late", None, 0, 200).record,
        open("soon", None, 0, 2).record,
    ] {
        put(&store, &record, None).await;
    }
    put(&store, &open("soon2", None, 0, 2).record, None).await;
    assert_eq!(store.next_deadline().await.unwrap(), Some(Millis(2 * MINUTE)));
    assert!(due(&store, 2 * MINUTE - 1, 9).await.is_empty());
    assert_eq!(due(&store, 2 * MINUTE, 9).await, ["soon", "soon2"]);
    let deleted_at = 10 + CLOSED_RETENTION;
    assert_eq!(due(&store, deleted_at - 1, 9).await, ["soon", "soon2"]);
    assert_eq!(due(&store, deleted_at, 9).await, ["soon", "soon2", "closed"]);
    assert_eq!(
        due(&store, u64::MAX, 9).await,
        ["soon", "soon2", "closed", "late"]
    );
    assert_eq!(due(&store, u64::MAX, 3).await, ["soon", "soon2", "closed"]);

    // Once closed, a tunnel is due for deletion.
    let mut soon = store.get(&id("soon")).await.unwrap().unwrap().record;
    soon.tunnel.expire(Millis(2 * MINUTE));
    put(&store, &soon, Some(1)).await;
    assert_eq!(due(&store, 2 * MINUTE, 9).await, ["soon2"]);
}

async fn expired_tunnels_do_not_count_as_open_before_anybody_closes_them(store: impl Store) {
    for (name, minutes) in [("a", 1), ("b", 2), ("c", 2), ("d", 3)] {
        put(&store, &open(name, None, 0, minutes).record, None).await;
    }
    let mut closed = open("e", None, 0, 720).record;
    closed.tunnel.close(false, Millis(1));
    put(&store, &closed, None).await;
    for (now, open) in [
        (0, 4),
        (MINUTE - 1, 4),
        (MINUTE, 3),
        (2 * MINUTE, 1),
        (3 * MINUTE, 0),
        (u64::MAX, 0),
    ] {
        assert_eq!(store.count_open(Millis(now)).await.unwrap(), open, "at {now}");
    }
}

async fn there_are_never_more_open_tunnels_than_allowed(store: impl Store) {
    let store = Arc::new(store);
    let mut tasks = JoinSet::new();
    for number in 0..20 {
        let store = Arc::clone(&store);
        let record = open(&format!("t{number}"), None, 0, 1).record;
        tasks.spawn(async move {
            let opening = Change {
                max_open: Some((7, Millis(0))),
                ..change(&record, None)
            };
            store.commit(opening).await
        });
    }
    let outcomes = tasks.join_all().await;
    assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 7);
    let refused = outcomes
        .iter()
        .filter(|outcome| matches!(outcome, Err(CommitError::TooManyOpen(7))));
    assert_eq!(refused.count(), 13);
    assert_eq!(store.count_open(Millis(0)).await.unwrap(), 7);
    // They are over a minute later, and make room.
    let later = Change {
        max_open: Some((7, Millis(MINUTE))),
        ..change(&open("n", None, MINUTE, 1).record, None)
    };
    store.commit(later).await.unwrap();
}

async fn two_tunnels_never_bind_the_same_client_token(store: impl Store) {
    const TUNNELS: u8 = 6;
    let token = client_token(1);
    let store = Arc::new(store);
    let mut tasks = JoinSet::new();
    for number in 0..TUNNELS {
        let mut opened = open(&format!("t{number}"), None, 0, 1);
        put(&*store, &opened.record, None).await;
        connect(&mut opened, &token, Millis(1));
        let (store, digest) = (Arc::clone(&store), token.digest());
        // All of them have read that nobody holds it.
        tasks.spawn(async move { store.commit(binding(&opened.record, Some(1), digest, None)).await });
    }
    let outcomes = tasks.join_all().await;
    assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 1);
    assert_eq!(
        outcomes.iter().filter(|outcome| is_conflict(outcome)).count(),
        usize::from(TUNNELS) - 1
    );
    let holder = store.holder(&token.digest()).await.unwrap().unwrap();
    let bound = store.get(&holder.tunnel).await.unwrap().unwrap();
    assert_eq!(
        bound.record.tunnel.bound_client_token(holder.side),
        Some(token.digest())
    );
}

async fn a_client_token_that_an_expired_tunnel_held_stays_with_its_new_holder(store: impl Store) {
    let token = client_token(1);
    let (mut old, mut new) = (open("old", None, 0, 1), open("new", None, MINUTE, 1));
    connect(&mut old, &token, Millis(1));
    store
        .commit(binding(&old.record, None, token.digest(), None))
        .await
        .unwrap();
    assert_eq!(
        store.holder(&token.digest()).await.unwrap(),
        Some(source_of("old"))
    );

    connect(&mut new, &token, Millis(MINUTE));
    let unaware = binding(&new.record, None, token.digest(), None);
    assert!(is_conflict(&store.commit(unaware).await));
    let aware = binding(&new.record, None, token.digest(), Some(source_of("old")));
    store.commit(aware).await.unwrap();

    // A change of the old one that keeps the binding, its end, and its deletion: none takes it back.
    old.record.description = Some("late".into());
    put(&store, &old.record, Some(1)).await;
    assert_eq!(
        store.holder(&token.digest()).await.unwrap(),
        Some(source_of("new"))
    );
    old.record.tunnel.expire(Millis(MINUTE));
    put(&store, &old.record, Some(2)).await;
    store.commit(deletion("old", 3)).await.unwrap();
    assert_eq!(
        store.holder(&token.digest()).await.unwrap(),
        Some(source_of("new"))
    );
}

async fn a_rotation_releases_the_client_token(store: impl Store) {
    let mut opened = open("a", None, 0, 1);
    connect(&mut opened, &client_token(1), Millis(1));
    put(&store, &opened.record, None).await;
    opened
        .record
        .tunnel
        .rotate(ClientMode::Source, None, Millis(2), &entropy())
        .unwrap();
    put(&store, &opened.record, Some(1)).await;
    assert_eq!(store.holder(&client_token(1).digest()).await.unwrap(), None);
}

async fn a_deleted_tunnel_leaves_nothing_behind(store: impl Store) {
    let mut opened = open("a", Some("thing"), 0, 1);
    connect(&mut opened, &client_token(1), Millis(1));
    put(&store, &opened.record, None).await;
    store.commit(deletion("a", 1)).await.unwrap();
    assert_eq!(store.get(&id("a")).await.unwrap(), None);
    assert!(names(&store, first(9)).await.is_empty());
    assert!(
        names(
            &store,
            Query {
                thing_name: Some("thing".into()),
                ..first(9)
            }
        )
        .await
        .is_empty()
    );
    assert!(due(&store, u64::MAX, 9).await.is_empty());
    assert_eq!(store.next_deadline().await.unwrap(), None);
    assert_eq!(store.count_open(Millis(0)).await.unwrap(), 0);
    assert_eq!(store.holder(&client_token(1).digest()).await.unwrap(), None);
}
