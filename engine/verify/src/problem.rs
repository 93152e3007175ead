//! Every code that a signature fact can carry in `errors`, with the status it leads to.
//!
//! `docs/signature-errors.md` explains each to whoever reads a denial; a test holds the two in
//! step. A code never changes its meaning. Besides these, a signature that could not be examined
//! because something was unavailable carries that thing's [`UnavailableCode`].

use referee_core::facts::{Problem, SignatureStatus};
use referee_core::{Unavailable, UnavailableCode};

macro_rules! codes {
    ($($(#[$doc:meta])+ $name:ident = $text:literal, $status:ident;)+) => {
        /// Why a signature is not trusted.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum Code {
            $($(#[$doc])+ $name,)+
        }

        impl Code {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$name,)+];

            /// The code as it stands in the facts.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => $text,)+
                }
            }

            /// The status of a signature for which this is the most important problem.
            #[must_use]
            pub fn status(self) -> SignatureStatus {
                match self {
                    $(Self::$name => SignatureStatus::$status,)+
                }
            }
        }
    };
}

codes! {
    /// The referrer's manifest cannot be read, or holds no signature though it announces one.
    MalformedManifest = "malformed_manifest", Invalid;
    /// The manifest says that it refers to another artifact.
    ReferrerSubjectMismatch = "referrer_subject_mismatch", Invalid;
    /// What is signed names another digest.
    SubjectMismatch = "subject_mismatch", Invalid;
    /// The simple signing payload cannot be read.
    MalformedPayload = "malformed_payload", Invalid;
    /// The simple signing payload is of a type that does not sign an image.
    PayloadTypeInvalid = "payload_type_invalid", Invalid;
    /// The Sigstore bundle cannot be read.
    MalformedBundle = "malformed_bundle", Invalid;
    /// The DSSE envelope cannot be read.
    MalformedEnvelope = "malformed_envelope", Invalid;
    /// The in-toto statement cannot be read.
    MalformedStatement = "malformed_statement", Invalid;
    /// The attached document is not of the format that its media type names.
    MalformedDocument = "malformed_document", Invalid;
    /// There is no signature where one belongs.
    SignatureMissing = "signature_missing", Invalid;
    /// The signature is not base64.
    SignatureEncoding = "signature_encoding", Invalid;
    /// The key that the bundle names is known and did not make the signature.
    SignatureMismatch = "signature_mismatch", Invalid;
    /// The signing certificate cannot be read, or does not say who the signer is.
    MalformedCertificate = "malformed_certificate", Invalid;
    /// The signing certificate, or one above it, is not what it must be: not signed by its issuer,
    /// not for signing, not an authority's.
    CertificateInvalid = "certificate_invalid", Invalid;
    /// The signed certificate timestamp does not hold.
    SctInvalid = "sct_invalid", Invalid;
    /// The log entry cannot be read.
    MalformedLogEntry = "malformed_log_entry", Invalid;
    /// The log did not sign the promise that the entry brings.
    LogPromiseInvalid = "log_promise_invalid", Invalid;
    /// The inclusion proof does not lead to the checkpoint.
    LogProofInvalid = "log_proof_invalid", Invalid;
    /// The checkpoint is malformed or not the log's.
    LogCheckpointInvalid = "log_checkpoint_invalid", Invalid;
    /// The log entry is about another signature, signer or content.
    LogEntryMismatch = "log_entry_mismatch", Invalid;
    /// The log states a time that is still to come.
    LogTimeInvalid = "log_time_invalid", Invalid;
    /// The timestamp cannot be read, or was not granted.
    MalformedTimestamp = "malformed_timestamp", Invalid;
    /// The timestamp is for something else than this signature.
    TimestampMismatch = "timestamp_mismatch", Invalid;
    /// The timestamp is not what its authority signed, or its authority's certificate is not for
    /// timestamps.
    TimestampInvalid = "timestamp_invalid", Invalid;
    /// The log entry is of a kind that this version does not read.
    LogEntryUnsupported = "log_entry_unsupported", Unsupported;
    /// The Sigstore bundle is of a version that this version does not read.
    BundleVersionUnsupported = "bundle_version_unsupported", Unsupported;
    /// The layer is of a type that this version does not read.
    LayerTypeUnsupported = "layer_type_unsupported", Unsupported;
    /// The DSSE envelope holds something else than an in-toto statement.
    PayloadTypeUnsupported = "payload_type_unsupported", Unsupported;
    /// The in-toto statement is of a version that this version does not read.
    StatementTypeUnsupported = "statement_type_unsupported", Unsupported;
    /// The examination ended before this signature's turn.
    VerificationBudget = "verification_budget", Unavailable;
    /// No authority of a trusted root issued the certificate.
    CertificateUntrusted = "certificate_untrusted", Untrusted;
    /// The certificate was not valid when the signature was made.
    CertificateExpired = "certificate_expired", Untrusted;
    /// The certificate has no signed certificate timestamp, and the trust document wants one.
    SctMissing = "sct_missing", Untrusted;
    /// The signed certificate timestamp is of a log that no trusted root knows for that time.
    SctUntrusted = "sct_untrusted", Untrusted;
    /// There is no entry in a transparency log, and the trust document wants one.
    LogEntryMissing = "log_entry_missing", Untrusted;
    /// The log entry has no proof of the kind that is needed.
    LogProofMissing = "log_proof_missing", Untrusted;
    /// The log entry is of a log that no trusted root knows for that time.
    LogUntrusted = "log_untrusted", Untrusted;
    /// There is no timestamp of an authority, and the trust document wants one.
    TimestampMissing = "timestamp_missing", Untrusted;
    /// The timestamp is of an authority that no trusted root knows for that time.
    TimestampUntrusted = "timestamp_untrusted", Untrusted;
    /// Nothing proves when the signature was made.
    TimeUnproven = "time_unproven", Untrusted;
    /// No identity of the trust document is who the certificate says.
    IdentityUnknown = "identity_unknown", Untrusted;
    /// No scope of the identity admits the repository.
    IdentityOutOfScope = "identity_out_of_scope", Untrusted;
    /// The trust document revokes the key.
    KeyRevoked = "key_revoked", Untrusted;
    /// No scope of the key admits the repository.
    KeyOutOfScope = "key_out_of_scope", Untrusted;
    /// The key's validity has ended.
    KeyExpired = "key_expired", Untrusted;
    /// The key's validity has not begun.
    KeyNotYetValid = "key_not_yet_valid", Untrusted;
    /// No key of the trust document made the signature.
    KeyUnknown = "key_unknown", Untrusted;
}

/// The longest message, in characters: messages may repeat names and parsers' findings, and those
/// come from hostile bytes.
const MAX_MESSAGE: usize = 600;

/// A problem on its way into a fact.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Raised {
    code: &'static str,
    status: SignatureStatus,
    message: String,
    hint: Option<String>,
}

impl Raised {
    /// A problem. The message is cut to 600 characters.
    #[must_use]
    pub fn new(code: Code, message: impl AsRef<str>) -> Self {
        let message = cut(message.as_ref());
        Self { code: code.as_str(), status: code.status(), message, hint: None }
    }

    /// Something that could not be had.
    #[must_use]
    pub fn unavailable(what: &Unavailable) -> Self {
        let retry = "ask again: what is missing may be there the next time";
        Self {
            code: what.code.as_str(),
            status: SignatureStatus::Unavailable,
            message: cut(&format!(
                "{} {} could not be had: {}",
                what.kind.as_str(),
                what.target,
                what.message
            )),
            hint: what.retryable.then(|| retry.to_owned()),
        }
    }

    /// The same problem with a hint.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// The code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        self.code
    }

    /// The status that it leads to.
    #[must_use]
    pub fn status(&self) -> SignatureStatus {
        self.status
    }

    /// As it stands in the facts.
    #[must_use]
    pub fn into_problem(self) -> Problem {
        Problem { code: self.code.to_owned(), message: self.message, hint: self.hint }
    }
}

fn cut(message: &str) -> String {
    match message.char_indices().nth(MAX_MESSAGE) {
        Some(_) => message.chars().take(MAX_MESSAGE).chain(['…']).collect(),
        None => message.to_owned(),
    }
}

/// How much a status weighs where several problems come together: what is certainly wrong before
/// what is not known, and that before what is merely not trusted.
#[must_use]
pub fn weight(status: SignatureStatus) -> u8 {
    match status {
        SignatureStatus::Invalid => 0,
        SignatureStatus::Unsupported => 1,
        SignatureStatus::Unavailable => 2,
        SignatureStatus::Untrusted => 3,
        SignatureStatus::Trusted => 4,
    }
}

/// The codes of things that could not be had, which a signature fact can carry as well.
pub const UNAVAILABLE: [UnavailableCode; 8] = [
    UnavailableCode::Timeout,
    UnavailableCode::Refused,
    UnavailableCode::Throttled,
    UnavailableCode::NotFound,
    UnavailableCode::TooLarge,
    UnavailableCode::Malformed,
    UnavailableCode::DigestMismatch,
    UnavailableCode::Denied,
];

#[cfg(test)]
mod tests {
    use super::*;
    use referee_core::UnavailableKind;

    #[test]
    fn messages_are_cut_wherever_they_come_from() {
        let long = "ä".repeat(MAX_MESSAGE + 1);
        let kind = UnavailableKind::Blob;
        let what = Unavailable::new(kind, "x", UnavailableCode::Timeout, long.clone());
        for raised in [Raised::new(Code::KeyUnknown, &long), Raised::unavailable(&what)] {
            let message = raised.into_problem().message;
            assert_eq!(message.chars().count(), MAX_MESSAGE + 1);
            assert!(message.ends_with('…'));
        }
        let short = "ä".repeat(MAX_MESSAGE);
        assert_eq!(Raised::new(Code::KeyUnknown, &short).into_problem().message, short);
    }
}
