//! Decoding the strings of a checked body where they stand, so that they can be lent instead of copied.

use core::ops::Range;

use super::escape;
use super::text::Text;

impl Text<'_> {
    /// Where it stands in the body that it was read from.
    pub(super) fn place_in(&self, body: &[u8]) -> Range<usize> {
        let raw = self.raw();
        let start = raw.as_ptr().addr().wrapping_sub(body.as_ptr().addr());
        start..start.wrapping_add(raw.len())
    }
}

/// Decodes the strings at these places of a body and lends them. None overlaps another.
pub(super) fn decode<const N: usize>(body: &mut [u8], mut places: [Range<usize>; N]) -> [&str; N] {
    for place in &mut places {
        let length = body.get_mut(place.clone()).map_or(0, unescape);
        place.end = place.start.wrapping_add(length);
    }
    let mut texts = [""; N];
    for (text, place) in texts.iter_mut().zip(places) {
        // A text that came from nowhere has no place, and is empty.
        *text = body
            .get(place)
            .and_then(|text| str::from_utf8(text).ok())
            .unwrap_or_default();
    }
    texts
}

/// Decodes a checked string to its own start; returns its length then. An escape is longer than its character.
fn unescape(string: &mut [u8]) -> usize {
    let (mut read, mut written) = (0, 0);
    while let Some(byte) = string.get(read) {
        let mut utf8 = [*byte, 0, 0, 0];
        let mut length = 1;
        read += 1;
        if *byte == b'\\'
            && let Some((character, taken)) = string.get(read..).and_then(escape::decode)
        {
            length = character.encode_utf8(&mut utf8).len();
            read += taken;
        }
        for byte in utf8.into_iter().take(length) {
            if let Some(place) = string.get_mut(written) {
                *place = byte;
            }
            written += 1;
        }
    }
    written
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_decoded_where_they_stand_and_nothing_else_changes() {
        let mut body = *br#"{"\u0061":"b\ud83d\ude00\n","c":"\"d"}"#;
        let whole = body;
        let places = [11..26, 33..36];
        assert_eq!(decode(&mut body, places.clone()), ["b😀\n", "\"d"]);
        assert!(body[..11] == whole[..11] && body[26..33] == whole[26..33] && body[36..] == whole[36..]);
    }
}
