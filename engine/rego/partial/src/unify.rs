//! Unification: two terms are made equal, each with its own variables (OPA's `biunify`).

use crate::machine::{Eval, Frame, Machine, Next};
use crate::scopes::Scope;
use crate::term::{Makes, Term, begins_with};
use referee_rego_value::Value;

/// A term and the list that its variables are of.
pub(crate) type Side<'t> = (&'t Term, Scope);

impl<'a, 'c> Machine<'a, 'c> {
    /// Makes two terms equal; `then` once for each way in which they are.
    pub(crate) fn unify(
        &mut self,
        f: &Frame,
        (a, at): Side<'_>,
        (b, of): Side<'_>,
        then: Next<'_, 'a, 'c>,
    ) -> Eval<()> {
        let (a, at) = self.apply(a, at);
        let (b, of) = self.apply(b, of);
        self.tell_unify(f, &a, &b)?;
        self.deeper(|machine| machine.unify_applied(f, (&a, at), (&b, of), then))
    }

    fn unify_applied(
        &mut self,
        f: &Frame,
        (a, at): Side<'_>,
        (b, of): Side<'_>,
        then: Next<'_, 'a, 'c>,
    ) -> Eval<()> {
        if let (Term::Value(a), Term::Value(b)) = (a, b)
            && !(self.follows_unify() && matches!(a, Value::Array(_) | Value::Object(_)))
        {
            return if a == b { then(self) } else { Ok(()) };
        }
        let any = matches!(b, Term::Var(_) | Term::Ref(_));
        let makes = match b {
            Term::Comprehension(inner) => Some(inner.makes),
            _ => None,
        };
        match a {
            Term::Var(_) | Term::Ref(_) | Term::Comprehension(_) => {
                self.values(f, (a, at), (b, of), then)
            }
            Term::Array(_) | Term::Value(Value::Array(_)) => {
                if any || makes == Some(Makes::Array) {
                    return self.values(f, (a, at), (b, of), then);
                }
                match (a.as_array(), b.as_array()) {
                    (Some(a), Some(b)) if a.len() == b.len() => {
                        self.unify_all(f, (&a, at), (&b, of), then)
                    }
                    _ => Ok(()),
                }
            }
            Term::Object(_) | Term::Value(Value::Object(_)) => {
                if any || makes == Some(Makes::Object) {
                    return self.values(f, (a, at), (b, of), then);
                }
                match (a.as_object(), b.as_object()) {
                    (Some(a), Some(b)) if a.len() == b.len() => {
                        let a = self.with_keys(a, at)?;
                        let b = self.with_keys(b, of)?;
                        self.members(f, (&a, at), (&b, of), then)
                    }
                    _ => Ok(()),
                }
            }
            Term::Set(_) | Term::Value(Value::Set(_)) => self.values(f, (a, at), (b, of), then),
            Term::Value(_) if any => self.values(f, (a, at), (b, of), then),
            Term::Value(_) => Ok(()),
        }
    }

    /// Makes terms equal one by one.
    pub(crate) fn unify_all(
        &mut self,
        f: &Frame,
        (a, at): (&[Term], Scope),
        (b, of): (&[Term], Scope),
        then: Next<'_, 'a, 'c>,
    ) -> Eval<()> {
        let (Some((first, a)), Some((second, b))) = (a.split_first(), b.split_first()) else {
            return if a.len() == b.len() { then(self) } else { Ok(()) };
        };
        self.unify(f, (first, at), (second, of), &mut |machine| {
            machine.unify_all(f, (a, at), (b, of), then)
        })
    }

    /// The members with the variables in their keys put in.
    fn with_keys(&mut self, members: Vec<(Term, Term)>, at: Scope) -> Eval<Vec<(Term, Term)>> {
        if members.iter().all(|(key, _)| key.is_ground()) {
            return Ok(members);
        }
        let mut plugged = Vec::with_capacity(members.len());
        for (key, value) in members {
            plugged.push((self.plug(&key, at)?, value));
        }
        plugged.sort_by(|a, b| a.0.cmp(&b.0));
        Ok(plugged)
    }

    fn members(
        &mut self,
        f: &Frame,
        (a, at): (&[(Term, Term)], Scope),
        (b, of): (&[(Term, Term)], Scope),
        then: Next<'_, 'a, 'c>,
    ) -> Eval<()> {
        let Some(((key, value), rest)) = a.split_first() else { return then(self) };
        let Ok(place) = b.binary_search_by(|(other, _)| other.cmp(key)) else { return Ok(()) };
        let Some((_, other)) = b.get(place) else { return Ok(()) };
        self.unify(f, (value, at), (other, of), &mut |machine| {
            machine.members(f, (rest, at), (b, of), then)
        })
    }

    /// Makes terms equal of which one is to be evaluated, or is a variable or a set.
    fn values(
        &mut self,
        f: &Frame,
        (a, at): Side<'_>,
        (b, of): Side<'_>,
        then: Next<'_, 'a, 'c>,
    ) -> Eval<()> {
        let saved = |machine: &Self, term: &Term, at| match term {
            Term::Set(_) => machine.is_saved_within(term, at),
            Term::Value(_) => false,
            _ => machine.is_saved(term, at),
        };
        let saved_a = saved(self, a, at);
        if !saved_a && let Term::Ref(parts) = a {
            return self.unify_ref(f, (parts, at), (b, of), then);
        }
        let saved_b = saved(self, b, of);
        if !saved_b && let Term::Ref(parts) = b {
            return self.unify_ref(f, (parts, of), (a, at), then);
        }
        if saved_a || saved_b {
            return self.save_unify(f, (a, at), (b, of), then);
        }
        match (a, b) {
            (Term::Comprehension(inner), _) => {
                self.comprehension(f, (a, inner, at), (b, of), false, then)
            }
            (_, Term::Comprehension(inner)) => {
                self.comprehension(f, (b, inner, of), (a, at), true, then)
            }
            (Term::Var(x), Term::Var(y)) if at == of && x == y => then(self),
            (Term::Var(name), _) => self.binding((name, at), (b, of), then),
            (_, Term::Var(name)) => self.binding((name, of), (a, at), then),
            _ => {
                // Sets are not taken apart: they are the same or not.
                let (a, b) = (self.plug(a, at)?, self.plug(b, of)?);
                if a == b { then(self) } else { Ok(()) }
            }
        }
    }

    /// Evaluates a reference and makes what it leads to equal to a term.
    fn unify_ref(
        &mut self,
        f: &Frame,
        (parts, at): (&std::sync::Arc<[Term]>, Scope),
        other: Side<'_>,
        then: Next<'_, 'a, 'c>,
    ) -> Eval<()> {
        if begins_with(parts, "data") {
            return self.document(f, (parts, at), other, then);
        }
        let Some(head) = parts.first() else { return Ok(()) };
        let (term, of) = match head {
            Term::Var(name) if name == "input" => match &self.input {
                Some(input) => (Term::Value(input.clone()), at),
                None => return Ok(()),
            },
            Term::Var(_) => {
                let (term, of) = self.apply(head, at);
                if of == at && term == *head {
                    return Ok(());
                }
                (term, of)
            }
            _ => return Ok(()),
        };
        let look = crate::look::Look { f, parts, pos: 1, at, other };
        self.look(&look, (&term, of), then)
    }
}
