//! Calls: functions, builtins, and what `with` puts in their place (OPA's `evalCall`).

use crate::instruments::Timed;
use crate::machine::{Eval, Frame, Machine, Next};
use crate::stop::Stop;
use crate::term::{Term, begins_with};
use referee_rego_builtin::{BuiltinError, ErrorKind, Implementation};
use referee_rego_eval::{EvalCode, EvalError};
use referee_rego_value::Value;
use referee_rego_value::bytes::shown;
use std::ops::ControlFlow;
use std::sync::Arc;

/// How many errors of builtins are kept.
const MOST_ERRORS: usize = 64;

/// `io.jwt.decode` of a reference with a variable at its head and strings after it.
pub(crate) fn dotted(parts: &[Term]) -> Option<String> {
    let (Term::Var(head), rest) = parts.split_first()? else { return None };
    let mut name = head.to_string();
    for part in rest {
        name.push('.');
        name.push_str(part.value()?.as_str()?);
    }
    Some(name)
}

/// The key by which a function is replaced.
pub(crate) fn mock_key(parts: &[Term]) -> String {
    let mut key = String::new();
    for part in parts {
        match part {
            Term::Var(name) => key.push_str(name),
            Term::Value(value) => key.push_str(&value.to_string()),
            _ => {}
        }
        key.push('\u{0}');
    }
    key
}

impl<'a, 'c> Machine<'a, 'c> {
    fn mock(&self, operator: &[Term]) -> Option<Term> {
        let key = mock_key(operator);
        self.mocks.last()?.iter().rev().find_map(|frame| frame.get(&key)).cloned()
    }

    /// Whether a reference is to a function: of a rule or a builtin.
    fn is_callable(&self, term: &Term) -> bool {
        self.is_function(term)
    }

    /// Evaluates a call.
    pub(crate) fn call(
        &mut self,
        f: &Frame,
        terms: &Arc<[Term]>,
        then: Next<'_, 'a, 'c>,
    ) -> Eval<()> {
        let Some(operator) = terms.first().and_then(Term::reference) else { return Ok(()) };
        let mock = self.mock(operator);
        if let Some(mock) = &mock
            && self.is_callable(mock)
        {
            let rest = terms.iter().skip(1).cloned();
            let terms: Arc<[Term]> = std::iter::once(mock.clone()).chain(rest).collect();
            // The replacement itself calls what it says, replaced or not.
            self.mocks.push(Vec::new());
            let done = self.call(f, &terms, &mut |machine| {
                let group = machine.mocks.pop().unwrap_or_default();
                let done = then(machine);
                machine.mocks.push(group);
                done
            });
            self.mocks.pop();
            return done;
        }
        if begins_with(operator, "data") {
            if let Some(mock) = mock {
                let arity = self.arity(&Term::Ref(Arc::clone(operator))).unwrap_or_default();
                return self.call_value(f, (terms, arity), &mock, then);
            }
            return self.call_rules(f, terms, then);
        }
        let Some(name) = dotted(operator) else { return Ok(()) };
        let Some(builtin) = self.rules.compiled.capabilities.get(&name).cloned() else {
            return Err(self.unsupported(f, &name));
        };
        let arity = builtin.function.args.len();
        if let Some(mock) = mock {
            return self.call_value(f, (terms, arity), &mock, then);
        }
        if f.expr().is_some_and(|expr| self.unknown_expr(expr, f.scope)) {
            return self.save_call(f, arity, Arc::clone(terms), then);
        }
        self.builtin(f, (&name, arity, builtin.function.result.is_none()), terms, then)
    }

    fn unsupported(&self, f: &Frame, name: &str) -> Stop {
        Self::error(EvalCode::Internal, format!("unsupported built-in: {name}"), f.location())
    }

    /// A value that stands in for a function.
    fn call_value(
        &mut self,
        f: &Frame,
        (terms, arity): (&[Term], usize),
        value: &Term,
        then: Next<'_, 'a, 'c>,
    ) -> Eval<()> {
        match terms.last() {
            Some(output) if terms.len() == arity.saturating_add(2) => {
                self.unify(f, (output, f.scope), (value, f.scope), then)
            }
            _ if value.is_false() => Ok(()),
            _ => then(self),
        }
    }

    /// Calls a builtin whose operands are known.
    fn builtin(
        &mut self,
        f: &Frame,
        (name, arity, void): (&str, usize, bool),
        terms: &[Term],
        then: Next<'_, 'a, 'c>,
    ) -> Eval<()> {
        let operands = terms.get(1..).unwrap_or_default();
        let (inputs, outputs) = match void {
            true => (operands, &[][..]),
            false => operands.split_at_checked(arity).unwrap_or((operands, &[])),
        };
        let mut values = Vec::with_capacity(inputs.len());
        for (at, operand) in inputs.iter().enumerate() {
            match self.plug(operand, f.scope)? {
                Term::Value(value) => values.push(value),
                _ => {
                    let at = at.saturating_add(1);
                    let message = format!("{name}: operand {at} is not evaluated");
                    return Err(Self::error(EvalCode::Internal, message, f.location()));
                }
            }
        }
        if name == "internal.print" {
            self.print(f, &values)?;
            return then(self);
        }
        let started = self.begun();
        let results = self.results(f, name, &values)?;
        self.timed(Timed::BuiltinCall, started);
        for result in results {
            match outputs.first() {
                _ if void => then(self)?,
                Some(output) => {
                    let result = Term::Value(result);
                    self.unify(f, (output, f.scope), (&result, f.scope), then)?;
                }
                None if matches!(result, Value::Bool(false)) => {}
                None => then(self)?,
            }
        }
        Ok(())
    }

    /// All that a builtin gives.
    fn results(&mut self, f: &Frame, name: &str, values: &[Value]) -> Eval<Vec<Value>> {
        match (name, values) {
            ("internal.template_string", [parts]) => {
                return Ok(self.template(f, parts)?.into_iter().collect());
            }
            ("internal.test_case", _) => return Ok(vec![Value::Bool(true)]),
            ("trace", [Value::String(note)]) => {
                self.tell_note(f, &shown(note))?;
                return Ok(vec![Value::Bool(true)]);
            }
            ("trace", [other]) => {
                let error = BuiltinError::operand(1, "string", other.type_name());
                return self.failed(f, name, &error).map(|()| Vec::new());
            }
            ("walk", [value]) => return self.walk_values(value),
            _ => {}
        }
        let result = match self.rules.builtins.get(name) {
            Some(Implementation::Function(function)) => {
                function(self.context, values).map(|result| result.into_iter().collect())
            }
            Some(Implementation::Relation(relation)) => {
                let mut results = Vec::new();
                relation(self.context, values, &mut |value| {
                    results.push(value);
                    ControlFlow::Continue(())
                })
                .map(|()| results)
            }
            None => return Err(self.unsupported(f, name)),
        };
        match result {
            Ok(results) => {
                self.context.reserve(results.len().saturating_mul(size_of::<Value>()))?;
                Ok(results)
            }
            Err(error) => self.failed(f, name, &error).map(|()| Vec::new()),
        }
    }

    /// A builtin gave an error: it is undefined, or the evaluation ends at once.
    fn failed(&mut self, f: &Frame, name: &str, error: &BuiltinError) -> Eval<()> {
        let kind = error.kind;
        let error = EvalError::of_builtin(name, error, f.location());
        if matches!(kind, ErrorKind::Cancel(_) | ErrorKind::Halt) {
            return Err(Stop::Failed(Box::new(error)));
        }
        if self.errors.len() < MOST_ERRORS {
            self.errors.push(error);
        }
        Ok(())
    }

    /// `walk`: each value within a value, with the path to it.
    fn walk_values(&mut self, value: &Value) -> Eval<Vec<Value>> {
        let mut found = Vec::new();
        let mut open = vec![(Vec::new(), value.clone())];
        while let Some((path, value)) = open.pop() {
            self.context.work(1)?;
            self.context
                .reserve(path.len().saturating_add(4).saturating_mul(size_of::<Value>()))?;
            let below = |key: Value, item: &Value| {
                let mut path = path.clone();
                path.push(key);
                (path, item.clone())
            };
            let mut members: Vec<(Vec<Value>, Value)> = match &value {
                Value::Array(items) => {
                    (0_i64..).zip(items.iter()).map(|(at, it)| below(Value::from(at), it)).collect()
                }
                Value::Set(items) => items.iter().map(|it| below(it.clone(), it)).collect(),
                Value::Object(object) => {
                    object.iter().map(|(key, it)| below(key.clone(), it)).collect()
                }
                _ => Vec::new(),
            };
            found.push(Value::array([Value::array(path.iter().cloned()), value.clone()]));
            members.reverse();
            open.extend(members);
        }
        Ok(found)
    }
}
