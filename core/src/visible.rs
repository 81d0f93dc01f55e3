//! Characters of somebody else's making, in our texts.

use core::fmt::{self, Write};

use crate::words::{Words, displays_its_words};

/// A character of a message: as it is, but escaped if it would change how a terminal or a log shows the rest.
/// (The standard library's `escape_debug` knows more of Unicode, by tables that firmware has no room for.)
pub(crate) struct Visible(pub(crate) char);

impl Words for Visible {
    fn write_words<W: Write>(&self, to: &mut W) -> fmt::Result {
        match self.0 {
            // Zero width, direction marks and overrides, line separators, invisible operators, byte order mark.
            '\u{ad}'
            | '\u{61c}'
            | '\u{200b}'..='\u{200f}'
            | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{feff}' => self.0.escape_unicode().try_for_each(|part| to.write_char(part)),
            control if control.is_control() => {
                control.escape_default().try_for_each(|part| to.write_char(part))
            }
            character => to.write_char(character),
        }
    }
}

displays_its_words!(Visible);
