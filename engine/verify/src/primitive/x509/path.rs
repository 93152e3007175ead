//! Paths from a leaf over intermediates to an anchor (RFC 5280 section 6), for a usage and at a
//! point in time.
//!
//! An anchor is a certificate that is trusted, whatever stands above it; it is held to everything
//! that an intermediate is held to, its validity included. Names are compared by their bytes, not
//! by section 7.1's rules: authorities copy them.
//!
//! Refused beyond section 6: name constraints and every other critical extension that is not
//! processed (policies, distribution points); an authority whose purposes leave out the usage;
//! more authorities than `pathLenConstraint` says, self-issued ones counted; leaves that are
//! authorities'; leaves without purposes; `anyExtendedKeyUsage` in place of a purpose.
//!
//! The search is bounded by [`MAX_SIGNATURES`], [`MAX_DEPTH`] and [`MAX_INTERMEDIATES`]. Several
//! certificates of one name are all tried: authorities change keys and keep names. Where no path
//! is found, the error is about the one that came furthest.

use super::algorithm;
use super::certificate::Certificate;
use super::extension::{
    BASIC_CONSTRAINTS, EXTENDED_KEY_USAGE, KEY_USAGE, NAME_CONSTRAINTS, SUBJECT_ALTERNATIVE_NAME,
};
use super::path_error::{named, shown};
use crate::primitive::memory::{Held, Memory};
use der::asn1::ObjectIdentifier;
use referee_core::Timestamp;
use std::fmt;
use std::mem;

pub use super::path_error::{PathError, UsageProblem};

/// The most signatures that are verified in search of one path. Real ones take two or three.
pub const MAX_SIGNATURES: usize = 64;
/// The most issuers in a path, the anchor included. Real ones have one to four.
pub const MAX_DEPTH: usize = 8;
/// The most intermediates that are looked through. Real signatures bring one to four.
pub const MAX_INTERMEDIATES: usize = 32;

const CODE_SIGNING: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.3.3");
const TIME_STAMPING: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.3.8");

/// What a leaf is used for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Usage {
    /// Signing code (RFC 5280 section 4.2.1.12).
    CodeSigning,
    /// Signing timestamps (RFC 3161 section 2.3): the one purpose of the leaf, and critical.
    TimeStamping,
}

impl Usage {
    /// The purpose that has to be in the certificates (`extendedKeyUsage`).
    #[must_use]
    pub fn oid(self) -> ObjectIdentifier {
        match self {
            Self::CodeSigning => CODE_SIGNING,
            Self::TimeStamping => TIME_STAMPING,
        }
    }
}

impl fmt::Display for Usage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::CodeSigning => "code signing",
            Self::TimeStamping => "timestamping",
        })
    }
}

/// A path that holds. Only [`path`] makes one.
#[derive(Clone, Debug)]
pub struct Path {
    issuer: Certificate,
    /// What stands above the leaf's issuer, the anchor last.
    above: Vec<Certificate>,
    not_before: Timestamp,
    not_after: Timestamp,
}

impl Path {
    /// Who issued the leaf.
    #[must_use]
    pub fn issuer(&self) -> &Certificate {
        &self.issuer
    }

    /// The anchor, which may be the issuer.
    #[must_use]
    pub fn anchor(&self) -> &Certificate {
        self.above.last().unwrap_or(&self.issuer)
    }

    /// The leaf's issuer, its issuer, and so on to the anchor.
    pub fn issuers(&self) -> impl Iterator<Item = &Certificate> {
        std::iter::once(&self.issuer).chain(&self.above)
    }

    /// The first moment at which leaf and issuers are all valid.
    #[must_use]
    pub fn not_before(&self) -> Timestamp {
        self.not_before
    }

    /// The last moment at which leaf and issuers are all valid.
    #[must_use]
    pub fn not_after(&self) -> Timestamp {
        self.not_after
    }

    /// Whether leaf and issuers are all valid at a point in time.
    #[must_use]
    pub fn is_valid_at(&self, at: Timestamp) -> bool {
        self.not_before <= at && at <= self.not_after
    }
}

/// Finds a path from a leaf to one of the anchors that holds for a usage at a point in time.
///
/// `intermediates` need not be trusted, in order, or of any use. Anybody can make them, so their
/// signatures are remembered only where the path that they stand in holds.
///
/// # Errors
/// [`PathError`]: what is wrong with the leaf, else about the path that came furthest.
pub fn path(
    leaf: &Certificate,
    intermediates: &[Certificate],
    anchors: &[Certificate],
    usage: Usage,
    at: Timestamp,
    memory: &Memory,
) -> Result<Path, PathError> {
    if intermediates.len() > MAX_INTERMEDIATES {
        let (found, limit) = (intermediates.len(), MAX_INTERMEDIATES);
        return Err(PathError::TooManyCertificates { found, limit });
    }
    leaf_serves(leaf, usage)?;
    let mut search = Search {
        leaf,
        intermediates,
        anchors,
        usage,
        at,
        memory,
        signatures: 0,
        furthest: None,
        issuers: Vec::new(),
        held: Vec::new(),
    };
    let found = search.extend();
    let held = mem::take(&mut search.held);
    let mut issuers = search.issuers.into_iter().cloned();
    let (true, Some(issuer)) = (found, issuers.next()) else {
        let unknown = || PathError::NoIssuer { issuer: shown(leaf.issuer()) };
        return Err(search.furthest.map_or_else(unknown, |(_, error)| error));
    };
    // An anchor vouches for all of them now, whenever the leaf may have been valid.
    held.into_iter().for_each(|held| memory.keep(held));
    // Last, because it matters only of a certificate whose issuer is trusted.
    valid(leaf, at)?;
    let above: Vec<Certificate> = issuers.collect();
    let all = || [leaf, &issuer].into_iter().chain(&above);
    let not_before = all().map(Certificate::not_before).max().unwrap_or(at);
    let not_after = all().map(Certificate::not_after).min().unwrap_or(at);
    Ok(Path { issuer, above, not_before, not_after })
}

struct Search<'a> {
    leaf: &'a Certificate,
    intermediates: &'a [Certificate],
    anchors: &'a [Certificate],
    usage: Usage,
    at: Timestamp,
    memory: &'a Memory,
    /// How many signatures were verified.
    signatures: usize,
    /// The error of the path that came furthest, and how far: issuers found, and its rank.
    furthest: Option<((usize, u8), PathError)>,
    /// The path so far, without the leaf.
    issuers: Vec<&'a Certificate>,
    /// The signature of each of them.
    held: Vec<Held>,
}

impl<'a> Search<'a> {
    /// Whether the path so far leads to an anchor; it is then complete.
    fn extend(&mut self) -> bool {
        let below = self.issuers.last().copied().unwrap_or(self.leaf);
        let anchors = self.anchors.iter().map(|anchor| (anchor, true));
        let intermediates = self.intermediates.iter().map(|other| (other, false));
        let mut tried = false;
        for (issuer, is_anchor) in anchors.chain(intermediates) {
            if !may_have_issued(issuer, below) || self.issuers.contains(&issuer) {
                continue;
            }
            tried = true;
            if !is_anchor && self.issuers.len().saturating_add(1) >= MAX_DEPTH {
                self.failed(PathError::TooDeep { limit: MAX_DEPTH });
                continue;
            }
            if self.signatures >= MAX_SIGNATURES {
                self.furthest = Some((
                    (usize::MAX, u8::MAX),
                    PathError::TooManySignatures { limit: MAX_SIGNATURES },
                ));
                return false;
            }
            self.signatures += 1;
            let issued = self.issued(issuer, below);
            match issued.and_then(|held| self.issuer_serves(issuer).map(|()| held)) {
                Err(error) => self.failed(error),
                Ok(held) => {
                    self.issuers.push(issuer);
                    self.held.push(held);
                    if is_anchor || self.extend() {
                        return true;
                    }
                    self.issuers.pop();
                    self.held.pop();
                }
            }
        }
        if !tried {
            self.failed(PathError::NoIssuer { issuer: shown(below.issuer()) });
        }
        false
    }

    /// Remembers the error if this path came further than those before.
    fn failed(&mut self, error: PathError) {
        let how_far = (self.issuers.len(), error.rank());
        if self.furthest.as_ref().is_none_or(|(before, _)| *before < how_far) {
            self.furthest = Some((how_far, error));
        }
    }

    /// That this issuer signed this certificate.
    fn issued(&self, issuer: &Certificate, below: &Certificate) -> Result<Held, PathError> {
        let key = issuer
            .public_key()
            .map_err(|error| PathError::Key { subject: named(issuer), error })?;
        let scheme = algorithm::scheme(below.algorithm_der(), key)
            .map_err(|error| PathError::Algorithm { subject: named(below), error })?;
        self.memory.check(key, scheme, below.tbs_der(), below.signature()).ok_or_else(|| {
            PathError::SignatureInvalid { subject: named(below), issuer: named(issuer) }
        })
    }

    /// That an issuer may stand at the end of the path so far.
    fn issuer_serves(&self, issuer: &Certificate) -> Result<(), PathError> {
        let subject = || named(issuer);
        if !issuer.is_authority() {
            return Err(PathError::NotCa { subject: subject() });
        }
        let problem = if issuer.key_usage().is_some_and(|usage| !usage.key_cert_sign()) {
            Some(UsageProblem::CertificateSigning)
        } else if issuer.purposes().is_some_and(|all| !all.contains(&self.usage.oid())) {
            Some(UsageProblem::Purpose(self.usage))
        } else {
            None
        };
        if let Some(problem) = problem {
            return Err(PathError::Usage { subject: subject(), problem });
        }
        let found = self.issuers.len();
        if let Some(allowed) = issuer.path_length()
            && usize::from(allowed) < found
        {
            return Err(PathError::PathLength { subject: subject(), allowed, found });
        }
        no_unknown_extension(issuer)?;
        valid(issuer, self.at)
    }
}

/// Whether one certificate may have issued another, going by names and key identifiers.
fn may_have_issued(issuer: &Certificate, below: &Certificate) -> bool {
    let named_key = below.authority_key_identifier();
    let same_key =
        named_key.zip(issuer.subject_key_identifier()).is_none_or(|(named, own)| named == own);
    same_key && issuer.subject_der() == below.issuer_der()
}

/// That a leaf is for this usage, at whatever time and from whatever authority.
fn leaf_serves(leaf: &Certificate, usage: Usage) -> Result<(), PathError> {
    let subject = || named(leaf);
    if leaf.is_authority() {
        return Err(PathError::LeafIsCa { subject: subject() });
    }
    let purposes = leaf.purposes().unwrap_or_default();
    let critical = leaf.extension(EXTENDED_KEY_USAGE).is_some_and(|e| e.critical);
    let may_sign = leaf.key_usage().is_none_or(|key| match usage {
        Usage::CodeSigning => key.digital_signature(),
        // RFC 5280 section 4.2.1.12: either is consistent with timestamping.
        Usage::TimeStamping => key.digital_signature() || key.non_repudiation(),
    });
    let problem = if !purposes.contains(&usage.oid()) {
        UsageProblem::Purpose(usage)
    } else if usage == Usage::TimeStamping && purposes.len() != 1 {
        UsageProblem::PurposeNotSole
    } else if usage == Usage::TimeStamping && !critical {
        UsageProblem::PurposeNotCritical
    } else if !may_sign {
        UsageProblem::DigitalSignature
    } else {
        return no_unknown_extension(leaf);
    };
    Err(PathError::Usage { subject: subject(), problem })
}

/// That every critical extension is one that is processed here, and that there are no name
/// constraints, critical or not: who ignores them lets an authority certify what it must not.
fn no_unknown_extension(certificate: &Certificate) -> Result<(), PathError> {
    for (oid, extension) in certificate.extensions() {
        match oid {
            NAME_CONSTRAINTS => {
                return Err(PathError::NameConstraints { subject: named(certificate) });
            }
            BASIC_CONSTRAINTS | EXTENDED_KEY_USAGE | KEY_USAGE | SUBJECT_ALTERNATIVE_NAME => {}
            _ if extension.critical => {
                let subject = named(certificate);
                return Err(PathError::CriticalExtension { subject, oid });
            }
            _ => {}
        }
    }
    Ok(())
}

fn valid(certificate: &Certificate, at: Timestamp) -> Result<(), PathError> {
    let (not_before, not_after) = (certificate.not_before(), certificate.not_after());
    let subject = || named(certificate);
    if at < not_before {
        Err(PathError::NotYetValid { subject: subject(), not_before, at })
    } else if not_after < at {
        Err(PathError::Expired { subject: subject(), not_after, at })
    } else {
        Ok(())
    }
}
