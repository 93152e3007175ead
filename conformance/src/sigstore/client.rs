//! What a client of Sigstore is asked: whether a bundle is by this signer and about this artifact.

use referee_core::trust::{
    IdentityEntry, KeyEntry, PatternText, Requirement, SigstoreEntry, TrustDocument, TrustError,
    TrustSource, WellKnown,
};
use referee_core::{Budget, Coded, Digest, Limits, Timestamp, Trust};
use referee_verify::cosign::Blob;
use referee_verify::protocol::tlog::Digests;
use referee_verify::{CosignVerifier, UnusableTrust};
use std::collections::BTreeMap;

/// The one name in the trust document.
const NAME: &str = "case";

/// Who is to have signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Signer {
    /// Whoever a certificate names so.
    Identity {
        /// The signer.
        subject: String,
        /// Who vouched for it.
        issuer: String,
    },
    /// The holder of a key, whose signature stands in a log.
    Key {
        /// The public key.
        pem: String,
    },
}

/// What a bundle is to be about.
#[derive(Clone, Copy, Debug)]
pub enum Artifact<'a> {
    /// These bytes.
    Bytes(&'a [u8]),
    /// Bytes with this SHA-256.
    Sha256([u8; 32]),
}

/// What signatures are held against.
#[derive(Debug)]
pub struct Client(CosignVerifier);

/// What became of a bundle.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ruling {
    /// It is by that signer and about that artifact.
    Trusted,
    /// It is not: codes and messages, most important first.
    Refused(Vec<(String, String)>),
}

/// A signer or a trusted root that cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Unusable {
    /// What makes the trust document.
    #[error(transparent)]
    Trust(#[from] TrustError),
    /// What it names.
    #[error(transparent)]
    Named(#[from] UnusableTrust),
}

impl Coded for Unusable {
    fn code(&self) -> &'static str {
        match self {
            Self::Trust(error) => error.code(),
            Self::Named(error) => error.code(),
        }
    }
}

impl Client {
    /// A client that trusts one signer, under a trusted root or under that of an instance.
    ///
    /// # Errors
    /// [`Unusable`].
    pub fn new(
        signer: &Signer,
        trusted_root: Option<&str>,
        instance: WellKnown,
    ) -> Result<Self, Unusable> {
        let mut files = BTreeMap::new();
        if let Some(root) = trusted_root {
            files.insert("trusted_root.json".to_owned(), root.to_owned());
        }
        let sigstore = SigstoreEntry {
            name: NAME.to_owned(),
            instance: trusted_root.is_none().then_some(instance),
            file: trusted_root.map(|_| "trusted_root.json".to_owned()),
            tuf: None,
            log: None,
            sct: None,
            timestamp: None,
            witnesses: Vec::new(),
        };
        let scopes = vec!["**".to_owned()];
        let mut document = TrustDocument { sigstore: vec![sigstore], ..TrustDocument::default() };
        match signer.clone() {
            Signer::Identity { subject, issuer } => document.identities.push(IdentityEntry {
                name: NAME.to_owned(),
                issuer: Some(PatternText::Exact(issuer)),
                subject: PatternText::Exact(subject),
                claims: BTreeMap::new(),
                sigstore: Vec::new(),
                scopes,
            }),
            Signer::Key { pem } => document.keys.push(KeyEntry {
                name: NAME.to_owned(),
                pem: Some(pem),
                file: None,
                scopes,
                not_before: None,
                not_after: None,
                log: Requirement::Required,
                timestamp: Requirement::Optional,
                revoked: None,
            }),
        }
        let source = TrustSource { name: "the command line".to_owned(), document, files };
        Ok(Self(CosignVerifier::new(&Trust::new(&[source])?)?))
    }

    /// Judges a bundle at a point in time.
    #[must_use]
    pub fn judge(&self, bundle: &[u8], artifact: Artifact<'_>, now: Timestamp) -> Ruling {
        let digests = match artifact {
            Artifact::Bytes(bytes) => Digests::of(bytes),
            Artifact::Sha256(sha256) => Digests { sha256: Some(sha256), ..Digests::default() },
        };
        let digest = match artifact {
            Artifact::Bytes(bytes) => Digest::sha256(bytes),
            Artifact::Sha256(sha256) => Digest::from_sha256(&sha256),
        };
        let bytes = match artifact {
            Artifact::Bytes(bytes) => Some(bytes),
            Artifact::Sha256(_) => None,
        };
        let blob = Blob { digest: &digest, digests: &digests, bytes, repository: None };
        let budget = Budget::new(&Limits::DEFAULT, std::sync::Arc::default());
        let findings = self.0.verify_blob(&blob, bundle, now, &budget);
        let mut problems = Vec::new();
        for signature in findings.signatures.iter().filter(|signature| !signature.trusted) {
            let told = signature.errors.iter();
            problems.extend(told.map(|problem| (problem.code.clone(), problem.message.clone())));
        }
        match findings.signatures.iter().all(|signature| signature.trusted) {
            true if !findings.signatures.is_empty() => Ruling::Trusted,
            _ => Ruling::Refused(problems),
        }
    }
}
