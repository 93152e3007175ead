//! From what a stage found to the problem in a fact.

use crate::primitive::x509::PathError;
use crate::primitive::x509::fulcio::FulcioError;
use crate::problem::{Code, Raised};
use crate::protocol::sct::SctError;
use crate::protocol::timestamp::TimestampError;
use crate::protocol::tlog::LogError;

pub(super) fn identity(error: &FulcioError) -> Raised {
    Raised::new(Code::MalformedCertificate, error.to_string())
}

pub(super) fn path(error: &PathError) -> Raised {
    let code = match error {
        PathError::NoIssuer { .. } => Code::CertificateUntrusted,
        PathError::NotYetValid { .. } | PathError::Expired { .. } => Code::CertificateExpired,
        _ => Code::CertificateInvalid,
    };
    let raised = Raised::new(code, error.to_string());
    match code {
        Code::CertificateUntrusted => raised.hint(
            "if it is from a private instance, name its trusted_root.json under `sigstore` in the \
             trust document",
        ),
        Code::CertificateExpired => {
            raised.hint("sign again: the time must be proven while the certificate is valid")
        }
        _ => raised,
    }
}

pub(super) fn sct(error: &SctError) -> Raised {
    let code = match error {
        SctError::Missing => Code::SctMissing,
        SctError::UnknownLog { .. } | SctError::OutsideLogValidity { .. } => Code::SctUntrusted,
        _ => Code::SctInvalid,
    };
    Raised::new(code, error.to_string())
}

pub(super) fn log(error: &LogError) -> Raised {
    let code = match error {
        LogError::UnknownLog { .. } | LogError::OutsideLogValidity { .. } => Code::LogUntrusted,
        LogError::TimeInFuture { .. } => Code::LogTimeInvalid,
        LogError::PromiseMissing | LogError::ProofMissing | LogError::CheckpointMissing => {
            Code::LogProofMissing
        }
        LogError::PromiseWithoutTime
        | LogError::PromiseUnexpected
        | LogError::PromiseInvalid { .. } => Code::LogPromiseInvalid,
        LogError::CheckpointMalformed(_)
        | LogError::CheckpointOrigin { .. }
        | LogError::CheckpointUnsigned { .. }
        | LogError::CheckpointSignature { .. }
        | LogError::CheckpointRoot
        | LogError::CheckpointSize { .. } => Code::LogCheckpointInvalid,
        LogError::BodyKindUnsupported { .. }
        | LogError::BodyKindUnfit { .. }
        | LogError::DigestUnknown { .. } => Code::LogEntryUnsupported,
        LogError::BodyMalformed(_) => Code::MalformedLogEntry,
        LogError::BodyMismatch { .. } => Code::LogEntryMismatch,
        _ => Code::LogProofInvalid,
    };
    Raised::new(code, error.to_string())
}

pub(super) fn timestamp(error: &TimestampError) -> Raised {
    let code = match error {
        TimestampError::ImprintMismatch => Code::TimestampMismatch,
        TimestampError::NoAuthority
        | TimestampError::SignerMismatch
        | TimestampError::CertificateMissing
        | TimestampError::OutsideAuthorityValidity { .. }
        | TimestampError::Path(PathError::NoIssuer { .. }) => Code::TimestampUntrusted,
        TimestampError::TooLarge { .. }
        | TimestampError::Malformed { .. }
        | TimestampError::Status { .. }
        | TimestampError::NoToken
        | TimestampError::ContentType { .. }
        | TimestampError::Version { .. }
        | TimestampError::SignerCount { .. }
        | TimestampError::TooMany { .. }
        | TimestampError::Certificate(_) => Code::MalformedTimestamp,
        _ => Code::TimestampInvalid,
    };
    Raised::new(code, error.to_string())
}
