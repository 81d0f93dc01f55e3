//! Addresses as text. The standard library's parser keeps panic paths, so firmware that calls it could reach one.

use super::header::{decimal, split};

/// Groups of an IPv6 address.
const GROUPS: usize = 8;

/// Whether a text is an IPv6 address (RFC 4291 §2.2), without brackets and zone.
pub(super) fn is_ipv6(text: &[u8]) -> bool {
    let (mut rest, mut groups, mut gap) = match text {
        [b':', after @ ..] if after.starts_with(b":") => (after, 0, false),
        [b':', ..] => return false,
        _ => (text, 0, false),
    };
    // `::` stands for at least one group.
    let are_all = |groups, gap| if gap { groups < GROUPS } else { groups == GROUPS };
    loop {
        if !gap && let [b':', after @ ..] = rest {
            (rest, gap) = (after, true);
            if rest.is_empty() {
                return are_all(groups, gap);
            }
        }
        let (group, after) = split(rest, b':');
        if !is_group(group) {
            return after.is_none() && is_ipv4(group) && are_all(groups + 2, gap);
        }
        groups += 1;
        match after {
            Some(after) => rest = after,
            None => return are_all(groups, gap),
        }
    }
}

fn is_group(text: &[u8]) -> bool {
    (1..=4).contains(&text.len()) && text.iter().all(u8::is_ascii_hexdigit)
}

/// Whether a text is four numbers of 0–255 with dots between them, none with a leading zero.
fn is_ipv4(text: &[u8]) -> bool {
    let is_octet = |octet: &[u8]| match octet {
        [b'0', _, ..] => false,
        octet => decimal(octet).is_some_and(|number| number <= 255),
    };
    let (mut rest, mut octets) = (Some(text), 0);
    while let Some(text) = rest {
        let (octet, after) = split(text, b'.');
        if !is_octet(octet) {
            return false;
        }
        octets += 1;
        rest = after;
    }
    octets == 4
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
            prop_assert_eq!(is_ipv6(text.as_bytes()), text.parse::<Ipv6Addr>().is_ok(), "{}", text);
            prop_assert!(is_ipv6(address.to_string().as_bytes()));
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
            assert!(is_ipv6(text.as_bytes()), "{text}");
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
            assert!(!is_ipv6(text.as_bytes()), "{text}");
        }
    }
}
