//! Identities of the trust document: who a certificate must say that the signer is.

use super::entry::{Entry, EntryKind, scopes};
use super::pattern::{Pattern, PatternText};
use super::{Scope, TrustError, TrustSource};
use crate::document::closest;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// The claims that Fulcio puts into certificates, by the names that sigstore-go gives them
/// (sigstore/fulcio `docs/oid-info.md`, 1.3.6.1.4.1.57264.1.2 to .1.6 and .1.9 to .1.24).
pub const CLAIMS: [&str; 20] = [
    "githubWorkflowTrigger",
    "githubWorkflowSHA",
    "githubWorkflowName",
    "githubWorkflowRepository",
    "githubWorkflowRef",
    "buildSignerURI",
    "buildSignerDigest",
    "runnerEnvironment",
    "sourceRepositoryURI",
    "sourceRepositoryDigest",
    "sourceRepositoryRef",
    "sourceRepositoryIdentifier",
    "sourceRepositoryOwnerURI",
    "sourceRepositoryOwnerIdentifier",
    "buildConfigURI",
    "buildConfigDigest",
    "buildTrigger",
    "runInvocationURI",
    "sourceRepositoryVisibilityAtSigning",
    "deploymentEnvironment",
];

/// One identity as it is written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct IdentityEntry {
    /// What policies and decisions call it.
    pub name: String,
    /// Who vouched for the signer: the URL of an OpenID provider. `null` where the certificate must
    /// name none, as those do that GitHub signs releases with.
    #[serde(deserialize_with = "Option::deserialize")]
    pub issuer: Option<PatternText>,
    /// The signer: an e-mail address, or the URI of a workflow or workload.
    pub subject: PatternText,
    /// What else the certificate must say, by the names of [`CLAIMS`]. All of it must hold.
    #[serde(default)]
    pub claims: BTreeMap<String, PatternText>,
    /// The Sigstore instances whose certificates count, by name. All of them where none is named.
    #[serde(default)]
    pub sigstore: Vec<String>,
    /// The repositories it may sign for, `registry.example/team/**`.
    #[serde(default)]
    pub scopes: Vec<String>,
}

/// One identity of the trust document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrustedIdentity {
    /// Its name, unique among all keys and identities of all documents.
    pub name: String,
    /// Who must have vouched for the signer; `None` where the certificate must name nobody.
    pub issuer: Option<Pattern>,
    /// Who the signer must be.
    pub subject: Pattern,
    /// What else the certificate must say.
    pub claims: BTreeMap<String, Pattern>,
    /// The names of the instances whose certificates count; empty where all do.
    pub sigstore: Vec<String>,
    /// The repositories it may sign for; never empty.
    pub scopes: Vec<Scope>,
}

impl TrustedIdentity {
    pub(super) fn new(
        source: &TrustSource,
        position: usize,
        written: &IdentityEntry,
    ) -> Result<(Self, Entry), TrustError> {
        let entry = Entry::new(source, EntryKind::Identity, position, &written.name)?;
        let pattern = |member: &str, text: &PatternText| {
            Pattern::new(text).map_err(|source| TrustError::Pattern {
                entry: entry.clone(),
                member: member.to_owned(),
                source,
            })
        };
        let mut claims = BTreeMap::new();
        for (claim, text) in &written.claims {
            if !CLAIMS.contains(&claim.as_str()) {
                let known = CLAIMS.map(str::to_owned);
                let closest = closest(claim, &known);
                return Err(TrustError::Claim { entry, claim: claim.clone(), closest });
            }
            claims.insert(claim.clone(), pattern(&format!("claims.{claim}"), text)?);
        }
        let identity = Self {
            name: written.name.clone(),
            issuer: written.issuer.as_ref().map(|text| pattern("issuer", text)).transpose()?,
            subject: pattern("subject", &written.subject)?,
            claims,
            sigstore: written.sigstore.clone(),
            scopes: scopes(&entry, &written.scopes)?,
        };
        Ok((identity, entry))
    }

    /// Whether certificates of an instance count.
    #[must_use]
    pub fn counts_in(&self, instance: &str) -> bool {
        self.sigstore.is_empty() || self.sigstore.iter().any(|name| name == instance)
    }

    /// Whether it is who a certificate says. `claim` gives a claim of the certificate by its name.
    #[must_use]
    pub fn is<'c>(
        &self,
        issuer: Option<&str>,
        subject: &str,
        claim: impl Fn(&str) -> Option<&'c str>,
    ) -> bool {
        let vouched_for = match (&self.issuer, issuer) {
            (Some(pattern), Some(issuer)) => pattern.admits(issuer),
            (None, None) => true,
            _ => false,
        };
        vouched_for
            && self.subject.admits(subject)
            && self
                .claims
                .iter()
                .all(|(name, pattern)| claim(name).is_some_and(|value| pattern.admits(value)))
    }

    pub(super) fn describe(&self) -> Value {
        let claims: BTreeMap<&str, &PatternText> =
            self.claims.iter().map(|(name, pattern)| (name.as_str(), pattern.text())).collect();
        json!({
            "name": self.name,
            "issuer": self.issuer.as_ref().map(Pattern::text),
            "subject": self.subject.text(),
            "claims": claims,
            "sigstore": self.sigstore,
            "scopes": self.scopes.iter().map(ToString::to_string).collect::<Vec<_>>(),
        })
    }
}
