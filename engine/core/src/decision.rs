//! What is answered: a verdict with its reasons.

use crate::digest::Digest;
use crate::facts::SubjectFact;
use crate::timestamp::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The verdict.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// The artifact may be used.
    Allow,
    /// It may not.
    Deny,
    /// No ruling could be made; whoever enforces must treat it as a deny.
    Error,
}

impl Verdict {
    /// The verdict as it stands in documents.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Allow => "allow",
            Self::Deny => "deny",
            Self::Error => "error",
        }
    }
}

/// What a deny leads to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// A deny is a deny.
    #[default]
    Enforce,
    /// A deny is told as a warning by whoever enforces.
    Warn,
    /// A deny is only recorded.
    Audit,
}

/// One reason of a deny, or one warning.
#[derive(
    Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
pub struct Reason {
    /// A code: the policy's own, or one of the engine's (`policy_undefined`, `not_allowed`,
    /// `subject_unresolved`, …).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// One sentence.
    pub message: String,
    /// The rule it comes from, `data.trust.deny`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rule: Option<String>,
    /// Where that rule stands, `trust.rego:12`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub location: Option<String>,
    /// The referrer it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub referrer: Option<String>,
    /// What would satisfy the rule.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
}

/// The policy that ruled.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PolicyIdentity {
    /// The Rego package, without `data.`.
    pub package: String,
    /// The revision its author gave it, or the start of its digest.
    pub revision: String,
    /// The digest over all modules and data, names included.
    pub digest: Digest,
}

/// How long each stage took, in milliseconds. Stages overlap: they do not add up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Elapsed {
    /// Resolving the reference to a digest.
    pub resolve: u64,
    /// Listing referrers.
    pub discover: u64,
    /// Fetching evidence.
    pub fetch: u64,
    /// Verifying signatures.
    pub verify: u64,
    /// Evaluating the policy.
    pub policy: u64,
    /// The whole ruling.
    pub total: u64,
}

/// A ruling over one artifact.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Decision {
    /// A number for this ruling, a UUID.
    pub decision_id: String,
    /// The reference asked about.
    pub reference: String,
    /// The verdict.
    pub verdict: Verdict,
    /// Why it was denied, or why there is no ruling. Empty on allow.
    pub reasons: Vec<Reason>,
    /// What the policy wants told all the same.
    pub warnings: Vec<Reason>,
    /// Whether asking again later may bring another verdict without anybody changing anything.
    pub retryable: bool,
    /// What a deny leads to.
    pub mode: Mode,
    /// The artifact; `null` where the reference could not be resolved.
    pub subject: Option<SubjectFact>,
    /// The digest of the facts (see [`crate::Facts::digest`]); `null` where there are none.
    pub facts_digest: Option<Digest>,
    /// The policy that ruled.
    pub policy: PolicyIdentity,
    /// The time that the policy and the verifiers took as now.
    pub evaluated_at: Timestamp,
    /// How long each stage took.
    pub elapsed_ms: Elapsed,
}

impl Decision {
    /// Whether the artifact may be used, the mode considered: in `warn` and `audit` a deny is
    /// told but does not stop anything. An error always stops.
    #[must_use]
    pub fn admits(&self) -> bool {
        match self.verdict {
            Verdict::Allow => true,
            Verdict::Deny => self.mode != Mode::Enforce,
            Verdict::Error => false,
        }
    }
}
