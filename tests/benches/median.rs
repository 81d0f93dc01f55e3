//! Criterion's results, for a report of our own.

use std::path::{Path, PathBuf};

/// The median of a benchmark's last run, in nanoseconds, from the file that Criterion keeps of it.
pub(crate) fn median(group: &str, name: &str) -> f64 {
    let folder = std::env::var_os("CRITERION_HOME").map_or_else(
        || Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("criterion"),
        PathBuf::from,
    );
    let file = folder.join(group).join(name).join("new/estimates.json");
    let estimates = std::fs::read(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    let estimates: serde_json::Value = serde_json::from_slice(&estimates).expect("Criterion's JSON");
    estimates["median"]["point_estimate"]
        .as_f64()
        .expect("Criterion's median")
}
