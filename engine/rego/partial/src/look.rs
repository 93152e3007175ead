//! Looking into a term along the rest of a reference (OPA's `evalTerm`).

use crate::machine::{Eval, Frame, Machine, Next};
use crate::scopes::Scope;
use crate::stop::Waiting;
use crate::term::Term;
use crate::unify::Side;
use referee_rego_value::{Str, Value};
use std::sync::Arc;

/// A reference on its way into a term.
#[derive(Clone, Copy)]
pub(crate) struct Look<'l> {
    pub(crate) f: &'l Frame,
    /// The reference.
    pub(crate) parts: &'l Arc<[Term]>,
    /// Which part is next.
    pub(crate) pos: usize,
    /// The list of its variables.
    pub(crate) at: Scope,
    /// What it is made equal to.
    pub(crate) other: Side<'l>,
}

impl<'l> Look<'l> {
    fn further(self) -> Self {
        Self { pos: self.pos.saturating_add(1), ..self }
    }
}

impl<'a, 'c> Machine<'a, 'c> {
    /// Goes on into a term.
    pub(crate) fn look(
        &mut self,
        look: &Look<'_>,
        (term, of): Side<'_>,
        then: Next<'_, 'a, 'c>,
    ) -> Eval<()> {
        let Some(part) = look.parts.get(look.pos) else {
            return self.unify(look.f, (term, of), look.other, then);
        };
        if self.is_saved(term, of) {
            return self.look_saved(look, (term, of), then);
        }
        let key = self.plug(part, look.at)?;
        if !key.is_ground() {
            return self.look_all(look, part, (term, of), then);
        }
        match self.member(term, of, &key)? {
            Some((found, of)) => self.look(&look.further(), (&found, of), then),
            None => Ok(()),
        }
    }

    /// What stands under a key of a term.
    fn member(&mut self, term: &Term, of: Scope, key: &Term) -> Eval<Option<(Term, Scope)>> {
        if let (Term::Value(value), Term::Value(key)) = (term, key) {
            return Ok(value.get(key).map(|found| (Term::Value(found.clone()), of)));
        }
        match term {
            Term::Array(items) => {
                let at =
                    key.value().and_then(Value::as_i64).and_then(|at| usize::try_from(at).ok());
                let found = at.and_then(|at| items.get(at));
                Ok(found.map(|found| self.apply(found, of)))
            }
            Term::Object(members) => {
                for (other, value) in members.iter() {
                    if self.plug(other, of)? == *key {
                        return Ok(Some(self.apply(value, of)));
                    }
                }
                Ok(None)
            }
            Term::Set(items) => {
                for item in items.iter() {
                    if self.plug(item, of)? == *key {
                        return Ok(Some((key.clone(), of)));
                    }
                }
                Ok(None)
            }
            _ => Ok(None),
        }
    }

    /// Goes through all members of a term.
    fn look_all(
        &mut self,
        look: &Look<'_>,
        part: &Term,
        (term, of): Side<'_>,
        then: Next<'_, 'a, 'c>,
    ) -> Eval<()> {
        if let Some(items) = term.as_array() {
            // As in OPA, an index of an array is a variable or constant.
            let (Term::Var(name), scope) = self.apply(part, look.at) else { return Ok(()) };
            let mut waiting = Waiting::default();
            for (index, item) in (0_i64..).zip(&items) {
                let index = Term::Value(Value::from(index));
                self.tell_unify(look.f, &index, part)?;
                // The index is bound even where it is unknown: what was put aside says it then.
                let done = self.binding((&name, scope), (&index, scope), &mut |machine| {
                    let (item, of) = machine.apply(item, of);
                    machine.look(&look.further(), (&item, of), then)
                });
                waiting.take(done)?;
            }
            return waiting.end();
        }
        let mut waiting = Waiting::default();
        if let Some(members) = term.as_object() {
            for (key, value) in &members {
                let done = self.unify(look.f, (key, of), (part, look.at), &mut |machine| {
                    let (value, of) = machine.apply(value, of);
                    machine.look(&look.further(), (&value, of), then)
                });
                waiting.take(done)?;
            }
            return waiting.end();
        }
        for item in term.as_set().unwrap_or_default() {
            let done = self.unify(look.f, (&item, of), (part, look.at), &mut |machine| {
                let (item, of) = machine.apply(&item, of);
                machine.look(&look.further(), (&item, of), then)
            });
            waiting.take(done)?;
        }
        waiting.end()
    }

    /// The term is unknown: the rest of the reference is put aside.
    fn look_saved(
        &mut self,
        look: &Look<'_>,
        (term, of): Side<'_>,
        then: Next<'_, 'a, 'c>,
    ) -> Eval<()> {
        let number = look.f.generated.get();
        look.f.generated.set(number.saturating_add(1));
        let var = Term::Var(Str::from(format!("$_ref_{number}")));
        let rest = look.parts.get(look.pos..).unwrap_or_default();
        let reference = std::iter::once(var.clone()).chain(rest.iter().cloned()).collect();
        let reference = Term::Ref(reference);
        self.unify(look.f, (term, of), (&var, look.at), &mut |machine| {
            machine.unify(look.f, (&reference, look.at), look.other, then)
        })
    }
}
