//! Handler.
fn main() {}
