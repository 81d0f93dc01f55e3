//! The conformance vectors: `tests/vectors/`, or the folder that `IOT_TUNNEL_VECTORS` names.

use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::de::DeserializeOwned;

/// The folder the vector files are read from. A relative `IOT_TUNNEL_VECTORS` starts at the project's root, wherever
/// cargo runs the test.
#[must_use]
pub fn folder() -> PathBuf {
    let root = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."));
    root.join(std::env::var_os("IOT_TUNNEL_VECTORS").unwrap_or_else(|| "tests/vectors".into()))
}

/// Reads one vector file, such as `ids.json`.
///
/// # Panics
/// If it is missing or has another shape: a runner without its cases must not pass.
#[must_use]
pub fn read<T: DeserializeOwned>(file: &str) -> T {
    let path = folder().join(file);
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Decodes a case's `body_base64`.
///
/// # Panics
/// If it is not base64.
#[must_use]
pub fn body(base64: &str) -> Vec<u8> {
    STANDARD
        .decode(base64)
        .unwrap_or_else(|error| panic!("body_base64: {error}"))
}

/// Runs every case, prints how many ran, and fails with all that went wrong.
///
/// # Panics
/// If a case failed, or if there was none.
pub fn run<C>(what: &str, cases: &[C], check: impl Fn(&C) -> Result<(), String>) {
    let failures: Vec<String> = cases
        .iter()
        .enumerate()
        .filter_map(|(n, case)| check(case).err().map(|why| format!("case {n}: {why}")))
        .collect();
    println!(
        "vectors: {what}: {} of {} cases passed",
        cases.len() - failures.len(),
        cases.len()
    );
    assert!(!cases.is_empty(), "{what}: no cases");
    assert!(failures.is_empty(), "{what}:\n{}", failures.join("\n"));
}
