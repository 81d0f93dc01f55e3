//! What the tests share: the vector files and the harnesses they run on.

pub mod api;
pub mod raw;
pub mod scenario;
pub mod signer;
pub mod vectors;

#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
struct Readme;
