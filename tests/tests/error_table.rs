//! The table of errors as other languages have it: written from core's, and compared with it in every run.
//!
//! `IOT_TUNNEL_WRITE=1 cargo test --test error_table` writes the files anew after a change in core.

use std::fmt::Write;
use std::path::Path;

use iot_tunnel_core::{Capacity, Misuse, PeerFault, Refusal};

/// Number, name and text.
type Row = (u16, &'static str, &'static str);

/// The parties, with the TypeScript name of their codes, and their errors.
fn parties() -> [(&'static str, &'static str, Vec<Row>); 4] {
    macro_rules! rows {
        ($kind:ident) => {
            $kind::EVERY
                .iter()
                .map(|error| (error.code(), error.name(), error.text()))
                .collect()
        };
    }
    [
        ("caller", "MisuseCode", rows!(Misuse)),
        ("service", "RefusalCode", rows!(Refusal)),
        ("peer", "PeerFaultCode", rows!(PeerFault)),
        ("room", "CapacityCode", rows!(Capacity)),
    ]
}

#[test]
fn the_types_of_the_npm_package_name_every_error() {
    let mut types =
        String::from("// Written by tests/tests/error_table.rs from core's table; do not edit.\n");
    for (party, name, rows) in parties() {
        let _ = write!(
            types,
            "\n/** The names of the errors whose party is `{party}`. */\nexport type {name} ="
        );
        for (_, name, _) in rows {
            let _ = write!(types, "\n  | \"{name}\"");
        }
        types.push_str(";\n");
    }
    same("wasm/ts/codes.ts", &types);
}

#[test]
fn the_file_for_the_tests_of_other_languages_holds_every_error() {
    let mut errors = Vec::new();
    for (party, _, rows) in parties() {
        errors.extend(rows.into_iter().map(|(number, name, text)| {
            serde_json::json!({ "number": number, "name": name, "party": party, "text": text }).to_string()
        }));
    }
    same("tests/errors.json", &format!("[\n{}\n]\n", errors.join(",\n")));
}

/// Compares a file of the project with what it must be, or writes it.
fn same(file: &str, expected: &str) {
    let path = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/..")).join(file);
    if std::env::var_os("IOT_TUNNEL_WRITE").is_some() {
        std::fs::write(&path, expected).expect("the file can be written");
    }
    let found = std::fs::read_to_string(&path).expect("the file can be read");
    assert!(
        found == expected,
        "{file} is out of date: run `IOT_TUNNEL_WRITE=1 cargo test --test error_table`"
    );
}
