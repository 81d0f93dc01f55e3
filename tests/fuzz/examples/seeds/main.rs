//! Makes the seeds: inputs from which the fuzzer starts, one folder a target. They lead it to what chance finds late: the
//! vectors, the longest of everything, handshakes that succeed, sessions that are open.
//!
//! ```text
//! cargo run --manifest-path tests/fuzz/Cargo.toml --example seeds [-- --check]
//! ```
//!
//! `--check` changes nothing, and fails if the files are not what this program makes.

mod deframer;
mod message;
mod session_script;
mod upgrade_answer;
mod websocket;

use std::collections::BTreeMap;
use std::path::Path;
use std::{env, fs, io};

/// Files by their names.
type Seeds = BTreeMap<String, Vec<u8>>;

/// The most bytes of a seed: a long one is changed where it does not matter.
const MAX_SEED: usize = 1_000;

fn main() -> Result<(), String> {
    let check = env::args().any(|argument| argument == "--check");
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("seeds");
    for (target, seeds) in [
        ("message", message::seeds()),
        ("deframer", deframer::seeds()),
        ("websocket", websocket::seeds()),
        ("upgrade_answer", upgrade_answer::seeds()),
        ("session_script", session_script::seeds()),
    ] {
        let long = seeds.iter().find(|(_, seed)| seed.len() > MAX_SEED);
        if let Some((name, seed)) = long {
            return Err(format!(
                "{target}/{name} has {} bytes; at most {MAX_SEED}",
                seed.len()
            ));
        }
        let folder = folder.join(target);
        let failed = |error: io::Error| format!("{}: {error}", folder.display());
        if check {
            if read(&folder).map_err(failed)? != seeds {
                return Err(format!(
                    "the seeds of {target} are not what examples/seeds makes: run it and commit them"
                ));
            }
        } else {
            write(&folder, &seeds).map_err(failed)?;
        }
        println!("{target}: {} seeds", seeds.len());
    }
    Ok(())
}

fn read(folder: &Path) -> io::Result<Seeds> {
    let read = |entry: io::Result<fs::DirEntry>| {
        let entry = entry?;
        Ok((
            entry.file_name().to_string_lossy().into_owned(),
            fs::read(entry.path())?,
        ))
    };
    fs::read_dir(folder)?.map(read).collect()
}

fn write(folder: &Path, seeds: &Seeds) -> io::Result<()> {
    if folder.exists() {
        fs::remove_dir_all(folder)?;
    }
    fs::create_dir_all(folder)?;
    seeds
        .iter()
        .try_for_each(|(name, seed)| fs::write(folder.join(name), seed))
}

/// A file's name made of words.
fn name(words: &str) -> String {
    let letters = words.to_lowercase();
    let parts = letters.split(|letter: char| !letter.is_ascii_alphanumeric());
    parts
        .filter(|part| !part.is_empty())
        .collect::<Vec<_>>()
        .join("-")
}
