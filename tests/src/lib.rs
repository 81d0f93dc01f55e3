//! What the tests share: the vector files and the harnesses they run on.

pub mod api;
pub mod raw;
pub mod scenario;
pub mod signer;
pub mod vectors;
