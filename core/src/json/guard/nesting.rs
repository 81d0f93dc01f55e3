//! The arrays and objects that are open at a place of a text: a stack of bits.

use super::MAX_DEPTH;
use crate::json::fault::JsonFaultKind;

/// A value that holds others.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Container {
    Array,
    Object,
}

impl Container {
    /// The byte that ends it.
    pub(super) const fn end(self) -> u8 {
        match self {
            Self::Array => b']',
            Self::Object => b'}',
        }
    }
}

/// The open containers, innermost in the lowest bit: 1 is an object. It is the whole stack of the check.
#[derive(Default)]
pub(super) struct Nesting {
    objects: u32,
    depth: u32,
}

// A bit for every level.
const _: () = assert!(MAX_DEPTH <= u32::BITS);

impl Nesting {
    pub(super) const fn innermost(&self) -> Option<Container> {
        match (self.depth, self.objects & 1) {
            (0, _) => None,
            (_, 0) => Some(Container::Array),
            _ => Some(Container::Object),
        }
    }

    /// Adds a container, unless that is one too many.
    pub(super) fn open(&mut self, container: Container) -> Result<(), JsonFaultKind> {
        if self.depth >= MAX_DEPTH {
            return Err(JsonFaultKind::TooDeep);
        }
        self.depth += 1;
        self.objects = self.objects << 1 | u32::from(container == Container::Object);
        Ok(())
    }

    pub(super) const fn close(&mut self) {
        self.depth = self.depth.saturating_sub(1);
        self.objects >>= 1;
    }
}
