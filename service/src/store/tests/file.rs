//! The promises of the file.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::{fs, io};

use ::redb::backends::InMemoryBackend;
use ::redb::{Database, StorageBackend, TableDefinition};
use iot_tunnel_core::Millis;

use super::*;
use crate::store::RedbStore;

/// The message of the error that opening gives.
fn refusal(path: &Path) -> String {
    let error = RedbStore::open(path).err().expect("it is refused");
    let message = error.to_string();
    assert!(
        message.contains(path.to_str().unwrap()),
        "the path is named: {message}"
    );
    message
}

#[tokio::test]
async fn a_store_that_is_opened_again_holds_everything() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("made/on/the/way/store");
    let mut opened = open("a", Some("thing"), 7, 1);
    {
        let store = RedbStore::open(&path).unwrap();
        put(&store, &opened.record, None).await;
        connect(&mut opened, &client_token(1), Millis(8));
        put(&store, &opened.record, Some(1)).await;
    }
    let store = RedbStore::open(&path).unwrap();
    let read = store.get(&id("a")).await.unwrap().unwrap();
    assert_eq!((read.version, read.record), (2, opened.record));
    assert_eq!(
        names(
            &store,
            Query {
                thing_name: Some("thing".into()),
                ..first(9)
            }
        )
        .await,
        ["a"]
    );
    assert_eq!(
        store.holder(&client_token(1).digest()).await.unwrap(),
        Some(source_of("a"))
    );
    assert_eq!(
        store.next_deadline().await.unwrap(),
        Some(Millis(7 + Millis::MINUTE))
    );
    assert_eq!(store.count_open(Millis(8)).await.unwrap(), 1);
}

#[tokio::test]
async fn the_file_holds_no_token() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("store");
    let mut opened = open("a", Some("thing"), 0, 1);
    connect(&mut opened, &client_token(1), Millis(1));
    put(&RedbStore::open(&path).unwrap(), &opened.record, None).await;
    let bytes = fs::read(&path).unwrap();
    let holds = |text: &str| bytes.windows(text.len()).any(|window| window == text.as_bytes());
    assert!(holds("thing"), "the record is there to be found");
    assert!(!holds(opened.source.expose()));
    assert!(!holds(client_token(1).expose()));
}

#[tokio::test]
async fn what_was_handed_over_before_the_store_is_dropped_is_written() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("store");
    {
        let store = RedbStore::open(&path).unwrap();
        for number in 0..50 {
            let record = open(&format!("t{number}"), None, 0, 1).record;
            // Polled once, which hands it over; nobody waits for the answer.
            let commit = store.commit(change(&record, None));
            tokio::select! { biased; _ = commit => {}, () = std::future::ready(()) => {} }
        }
    }
    assert_eq!(
        RedbStore::open(&path)
            .unwrap()
            .count_open(Millis(0))
            .await
            .unwrap(),
        50
    );
}

#[tokio::test]
async fn a_refused_change_does_not_spoil_those_that_go_to_disk_with_it() {
    let directory = tempfile::tempdir().unwrap();
    let store = RedbStore::open(&directory.path().join("store")).unwrap();
    let [a, b, c] = ["a", "b", "c"].map(|name| open(name, None, 0, 1).record);
    let full = Change {
        max_open: Some((0, Millis(0))),
        ..change(&c, None)
    };
    let outcomes = tokio::join!(
        store.commit(change(&a, None)),
        store.commit(change(&a, None)),
        store.commit(full),
        store.commit(change(&b, None)),
    );
    assert!(outcomes.0.is_ok() && is_conflict(&outcomes.1) && outcomes.3.is_ok());
    assert!(matches!(outcomes.2, Err(CommitError::TooManyOpen(0))));
    assert_eq!(names(&store, first(9)).await, ["b", "a"]);
}

/// A disk that takes nothing while it is full. Clones are the same disk.
#[derive(Clone, Debug, Default)]
struct Disk {
    pages: Arc<InMemoryBackend>,
    full: Arc<AtomicBool>,
}

impl Disk {
    fn takes(&self) -> io::Result<&InMemoryBackend> {
        match self.full.load(Ordering::Relaxed) {
            true => Err(io::Error::other("the disk is full")),
            false => Ok(&self.pages),
        }
    }
}

impl StorageBackend for Disk {
    fn len(&self) -> io::Result<u64> {
        self.pages.len()
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        self.pages.read(offset, out)
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        self.takes()?.set_len(len)
    }

    fn sync_data(&self) -> io::Result<()> {
        self.takes()?.sync_data()
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        self.takes()?.write(offset, data)
    }
}

#[tokio::test]
async fn a_change_that_the_disk_does_not_take_is_never_acknowledged_nor_spoils_later_ones() {
    let disk = Disk::default();
    let full = Arc::clone(&disk.full);
    let store =
        RedbStore::opened_by(move || Ok(Database::builder().create_with_backend(disk.clone())?)).unwrap();
    let [a, b, c, d] = ["a", "b", "c", "d"].map(|name| open(name, None, 0, 1).record);
    put(&store, &a, None).await;
    full.store(true, Ordering::Relaxed);
    let outcomes = tokio::join!(store.commit(change(&b, None)), store.commit(change(&c, None)));
    for outcome in [outcomes.0, outcomes.1] {
        assert!(
            outcome
                .unwrap_err()
                .to_string()
                .starts_with("writing the store: ")
        );
    }
    full.store(false, Ordering::Relaxed);
    put(&store, &d, None).await;
    assert_eq!(names(&store, first(9)).await, ["d", "a"]);
}

#[test]
fn a_file_in_use_is_refused_and_free_again_after() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("store");
    let store = RedbStore::open(&path).unwrap();
    assert!(refusal(&path).contains("is in use"));
    drop(store);
    RedbStore::open(&path).unwrap();
}

#[test]
fn a_file_that_is_no_store_is_refused_and_left_as_it_is() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("notes.txt");
    for text in ["x".to_owned(), "something else\n".repeat(10_000)] {
        fs::write(&path, &text).unwrap();
        assert!(refusal(&path).contains("is not a store of iot-tunnel"));
        assert_eq!(fs::read_to_string(&path).unwrap(), text);
    }
}

#[test]
fn another_programs_database_and_another_format_are_refused() {
    let directory = tempfile::tempdir().unwrap();
    let write = |path: &Path, table: TableDefinition<'_, &str, u64>, key: &str| {
        let transaction = Database::create(path).unwrap().begin_write().unwrap();
        transaction.open_table(table).unwrap().insert(key, 99).unwrap();
        transaction.commit().unwrap();
    };
    for (table, key) in [("meta", "other"), ("theirs", "format")] {
        let path = directory.path().join(table);
        write(&path, TableDefinition::new(table), key);
        assert!(refusal(&path).contains("is not a store of iot-tunnel"));
    }
    let path = directory.path().join("future");
    write(&path, TableDefinition::new("meta"), "format");
    assert!(refusal(&path).contains("is in format 99; this version of iot-tunnel reads format 1"));
}

#[tokio::test]
async fn a_damaged_file_is_refused_instead_of_believed() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("store");
    put(
        &RedbStore::open(&path).unwrap(),
        &open("a", Some("thing"), 0, 1).record,
        None,
    )
    .await;
    let mut bytes = fs::read(&path).unwrap();
    let places: Vec<_> = (0..bytes.len())
        .filter(|at| bytes[*at..].starts_with(b"thing"))
        .collect();
    assert!(!places.is_empty());
    for at in places {
        bytes[at] ^= 1;
    }
    fs::write(&path, bytes).unwrap();
    assert!(refusal(&path).contains("corrupted"));
}

#[test]
fn a_path_that_cannot_be_a_file_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    assert!(refusal(directory.path()).contains("cannot open"));
    let file = directory.path().join("file");
    fs::write(&file, "").unwrap();
    let error = RedbStore::open(&file.join("store"))
        .err()
        .expect("it is refused")
        .to_string();
    assert!(
        error.contains("cannot make the directory") && error.contains(file.to_str().unwrap()),
        "{error}"
    );
}
