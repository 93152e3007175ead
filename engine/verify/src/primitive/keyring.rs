//! The keys of the trust document, compiled: parsed, each once, and ready to be judged.
//!
//! A key may have several entries, say one for each team that may sign with it: a signature by it
//! is trusted by each entry that admits the repository at that time. Revocation is of the key, not
//! of the entry: one entry that revokes it revokes it everywhere and in every form it is written.

use super::key::{KeyError, PublicKey};
use super::signature::Scheme;
use crate::problem::{Code, Raised};
use referee_core::error::Coded;
use referee_core::facts::KeyFact;
use referee_core::trust::TrustedKey;
use referee_core::{Digest, Repository, Timestamp, Trust};

/// A key of the trust document that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("key {name:?}: {source}")]
pub struct KeyringError {
    /// The name of the entry.
    pub name: String,
    /// What is wrong with its key.
    pub source: KeyError,
}

impl Coded for KeyringError {
    fn code(&self) -> &'static str {
        self.source.code()
    }

    fn hint(&self) -> Option<String> {
        self.source.hint()
    }
}

/// The keys of a trust document.
#[derive(Clone, Debug, Default)]
pub struct Keyring {
    keys: Vec<Key>,
}

/// One key, with all entries that the trust document has for it.
#[derive(Clone, Debug)]
pub struct Key {
    public: PublicKey,
    entries: Vec<Entry>,
}

#[derive(Clone, Debug)]
struct Entry {
    trusted: TrustedKey,
    /// What the key as this entry writes it may sign with: an RSASSA-PSS key does not vouch for
    /// PKCS#1 v1.5.
    schemes: Vec<Scheme>,
}

/// What the trust document says of a signature by one of its keys.
#[derive(Clone, Debug)]
pub struct Judgement {
    /// The key, as one entry has it: the first that trusts it, else the first whose scope admits
    /// the repository, else the first.
    pub key: KeyFact,
    /// The names of the entries that trust it. Empty where `problems` is not.
    pub trusted_by: Vec<String>,
    /// Whether the scope of any entry admits the repository.
    pub in_scope: bool,
    /// The first scope, of the entry in `key`, that admits it.
    pub scope: Option<String>,
    /// Why no entry trusts it, most important first.
    pub problems: Vec<Raised>,
    /// What is missing for the first entry that would trust it with that, where none does without.
    pub missing: Option<Missing>,
    /// The first time after now at which an entry's validity starts or ends.
    pub changes_at: Option<Timestamp>,
}

/// What is proven of a signature besides who made it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Proven {
    /// It stands in a transparency log.
    pub logged: bool,
    /// It has a timestamp of an authority.
    pub stamped: bool,
}

/// What an entry of the trust document demands of a signature that does not have it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Missing {
    /// An entry in a transparency log.
    pub log: bool,
    /// A timestamp of an authority.
    pub timestamp: bool,
}

impl Proven {
    /// What is missing for an entry, if anything is.
    fn missing(self, entry: &TrustedKey) -> Option<Missing> {
        let missing = Missing {
            log: entry.log.is_required() && !self.logged,
            timestamp: entry.timestamp.is_required() && !self.stamped,
        };
        (missing.log || missing.timestamp).then_some(missing)
    }
}

impl Keyring {
    /// Parses all keys of a trust document.
    ///
    /// # Errors
    /// [`KeyringError`] for the first entry whose key cannot be used. There is no ring without
    /// it: a document that lost a key in silence would deny what its author trusts, and one that
    /// lost a revocation would trust what its author does not.
    pub fn new(trust: &Trust) -> Result<Self, KeyringError> {
        let mut keys: Vec<Key> = Vec::new();
        for trusted in trust.keys() {
            let public = PublicKey::from_pem(&trusted.pem)
                .map_err(|source| KeyringError { name: trusted.name.clone(), source })?;
            let entry = Entry { trusted: trusted.clone(), schemes: public.schemes().collect() };
            match keys.iter_mut().find(|key| key.public.id() == public.id()) {
                Some(key) => {
                    key.public.absorb(public);
                    key.entries.push(entry);
                }
                None => keys.push(Key { public, entries: vec![entry] }),
            }
        }
        Ok(Self { keys })
    }

    /// How many different keys there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.keys.len()
    }

    /// Whether there is no key.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// The keys, in the order in which the trust document first names each.
    #[must_use]
    pub fn keys(&self) -> &[Key] {
        &self.keys
    }

    /// The key with an id.
    #[must_use]
    pub fn by_id(&self, id: &Digest) -> Option<&Key> {
        self.keys.iter().find(|key| key.public.id() == id)
    }

    /// The key that a hint names; see [`PublicKey::is_hinted_by`].
    #[must_use]
    pub fn by_hint(&self, hint: &[u8]) -> Option<&Key> {
        self.keys.iter().find(|key| key.public.is_hinted_by(hint))
    }

    /// All keys, the one that the hint names first.
    pub fn candidates(&self, hint: Option<&[u8]>) -> impl Iterator<Item = &Key> {
        let hinted = hint.and_then(|hint| self.by_hint(hint));
        let others =
            self.keys.iter().filter(move |key| hinted.is_none_or(|hinted| hinted.id() != key.id()));
        hinted.into_iter().chain(others)
    }
}

impl Key {
    /// The key's id.
    #[must_use]
    pub fn id(&self) -> &Digest {
        self.public.id()
    }

    /// The key.
    #[must_use]
    pub fn public(&self) -> &PublicKey {
        &self.public
    }

    /// The names of its entries.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.entries.iter().map(|entry| entry.trusted.name.as_str())
    }

    /// What the trust document says of a signature that this key made by `scheme`, for an artifact
    /// of `repository` (`None`: one that nothing names) at a time. `proven` is what is known
    /// of it besides.
    ///
    /// A key's validity is held against `now`, whatever time is proven: its dates say when its owner
    /// wants it to be accepted, and most signatures by keys prove no time.
    #[must_use]
    pub fn judge(
        &self,
        scheme: Scheme,
        repository: Option<&Repository>,
        proven: Proven,
        now: Timestamp,
    ) -> Judgement {
        // The mathematics held by this scheme, so at least one entry has it.
        let able: Vec<&TrustedKey> = self
            .entries
            .iter()
            .filter(|entry| entry.schemes.contains(&scheme))
            .map(|entry| &entry.trusted)
            .collect();
        let admitting: Vec<&TrustedKey> =
            able.iter().copied().filter(|entry| scope_of(entry, repository).is_some()).collect();
        let revoked = self.entries.iter().find(|entry| entry.trusted.revoked.is_some());
        let current = |entry: &&TrustedKey| out_of_time(entry, now).is_none();
        let content = |entry: &&TrustedKey| proven.missing(entry).is_none();
        let trusting: Vec<&TrustedKey> = match revoked {
            Some(_) => Vec::new(),
            None => admitting.iter().copied().filter(current).filter(content).collect(),
        };

        let mut problems = Vec::new();
        if trusting.is_empty() {
            problems.extend(revoked.map(|entry| revocation(&entry.trusted)));
            if admitting.is_empty() {
                problems.push(scope_problem(&able, repository));
            }
            let relevant = if admitting.is_empty() { &able } else { &admitting };
            if !relevant.iter().any(current) {
                problems.extend(relevant.iter().filter_map(|entry| out_of_time(entry, now)));
            }
        }
        // Where none trusts it and it is not revoked, no entry that is current is content.
        let missing = || admitting.iter().filter(|entry| current(entry));
        let missing = missing().find_map(|entry| proven.missing(entry));
        let shown = trusting.first().or(admitting.first()).or(able.first()).copied();
        Judgement {
            key: self.fact(shown, scheme, revoked.is_some()),
            trusted_by: trusting.iter().map(|entry| entry.name.clone()).collect(),
            in_scope: !admitting.is_empty(),
            scope: shown.and_then(|entry| scope_of(entry, repository)),
            problems,
            missing: missing.filter(|_| revoked.is_none() && trusting.is_empty()),
            changes_at: self.changes_at(now),
        }
    }

    /// The first time after `now` at which the validity of one of its entries starts or ends.
    #[must_use]
    pub fn changes_at(&self, now: Timestamp) -> Option<Timestamp> {
        self.entries
            .iter()
            .flat_map(|entry| [entry.trusted.not_before, entry.trusted.not_after])
            .flatten()
            .filter(|time| *time > now)
            .min()
    }

    fn fact(&self, entry: Option<&TrustedKey>, scheme: Scheme, revoked: bool) -> KeyFact {
        KeyFact {
            id: self.public.id().clone(),
            name: entry.map(|entry| entry.name.clone()).unwrap_or_default(),
            provider: entry.map(|entry| entry.provider.to_owned()).unwrap_or_default(),
            version: None,
            algorithm: self.public.algorithm(scheme),
            not_before: entry.and_then(|entry| entry.not_before),
            not_after: entry.and_then(|entry| entry.not_after),
            revoked,
        }
    }
}

fn scope_of(entry: &TrustedKey, repository: Option<&Repository>) -> Option<String> {
    entry.scopes.iter().find(|scope| scope.admits(repository)).map(ToString::to_string)
}

/// Why an entry is not valid at a time: from `not_before` on, and before `not_after`.
fn out_of_time(entry: &TrustedKey, now: Timestamp) -> Option<Raised> {
    let name = &entry.name;
    if let Some(start) = entry.not_before.filter(|start| now < *start) {
        let message = format!("key {name:?} is valid from {start} on");
        return Some(Raised::new(Code::KeyNotYetValid, message));
    }
    let end = entry.not_after.filter(|end| now >= *end)?;
    let message = format!("key {name:?} is valid until {end} only");
    Some(Raised::new(Code::KeyExpired, message).hint(
        "sign again with a current key, or extend `not_after` in the trust document; the time \
         of signing is not proven, so it does not count",
    ))
}

fn revocation(entry: &TrustedKey) -> Raised {
    let revocation = entry.revoked.as_ref();
    let at = revocation.and_then(|r| r.at).map(|at| format!(" at {at}")).unwrap_or_default();
    let reason = revocation.map(|r| r.reason.as_str()).unwrap_or_default();
    let message = format!("the trust document revokes key {:?}{at}: {reason}", entry.name);
    Raised::new(Code::KeyRevoked, message)
        .hint("sign again with another key; nothing that a revoked key signed is trusted")
}

fn scope_problem(entries: &[&TrustedKey], repository: Option<&Repository>) -> Raised {
    let names: Vec<_> = entries.iter().map(|entry| format!("{:?}", entry.name)).collect();
    let scopes: Vec<_> =
        entries.iter().flat_map(|entry| &entry.scopes).map(ToString::to_string).collect();
    let subject =
        repository.map_or_else(|| "an artifact that nothing names".to_owned(), ToString::to_string);
    let message = format!(
        "key {} may sign for {}, which does not admit {subject}",
        names.join(", "),
        scopes.join(", "),
    );
    Raised::new(Code::KeyOutOfScope, message)
        .hint("add the repository to the key's `scopes` in the trust document, if it may sign here")
}
