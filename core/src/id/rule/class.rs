//! [`Class`]: a class of a regular expression, such as `[a-z0-9_-]`, as the set of its characters.

/// A set of ASCII characters: a bit for each.
pub(super) struct Class([u32; 4]);

impl Class {
    /// The set that a class describes: single characters, ranges, and `\` before what stands for itself.
    pub(super) const fn of(class: &str) -> Self {
        let class = class.as_bytes();
        assert!(class.is_ascii() && class[0] == b'[' && class[class.len() - 1] == b']');
        let (mut set, mut at, end) = ([0; 4], 1, class.len() - 1);
        while at < end {
            at += (class[at] == b'\\') as usize;
            let (first, mut last) = (class[at], class[at]);
            if at + 2 < end && class[at + 1] == b'-' {
                at += 2;
                last = class[at];
            }
            let mut character = first;
            while character <= last {
                set[character as usize / 32] |= 1 << (character % 32);
                character += 1;
            }
            at += 1;
        }
        Self(set)
    }

    pub(super) fn has(&self, character: char) -> bool {
        let number = u32::from(character);
        self.0
            .get(number as usize / 32)
            .is_some_and(|word| word >> (number % 32) & 1 == 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_class_has_what_it_describes() {
        for (class, characters) in [
            (r"[a-cX_\-+=:]", "abcX_-+=:"),
            ("[0-1:_-]", "01:_-"),
            ("[}-~]", "}~"),
        ] {
            let set = Class::of(class);
            for number in 0..0x200 {
                let character = char::from_u32(number).unwrap();
                assert_eq!(
                    set.has(character),
                    characters.contains(character),
                    "{class} {character:?}"
                );
            }
            assert!(!set.has('\u{10ffff}'));
        }
    }
}
