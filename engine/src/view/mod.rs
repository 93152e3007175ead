//! The form in which facts are handed to a policy.

mod ratify;

pub use ratify::RatifyViewError;

use referee_core::Facts;
use serde_json::Value;
use std::fmt;

/// What a policy is given as `input`, and with that how it is asked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum InputView {
    /// The facts.
    #[default]
    Facts,
    /// The document that Ratify 1 gives to its Rego policies. Such a policy is Rego as it was before
    /// OPA 1.0, and rules by the boolean `data.ratify.policy.valid`.
    Ratify,
}

impl InputView {
    /// Its name: `facts` or `ratify`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Facts => "facts",
            Self::Ratify => "ratify",
        }
    }

    /// Whether the policies of this view are Rego as it was before OPA 1.0.
    #[must_use]
    pub fn is_rego_v0(self) -> bool {
        self == Self::Ratify
    }

    /// The facts as this view has them.
    ///
    /// # Errors
    /// [`RatifyViewError`] where Ratify would have no document either. The facts themselves can
    /// always be written.
    pub fn document(self, facts: &Facts) -> Result<Value, RatifyViewError> {
        match self {
            Self::Facts => serde_json::to_value(facts).map_err(RatifyViewError::Unwritable),
            Self::Ratify => ratify::document(facts),
        }
    }
}

impl fmt::Display for InputView {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
