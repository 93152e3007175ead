//! Certificates (RFC 5280) as Go's `crypto/x509` reads them: the same leniencies, the same
//! refusals in the same words, the same fields.

mod algorithm;
mod builtins;
mod chain;
mod constraint_values;
mod constraints;
mod extensions;
mod hostname;
mod key_pair;
mod mailbox;
mod name;
mod options;
mod parse;
mod policy;
mod request;
mod san;
mod show;
mod time;

pub(crate) use builtins::TABLE;
pub(crate) use key_pair::check as check_key_pair;
pub(crate) use parse::certificate as parse_certificate;
pub(crate) use time::{compact as compact_time, unix_seconds};

use crate::der::Oid;
use crate::key::PublicKey;
use algorithm::SignatureAlgorithm;
use constraint_values::Subtrees;
use name::Name;
use num_bigint::BigInt;
use san::AlternativeNames;
use time::Time;

/// An extension as it stands in a certificate.
#[derive(Clone, Debug)]
struct Extension {
    id: Oid,
    critical: bool,
    value: Vec<u8>,
}

/// An integer that may be missing, the way Go keeps it: zero and a flag.
#[derive(Clone, Copy, Debug, Default)]
struct Skip {
    value: i64,
    is_zero: bool,
}

impl Skip {
    fn of(value: i64) -> Self {
        Self { value, is_zero: value == 0 }
    }

    /// The number where it is given.
    fn given(self) -> Option<i64> {
        (self.value > 0 || self.is_zero).then_some(self.value)
    }
}

/// A certificate.
#[derive(Clone, Debug, Default)]
pub(crate) struct Certificate {
    raw: Vec<u8>,
    raw_tbs: Vec<u8>,
    raw_key: Vec<u8>,
    raw_subject: Vec<u8>,
    raw_issuer: Vec<u8>,
    signature: Vec<u8>,
    signature_algorithm: SignatureAlgorithm,
    public_key_algorithm: i64,
    /// None where its algorithm is not known.
    pub(crate) public_key: Option<PublicKey>,
    version: i64,
    serial_number: BigInt,
    issuer: Name,
    subject: Name,
    not_before: Time,
    not_after: Time,
    key_usage: i64,
    extensions: Vec<Extension>,
    unhandled_critical: Vec<Oid>,
    extended_key_usage: Vec<i64>,
    unknown_extended_key_usage: Vec<Oid>,
    basic_constraints: Option<BasicConstraints>,
    subject_key_id: Option<Vec<u8>>,
    authority_key_id: Option<Vec<u8>>,
    ocsp_servers: Vec<Vec<u8>>,
    issuing_urls: Vec<Vec<u8>>,
    names: AlternativeNames,
    constraints_critical: bool,
    permitted: Subtrees,
    excluded: Subtrees,
    crl_points: Vec<Vec<u8>>,
    /// Policies, by the content of their identifiers.
    policies: Option<Vec<Vec<u8>>>,
    policy_mappings: Vec<(Vec<u8>, Vec<u8>)>,
    inhibit_any_policy: Skip,
    inhibit_policy_mapping: Skip,
    require_explicit_policy: Skip,
}

/// The extension that says who may sign certificates.
#[derive(Clone, Copy, Debug)]
struct BasicConstraints {
    is_ca: bool,
    /// -1 where there is no limit.
    max_path_length: i64,
}
