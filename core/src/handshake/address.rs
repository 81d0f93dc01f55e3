//! Addresses as text. The standard library's parser keeps panic paths, so firmware that calls it could reach one.

use super::header::split_once;

/// Groups of an IPv6 address.
const GROUPS: usize = 8;

/// Whether a text is an IPv6 address (RFC 4291 §2.2), without brackets and zone.
pub(super) fn is_ipv6(text: &str) -> bool {
    let text = text.as_bytes();
    let gap = text
        .iter()
        .zip(text.iter().skip(1))
        .position(|pair| pair == (&b':', &b':'));
    let parts = gap.and_then(|gap| Some((text.get(..gap)?, text.get(gap.checked_add(2)?..)?)));
    match parts {
        None => groups(text, true) == Some(GROUPS),
        // `::` stands for at least one group.
        Some((before, after)) => match (groups_or_none(before, false), groups_or_none(after, true)) {
            (Some(before), Some(after)) => before + after < GROUPS,
            _ => false,
        },
    }
}

/// As [`groups`], but there may be none.
fn groups_or_none(text: &[u8], may_end_in_ipv4: bool) -> Option<usize> {
    match text.is_empty() {
        true => Some(0),
        false => groups(text, may_end_in_ipv4),
    }
}

/// How many groups of 16 bits stand in a text; `None` if something else does.
fn groups(text: &[u8], may_end_in_ipv4: bool) -> Option<usize> {
    let (mut rest, mut count) = (text, 0);
    loop {
        match split_once(rest, b':') {
            Some((group, after)) if is_group(group) => (rest, count) = (after, count + 1),
            Some(_) => return None,
            None if is_group(rest) => return Some(count + 1),
            None => return (may_end_in_ipv4 && is_ipv4(rest)).then_some(count + 2),
        }
    }
}

fn is_group(text: &[u8]) -> bool {
    (1..=4).contains(&text.len()) && text.iter().all(u8::is_ascii_hexdigit)
}

/// Whether a text is four numbers of 0–255 with dots between them, none with a leading zero.
fn is_ipv4(text: &[u8]) -> bool {
    let is_octet = |octet: &[u8]| match octet {
        [b'0'] => true,
        [b'1'..=b'9', rest @ ..] => {
            let number = str::from_utf8(octet).map(str::parse::<u8>);
            rest.iter().all(u8::is_ascii_digit) && matches!(number, Ok(Ok(_)))
        }
        _ => false,
    };
    let octets = || text.split(|byte| *byte == b'.');
    octets().count() == 4 && octets().all(is_octet)
}

#[cfg(test)]
mod tests {
    use super::*;
    use core::net::Ipv6Addr;
    use proptest::prelude::*;
    use std::string::ToString;

    proptest! {
        #[test]
        fn an_address_is_what_the_standard_library_takes_for_one(
            text in "([0-9a-fA-F]{0,5}:{1,3}){0,9}([0-9a-f]{0,5}|[0-9]{1,3}(\\.[0-9]{1,3}){2,4})",
            address in any::<Ipv6Addr>(),
        ) {
            prop_assert_eq!(is_ipv6(&text), text.parse::<Ipv6Addr>().is_ok(), "{}", text);
            prop_assert!(is_ipv6(&address.to_string()));
        }
    }

    #[test]
    fn a_gap_stands_once_and_for_at_least_one_group() {
        for text in [
            "::",
            "::1",
            "1::",
            "1:2:3:4:5:6:7::",
            "::2:3:4:5:6:7:8",
            "::1.2.3.4",
            "1:2:3:4:5:6:255.0.9.10",
        ] {
            assert!(is_ipv6(text), "{text}");
        }
        for text in [
            "",
            ":",
            ":::",
            "1:::2",
            "1::2::3",
            "1:2:3:4:5:6:7",
            "1:2:3:4:5:6:7:8:9",
            "1:2:3:4::5:6:7:8",
            ":1::",
            "::1:",
            "12345::",
            "g::",
            "1.2.3.4::",
            "::1.2.3",
            "::1.2.3.256",
            "::1.2.3.04",
            "::1.2.3.+4",
            "::1 ",
            "1.2.3.4",
        ] {
            assert!(!is_ipv6(text), "{text}");
        }
    }
}
