//! The forms in which decisions are written.

pub(crate) mod backing;
pub(crate) mod doc;
pub(crate) mod documents;
pub(crate) mod eval;
pub(crate) mod github;
pub(crate) mod human;
pub(crate) mod json;
pub(crate) mod junit;
pub(crate) mod rego;
pub(crate) mod sarif;
pub(crate) mod sheet;
pub(crate) mod signatures;
pub(crate) mod stats;
pub(crate) mod table;
pub(crate) mod tests;

use crate::exit::Exit;
use referee_core::{Decision, Facts, Mode, Reason, Verdict};

/// The form of the answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Format {
    /// For a reader.
    #[default]
    Human,
    /// The decision documents.
    Json,
    /// JUnit XML: a test case for each reference.
    Junit,
    /// SARIF 2.1.0: a result for each reason and warning.
    Sarif,
    /// Workflow commands of GitHub Actions: an annotation for each reason and warning.
    Github,
}

/// One reference with what came of it.
pub(crate) struct Answer {
    /// The decision.
    pub(crate) decision: Decision,
    /// The facts it was made of, where there are any.
    pub(crate) facts: Option<Facts>,
    /// Where the artifact was read from, where that is not the reference it is judged as.
    pub(crate) read_from: Option<String>,
    /// The configuration file, which may have chosen the policy and whom to trust.
    pub(crate) config: Option<String>,
}

impl Answer {
    /// What a script should make of it.
    pub(crate) fn exit(&self) -> Exit {
        match self.decision.verdict {
            Verdict::Error => Exit::Error,
            _ if self.decision.admits() => Exit::Success,
            _ => Exit::Denied,
        }
    }

    /// Whether it is denied, and the mode lets it through all the same.
    pub(crate) fn is_let_through(&self) -> bool {
        self.decision.verdict == Verdict::Deny && self.decision.mode != Mode::Enforce
    }
}

/// The code of a reason: its own, or the rule's name where the policy gives none.
pub(crate) fn reason_code(reason: &Reason) -> &str {
    let of_rule = || reason.rule.as_deref().and_then(|rule| rule.rsplit('.').next());
    reason.code.as_deref().or_else(of_rule).unwrap_or("deny")
}
