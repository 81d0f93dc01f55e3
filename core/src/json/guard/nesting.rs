//! The arrays and objects that are open at a place of a text: a stack of bits.

use super::MAX_DEPTH;

/// A value that holds others.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Container {
    Array,
    Object,
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

    /// Adds a container; `false` if that is one too many.
    pub(super) fn open(&mut self, container: Container) -> bool {
        let fits = self.depth < MAX_DEPTH;
        if fits {
            self.depth += 1;
            self.objects = self.objects << 1 | u32::from(container == Container::Object);
        }
        fits
    }

    pub(super) const fn close(&mut self) {
        self.depth = self.depth.saturating_sub(1);
        self.objects >>= 1;
    }
}
