//! What the tests share: the vector files and the harnesses they run on.

pub mod scenario;
pub mod vectors;
