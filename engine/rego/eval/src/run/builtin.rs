//! Calls of builtins of other crates.

use super::Evaluation;
use super::machine::Run;
use super::scope::Mock;
use crate::error::{Eval, EvalCode, EvalError};
use crate::plan::ops::{Builtin, Run as Way, SlotId, Src};
use crate::probe::Probe;
use referee_rego_builtin::{BuiltinError, ErrorKind};
use referee_rego_syntax::Location;
use referee_rego_value::Value;
use std::ops::ControlFlow;
use std::sync::Arc;

/// How many errors of builtins are kept.
const MOST_ERRORS: usize = 64;

impl<'a, P: Probe> Evaluation<'a, '_, '_, P> {
    /// Calls a builtin.
    pub(super) fn builtin(
        &mut self,
        builtin: &'a Arc<Builtin>,
        args: &'a [Src],
        dst: SlotId,
        run: &Run<'a>,
        pc: usize,
    ) -> Eval<bool> {
        if self.scope != 0
            && let Some(mock) = self.mocked(&builtin.name)
        {
            // As in OPA, a value stands in only for what could be called.
            if builtin.run.is_none() && !matches!(mock, Mock::Function(_)) {
                return Err(Box::new(unsupported(&builtin.name, location(run, pc))));
            }
            return self.call_mock(&mock, args, dst, run, pc);
        }
        let Some(Way::Function(function)) = builtin.run else {
            return Err(Box::new(unsupported(&builtin.name, location(run, pc))));
        };
        self.context.meter.work(2)?;
        let operands = self.gather(args, run.base);
        let result = function(self.context, &operands);
        self.operands = operands;
        match result {
            Ok(Some(value)) => {
                if builtin.nondeterministic {
                    self.called(&builtin.name, &value)?;
                }
                self.store(run.base, dst, value)?;
                Ok(true)
            }
            Ok(None) => Ok(false),
            Err(error) => self.failed(&builtin.name, &error, run, pc),
        }
    }

    /// Notes what the call that was just made gave, where somebody wants it.
    #[cold]
    fn called(&mut self, name: &str, value: &Value) -> Eval<()> {
        if let Some(calls) = self.context.calls {
            let size = size_of::<Value>().saturating_mul(self.operands.len().saturating_add(2));
            self.context.meter.reserve(size)?;
            calls.note(name, &self.operands, value.clone());
        }
        Ok(())
    }

    /// All values of a builtin that gives several.
    pub(super) fn relation(
        &mut self,
        builtin: &'a Arc<Builtin>,
        args: &'a [Src],
        run: &Run<'a>,
        pc: usize,
    ) -> Eval<Option<Vec<Value>>> {
        let Some(Way::Relation(relation)) = builtin.run else {
            return Err(Box::new(unsupported(&builtin.name, location(run, pc))));
        };
        let operands = self.gather(args, run.base);
        let mut list = Vec::new();
        let result = relation(self.context, &operands, &mut |value| {
            list.push(value);
            ControlFlow::Continue(())
        });
        self.operands = operands;
        self.context.meter.reserve(list.len().saturating_mul(size_of::<Value>()))?;
        match result {
            Ok(()) => Ok(Some(list)),
            Err(error) => {
                self.failed(&builtin.name, &error, run, pc)?;
                Ok(None)
            }
        }
    }

    fn gather(&mut self, args: &'a [Src], base: usize) -> Vec<Value> {
        let mut operands = std::mem::take(&mut self.operands);
        operands.clear();
        operands.extend(args.iter().map(|arg| self.read(base, arg).clone()));
        operands
    }

    /// A builtin gave an error: it is undefined, or the evaluation ends at once.
    #[cold]
    pub(super) fn failed(
        &mut self,
        name: &str,
        error: &BuiltinError,
        run: &Run<'a>,
        pc: usize,
    ) -> Eval<bool> {
        let kind = error.kind;
        let error = EvalError::of_builtin(name, error, location(run, pc));
        if matches!(kind, ErrorKind::Cancel(_) | ErrorKind::Halt) {
            return Err(Box::new(error));
        }
        // As in OPA, the evaluation goes on, and what is printed is printed; where errors are not
        // allowed the first is the result in the end. So many are told.
        if self.errors.len() < MOST_ERRORS {
            self.errors.push(error);
        }
        Ok(false)
    }
}

/// Where an operation of a run stands.
pub(super) fn location<'a>(run: &Run<'a>, pc: usize) -> &'a Location {
    run.block.location(pc).unwrap_or(crate::program::NOWHERE)
}

/// A builtin that nobody can do.
pub(super) fn unsupported(name: &str, location: &Location) -> EvalError {
    EvalError::new(EvalCode::Internal, format!("unsupported built-in: {name}"), location)
}
