//! Rulings that are kept beside the facts they were made of.
//!
//! A ruling follows from the program, its data and its input. Where a policy provably reads no
//! time and nothing random, and of the request only what a caller says again in the same words,
//! the same question over the same facts has the same ruling, and need not be asked again. What
//! a policy reads is found out when it is compiled; when in doubt it is evaluated each time.

use crate::policy::LoadedPolicy;
use referee_core::facts::RequestFact;
use referee_rego::{Reads, Ruling};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// The most rulings that are kept with one set of facts: a few policies for a few namespaces.
/// Parameters are the caller's, so without a bound a caller could fill the memory.
const MOST: usize = 16;

/// What a kept ruling was asked with, besides the facts.
#[derive(Debug, PartialEq, Eq, Hash)]
struct Question {
    policy: u64,
    reference: String,
    namespace: Option<String>,
    parameters: String,
}

/// The rulings over one set of facts.
#[derive(Debug, Default)]
pub(crate) struct Rulings(Mutex<HashMap<Question, Arc<Ruling>>>);

impl Rulings {
    /// The ruling that was given to the same question.
    pub(crate) fn find(&self, policy: &LoadedPolicy, request: &RequestFact) -> Option<Arc<Ruling>> {
        let question = Question::of(policy, request)?;
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(&question).cloned()
    }

    /// Keeps a ruling, if it may be.
    pub(crate) fn keep(&self, policy: &LoadedPolicy, request: &RequestFact, ruling: &Ruling) {
        let Some(question) = Question::of(policy, request) else { return };
        let mut rulings = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if rulings.len() >= MOST {
            rulings.clear();
        }
        rulings.insert(question, Arc::new(ruling.clone()));
    }
}

impl Question {
    /// `None` where the policy reads what differs from one request to the next.
    fn of(policy: &LoadedPolicy, request: &RequestFact) -> Option<Self> {
        if !policy.is_repeatable() {
            return None;
        }
        let parameters = match request.parameters.is_empty() {
            true => String::new(),
            false => serde_json::to_string(&request.parameters).ok()?,
        };
        Some(Self {
            policy: policy.number(),
            reference: request.reference.clone(),
            namespace: request.namespace.clone(),
            parameters,
        })
    }
}

/// Whether what a policy reads is all in a [`Question`] or in the facts.
pub(crate) fn is_repeatable(reads: &Reads) -> bool {
    /// The members of `input.request` that a question holds.
    const SAID_AGAIN: [&str; 3] = ["reference", "namespace", "parameters"];
    let same = |path: &Vec<String>| match path.as_slice() {
        [] => false,
        [member] => member != "request",
        [member, part, ..] => member != "request" || SAID_AGAIN.contains(&part.as_str()),
    };
    !reads.whole_input && !reads.volatile && reads.input.iter().all(same)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reads(paths: &[&[&str]]) -> Reads {
        let path = |path: &&[&str]| path.iter().map(|part| (*part).to_owned()).collect();
        Reads { whole_input: false, volatile: false, input: paths.iter().map(path).collect() }
    }

    #[test]
    fn a_ruling_is_repeatable_only_where_nothing_it_reads_differs() {
        let cases: [(&[&[&str]], bool); 7] = [
            (&[&["signatures"], &["subject", "digest"]], true),
            (&[&["request", "reference"], &["request", "parameters"]], true),
            (&[&["request", "namespace"]], true),
            (&[&["request", "time"]], false),
            (&[&["request", "deadline_ms"]], false),
            (&[&["signatures"], &["request"]], false),
            (&[&[]], false),
        ];
        for (paths, expected) in cases {
            assert_eq!(is_repeatable(&reads(paths)), expected, "{paths:?}");
        }
        assert!(!is_repeatable(&Reads { whole_input: true, ..reads(&[]) }));
        assert!(!is_repeatable(&Reads { volatile: true, ..reads(&[]) }));
    }
}
