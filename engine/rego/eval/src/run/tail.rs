//! What comes after the first value of a rule.
//!
//! OPA hands the first value of a complete rule or function on to the body that asked for it, and
//! looks for others when that is done. Here all values are found at once; but what is seen of
//! finding the others (what is printed, which errors come up) is put off until the body that
//! asked for the value is done with it.

use super::Evaluation;
use super::members::{Choice, Members};
use crate::error::{Eval, EvalCode, EvalError};
use crate::probe::Probe;
use referee_rego_syntax::Location;

/// What was put off.
#[derive(Debug, Default)]
pub(super) struct Tail {
    /// What is printed.
    prints: Vec<(Location, String)>,
    /// Errors of builtins.
    errors: Vec<EvalError>,
    /// The error with which it ends.
    error: Option<Box<EvalError>>,
}

/// Where an evaluation was when a rule was asked for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Moment {
    slots: usize,
    choices: usize,
    scope: usize,
    scopes: usize,
    unmocked: usize,
    depth: u32,
    tails: usize,
}

impl<P: Probe> Evaluation<'_, '_, '_, P> {
    /// Where the evaluation is.
    #[inline]
    pub(super) fn moment(&self) -> Moment {
        Moment {
            slots: self.slots.len(),
            choices: self.choices.len(),
            scope: self.scope,
            scopes: self.scopes.len(),
            unmocked: self.unmocked,
            depth: self.depth,
            tails: self.tails.len(),
        }
    }

    /// From here on what is seen is put off.
    pub(super) fn put_off(&mut self) {
        self.tails.push(Tail::default());
    }

    /// All values of a rule have been found since a moment: what was put off waits below whatever
    /// comes next. An error after the first value is put off, too.
    #[inline]
    pub(super) fn settle(&mut self, since: Moment, outcome: Eval<()>) -> Eval<()> {
        if self.tails.len() == since.tails {
            return outcome;
        }
        self.settle_tail(since, outcome)
    }

    #[cold]
    fn settle_tail(&mut self, since: Moment, outcome: Eval<()>) -> Eval<()> {
        self.tails.truncate(since.tails.saturating_add(1));
        let Some(mut tail) = self.tails.pop() else { return outcome };
        match outcome {
            Err(error) if error.code == EvalCode::Cancel => return Err(error),
            Err(error) => {
                self.slots.truncate(since.slots);
                self.choices.truncate(since.choices);
                self.scopes.truncate(since.scopes);
                (self.scope, self.unmocked) = (since.scope, since.unmocked);
                self.depth = since.depth;
                tail.error = Some(error);
            }
            Ok(()) => {}
        }
        if !tail.prints.is_empty() || !tail.errors.is_empty() || tail.error.is_some() {
            let members = Members::Tail(Box::new(tail));
            let (scope, scopes) = (self.scope, self.scopes.len());
            let (key, value, fresh) = (None, None, true);
            self.choices.push(Choice { pc: 0, scope, scopes, key, value, fresh, members });
        }
        Ok(())
    }

    /// What was put off is seen now.
    #[cold]
    pub(super) fn catch_up(&mut self, tail: Tail) -> Eval<()> {
        tail.prints.into_iter().for_each(|(location, line)| self.print_line(&location, line));
        tail.errors.into_iter().for_each(|error| self.record(error));
        tail.error.map_or(Ok(()), Err)
    }

    /// Gives up choices down to a number of them; what was put off with them is seen.
    #[inline]
    pub(super) fn give_up(&mut self, floor: usize) -> Eval<()> {
        while self.choices.len() > floor {
            if let Some(Choice { members: Members::Tail(tail), .. }) = self.choices.pop() {
                self.catch_up(*tail)?;
            }
        }
        Ok(())
    }

    /// Prints a line, now or later.
    pub(super) fn print_line(&mut self, location: &Location, line: String) {
        match (self.tails.last_mut(), &mut self.options.print) {
            (Some(tail), Some(_)) => tail.prints.push((location.clone(), line)),
            (None, Some(print)) => print(location, &line),
            (_, None) => {}
        }
    }

    /// Records an error of a builtin, now or later. So many are told; each is undefined all the
    /// same. Where errors are not allowed, the first is the result in the end.
    pub(super) fn record(&mut self, error: EvalError) {
        let errors = match self.tails.last_mut() {
            Some(tail) => &mut tail.errors,
            None => &mut self.errors,
        };
        if errors.len() < 64 {
            errors.push(error);
        }
    }
}
