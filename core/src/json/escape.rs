//! The escapes of a checked string.

/// The character that an escape stands for, and how many bytes the escape takes, from after its backslash.
///
/// The guard has passed it; so there is one, and a surrogate is paired.
pub(super) fn decode(text: &[u8]) -> Option<(char, usize)> {
    let (kind, rest) = text.split_first()?;
    let character = match kind {
        b'b' => '\u{8}',
        b'f' => '\u{c}',
        b'n' => '\n',
        b'r' => '\r',
        b't' => '\t',
        b'u' => return unicode(rest),
        itself => char::from(*itself),
    };
    Some((character, 1))
}

/// The character of a `\u` escape: one code unit, or the two of a surrogate pair with `\u` between them.
fn unicode(digits: &[u8]) -> Option<(char, usize)> {
    let (first, rest) = code_unit(digits)?;
    if !matches!(first, 0xd800..=0xdbff) {
        return Some((char::from_u32(first)?, 1 + 4));
    }
    let (second, _) = code_unit(rest.strip_prefix(b"\\u")?)?;
    let character = char::from_u32(0x1_0000 + ((first & 0x3ff) << 10 | second & 0x3ff))?;
    Some((character, 1 + 4 + 2 + 4))
}

fn code_unit(text: &[u8]) -> Option<(u32, &[u8])> {
    let (digits, rest) = text.split_first_chunk::<4>()?;
    let mut unit = 0;
    for digit in digits {
        unit = unit << 4 | char::from(*digit).to_digit(16)?;
    }
    Some((unit, rest))
}
