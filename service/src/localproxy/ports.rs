//! Which service is where: the values of `-s` and `-d`, and the files of a configuration directory.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::fault::{Fault, shown};
use super::ini;
use crate::program::Mappings;

/// The folder of configuration files where `--config-dir` names no other, in the current directory.
pub(super) const FOLDER: &str = "config";

/// The value of `-s` or `-d`. Empty entries do not count, and a service that is there again is passed over.
pub(super) fn mappings(option: &str, text: &str) -> Result<Mappings, Fault> {
    let mut services: Vec<&str> = Vec::new();
    let mut entries = Vec::new();
    for entry in text.split(',').map(str::trim).filter(|entry| !entry.is_empty()) {
        match entry.split_once('=') {
            None => entries.push(place(entry)?),
            Some((service, to)) => {
                let (service, to) = (service.trim(), to.trim_start_matches('=').trim());
                if service.is_empty() || to.is_empty() {
                    let text = format!(
                        "Wrong format for the port mappings: {} .Example: SSH1=5555",
                        shown(entry)
                    );
                    return Err(Fault::Fatal(text));
                }
                if services.contains(&service) {
                    tracing::warn!(service, "Duplicate mappings, ignore. This mapping already exists");
                    continue;
                }
                services.push(service);
                entries.push(format!("{service}={}", place(to)?));
            }
        }
    }
    let refused = |error: &dyn std::fmt::Display| Fault::Fatal(format!("--{option}: {error}"));
    entries
        .join(",")
        .parse()
        .map_err(|error: crate::program::MappingError| refused(&error))
}

/// A place as [`Mappings`] has it: an IPv6 address stands in brackets there.
fn place(text: &str) -> Result<String, Fault> {
    let port = match text.rsplit_once(':') {
        _ if text.contains('/') => return Ok(text.to_owned()),
        None => text,
        Some((_, port)) => port,
    };
    if text == "-" {
        // A source's standard streams: the reference's command line does not have them, and its first line goes to the output.
        return Err(Fault::Fatal("Port must be between 1 and 65535".to_owned()));
    }
    let is_port = port.parse::<u16>().is_ok_and(|port| port > 0);
    if port.bytes().all(|byte| byte.is_ascii_digit()) && !is_port {
        return Err(Fault::Fatal("Port must be between 1 and 65535".to_owned()));
    }
    Ok(match text.rsplit_once(':') {
        Some((host, port)) if host.contains(':') && !host.starts_with('[') => format!("[{host}]:{port}"),
        _ => text.to_owned(),
    })
}

/// The places of services that the files of a directory, and of those in it, name. Where several name a service, the first
/// one counts, in the order of their paths; a file that cannot be read is passed over.
pub(super) fn of_directory(directory: &Path) -> BTreeMap<String, String> {
    let mut places = BTreeMap::new();
    for file in files(directory) {
        tracing::info!("Detect configuration files: {}", file.display());
        let pairs = std::fs::read_to_string(&file).map_err(|error| error.to_string());
        let pairs = pairs
            .and_then(|text| ini::pairs(&text).map_err(|line| format!("line {line} is no SERVICE=PORT")));
        match pairs {
            Ok(pairs) => {
                for (service, place) in pairs {
                    places.entry(service).or_insert(place);
                }
            }
            Err(why) => tracing::warn!("Fail to parse {}: {why}", file.display()),
        }
    }
    places
}

/// Whether there is something in a directory.
pub(super) fn has_files(directory: &Path) -> bool {
    directory
        .read_dir()
        .is_ok_and(|mut entries| entries.next().is_some())
}

fn files(directory: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut open = vec![directory.to_owned()];
    while let Some(directory) = open.pop() {
        for entry in directory.read_dir().into_iter().flatten().flatten() {
            // A link to a directory could lead back: only what lies here is looked into.
            let is_directory = entry.file_type().is_ok_and(|kind| kind.is_dir());
            match is_directory {
                true => open.push(entry.path()),
                false if entry.path().is_file() => found.push(entry.path()),
                false => {}
            }
        }
    }
    found.sort();
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Vec<String>, Fault> {
        let mappings = mappings("destination-app", text)?;
        let shown = |mapping: &crate::program::Mapping| format!("{mapping} {}", mapping.address("localhost"));
        Ok(mappings.0.iter().map(shown).collect())
    }

    #[test]
    fn mappings_are_read_as_the_reference_reads_them() {
        for (text, expected) in [
            ("5555", &["(unnamed) localhost:5555"][..]),
            (" 127.0.0.1:22 ", &["(unnamed) 127.0.0.1:22"]),
            ("::1:22", &["(unnamed) [::1]:22"]),
            ("A=1, B = h:2 ,", &["A localhost:1", "B h:2"]),
            ("A=1,A=2", &["A localhost:1"]),
        ] {
            assert_eq!(read(text).expect(text), expected, "{text}");
        }
        for (text, why) in [
            ("A=", "Wrong format for the port mappings"),
            ("=1", "Wrong format for the port mappings"),
            ("0", "Port must be between 1 and 65535"),
            ("A=h:65536", "Port must be between 1 and 65535"),
            (
                "1,2",
                "--destination-app: entry 1: with several services each needs a name",
            ),
        ] {
            let Err(Fault::Fatal(text)) = read(text) else {
                panic!("{text} was taken");
            };
            assert!(text.contains(why), "{text}");
        }
    }

    #[test]
    fn a_directory_is_read_with_all_in_it_and_broken_files_are_passed_over() {
        let directory = tempfile::tempdir().expect("a directory");
        assert!(!has_files(directory.path()));
        let nested = directory.path().join("more");
        std::fs::create_dir(&nested).expect("a directory");
        for (path, text) in [
            (directory.path().join("a.ini"), "SSH=22\n"),
            (directory.path().join("b.ini"), "HTTP=80\nthis is no pair\n"),
            (nested.join("c.ini"), "; HTTP\nHTTP = 10.0.0.1:8080\nSSH=2222\n"),
        ] {
            std::fs::write(path, text).expect("written");
        }
        assert!(has_files(directory.path()));
        let places = of_directory(directory.path());
        let expected = [("HTTP", "10.0.0.1:8080"), ("SSH", "22")];
        let expected = expected.map(|(service, place)| (service.to_owned(), place.to_owned()));
        assert_eq!(places, BTreeMap::from(expected));
    }
}
