//! How long a message is as JSON, found by a pass that writes nothing.
//!
//! It knows what our messages are made of: structs, lists and strings. Anything else is refused.

use core::fmt;

use serde::Serialize;
use serde::ser::{Impossible, SerializeSeq, SerializeStruct, Serializer};

/// The length in bytes of what serde-json-core writes for `message`.
pub(crate) fn of(message: &impl Serialize) -> usize {
    let mut length = Length(0);
    // A message of another make would be a fault of this crate: its length is then a lower bound.
    let _ = message.serialize(&mut length);
    length.0
}

/// The bytes counted so far.
struct Length(usize);

impl fmt::Write for Length {
    /// Counts characters as they stand inside a JSON string.
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for byte in text.bytes() {
            self.0 += match byte {
                b'"' | b'\\' | 0x08 | b'\t' | b'\n' | 0x0c | b'\r' => 2,
                0..=0x1f => 6,
                _ => 1,
            };
        }
        Ok(())
    }
}

/// Part of the data model that no message of ours uses.
#[derive(Debug)]
struct Unused;

impl fmt::Display for Unused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("messages are structs, lists and strings")
    }
}

impl core::error::Error for Unused {}

impl serde::ser::Error for Unused {
    fn custom<T: fmt::Display>(_: T) -> Self {
        Self
    }
}

/// An open struct or list.
struct Sequence<'a> {
    length: &'a mut Length,
    first: bool,
}

impl<'a> Sequence<'a> {
    /// Counts both brackets.
    fn open(length: &'a mut Length) -> Self {
        length.0 += 2;
        Self { length, first: true }
    }

    fn next(&mut self) -> &mut Length {
        self.length.0 += usize::from(!self.first);
        self.first = false;
        self.length
    }
}

impl SerializeStruct for Sequence<'_> {
    type Ok = ();
    type Error = Unused;
    fn serialize_field<T: Serialize + ?Sized>(
        &mut self,
        name: &'static str,
        value: &T,
    ) -> Result<(), Unused> {
        let length = self.next();
        // Two quotes and a colon.
        length.0 += name.len() + 3;
        value.serialize(length)
    }
    fn end(self) -> Result<(), Unused> {
        Ok(())
    }
}

impl SerializeSeq for Sequence<'_> {
    type Ok = ();
    type Error = Unused;
    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Unused> {
        value.serialize(self.next())
    }
    fn end(self) -> Result<(), Unused> {
        Ok(())
    }
}

/// Methods for parts of the data model that no message uses.
macro_rules! unused {
    ($($method:ident($($argument:ty),*) -> $output:ty;)+) => {
        $(fn $method(self, $(_: $argument),*) -> Result<$output, Unused> {
            Err(Unused)
        })+
    };
}

type Never = Impossible<(), Unused>;

impl<'a> Serializer for &'a mut Length {
    type Ok = ();
    type Error = Unused;
    type SerializeSeq = Sequence<'a>;
    type SerializeStruct = Sequence<'a>;
    type SerializeTuple = Never;
    type SerializeTupleStruct = Never;
    type SerializeTupleVariant = Never;
    type SerializeMap = Never;
    type SerializeStructVariant = Never;

    fn serialize_str(self, text: &str) -> Result<(), Unused> {
        self.collect_str(text)
    }
    fn collect_str<T: fmt::Display + ?Sized>(self, text: &T) -> Result<(), Unused> {
        self.0 += 2;
        fmt::write(self, format_args!("{text}")).map_err(|_| Unused)
    }
    fn serialize_unit_variant(self, _: &'static str, _: u32, variant: &'static str) -> Result<(), Unused> {
        self.serialize_str(variant)
    }
    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), Unused> {
        value.serialize(self)
    }
    fn serialize_seq(self, _: Option<usize>) -> Result<Sequence<'a>, Unused> {
        Ok(Sequence::open(self))
    }
    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Sequence<'a>, Unused> {
        Ok(Sequence::open(self))
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, _: &'static str, _: &T) -> Result<(), Unused> {
        Err(Unused)
    }
    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: &T,
    ) -> Result<(), Unused> {
        Err(Unused)
    }
    unused! {
        serialize_bool(bool) -> ();
        serialize_i8(i8) -> ();
        serialize_i16(i16) -> ();
        serialize_i32(i32) -> ();
        serialize_i64(i64) -> ();
        serialize_u8(u8) -> ();
        serialize_u16(u16) -> ();
        serialize_u32(u32) -> ();
        serialize_u64(u64) -> ();
        serialize_f32(f32) -> ();
        serialize_f64(f64) -> ();
        serialize_char(char) -> ();
        serialize_bytes(&[u8]) -> ();
        serialize_none() -> ();
        serialize_unit() -> ();
        serialize_unit_struct(&'static str) -> ();
        serialize_tuple(usize) -> Never;
        serialize_tuple_struct(&'static str, usize) -> Never;
        serialize_tuple_variant(&'static str, u32, &'static str, usize) -> Never;
        serialize_map(Option<usize>) -> Never;
        serialize_struct_variant(&'static str, u32, &'static str, usize) -> Never;
    }
}
