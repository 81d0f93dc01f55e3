//! Opens the file, and says what is wrong with one that is not ours.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use ::redb::{Database, DatabaseError, ReadableDatabase, StorageError, TableDefinition, TableError};

use super::Fault;
use super::tables::Writing;

/// What is said of the file itself: under [`FORMAT_KEY`] the number of the format it is in.
const META: TableDefinition<'_, &str, u64> = TableDefinition::new("meta");
const FORMAT_KEY: &str = "format";

/// The format that this program writes and reads: one more with each change that an older one could not read.
const FORMAT: u64 = 1;

/// Memory for pages of the file: some 50,000 records. redb's own default is 1 GiB; the system caches files
/// too.
const CACHE_BYTES: usize = 64 << 20;

/// Why a store's file cannot be used. What it holds is as it was.
#[derive(Debug, thiserror::Error)]
pub(super) enum OpenError {
    /// The directory for it cannot be made.
    #[error("cannot make the directory {}: {source}", path.display())]
    Directory {
        /// The directory.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// Another process has it open.
    #[error("{} is in use: a store belongs to one process at a time", .0.display())]
    InUse(PathBuf),
    /// Something else is in it.
    #[error("{} is not a store of iot-tunnel; choose another path", .0.display())]
    NotAStore(PathBuf),
    /// Another version of the program has written it.
    #[error("{} is in format {found}; this version of iot-tunnel reads format {FORMAT}", path.display())]
    Format {
        /// The file.
        path: PathBuf,
        /// Its format.
        found: u64,
    },
    /// It cannot be opened or read, or is damaged.
    #[error("cannot open {}: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: Fault,
    },
}

pub(super) fn open(path: &Path) -> Result<Database, OpenError> {
    let directory = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    fs::create_dir_all(directory).map_err(|source| OpenError::Directory {
        path: directory.to_owned(),
        source,
    })?;

    let failed = |source: Fault| OpenError::File {
        path: path.to_owned(),
        source,
    };
    let database = Database::builder()
        .set_cache_size(CACHE_BYTES)
        // Reads the whole file, a fraction of a second for 100,000 tunnels. Without it a damaged page is
        // believed, or makes redb panic.
        .set_check_integrity_on_open(true)
        .create(path)
        .map_err(|error| match error {
            DatabaseError::DatabaseAlreadyOpen => OpenError::InUse(path.to_owned()),
            DatabaseError::Storage(StorageError::Io(error)) if error.kind() == io::ErrorKind::InvalidData => {
                OpenError::NotAStore(path.to_owned())
            }
            error => failed(error.into()),
        })?;
    match contents(&database).map_err(failed)? {
        Contents::Nothing => {
            initialize(&database).map_err(failed)?;
            sync(directory).map_err(|error| failed(error.into()))?;
            Ok(database)
        }
        Contents::Store(FORMAT) => Ok(database),
        Contents::Store(found) => Err(OpenError::Format {
            path: path.to_owned(),
            found,
        }),
        Contents::SomethingElse => Err(OpenError::NotAStore(path.to_owned())),
    }
}

/// What a file of redb holds.
enum Contents {
    Nothing,
    /// A store in that format.
    Store(u64),
    SomethingElse,
}

fn contents(database: &Database) -> Result<Contents, Fault> {
    let snapshot = database.begin_read()?;
    if snapshot.list_tables()?.next().is_none() && snapshot.list_multimap_tables()?.next().is_none() {
        return Ok(Contents::Nothing);
    }
    let meta = match snapshot.open_table(META) {
        Ok(meta) => meta,
        Err(TableError::Storage(error)) => return Err(error.into()),
        // No such table, or another program's.
        Err(_) => return Ok(Contents::SomethingElse),
    };
    Ok(match meta.get(FORMAT_KEY)? {
        Some(format) => Contents::Store(format.value()),
        None => Contents::SomethingElse,
    })
}

/// Makes all tables, so that readers find them.
fn initialize(database: &Database) -> Result<(), Fault> {
    let transaction = database.begin_write()?;
    transaction.open_table(META)?.insert(FORMAT_KEY, FORMAT)?;
    drop(Writing::open(&transaction)?);
    transaction.commit()?;
    Ok(())
}

/// Makes the name of a new file as durable as what is in it.
fn sync(directory: &Path) -> io::Result<()> {
    match cfg!(unix) {
        true => File::open(directory)?.sync_all(),
        false => Ok(()),
    }
}
