//! Prints core's tables of errors as a table in C, with which the tests in C compare the header and the library.

use iot_tunnel_core::{Capacity, Misuse, PeerFault, Refusal};

fn main() {
    row(0, "", "Ok", "", "NONE");
    row(1, "", "WouldBlock", "", "NONE");
    for error in Misuse::EVERY {
        row(error.code(), "Misuse", error.name(), error.text(), "CALLER");
    }
    for error in Refusal::EVERY {
        row(error.code(), "Refusal", error.name(), error.text(), "SERVICE");
    }
    for error in PeerFault::EVERY {
        row(error.code(), "PeerFault", error.name(), error.text(), "PEER");
    }
    for error in Capacity::EVERY {
        row(error.code(), "Capacity", error.name(), error.text(), "ROOM");
    }
}

/// The number, the header's constant, the name, the text, whose fault it is. No text: any will do.
fn row(number: u16, kind: &str, name: &str, text: &str, party: &str) {
    println!(
        "{{ {number}, IOT_TUNNEL_STATUS_{}, \"{name}\", \"{}\", IOT_TUNNEL_PARTY_{party} }},",
        constant(&format!("{kind}{name}")),
        text.replace('\\', "\\\\").replace('"', "\\\""),
    );
}

/// `NotUtf8` as `NOT_UTF8`.
fn constant(name: &str) -> String {
    let mut constant = String::new();
    for character in name.chars() {
        if character.is_ascii_uppercase() && !constant.is_empty() {
            constant.push('_');
        }
        constant.push(character.to_ascii_uppercase());
    }
    constant
}
