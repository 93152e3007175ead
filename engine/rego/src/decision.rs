//! The decision rules: what a policy package says, and what follows from it.
//!
//! A policy is a package with any of `deny` or `violation` (reasons against), `warn` (warnings)
//! and `allow` (a boolean). Allowed is what nothing denies and, where the package has an `allow`,
//! what that allows. A package with none of them is an error, never a pass; so is a rule of
//! another type.

use crate::attribution::Attribution;
use crate::back::monotonic;
use crate::budget::EvalBudget;
use crate::error::{RegoError, RegoErrors};
use crate::gather::Gathering;
use crate::path::in_package;
use crate::program::Program;
use crate::value::{Value, ValueKind};
use referee_core::{Coded, Reason, Verdict};
use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

/// The rules whose elements are reasons against.
const AGAINST: [&str; 2] = ["deny", "violation"];

/// The rule whose elements are warnings.
const WARN: &str = "warn";

/// The rule that must hold where it is there.
const ALLOW: &str = "allow";

/// The namespace of the rule library, where no policy is looked for.
const LIBRARY: &str = "referee.";

/// The namespace in which the packs stand: it is under the library's, and full of policies.
const PACKS: &str = "referee.packs.";

/// The most reasons, and the most warnings, of one ruling. What is over is counted in the last.
const MAX_REASONS: usize = 1_000;

/// A package that decides, in its program.
#[derive(Clone, Debug)]
pub struct Policy {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    program: Program,
    package: String,
    /// The rule that must hold where it is there.
    holds: &'static str,
    /// Those of the decision rules that the package has, by name.
    rules: Vec<&'static str>,
    values: Gathering,
    attribution: Attribution,
}

/// What a policy said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ruling {
    /// Allow or deny; never error.
    pub verdict: Verdict,
    /// Why it is denied, sorted by code and message. Empty on allow.
    pub reasons: Vec<Reason>,
    /// What the policy wants told all the same, sorted likewise.
    pub warnings: Vec<Reason>,
}

/// Why there is no ruling, or no policy to make one.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PolicyError {
    /// No package, or not the one that was named, defines any of the rules.
    #[error("{}", undefined(package.as_deref()))]
    Undefined {
        /// The package that was named.
        package: Option<String>,
    },
    /// The one rule that is to decide is not there.
    #[error("there is no rule {rule}")]
    NoRule {
        /// The rule, `data.ratify.policy.valid`.
        rule: String,
    },
    /// Several packages define them, and none was named.
    #[error("several packages could decide: {}", packages.join(", "))]
    Ambiguous {
        /// Those packages, sorted.
        packages: Vec<String>,
    },
    /// A rule has a value of a type that means nothing.
    #[error("{rule} is {found}, and must be {expected}")]
    Type {
        /// The rule, `data.trust.deny`.
        rule: String,
        /// What it is.
        found: String,
        /// What it must be.
        expected: &'static str,
    },
    /// The program does not compile.
    #[error(transparent)]
    Compile(#[from] RegoErrors),
    /// The evaluation failed.
    #[error(transparent)]
    Eval(#[from] RegoError),
}

fn undefined(package: Option<&str>) -> String {
    match package {
        Some(package) => {
            format!("package {package} defines none of deny, violation, warn and allow")
        }
        None => "no package defines any of deny, violation, warn and allow".to_owned(),
    }
}

impl Coded for PolicyError {
    fn code(&self) -> &'static str {
        match self {
            Self::Undefined { .. } | Self::NoRule { .. } => "policy_undefined",
            Self::Ambiguous { .. } => "policy_ambiguous",
            Self::Type { .. } => "policy_type",
            Self::Compile(errors) => errors.code(),
            Self::Eval(error) => error.code(),
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::Undefined { .. } => Some(
                "A policy denies with `deny contains message if …` or allows with `allow if …`."
                    .to_owned(),
            ),
            Self::NoRule { rule } => {
                let (package, name) = rule.rsplit_once('.').unwrap_or_default();
                let package = package.strip_prefix("data.").unwrap_or(package);
                Some(format!("Name the package that has a rule {name}; {package} has none."))
            }
            Self::Ambiguous { .. } => Some("Name the package that decides.".to_owned()),
            Self::Type { .. } => {
                Some("Write `deny contains message if …`, not `deny if …`.".to_owned())
            }
            Self::Compile(errors) => errors.hint(),
            Self::Eval(error) => error.hint(),
        }
    }
}

impl Policy {
    /// The policy in `package` (without `data.`); without a name, the only package that defines
    /// any of the rules. Packages of the library (`referee.…` except `referee.packs.…`), those of the
    /// server (`system` and `system.…`) and those whose name ends in `_test` are not looked at then.
    ///
    /// # Errors
    /// [`PolicyError::Undefined`] where the package, or every package, defines none of them;
    /// [`PolicyError::Ambiguous`] where several do and none is named.
    pub fn new(program: Program, package: Option<&str>) -> Result<Self, PolicyError> {
        let package = match package {
            Some(package) => package.strip_prefix("data.").unwrap_or(package).to_owned(),
            None => only_package(&program)?,
        };
        let rules = decision_rules(&program, &package);
        if rules.is_empty() {
            return Err(PolicyError::Undefined { package: Some(package) });
        }
        Ok(Self::asking(program, package, ALLOW, rules))
    }

    /// The policy that is one boolean rule of a package (without `data.`): where that does not hold,
    /// it denies. No other rule is asked.
    ///
    /// # Errors
    /// [`PolicyError::NoRule`] where the package has no such rule.
    pub fn of_boolean(
        program: Program,
        package: &str,
        rule: &'static str,
    ) -> Result<Self, PolicyError> {
        let package = package.strip_prefix("data.").unwrap_or(package).to_owned();
        if !program.rules(&package).any(|found| found.name == rule) {
            return Err(PolicyError::NoRule { rule: in_package(&package, rule) });
        }
        Ok(Self::asking(program, package, rule, vec![rule]))
    }

    fn asking(
        program: Program,
        package: String,
        holds: &'static str,
        rules: Vec<&'static str>,
    ) -> Self {
        let paths = rules.iter().map(|rule| in_package(&package, rule)).collect();
        let attribution = Attribution::new(&program, &package, &rules);
        let values = Gathering::new(program.clone(), paths);
        Self { inner: Arc::new(Inner { program, package, holds, rules, values, attribution }) }
    }

    /// The package that decides, without `data.`.
    #[must_use]
    pub fn package(&self) -> &str {
        &self.inner.package
    }

    /// The program it stands in.
    #[must_use]
    pub fn program(&self) -> &Program {
        &self.inner.program
    }

    /// Rules over an input.
    ///
    /// Where it denies, part of the time that is left goes into finding out which definition of a
    /// rule each reason comes from; a reason whose definition was not found has no location.
    ///
    /// # Errors
    /// [`PolicyError::Eval`] where the evaluation fails, [`PolicyError::Type`] where a rule's
    /// value means nothing. Both must be taken as a deny by whoever enforces.
    pub fn decide(&self, input: &Value, budget: &EvalBudget) -> Result<Ruling, PolicyError> {
        let inner = &*self.inner;
        let started = monotonic();
        let values = inner.values.eval(input, budget)?;

        let mut reasons = Found::default();
        let mut warnings = Found::default();
        let mut allowed = true;
        for ((rule, path), value) in inner.rules.iter().zip(inner.values.paths()).zip(values) {
            match *rule {
                holds if holds == inner.holds => allowed = as_boolean(path, value)?,
                WARN => warnings.extend(rule, path, value)?,
                _ => reasons.extend(rule, path, value)?,
            }
        }
        if reasons.is_empty() && !allowed {
            reasons.push_not_allowed(inner.holds, &in_package(&inner.package, inner.holds));
        }
        if !reasons.is_empty() || !warnings.is_empty() {
            let now = monotonic();
            let spent = now.zip(started).map(|(now, started)| now.saturating_sub(started));
            // Half of what is left: the caller needs the rest for its answer.
            let left = budget.time.saturating_sub(spent.unwrap_or(Duration::MAX)) / 2;
            let places = inner.attribution.places(input, &budget.with_time(left));
            reasons.locate(&places);
            warnings.locate(&places);
        }
        let verdict = if reasons.is_empty() { Verdict::Allow } else { Verdict::Deny };
        Ok(Ruling { verdict, reasons: reasons.sorted(), warnings: warnings.sorted() })
    }
}

/// Those of the decision rules that a package has.
fn decision_rules(program: &Program, package: &str) -> Vec<&'static str> {
    let known = AGAINST.into_iter().chain([WARN, ALLOW]);
    let has = |name: &str| {
        program.rules(package).any(|rule| {
            rule.name
                .strip_prefix(name)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
        })
    };
    known.filter(|name| has(name)).collect()
}

fn only_package(program: &Program) -> Result<String, PolicyError> {
    let candidate = |package: &&str| {
        let library = package.starts_with(LIBRARY) && !package.starts_with(PACKS);
        !library
            && !is_of_the_server(package)
            && !package.ends_with("_test")
            && !decision_rules(program, package).is_empty()
    };
    let packages: Vec<_> = program.packages().into_iter().filter(candidate).collect();
    match packages.as_slice() {
        [] => Err(PolicyError::Undefined { package: None }),
        [package] => Ok((*package).to_owned()),
        _ => {
            let packages = packages.into_iter().map(str::to_owned).collect();
            Err(PolicyError::Ambiguous { packages })
        }
    }
}

/// Whether a package says how the server works (`system.authz`, `system.log`), not what is ruled.
fn is_of_the_server(package: &str) -> bool {
    package
        .strip_prefix("system")
        .is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
}

fn as_boolean(path: &str, value: Option<Value>) -> Result<bool, PolicyError> {
    // Undefined is not allowed: the package has the rule, and the rule does not hold.
    let Some(value) = value else { return Ok(false) };
    value.as_bool().ok_or_else(|| PolicyError::Type {
        rule: path.to_owned(),
        found: described(&value),
        expected: "a boolean",
    })
}

fn described(value: &Value) -> String {
    let article = match value.kind() {
        ValueKind::Array | ValueKind::Object => "an",
        ValueKind::Null => return "null".to_owned(),
        _ => "a",
    };
    format!("{article} {}", value.kind().as_str())
}

/// Reasons as they are found, each with the rule and the element it was made of.
#[derive(Default)]
struct Found(Vec<(&'static str, Option<Value>, Reason)>);

impl Found {
    fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn extend(
        &mut self,
        rule: &'static str,
        path: &str,
        value: Option<Value>,
    ) -> Result<(), PolicyError> {
        let Some(value) = value else { return Ok(()) };
        let elements = value.elements().ok_or_else(|| PolicyError::Type {
            rule: path.to_owned(),
            found: described(&value),
            expected: "a set of messages",
        })?;
        for element in elements {
            let reason = reason(path, &element);
            self.0.push((rule, Some(element), reason));
        }
        Ok(())
    }

    fn push_not_allowed(&mut self, rule: &'static str, path: &str) {
        let reason = Reason {
            code: Some("not_allowed".to_owned()),
            message: format!("{path} does not hold."),
            rule: Some(path.to_owned()),
            ..Reason::default()
        };
        self.0.push((rule, None, reason));
    }

    fn locate(&mut self, places: &crate::attribution::Places<'_>) {
        for (rule, element, reason) in &mut self.0 {
            reason.location = places.of(rule, element.as_ref());
        }
    }

    fn sorted(self) -> Vec<Reason> {
        let mut reasons: Vec<_> = self.0.into_iter().map(|(_, _, reason)| reason).collect();
        // `Reason` orders by code, then by message, then by the rest.
        reasons.sort();
        reasons.dedup();
        let over = reasons.len().saturating_sub(MAX_REASONS);
        if over > 0 {
            reasons.truncate(MAX_REASONS);
            let message = format!("{over} more of the same kind are left out.");
            let code = Some("reasons_truncated".to_owned());
            reasons.push(Reason { code, message, ..Reason::default() });
        }
        reasons
    }
}

/// The reason that an element of `deny` is: a message, or an object with one. What is neither is
/// a reason all the same, with its JSON for a message: a deny of odd shape is a deny.
fn reason(path: &str, element: &Value) -> Reason {
    let text = |name: &str| element.get(name).and_then(|value| value.as_str().map(Cow::into_owned));
    // `msg` is what Conftest and Gatekeeper policies say.
    let message =
        element.as_str().map(Cow::into_owned).or_else(|| text("message")).or_else(|| text("msg"));
    Reason {
        code: text("code"),
        message: message.unwrap_or_else(|| element.to_json_string()),
        rule: Some(path.to_owned()),
        location: None,
        referrer: text("referrer"),
        hint: text("hint"),
    }
}
