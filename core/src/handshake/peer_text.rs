//! Text of the other side's making, as it came.

use core::fmt;

use crate::visible::Visible;

/// Longest text of a peer that we show, in bytes (ours: a line for people); what follows is cut.
pub const MAX_PEER_TEXT: usize = 256;

/// A text that the peer wrote: a reason, an id. At most [`MAX_PEER_TEXT`] bytes of anything; printed, it cannot
/// change how a terminal or a log shows the rest.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct PeerText<'a>(&'a [u8]);

impl<'a> PeerText<'a> {
    /// The start of `bytes`, without the white space around it.
    #[must_use]
    pub fn new(bytes: &'a [u8]) -> Self {
        let bytes = bytes.trim_ascii();
        Self(bytes.get(..MAX_PEER_TEXT).unwrap_or(bytes))
    }

    /// The bytes as they came.
    #[must_use]
    pub const fn as_bytes(&self) -> &'a [u8] {
        self.0
    }

    /// Whether the peer wrote nothing.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Display for PeerText<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for chunk in self.0.utf8_chunks() {
            for character in chunk.valid().chars() {
                Visible(character).fmt(f)?;
            }
            if !chunk.invalid().is_empty() {
                f.write_str("\u{fffd}")?;
            }
        }
        Ok(())
    }
}

impl fmt::Debug for PeerText<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PeerText({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::format;
    use std::string::ToString;

    #[test]
    fn it_prints_on_one_line_whatever_the_peer_wrote() {
        let text = PeerText::new(b" no\r\n\x1b[2J\xff\xe2\x80\xae\xc3\xa9 ");
        assert_eq!(text.to_string(), "no\\r\\n\\u{1b}[2J\u{fffd}\\u{202e}é");
        assert_eq!(format!("{text:?}"), format!("PeerText({text})"));
    }

    #[test]
    fn it_is_cut_at_its_limit() {
        assert_eq!(PeerText::new(&[b'x'; 1000]).as_bytes().len(), MAX_PEER_TEXT);
        assert!(PeerText::new(b" \r\n").is_empty());
    }
}
