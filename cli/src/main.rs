//! The referee command: may this OCI artifact be used?

fn main() {}
