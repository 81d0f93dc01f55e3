//! What others have sent, made fit for a line of the log.

use std::fmt::{self, Write as _};

/// The longest text of another party in one line of the log, in bytes (ours).
const LONGEST: usize = 1024;

/// The longest line of the log as text, in bytes (ours). Lines of JSON are not cut: half of one could not be read.
const LONGEST_LINE: usize = 16 << 10;

/// A text of another party, cut after 1 KiB with a note of how much was cut.
pub(crate) struct Short<'a>(pub(crate) &'a str);

impl fmt::Display for Short<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (kept, cut) = self.0.split_at(self.0.floor_char_boundary(LONGEST));
        f.write_str(kept)?;
        match cut.len() {
            0 => Ok(()),
            count => write!(f, " … ({count} more bytes)"),
        }
    }
}

/// One line of the text format: a line feed within it is written as `\n` and other control characters as escapes, so that a
/// text of another party cannot forge a line or drive a terminal. With `colours` the ESC of the format's own sequences stays.
pub(super) fn line(text: &str, colours: bool) -> String {
    let body = text.strip_suffix('\n').unwrap_or(text);
    let (kept, cut) = body.split_at(body.floor_char_boundary(LONGEST_LINE));
    let mut line = String::with_capacity(kept.len() + 1);
    for character in kept.chars() {
        match character {
            '\u{1b}' if colours => line.push(character),
            _ if character.is_control() => line.extend(character.escape_default()),
            _ => line.push(character),
        }
    }
    if !cut.is_empty() {
        // A String takes everything.
        let _ = write!(line, " … ({} more bytes)", cut.len());
    }
    line.push('\n');
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_text_is_cut_at_a_character_and_says_by_how_much() {
        assert_eq!(Short("short").to_string(), "short");
        let long = "é".repeat(1_000);
        let shown = Short(&long).to_string();
        assert_eq!(shown, format!("{} … (976 more bytes)", "é".repeat(512)));
    }

    #[test]
    fn a_line_holds_no_control_character_but_its_end() {
        let forged = "name\nINFO forged\r\u{1b}[2J\u{9b}\u{7f}\t\n";
        let expected = "name\\nINFO forged\\r\\u{1b}[2J\\u{9b}\\u{7f}\\t\n";
        assert_eq!(line(forged, false), expected);
        assert_eq!(
            line("\u{1b}[32mINFO\u{1b}[0m a\nb\n", true),
            "\u{1b}[32mINFO\u{1b}[0m a\\nb\n"
        );
        assert_eq!(
            line(&"x".repeat(20_000), false).len(),
            LONGEST_LINE + " … (3616 more bytes)\n".len()
        );
    }
}
