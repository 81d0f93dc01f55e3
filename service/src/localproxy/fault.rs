//! What is wrong with a call of `localproxy`.

/// Why nothing is run. It repeats no token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Fault {
    /// The command line: the text is followed by where the options are listed.
    Usage(String),
    /// A value or a file.
    Fatal(String),
}

/// Longest text that a message repeats, in bytes (ours: longer than any flag and shorter than any token).
const MAX_REPEATED: usize = 48;

/// A text of the command line for a message; one that may be a token is not repeated.
pub(super) fn shown(text: &str) -> String {
    match text.len() {
        ..=MAX_REPEATED => text.escape_debug().to_string(),
        length => format!("(a text of {length} characters)"),
    }
}
