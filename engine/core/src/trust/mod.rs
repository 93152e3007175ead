//! The trust document: whose signatures count, and where.
//!
//! One YAML or JSON file, or several that are merged. Read in two stages: [`TrustDocument`] is
//! what the author typed, [`Trust`] is what it means, with every name unique, every file at hand,
//! every pattern and scope checked. Nothing else of the product sees the first.

mod entry;
mod error;
mod identity;
mod key;
mod pattern;
mod root;
mod scope;
mod sigstore;
mod witness;

pub use entry::{Entry, EntryKind};
pub use error::TrustError;
pub use identity::{CLAIMS, IdentityEntry, TrustedIdentity};
pub use key::{KeyEntry, Revocation, TrustedKey};
pub use pattern::{Pattern, PatternError, PatternText};
pub use root::{RootKeeper, RootSource, SuppliedRoot, TufRepository, WellKnown};
pub use scope::{Scope, ScopeError};
pub use sigstore::{Requirement, SigstoreEntry, TrustedSigstore, TufEntry};
pub use witness::{Witness, WitnessError};

use crate::digest::Digest;
use crate::document::{self, DocumentError};
use crate::json::canonical;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// A trust document as it is written.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TrustDocument {
    /// Public keys.
    #[serde(default)]
    pub keys: Vec<KeyEntry>,
    /// Who certificates say that signers are.
    #[serde(default)]
    pub identities: Vec<IdentityEntry>,
    /// Sigstore instances; the public-good instance where none is named.
    #[serde(default)]
    pub sigstore: Vec<SigstoreEntry>,
}

impl TrustDocument {
    /// Reads a document. `name` is what errors call it.
    ///
    /// # Errors
    /// [`DocumentError`], with the place in the document.
    pub fn read(name: &str, text: &str) -> Result<Self, DocumentError> {
        document::read(name, text)
    }

    /// The files that it names: keys, trusted roots and roots of TUF repositories.
    pub fn files(&self) -> impl Iterator<Item = &str> {
        let keys = self.keys.iter().filter_map(|key| key.file.as_deref());
        let roots = self.sigstore.iter().filter_map(|instance| instance.file.as_deref());
        let anchors =
            self.sigstore.iter().filter_map(|instance| Some(&*instance.tuf.as_ref()?.root));
        keys.chain(roots).chain(anchors)
    }
}

/// A trust document that was read, with the files it names.
#[derive(Clone, Debug)]
pub struct TrustSource {
    /// What errors call it.
    pub name: String,
    /// The document.
    pub document: TrustDocument,
    /// The content of each file it names, under the name it is named by.
    pub files: BTreeMap<String, String>,
}

/// What the trust documents mean.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trust {
    keys: Vec<TrustedKey>,
    identities: Vec<TrustedIdentity>,
    sigstore: Vec<TrustedSigstore>,
    revision: Digest,
}

impl Trust {
    /// A trust that trusts nobody.
    #[must_use]
    pub fn nobody() -> Self {
        Self::of(Vec::new(), Vec::new(), Vec::new())
    }

    /// What some documents mean together.
    ///
    /// # Errors
    /// [`TrustError`], for the first thing that a document cannot mean.
    pub fn new(sources: &[TrustSource]) -> Result<Self, TrustError> {
        let mut keys: Vec<TrustedKey> = Vec::new();
        let mut identities: Vec<(TrustedIdentity, Entry)> = Vec::new();
        let mut sigstore: Vec<TrustedSigstore> = Vec::new();
        for source in sources {
            for (position, written) in source.document.keys.iter().enumerate() {
                let key = TrustedKey::new(source, position, written)?;
                if keys.iter().any(|other| other.name == key.name) {
                    return Err(duplicate(source, EntryKind::Key, key.name));
                }
                keys.push(key);
            }
            for (position, written) in source.document.sigstore.iter().enumerate() {
                let (instance, entry) = TrustedSigstore::new(source, position, written)?;
                if sigstore.iter().any(|other| other.name == instance.name) {
                    return Err(TrustError::DuplicateName { entry });
                }
                sigstore.push(instance);
            }
        }
        for source in sources {
            for (position, written) in source.document.identities.iter().enumerate() {
                let (identity, entry) = TrustedIdentity::new(source, position, written)?;
                let taken = keys.iter().any(|key| key.name == identity.name)
                    || identities.iter().any(|(other, _)| other.name == identity.name);
                if taken {
                    return Err(TrustError::DuplicateName { entry });
                }
                identities.push((identity, entry));
            }
        }
        if sigstore.is_empty() {
            sigstore.push(TrustedSigstore::public_good());
        }
        for (identity, entry) in &identities {
            let known = |name: &&String| !sigstore.iter().any(|other| other.name == **name);
            if let Some(instance) = identity.sigstore.iter().find(known) {
                let (entry, instance) = (entry.clone(), instance.clone());
                return Err(TrustError::UnknownInstance { entry, instance });
            }
        }
        let identities = identities.into_iter().map(|(identity, _)| identity).collect();
        Ok(Self::of(keys, identities, sigstore))
    }

    fn of(
        keys: Vec<TrustedKey>,
        identities: Vec<TrustedIdentity>,
        sigstore: Vec<TrustedSigstore>,
    ) -> Self {
        let described = json!({
            "keys": keys.iter().map(TrustedKey::describe).collect::<Vec<Value>>(),
            "identities": identities.iter().map(TrustedIdentity::describe).collect::<Vec<Value>>(),
            "sigstore": sigstore.iter().map(TrustedSigstore::describe).collect::<Vec<Value>>(),
        });
        let revision = Digest::sha256(canonical(&described).as_bytes());
        Self { keys, identities, sigstore, revision }
    }

    /// The same with trusted roots as they were had from those who keep them.
    #[must_use]
    pub fn supplied(self, roots: &BTreeMap<RootKeeper, SuppliedRoot>) -> Self {
        let Self { keys, identities, mut sigstore, .. } = self;
        for trusted in &mut sigstore {
            if let Some(keeper) = trusted.keeper()
                && let Some(root) = roots.get(&keeper)
            {
                trusted.root = RootSource::Supplied { keeper, root: root.clone() };
            }
        }
        Self::of(keys, identities, sigstore)
    }

    /// The instances by which a signature can come to be trusted: those that an identity counts
    /// in, and all of them where the signatures of a key must be logged or stamped.
    pub fn instances_in_force(&self) -> impl Iterator<Item = &TrustedSigstore> {
        let attested = |key: &TrustedKey| key.log.is_required() || key.timestamp.is_required();
        let attested = self.keys.iter().any(attested);
        self.sigstore.iter().filter(move |instance| {
            attested || self.identities.iter().any(|identity| identity.counts_in(&instance.name))
        })
    }

    /// The keys, in the order of the documents.
    #[must_use]
    pub fn keys(&self) -> &[TrustedKey] {
        &self.keys
    }

    /// The identities, in the order of the documents.
    #[must_use]
    pub fn identities(&self) -> &[TrustedIdentity] {
        &self.identities
    }

    /// The Sigstore instances, in the order of the documents. Empty only where nobody is trusted.
    #[must_use]
    pub fn sigstore(&self) -> &[TrustedSigstore] {
        &self.sigstore
    }

    /// The digest over all that is trusted: the same for the same meaning.
    #[must_use]
    pub fn revision(&self) -> &Digest {
        &self.revision
    }
}

fn duplicate(source: &TrustSource, kind: EntryKind, name: String) -> TrustError {
    TrustError::DuplicateName { entry: Entry { document: source.name.clone(), kind, name } }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Coded as _;

    fn trust(text: &str) -> Result<Trust, TrustError> {
        let document = TrustDocument::read("trust.yaml", text)?;
        Trust::new(&[TrustSource { name: "trust.yaml".into(), document, files: BTreeMap::new() }])
    }

    #[test]
    fn each_thing_a_document_cannot_mean_has_its_own_error() {
        let cases = [
            ("keys: [{name: a, pem: x, scopes: ['**'], scope: x}]", "unknown_field"),
            ("keys: [{name: a, pem: x, file: y, scopes: ['**']}]", "trust_key_source"),
            ("keys: [{name: a, scopes: ['**']}]", "trust_key_source"),
            ("keys: [{name: a, file: y, scopes: ['**']}]", "trust_missing_file"),
            ("keys: [{name: a, pem: x}]", "trust_no_scopes"),
            ("keys: [{name: '', pem: x, scopes: ['**']}]", "trust_empty_name"),
            ("keys: [{name: a, pem: x, scopes: ['team*']}]", "trust_scope"),
            (
                "keys: [{name: a, pem: x, scopes: ['**']}, {name: a, pem: y, scopes: ['**']}]",
                "trust_duplicate_name",
            ),
            (
                "keys: [{name: a, pem: x, scopes: ['**'], not_before: '2026-01-02T00:00:00Z', not_after: '2026-01-01T00:00:00Z'}]",
                "trust_validity",
            ),
            ("keys: [{name: a, pem: x, scopes: ['**'], not_after: soon}]", "document_shape"),
            ("keys: [{name: a, pem: x, scopes: ['**'], log: always}]", "document_shape"),
            ("identities: [{name: a, issuer: i, scopes: ['**']}]", "document_shape"),
            ("identities: [{name: a, issuer: i, subject: s}]", "trust_no_scopes"),
            ("identities: [{name: '', issuer: i, subject: s, scopes: ['**']}]", "trust_empty_name"),
            ("identities: [{name: a, issuer: i, subject: '', scopes: ['**']}]", "trust_pattern"),
            (
                "identities: [{name: a, issuer: {regex: '('}, subject: s, scopes: ['**']}]",
                "trust_pattern",
            ),
            (
                "identities: [{name: a, issuer: {like: x}, subject: s, scopes: ['**']}]",
                "unknown_field",
            ),
            (
                "identities: [{name: a, issuer: i, subject: s, claims: {sourceRepositoryUri: x}, scopes: ['**']}]",
                "trust_claim",
            ),
            (
                "identities: [{name: a, issuer: i, subject: s, sigstore: [b], scopes: ['**']}]",
                "trust_unknown_instance",
            ),
            (
                "{keys: [{name: a, pem: x, scopes: ['**']}], identities: [{name: a, issuer: i, subject: s, scopes: ['**']}]}",
                "trust_duplicate_name",
            ),
            ("sigstore: [{name: a}]", "trust_root_source"),
            ("sigstore: [{name: a, instance: github, file: b}]", "trust_root_source"),
            ("sigstore: [{name: a, file: b}]", "trust_missing_file"),
            ("sigstore: [{name: a, file: b, tuf: {url: u, root: r}}]", "trust_root_source"),
            (
                "sigstore: [{name: a, tuf: {url: 'https://t.example', root: r}}]",
                "trust_missing_file",
            ),
            ("sigstore: [{name: a, tuf: {url: 'https://', root: r}}]", "trust_repository_url"),
            ("sigstore: [{name: a, tuf: {url: 'file:///tuf', root: r}}]", "trust_repository_url"),
            (
                "sigstore: [{name: a, tuf: {url: 'https://u@t.example', root: r}}]",
                "trust_repository_url",
            ),
            ("sigstore: [{name: a, tuf: {url: 'https://t.example'}}]", "document_shape"),
            ("sigstore: [{name: a, instance: elsewhere}]", "document_shape"),
            ("sigstore: [{name: a, instance: github, witnesses: [w]}]", "trust_witness"),
            (
                "sigstore: [{name: a, instance: github}, {name: a, instance: staging}]",
                "trust_duplicate_name",
            ),
        ];
        for (text, code) in cases {
            let error = trust(text).expect_err(text);
            assert_eq!(error.code(), code, "{text}: {error}");
        }
    }

    #[test]
    fn the_revision_follows_the_meaning_not_the_layout() {
        let a = trust("keys: [{name: a, pem: x, scopes: ['**']}]").unwrap();
        let b = trust("# comment\nkeys:\n- scopes: ['**']\n  pem: x\n  name: a\n").unwrap();
        let c = trust("keys: [{name: a, pem: x, scopes: ['r.example/**']}]").unwrap();
        assert_eq!(a.revision(), b.revision());
        assert_ne!(a.revision(), c.revision());
    }

    #[test]
    fn an_identity_is_who_all_its_patterns_admit() {
        let trust = trust(
            "identities: [{name: a, issuer: i, subject: {glob: 's/*'}, claims: {runnerEnvironment: github-hosted}, scopes: ['**']}]",
        )
        .unwrap();
        let identity = trust.identities().first().unwrap();
        let hosted = |name: &str| (name == "runnerEnvironment").then_some("github-hosted");
        assert!(identity.is(Some("i"), "s/1", hosted));
        assert!(!identity.is(Some("j"), "s/1", hosted));
        assert!(!identity.is(Some("i"), "s/1/2", hosted));
        assert!(
            !identity.is(Some("i"), "s/1", |_| None),
            "a claim that is missing is not admitted"
        );
        assert!(!identity.is(Some("i"), "s/1", |_| Some("self-hosted")));
        assert!(identity.counts_in("public-good"));
    }

    #[test]
    fn a_certificate_without_an_issuer_is_admitted_by_null_alone() {
        let is = |issuer: &str, found: Option<&str>| {
            let text =
                format!("identities: [{{name: a, issuer: {issuer}, subject: s, scopes: ['**']}}]");
            let trust = trust(&text).unwrap();
            trust.identities().first().unwrap().is(found, "s", |_| None)
        };
        assert!(is("null", None));
        assert!(!is("null", Some("i")) && !is("null", Some("")));
        assert!(is("{glob: '**'}", Some("i")));
        assert!(!is("{glob: '**'}", None) && !is("{regex: '.*'}", None));
        let error = trust("identities: [{name: a, subject: s, scopes: ['**']}]").unwrap_err();
        assert_eq!(error.code(), "document_shape", "it must be said: {error}");
    }

    #[test]
    fn the_public_good_instance_counts_where_none_is_named() {
        let instances = |text: &str| {
            let trust = trust(text).unwrap();
            trust.sigstore().iter().map(|s| (s.name.clone(), s.log, s.sct)).collect::<Vec<_>>()
        };
        let required = Requirement::Required;
        assert_eq!(instances("keys: []"), [("public-good".into(), required, required)]);
        let github = "sigstore: [{name: private, instance: github}]";
        let optional = Requirement::Optional;
        assert_eq!(instances(github), [("private".into(), optional, optional)]);
        let strict = "sigstore: [{name: private, instance: github, sct: required}]";
        assert_eq!(instances(strict), [("private".into(), optional, required)]);
    }

    #[test]
    fn a_root_is_asked_for_where_a_signature_could_be_trusted_by_it() {
        let text = "
            identities: [{name: a, issuer: i, subject: s, sigstore: [one], scopes: ['**']}]
            sigstore: [{name: one, instance: github}, {name: two, instance: staging}]";
        let names = |trust: &Trust| {
            trust.instances_in_force().map(|instance| instance.name.clone()).collect::<Vec<_>>()
        };
        assert_eq!(names(&trust(text).unwrap()), ["one"]);
        let key = "keys: [{name: k, pem: x, scopes: ['**']}]";
        assert!(names(&trust(key).unwrap()).is_empty());
        let logged = "keys: [{name: k, pem: x, log: required, scopes: ['**']}]";
        assert_eq!(names(&trust(logged).unwrap()), ["public-good"]);
    }

    #[test]
    fn a_root_that_was_supplied_takes_the_place_of_what_its_keeper_keeps() {
        let text = "sigstore: [{name: a, tuf: {url: 'https://t.example/', root: r}}, {name: b, instance: github}]";
        let document = TrustDocument::read("t", text).unwrap();
        assert_eq!(document.files().collect::<Vec<_>>(), ["r"]);
        let files = BTreeMap::from([("r".into(), "anchor".into())]);
        let trust = Trust::new(&[TrustSource { name: "t".into(), document, files }]).unwrap();
        let keepers: Vec<_> = trust.sigstore().iter().filter_map(TrustedSigstore::keeper).collect();
        let anchor = Digest::sha256(b"anchor");
        let repository = TufRepository { url: "https://t.example".into(), anchor };
        let kept = RootKeeper::Repository(repository);
        assert_eq!(keepers, [kept.clone(), RootKeeper::WellKnown(WellKnown::Github)]);
        let source = crate::facts::TrustRootSource::Tuf;
        let root = SuppliedRoot { json: "{}".into(), source, expires_at: None };
        let before = trust.revision().clone();
        let supplied = trust.supplied(&BTreeMap::from([(kept.clone(), root.clone())]));
        assert_ne!(supplied.revision(), &before);
        let roots: Vec<_> = supplied.sigstore().iter().map(|instance| &instance.root).collect();
        let github = RootSource::WellKnown(WellKnown::Github);
        assert_eq!(roots, [&RootSource::Supplied { keeper: kept, root }, &github]);
    }
}
