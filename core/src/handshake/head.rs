//! The head of an HTTP/1.x response: status line and fields (RFC 9112). Strict: lines end with CR LF, nothing is
//! folded, and no value has a control character, so that no two readers can take it for different things.

use super::MAX_ANSWER_HEAD;
use super::header::{decimal, split_once};
use crate::error::PeerFault;

/// A head that is there as a whole and is well formed.
#[derive(Clone, Copy)]
pub(super) struct Head<'a> {
    /// Three digits, whatever they say.
    pub(super) status: u16,
    /// The lines of the fields.
    fields: &'a [u8],
    /// Where what follows the head begins, in bytes from the start of what was received.
    pub(super) length: usize,
}

impl<'a> Head<'a> {
    /// Finds the head of the final response, past interim ones (1xx but 101); `None` if more must arrive first.
    ///
    /// # Errors
    /// [`PeerFault::MalformedUpgradeAnswer`] as soon as a line shows it, [`PeerFault::UpgradeAnswerTooLong`].
    pub(super) fn find(received: &'a [u8]) -> Result<Option<Self>, PeerFault> {
        let window = received.get(..MAX_ANSWER_HEAD).unwrap_or(received);
        let mut lines = Lines(window);
        loop {
            let Some(head) = Self::next(window.len(), &mut lines)? else {
                return match received.len() < MAX_ANSWER_HEAD {
                    true => Ok(None),
                    false => Err(PeerFault::UpgradeAnswerTooLong),
                };
            };
            if !matches!(head.status, 100 | 102..=199) {
                return Ok(Some(head));
            }
        }
    }

    /// The next head of `total` bytes, interim or not.
    fn next(total: usize, lines: &mut Lines<'a>) -> Result<Option<Self>, PeerFault> {
        let Some(line) = lines.next()? else {
            return Ok(None);
        };
        let status = status(line).ok_or(PeerFault::MalformedUpgradeAnswer)?;
        let Lines(fields) = *lines;
        while let Some(line) = lines.next()? {
            if line.is_empty() {
                let length = total.saturating_sub(lines.0.len());
                return Ok(Some(Self {
                    status,
                    fields,
                    length,
                }));
            }
            field(line).ok_or(PeerFault::MalformedUpgradeAnswer)?;
        }
        Ok(None)
    }

    /// Names and values.
    pub(super) fn fields(&self) -> impl Iterator<Item = (&'a [u8], &'a [u8])> + use<'a> {
        let mut lines = Lines(self.fields);
        core::iter::from_fn(move || field(lines.next().ok()??))
    }
}

/// The lines not read yet.
struct Lines<'a>(&'a [u8]);

impl<'a> Lines<'a> {
    /// The next line without its end; `None` if its end is not there.
    fn next(&mut self) -> Result<Option<&'a [u8]>, PeerFault> {
        let Some((line, rest)) = split_once(self.0, b'\n') else {
            return Ok(None);
        };
        self.0 = rest;
        match line.strip_suffix(b"\r") {
            Some(line) if line.iter().all(|byte| is_text(*byte)) => Ok(Some(line)),
            _ => Err(PeerFault::MalformedUpgradeAnswer),
        }
    }
}

/// Whether a byte may stand in a value or a reason phrase (RFC 9110 §5.5).
const fn is_text(byte: u8) -> bool {
    byte == b'\t' || (byte >= b' ' && byte != 0x7f)
}

/// Whether a byte may stand in a name (RFC 9110 §5.6.2, `tchar`).
const fn is_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
        || matches!(
            byte,
            b'!' | b'#'
                | b'$'
                | b'%'
                | b'&'
                | b'\''
                | b'*'
                | b'+'
                | b'-'
                | b'.'
                | b'^'
                | b'_'
                | b'`'
                | b'|'
                | b'~'
        )
}

/// The status of `HTTP/1.1 101 Switching Protocols`; the phrase may be empty or, with its space, absent.
fn status(line: &[u8]) -> Option<u16> {
    let [b'0' | b'1', b' ', rest @ ..] = line.strip_prefix(b"HTTP/1.")? else {
        return None;
    };
    let (digits, phrase) = rest.split_first_chunk::<3>()?;
    if !matches!(phrase.first(), None | Some(b' ')) {
        return None;
    }
    // Three digits.
    decimal(digits).map(|status| status as u16)
}

/// Name and value of a field's line. A folded line starts with white space, which is no name.
fn field(line: &[u8]) -> Option<(&[u8], &[u8])> {
    let (name, value) = split_once(line, b':')?;
    match !name.is_empty() && name.iter().all(|byte| is_name(*byte)) {
        true => Some((name, value.trim_ascii())),
        false => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::vec::Vec;

    #[test]
    fn a_head_ends_with_an_empty_line_and_keeps_what_follows() {
        let received = b"HTTP/1.1 200 OK\r\nA: b\r\nc:\t d \r\n\r\nbody";
        let head = Head::find(received).unwrap().unwrap();
        assert_eq!((head.status, &received[head.length..]), (200, &b"body"[..]));
        let fields: Vec<_> = head.fields().collect();
        assert_eq!(fields, [(&b"A"[..], &b"b"[..]), (b"c", b"d")]);
    }

    #[test]
    fn interim_heads_are_passed_over() {
        let received =
            b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103\r\nlink: x\r\n\r\nHTTP/1.0 403 \r\na: b\r\n\r\n!";
        let head = Head::find(received).unwrap().unwrap();
        assert_eq!((head.status, head.length), (403, received.len() - 1));
        assert_eq!(head.fields().count(), 1);
    }

    #[test]
    fn what_is_no_head_is_refused() {
        for received in [
            "SSH-2.0-OpenSSH_9.2\r\n",
            "HTTP/2 101 \r\n",
            "HTTP/1.1  101 OK\r\n",
            "HTTP/1.1 10 OK\r\n",
            "HTTP/1.1 1011 OK\r\n",
            "HTTP/1.1 1x1 OK\r\n",
            "HTTP/1.1 101 O\x1bK\r\n",
            "HTTP/1.1 101 OK\n",
            "\r\n",
            "HTTP/1.1 101 OK\r\n folded: x\r\n",
            "HTTP/1.1 101 OK\r\na: b\r\n\tfolded\r\n",
            "HTTP/1.1 101 OK\r\nname : x\r\n",
            "HTTP/1.1 101 OK\r\n: x\r\n",
            "HTTP/1.1 101 OK\r\nno colon\r\n",
            "HTTP/1.1 101 OK\r\na: b\rc\r\n",
            "HTTP/1.1 101 OK\r\na: b\0\r\n",
            "HTTP/1.1 101 OK\r\na: b\r\n\n",
        ] {
            let fault = Head::find(received.as_bytes()).err();
            assert_eq!(fault, Some(PeerFault::MalformedUpgradeAnswer), "{received:?}");
        }
    }

    #[test]
    fn a_head_has_a_limit_that_no_split_moves() {
        let head = |length: usize| {
            let mut head = b"HTTP/1.1 101 OK\r\na: ".to_vec();
            head.resize(length - 4, b'x');
            head.extend_from_slice(b"\r\n\r\n");
            head
        };
        let fits = head(MAX_ANSWER_HEAD);
        assert!(Head::find(&fits).unwrap().is_some());
        assert!(Head::find(&fits[..MAX_ANSWER_HEAD - 1]).unwrap().is_none());
        let long = head(MAX_ANSWER_HEAD + 1);
        for received in [&long[..MAX_ANSWER_HEAD], &long] {
            assert_eq!(Head::find(received).err(), Some(PeerFault::UpgradeAnswerTooLong));
        }
    }
}
