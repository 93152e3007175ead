//! Comprehensions: evaluated where they leave nothing over, put aside otherwise.

use crate::instruments::Counted;
use crate::machine::{Eval, Frame, Machine, Next};
use crate::scopes::Scope;
use crate::term::{Comprehension, Makes, Term};
use crate::unify::Side;
use referee_rego_eval::EvalCode;
use referee_rego_value::Value;
use std::collections::BTreeMap;
use std::sync::Arc;

impl<'a, 'c> Machine<'a, 'c> {
    /// Makes a comprehension equal to a term. `swapped`: it stands on the right.
    pub(crate) fn comprehension(
        &mut self,
        f: &Frame,
        (a, inner, at): (&Term, &Comprehension, Scope),
        (b, of): Side<'_>,
        swapped: bool,
        then: Next<'_, 'a, 'c>,
    ) -> Eval<()> {
        if !self.unknown_term(a, at) {
            self.count(Counted::ComprehensionCacheSkip);
            self.count(Counted::ComprehensionCacheMiss);
            let value = Term::Value(self.collected(f, inner)?);
            return self.unify(f, (&value, at), (b, of), then);
        }
        let a = self.amended(inner, at)?;
        let other = match b {
            Term::Comprehension(inner) => Some(self.amended(inner, of)?),
            _ => None,
        };
        let b = other.as_ref().unwrap_or(b);
        if swapped {
            return self.save_unify(f, (b, of), (&a, at), then);
        }
        self.save_unify(f, (&a, at), (b, of), then)
    }

    fn known(&mut self, f: &Frame, term: &Term, at: Scope) -> Eval<Value> {
        self.context.reserve(size_of::<Value>())?;
        match self.plug(term, at)? {
            Term::Value(value) => Ok(value),
            _ => {
                let message = "a value is not constant";
                Err(Self::error(EvalCode::Internal, message, f.location()))
            }
        }
    }

    /// What a comprehension makes.
    fn collected(&mut self, f: &Frame, inner: &Comprehension) -> Eval<Value> {
        let child = self.closure(f, Arc::clone(&inner.body));
        let mut items = Vec::new();
        let mut members: BTreeMap<Value, Value> = BTreeMap::new();
        self.query(&child, &mut |machine| {
            let value = machine.known(f, &inner.term, child.scope)?;
            let Some(key) = &inner.key else {
                items.push(value);
                return Ok(());
            };
            let key = machine.known(f, key, child.scope)?;
            match members.get(&key) {
                Some(there) if *there != value => {
                    let message = "object keys must be unique";
                    Err(Self::error(EvalCode::Conflict, message, f.location()))
                }
                Some(_) => Ok(()),
                None => {
                    members.insert(key, value);
                    Ok(())
                }
            }
        })?;
        Ok(match inner.makes {
            Makes::Array => Value::array(items),
            Makes::Set => Value::set(items),
            Makes::Object => Value::object(members),
        })
    }
}
