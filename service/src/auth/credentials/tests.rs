use super::*;

const SECRET: &str = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";

/// A file with one key of which one line is replaced, or left out.
fn file(field: &str, line: &str) -> String {
    let lines = [
        ("access_key_id", "access_key_id = \"AKIDEXAMPLE\"".to_owned()),
        ("secret_access_key", format!("secret_access_key = \"{SECRET}\"")),
        ("actions", "actions = [\"iot:*\"]".to_owned()),
        ("more", String::new()),
    ];
    let lines: Vec<String> = lines
        .into_iter()
        .map(|(name, text)| if name == field { line.to_owned() } else { text })
        .collect();
    format!("[[key]]\n{}\n", lines.join("\n"))
}

/// The error of a refused file, which must not show the secret.
fn refusal(text: &str) -> String {
    let error = text.parse::<Credentials>().expect_err(text);
    let message = error.to_string();
    assert!(
        !message.contains("wJalr") && !format!("{error:?}").contains("wJalr"),
        "{message}"
    );
    message
}

#[test]
fn a_file_with_several_keys_is_read() {
    let text = format!(
        r#"
        [[key]]
        access_key_id = "AKIDADMIN"
        secret_access_key = "{SECRET}"
        actions = ["iot:*"]

        [[key]]
        access_key_id = "AKIDFLEET"
        secret_access_key = "{SECRET}"
        actions = ["iot:RotateTunnelAccessToken", "iot:List*"]
        client_modes = ["SOURCE", "DESTINATION", "ALL"]
        thing_names = ["line-1-*", "press:7"]
        services = ["SSH"]
        "#
    );
    let credentials: Credentials = text.parse().unwrap();
    assert_eq!(credentials.keys().count(), 2);
    assert_eq!(
        credentials.key("AKIDFLEET").unwrap().access_key_id().as_str(),
        "AKIDFLEET"
    );
    assert!(credentials.key("akidfleet").is_none());
}

#[test]
fn no_debug_print_shows_a_secret() {
    let credentials: Credentials = file("", "").parse().unwrap();
    let text = format!("{credentials:?}");
    assert!(
        text.contains("AKIDEXAMPLE") && text.contains("redacted") && !text.contains("wJalr"),
        "{text}"
    );
}

#[test]
fn a_file_without_a_key_is_refused() {
    for text in ["", "# nothing\n", "key = []"] {
        let message = refusal(text);
        assert!(
            message.contains("no [[key]]") && message.contains("secret_access_key"),
            "{message}"
        );
    }
}

#[test]
fn a_repeated_access_key_id_is_refused_with_its_line() {
    let message = refusal(&format!("{}{}", file("", ""), file("", "")));
    assert!(
        message.starts_with("line 6: access_key_id `AKIDEXAMPLE` is already taken"),
        "{message}"
    );
}

#[test]
fn a_missing_and_an_unknown_field_are_named_with_their_line() {
    for field in ["access_key_id", "secret_access_key", "actions"] {
        let message = refusal(&file(field, ""));
        assert!(
            message.starts_with("line 1: ") && message.contains(&format!("missing field `{field}`")),
            "{message}"
        );
    }
    let message = refusal(&file("more", "client_mode = [\"ALL\"]"));
    assert!(
        message.starts_with("line 5: unknown field `client_mode`"),
        "{message}"
    );
    assert!(
        message.contains("client_modes") && message.contains("thing_names"),
        "{message}"
    );
    let message = refusal("\n[[keys]]\n");
    assert!(
        message.starts_with("line 2: unknown field `keys`") && message.contains("`key`"),
        "{message}"
    );
}

#[test]
fn an_entry_that_is_not_allowed_is_named_with_its_line_and_what_is_allowed() {
    for (field, line, expected) in [
        (
            "actions",
            "actions = [\"iot:Rotate\"]",
            "line 4: `iot:Rotate` in actions",
        ),
        (
            "actions",
            "actions = [\n\"iot:OpenTunnel\",\n\"RotateTunnelAccessToken\"]",
            "line 4: `RotateTunnelAccessToken` in actions",
        ),
        ("actions", "actions = [\"*\"]", "iot:RotateTunnelAccessToken"),
        ("actions", "actions = [\"iot:Delete*\"]", "iot:CloseTunnel"),
        (
            "actions",
            "actions = [\"iot:*Tunnel\"]",
            "the beginning of one and a `*`",
        ),
        ("actions", "actions = []", "line 4: an empty list allows nothing"),
        ("actions", "actions = \"iot:*\"", "line 4: "),
        (
            "more",
            "client_modes = [\"source\"]",
            "line 5: `source` in client_modes is not a mode; allowed are SOURCE, DESTINATION, ALL",
        ),
        ("more", "client_modes = []", "line 5: an empty list"),
        ("more", "thing_names = [\"a*b\"]", "line 5: `a*b` is not a name"),
        (
            "more",
            "thing_names = [\"\"]",
            "1 to 128 characters of [a-zA-Z0-9:_-]",
        ),
        ("more", "services = [\"S S H\"]", "line 5: `S S H` is not a name"),
    ] {
        let message = refusal(&file(field, line));
        assert!(message.contains(expected), "{line}: {message}");
    }
}

#[test]
fn the_id_and_the_secret_are_checked_and_never_shown() {
    let long = format!("access_key_id = \"{}\"", "A".repeat(129));
    for line in [
        long.as_str(),
        "access_key_id = \"\"",
        "access_key_id = \"wJalrXUt/nFEMI\"",
        "access_key_id = 7",
    ] {
        let message = refusal(&file("access_key_id", line));
        assert!(message.starts_with("line 2: access_key_id must be "), "{message}");
    }
    for value in [
        "\"wJalr\"",
        "\"wJalrXUtnFEMI K7MDENG\"",
        "\"wJalrXUtnFEMIK7MDENGé\"",
        "1234567890123456789",
        "[\"wJalrXUtnFEMI\"]",
    ] {
        let message = refusal(&file(
            "secret_access_key",
            &format!("secret_access_key = {value}"),
        ));
        assert!(
            message.starts_with("line 3: secret_access_key must be "),
            "{message}"
        );
        assert!(!message.contains("12345"), "{message}");
    }
}

#[test]
fn a_syntax_error_has_its_line_and_does_not_show_the_secret_in_it() {
    for line in [
        "secret_access_key = wJalrXUtnFEMI",
        "secret_access_key = \"wJalrXUtnFEMI",
        "secret_access_key = 'wJalrXUtnFEMI\" ",
        "secret_access_key \"wJalrXUtnFEMI\"",
        "secret_access_key = \"wJalrXUtnFEMI\\q\"",
        "secret_access_key = \"a\" wJalrXUtnFEMI",
    ] {
        let message = refusal(&file("secret_access_key", line));
        assert!(message.starts_with("line 3: "), "{line}: {message}");
    }
}

#[test]
fn a_file_that_cannot_be_read_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("absent.toml");
    let message = Credentials::load(&path)
        .expect_err("the file is absent")
        .to_string();
    assert!(
        message.contains("absent.toml") && message.contains("cannot be read"),
        "{message}"
    );
    std::fs::write(&path, "x").unwrap();
    let message = Credentials::load(&path)
        .expect_err("the file is not TOML")
        .to_string();
    assert!(
        message.contains("absent.toml") && message.contains("line 1"),
        "{message}"
    );
}

#[cfg(unix)]
#[test]
fn a_file_that_others_may_read_is_loaded_with_a_warning() {
    use std::fs::{Permissions, set_permissions, write};
    use std::os::unix::fs::PermissionsExt as _;

    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("credentials.toml");
    write(&path, file("", "")).unwrap();
    for (mode, is_exposed) in [
        (0o600, false),
        (0o400, false),
        (0o640, true),
        (0o604, true),
        (0o660, true),
    ] {
        set_permissions(&path, Permissions::from_mode(mode)).unwrap();
        let loaded = Credentials::load(&path).unwrap();
        assert_eq!(loaded.credentials.keys().count(), 1);
        let expected = is_exposed.then(|| ExposedFile {
            path: path.clone(),
            mode,
        });
        assert_eq!(loaded.exposed, expected);
    }
    let warning = Credentials::load(&path).unwrap().exposed.unwrap().to_string();
    assert!(
        warning.contains("mode 0660") && warning.contains("chmod 600"),
        "{warning}"
    );
}
