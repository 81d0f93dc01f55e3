//! [`Words`]: what is wrong, for people, without the standard library's formatting.

use core::fmt::{self, Write};

/// A text that is written piece by piece: for a program that has no room for formatting, in flash or on its stack.
/// Whatever implements it displays the same text.
///
/// ```
/// use iot_tunnel_core::{TunnelId, Words};
/// let (error, mut text) = (TunnelId::parse("a b").unwrap_err(), String::new());
/// error.write_words(&mut text).unwrap();
/// assert_eq!(text, error.to_string());
/// ```
pub trait Words {
    /// Writes the text to a sink.
    ///
    /// # Errors
    /// Those of the sink; it has no error of its own.
    fn write_words<W: Write>(&self, to: &mut W) -> fmt::Result;
}

/// Implements `Display` for types that have words.
macro_rules! displays_its_words {
    ($($(<$($lifetime:lifetime),+>)? $name:ty),+ $(,)?) => {
        $(impl $(<$($lifetime),+>)? core::fmt::Display for $name {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                $crate::words::Words::write_words(self, f)
            }
        })+
    };
}
pub(crate) use displays_its_words;

impl Words for str {
    fn write_words<W: Write>(&self, to: &mut W) -> fmt::Result {
        to.write_str(self)
    }
}

impl<T: Words + ?Sized> Words for &T {
    fn write_words<W: Write>(&self, to: &mut W) -> fmt::Result {
        (**self).write_words(to)
    }
}

impl Words for usize {
    fn write_words<W: Write>(&self, to: &mut W) -> fmt::Result {
        write_number(*self as u64, to)
    }
}

impl Words for i64 {
    fn write_words<W: Write>(&self, to: &mut W) -> fmt::Result {
        if *self < 0 {
            to.write_char('-')?;
        }
        write_number(self.unsigned_abs(), to)
    }
}

fn write_number<W: Write>(number: u64, to: &mut W) -> fmt::Result {
    let (mut digits, mut rest) = ([b'0'; 20], number);
    let mut count = 0;
    for digit in digits.iter_mut().rev() {
        *digit += (rest % 10) as u8;
        rest /= 10;
        count += 1;
        if rest == 0 {
            break;
        }
    }
    let digits = digits.get(digits.len() - count..).unwrap_or_default();
    to.write_str(str::from_utf8(digits).unwrap_or_default())
}

/// Writes pieces one after the other.
macro_rules! write_pieces {
    ($to:expr, $($piece:expr),+ $(,)?) => {
        (|| -> core::fmt::Result {
            $($crate::words::Words::write_words(&$piece, $to)?;)+
            Ok(())
        })()
    };
}
pub(crate) use write_pieces;

#[cfg(test)]
mod tests {
    use super::*;
    use std::string::{String, ToString};

    #[test]
    fn numbers_are_written_as_they_are_displayed() {
        for number in [0, 9, 10, 1600, -1, i64::MIN, i64::MAX] {
            let mut text = String::new();
            number.write_words(&mut text).unwrap();
            assert_eq!(text, number.to_string());
        }
        let mut text = String::new();
        usize::MAX.write_words(&mut text).unwrap();
        assert_eq!(text, usize::MAX.to_string());
    }
}
