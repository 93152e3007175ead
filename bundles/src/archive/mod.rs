//! Bundles in one file: a tar archive, compressed with gzip.

mod gzip;
mod read;
mod write;

pub(crate) use read::unpack;
pub use write::pack;
