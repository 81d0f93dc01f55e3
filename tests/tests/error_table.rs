//! The table of errors as other languages have it: written from core's, and compared with it in every run.
//!
//! `IOT_TUNNEL_WRITE=1 cargo test --test error_table` writes the files anew after a change in core.

use std::fmt::Write;
use std::ops::RangeInclusive;
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

/// What the npm package's main entry and `local` throw, but only with the words of what exactly was wrong.
const IN_OTHER_WORDS: &[RangeInclusive<u16>] = &[
    110..=116, // a value that breaks its rule
    183..=183, // a word that is none of its kind
    301..=303, // JSON
];

/// What they do not throw, or make themselves.
const ELSEWHERE: &[RangeInclusive<u16>] = &[
    105..=105, // the table of tunnels
    117..=117, // read by nobody: sides are words there
    120..=120, // made by TypeScript
    140..=142, // WebSocket frames, which the engine writes
    180..=182, // C; and 181, made by TypeScript
    184..=185, // C
    210..=210, // made by TypeScript
    320..=325, // the handshake, which the engine does, but for the subprotocol
    327..=328, // the same
    340..=347, // WebSocket frames, but for text
    349..=355, // the same
    370..=370, // made by TypeScript
    402..=402, // the table of tunnels
    420..=420, // the handshake
    443..=443, // a buffer that is long enough there
];

#[test]
fn the_texts_of_the_npm_package_are_every_error_s() {
    let (mut thrown, mut elsewhere) = (Vec::new(), Vec::new());
    for (number, name, text) in parties().into_iter().flat_map(|(_, _, rows)| rows) {
        let is_in = |list: &[RangeInclusive<u16>]| list.iter().any(|numbers| numbers.contains(&number));
        let line = format!("{number} {name} {}", text.replace('\\', r"\\"));
        if is_in(ELSEWHERE) {
            elsewhere.push(line);
        } else if is_in(IN_OTHER_WORDS) {
            thrown.push(format!("{number} {name} "));
            elsewhere.push(line);
        } else {
            thrown.push(line);
        }
    }
    let tables = format!(
        "// Written by tests/tests/error_table.rs from core's table; do not edit.\n\
         \n/** Number, name and text of each error that is thrown here; no text where each says what exactly is wrong. */\n\
         export const THROWN = `{}`;\n\
         \n/** The others, such as those of programs in C, and the texts that are not above. */\n\
         export const ELSEWHERE = `{}`;\n",
        thrown.join("\n"),
        elsewhere.join("\n")
    );
    same("wasm/ts/error-table.ts", &tables);
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
