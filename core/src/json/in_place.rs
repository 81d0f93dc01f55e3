//! Decoding the strings of a checked body where they stand, so that they can be lent instead of copied.

use core::ops::Range;

use super::scanner::Scanner;
use super::text::Quoted;

/// Decodes strings of a body where they stand in it, and lends them. None overlaps another.
pub(super) fn decode<const N: usize>(
    body: &mut [u8],
    places: [Option<Range<usize>>; N],
) -> [Option<&str>; N] {
    let places = places.map(|place| place.map(|place| unescape(body, place)));
    let body = &*body;
    // A text that came from nowhere has no place, and is empty.
    places.map(|place| {
        place.map(|place| {
            body.get(place)
                .map_or("", |text| str::from_utf8(text).unwrap_or_default())
        })
    })
}

impl Quoted<'_> {
    /// Where it stands in the body that it was read from.
    pub(super) fn place_in(&self, body: &[u8]) -> Range<usize> {
        let Self(raw) = self;
        let start = raw.as_ptr().addr().wrapping_sub(body.as_ptr().addr());
        start..start.wrapping_add(raw.len())
    }
}

/// Decodes a string of a body to its own start; returns its place then. An escape is longer than its character.
///
/// Escapes of ASCII only: whatever is lent has been judged, and no rule allows others.
fn unescape(body: &mut [u8], place: Range<usize>) -> Range<usize> {
    let (mut read, mut end) = (place.start, place.start);
    while read < place.end {
        let mut scanner = Scanner::at(body, read);
        let mut byte = scanner.peek();
        read += 1;
        if byte == b'\\'
            && let Ok(character @ '\0'..='\x7f') = scanner.escape()
        {
            byte = character as u8;
            read = scanner.position;
        }
        if let Some(slot) = body.get_mut(end) {
            *slot = byte;
        }
        end += 1;
    }
    place.start..end
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_decoded_where_they_stand_and_nothing_else_changes() {
        let mut body = *br#"{"\u0061":"b\u0023\n","c":"\"d"}"#;
        let whole = body;
        let places = [Some(11..20), None, Some(27..30)];
        assert_eq!(decode(&mut body, places), [Some("b#\n"), None, Some("\"d")]);
        assert!(body[..11] == whole[..11] && body[20..27] == whole[20..27] && body[30..] == whole[30..]);
    }
}
