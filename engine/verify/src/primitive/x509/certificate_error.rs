//! Why bytes are not a certificate that is read here. No message repeats what was read beyond
//! object identifiers and sizes.

use der::asn1::ObjectIdentifier;

/// Why bytes are not a certificate that is read here.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CertificateError {
    /// It is too long.
    #[error("the certificate has {bytes} bytes, and {limit} are accepted")]
    TooLong {
        /// Its length.
        bytes: usize,
        /// The limit.
        limit: usize,
    },
    /// A part is not the DER that it should be, or is followed by more.
    #[error("the certificate has no well-formed {structure}")]
    Malformed {
        /// The part: `TBSCertificate`, `keyUsage`, …
        structure: &'static str,
    },
    /// It is of another version.
    #[error("the certificate is of version {version}, and only version 3 says what a key is for")]
    Version {
        /// The version.
        version: u8,
    },
    /// Its serial number is no integer of at most 20 octets.
    #[error("the certificate's serial number is not an integer of at most 20 octets")]
    Serial,
    /// The signature algorithm that is signed is not the one that stands beside the signature.
    #[error("the certificate names one signature algorithm inside and another outside")]
    AlgorithmsDiffer,
    /// An extension occurs twice.
    #[error("the certificate has the extension {oid} twice")]
    DuplicateExtension {
        /// The extension.
        oid: ObjectIdentifier,
    },
    /// There are too many extensions.
    #[error("the certificate has more than {limit} extensions")]
    TooManyExtensions {
        /// The limit.
        limit: usize,
    },
    /// There are too many alternative names.
    #[error("the certificate has more than {limit} alternative names")]
    TooManyNames {
        /// The limit.
        limit: usize,
    },
    /// A distinguished name is too long.
    #[error("a name in the certificate has {bytes} bytes, and {limit} are accepted")]
    NameTooLong {
        /// Its length.
        bytes: usize,
        /// The limit.
        limit: usize,
    },
    /// A PEM text has no certificate in it.
    #[error("there is no CERTIFICATE block in the PEM text")]
    NoPem,
    /// A PEM text is not well formed.
    #[error("the PEM text is malformed: {problem}")]
    Pem {
        /// What is wrong with it.
        problem: &'static str,
    },
    /// A PEM text has a block of another kind. Its label is not repeated: it may be anything.
    #[error("the PEM text has a block that is not a CERTIFICATE")]
    PemLabel,
    /// A PEM text has too many certificates.
    #[error("the PEM text has more than {limit} certificates")]
    TooManyPem {
        /// The limit.
        limit: usize,
    },
}
