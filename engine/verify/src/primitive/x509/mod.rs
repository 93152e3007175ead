//! X.509 certificates (RFC 5280): reading them, and paths from a signer to an authority.
//!
//! - [`certificate`]: one certificate, read strictly and kept with the bytes it was read from.
//! - [`mod@path`]: from a leaf over intermediates to an anchor, for a usage, at a point in time.
//! - [`algorithm`]: which signature scheme an `AlgorithmIdentifier` means under a key.
//! - [`name`]: distinguished and alternative names, and [`fulcio`]: what Sigstore's authority
//!   writes into its certificates.
//!
//! Nothing here says whether a certificate is revoked.

pub mod algorithm;
pub mod certificate;
mod certificate_error;
mod extension;
pub mod fulcio;
pub mod name;
pub mod path;
mod path_error;
mod read;

pub use certificate::{Certificate, CertificateError};
pub use extension::{Extension, KeyUsage};
pub use name::AlternativeName;
pub use path::{Path, Usage, path};
pub use path_error::PathError;
