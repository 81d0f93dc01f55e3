//! Makes the seeds.
fn main() {}
