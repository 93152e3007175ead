//! Why an evaluation goes no further: it failed, or what it looked for is found.
//!
//! A rule of which one value is enough is left as soon as it has handed its value on. What is on
//! the way between it and who asked for it is left with it (OPA's `earlyExitError`); what goes
//! through several ways to a rule that needs them all goes on first (`deferredEarlyExitError`).

use crate::machine::Eval;
use referee_rego_builtin::Cancelled;
use referee_rego_eval::EvalError;

/// A rule on the way that is left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Left {
    /// One value of it is enough.
    AtOnce,
    /// It needs all of its ways; somebody further out does not.
    AfterAll,
}

/// Why an evaluation goes no further.
#[derive(Debug)]
pub(crate) enum Stop {
    /// It failed.
    Failed(Box<EvalError>),
    /// What it looked for is found: the rules that are left, the innermost one last.
    Found(Enough),
}

/// The rules that are left.
#[derive(Debug)]
pub(crate) struct Enough(Vec<Left>);

impl Stop {
    /// The innermost rule has its value.
    pub(crate) fn found() -> Self {
        Self::Found(Enough(vec![Left::AtOnce]))
    }

    /// The same on its way out of another rule.
    pub(crate) fn through(self, find_one: bool) -> Self {
        match self {
            Self::Found(Enough(mut left)) => {
                left.push(if find_one { Left::AtOnce } else { Left::AfterAll });
                Self::Found(Enough(left))
            }
            failed @ Self::Failed(_) => failed,
        }
    }

    /// Whether what can be gone on with is gone on with first.
    pub(crate) fn waits(&self) -> bool {
        matches!(self, Self::Found(Enough(left)) if left.last() == Some(&Left::AfterAll))
    }
}

/// The innermost rule has been left.
pub(crate) fn left(done: Eval<()>) -> Eval<()> {
    match done {
        Err(Stop::Found(Enough(mut rules))) => {
            rules.pop();
            if rules.is_empty() { Ok(()) } else { Err(Stop::Found(Enough(rules))) }
        }
        done => done,
    }
}

/// What waits until all ways have been gone.
#[derive(Debug, Default)]
pub(crate) struct Waiting(Option<Stop>);

impl Waiting {
    /// Takes the outcome of one way; the first that waits does so.
    pub(crate) fn take(&mut self, done: Eval<()>) -> Eval<()> {
        match done {
            Err(stop) if stop.waits() => {
                self.0.get_or_insert(stop);
                Ok(())
            }
            done => done,
        }
    }

    /// The outcome of all ways.
    pub(crate) fn end(self) -> Eval<()> {
        self.0.map_or(Ok(()), Err)
    }

    /// Whether something waits.
    pub(crate) fn is_some(&self) -> bool {
        self.0.is_some()
    }
}

impl From<Cancelled> for Stop {
    fn from(cancelled: Cancelled) -> Self {
        Self::Failed(cancelled.into())
    }
}
