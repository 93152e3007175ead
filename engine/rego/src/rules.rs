//! What a program defines: its packages and rules, with their places.

use crate::error::Location;

/// What kind of rule a rule is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RuleKind {
    /// `allow if …`, `limit := 5`: one value.
    Complete,
    /// `deny contains message if …`: a set, of which each definition adds some elements.
    PartialSet,
    /// `ports[name] := number if …`: an object, of which each definition adds some members.
    PartialObject,
    /// `f(x) := …`.
    Function {
        /// How many arguments it takes.
        arity: usize,
    },
}

/// One definition of a rule. A rule may have several, in several modules.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleInfo {
    /// The package, without `data.`.
    pub package: String,
    /// The rule's name in it. A head such as `team.limit` is named `team.limit`.
    pub name: String,
    /// The whole path, `data.trust.deny`.
    pub path: String,
    /// What kind of rule it is.
    pub kind: RuleKind,
    /// Whether this definition is its `default`.
    pub default: bool,
    /// Where it begins.
    pub location: Location,
    /// The bytes of its name in the module's text, where the head begins with a plain name.
    pub(crate) head: std::ops::Range<usize>,
}
