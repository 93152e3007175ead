//! The state of a partial evaluation.
//!
//! It goes forward by calling what is to be done next, as OPA's evaluator does: each way in which an
//! expression holds calls the rest of the query once. So what is on the stack of the thread is the
//! way to the expression under evaluation; its depth is bounded.

use crate::cache::Cache;
use crate::index::Group;
use crate::instruments::{Counted, Instruments, Timed};
use crate::rules::Rules;
use crate::save::{Saved, Unknown};
use crate::scopes::{Bindings, CALLER, Scope};
use crate::stop::Stop;
use crate::support::Support;
use crate::term::{Body, Expr, Term};
use crate::trail::Trail;
use crate::unknown::NoInlining;
use crate::{MAX_DEPTH, Settings};
use referee_rego_builtin::{Cancelled, Context};
use referee_rego_eval::{EvalCode, EvalError};
use referee_rego_syntax::Location;
use referee_rego_types::Type;
use referee_rego_value::{Str, Value};
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::sync::Arc;

/// What an evaluation gives.
pub(crate) type Eval<T> = Result<T, Stop>;

/// What is done next.
pub(crate) type Next<'n, 'a, 'c> = &'n mut dyn FnMut(&mut Machine<'a, 'c>) -> Eval<()>;

/// A document that is looked up.
#[derive(Clone, Debug)]
pub(crate) enum Resolved {
    /// It is unknown.
    Unknown,
    /// It is this, or not there.
    Known(Option<Value>),
}

/// A body under evaluation.
#[derive(Debug)]
pub(crate) struct Frame {
    /// The body.
    pub(crate) query: Body,
    /// Which of its expressions is under evaluation.
    pub(crate) index: Cell<usize>,
    /// What its variables stand for.
    pub(crate) scope: Scope,
    /// Its number.
    pub(crate) id: u64,
    /// The number of the body around it.
    pub(crate) parent: u64,
    /// Whether one way in which it holds is enough.
    pub(crate) find_one: bool,
    /// The place that was told of last.
    pub(crate) told_at: RefCell<Location>,
    /// The number of the next variable it makes.
    pub(crate) generated: Cell<u64>,
}

impl Frame {
    /// The expression under evaluation.
    pub(crate) fn expr(&self) -> Option<&Arc<Expr>> {
        self.query.get(self.index.get())
    }

    /// Where that stands.
    pub(crate) fn location(&self) -> &Location {
        const NONE: &Location = &Location::NONE;
        self.expr().map_or(NONE, |expr| &expr.location)
    }
}

/// The state of a partial evaluation.
pub(crate) struct Machine<'a, 'c> {
    pub(crate) rules: &'a Rules,
    pub(crate) base: &'a Value,
    /// Whether a base document was looked up.
    pub(crate) read_base: Cell<bool>,
    pub(crate) context: &'a mut Context<'c>,
    pub(crate) settings: Settings<'a>,
    /// Whether nothing is unknown, so that everything is evaluated.
    pub(crate) whole: bool,
    /// Takes down the steps, where they were asked for.
    pub(crate) trail: Option<Trail>,
    /// Measures, where that was asked for.
    pub(crate) instruments: Option<Instruments<'a>>,
    pub(crate) scopes: Vec<Bindings>,
    next_id: u64,
    depth: u32,
    pub(crate) input: Option<Value>,
    /// What `with` puts in place of data.
    pub(crate) data: Option<Value>,
    /// What `with` replaces now.
    pub(crate) targets: Vec<Vec<Arc<[Term]>>>,
    pub(crate) no_inlining: Vec<NoInlining>,
    /// Functions that are replaced now; each call of a replacement begins a group of its own.
    pub(crate) mocks: Vec<Vec<BTreeMap<String, Term>>>,
    pub(crate) unknowns: Vec<Unknown>,
    pub(crate) saved: Vec<Vec<Saved>>,
    pub(crate) support: Support,
    pub(crate) caches: Vec<Cache>,
    pub(crate) errors: Vec<EvalError>,
    pub(crate) prints: Vec<(Location, String)>,
}

impl<'a, 'c> Machine<'a, 'c> {
    /// A machine before anything is evaluated; the list of the query is there.
    pub(crate) fn new(
        rules: &'a Rules,
        base: &'a Value,
        context: &'a mut Context<'c>,
        settings: Settings<'a>,
    ) -> Self {
        Self {
            rules,
            base,
            read_base: Cell::new(false),
            context,
            settings,
            whole: false,
            trail: None,
            instruments: None,
            scopes: vec![Bindings::new(0)],
            next_id: 1,
            depth: 0,
            input: settings.input.cloned(),
            data: None,
            targets: Vec::new(),
            no_inlining: Vec::new(),
            mocks: vec![Vec::new()],
            unknowns: Vec::new(),
            saved: vec![Vec::new()],
            support: Support::default(),
            caches: vec![Cache::default()],
            errors: Vec::new(),
            prints: Vec::new(),
        }
    }

    /// The body of the query.
    pub(crate) fn root(query: Body) -> Frame {
        Frame {
            query,
            index: Cell::new(0),
            scope: CALLER,
            id: 0,
            parent: 0,
            find_one: false,
            told_at: RefCell::new(Location::NONE),
            generated: Cell::new(0),
        }
    }

    fn number(&mut self) -> u64 {
        let id = self.next_id;
        self.next_id = id.saturating_add(1);
        id
    }

    /// A body that shares the variables of another.
    pub(crate) fn closure(&mut self, f: &Frame, query: Body) -> Frame {
        Frame {
            query,
            index: Cell::new(0),
            scope: f.scope,
            id: self.number(),
            parent: f.id,
            find_one: false,
            told_at: f.told_at.clone(),
            generated: Cell::new(f.generated.get()),
        }
    }

    /// The same, of which one way to hold is enough.
    pub(crate) fn closure_for_one(&mut self, f: &Frame, query: Body) -> Frame {
        Frame { find_one: true, ..self.closure(f, query) }
    }

    /// Evaluates a body with variables of its own.
    pub(crate) fn child<T>(
        &mut self,
        f: &Frame,
        query: Body,
        evaluate: impl FnOnce(&mut Self, &Frame) -> Eval<T>,
    ) -> Eval<T> {
        self.child_for(f, (query, false), evaluate)
    }

    /// The same; whether one way in which it holds is enough.
    pub(crate) fn child_for<T>(
        &mut self,
        f: &Frame,
        (query, find_one): (Body, bool),
        evaluate: impl FnOnce(&mut Self, &Frame) -> Eval<T>,
    ) -> Eval<T> {
        self.context.reserve(256)?;
        let id = self.number();
        let scope = Scope(self.scopes.len());
        self.scopes.push(Bindings::new(id));
        let generated = Cell::new(f.generated.get());
        let frame = Frame {
            query,
            index: Cell::new(0),
            scope,
            id,
            parent: f.id,
            find_one,
            told_at: f.told_at.clone(),
            generated,
        };
        let done = evaluate(self, &frame);
        self.scopes.truncate(scope.0);
        done
    }

    /// Goes a step deeper.
    pub(crate) fn deeper(&mut self, evaluate: impl FnOnce(&mut Self) -> Eval<()>) -> Eval<()> {
        self.context.work(1)?;
        if self.depth >= MAX_DEPTH {
            return Err(Cancelled::Depth.into());
        }
        self.depth = self.depth.saturating_add(1);
        let done = evaluate(self);
        self.depth = self.depth.saturating_sub(1);
        done
    }

    /// Notes how long something took that began at a time.
    pub(crate) fn timed(&self, what: Timed, started: Option<std::time::Duration>) {
        if let (Some(instruments), Some(started)) = (&self.instruments, started) {
            instruments.stop(what, started);
        }
    }

    /// The time, where something is to be timed.
    pub(crate) fn begun(&self) -> Option<std::time::Duration> {
        self.instruments.as_ref().map(Instruments::start)
    }

    /// Counts something, where that was asked for.
    pub(crate) fn count(&self, what: Counted) {
        if let Some(instruments) = &self.instruments {
            instruments.count(what);
        }
    }

    /// A variable that does not stand in any text.
    pub(crate) fn term_var(f: &Frame) -> Term {
        Term::Var(Str::from(format!("$_term_{}_{}", f.id, f.index.get())))
    }

    /// The type of what a reference leads to is that of a function.
    pub(crate) fn is_function(&self, target: &Term) -> bool {
        let Term::Ref(_) = target else { return false };
        let referee_rego_syntax::ast::TermKind::Ref(parts) = crate::convert::written(target).kind
        else {
            return false;
        };
        matches!(self.rules.compiled.types.lookup(&parts), Type::Function(_))
    }

    /// Whether a `with` replaces a function or a builtin.
    pub(crate) fn replaces_function(&self, target: &Term) -> bool {
        match target {
            Term::Ref(parts) => {
                let document = crate::term::begins_with(parts, "data")
                    || crate::term::begins_with(parts, "input");
                !document || self.is_function(target)
            }
            _ => false,
        }
    }

    /// How many arguments an operator takes.
    pub(crate) fn arity(&self, operator: &Term) -> Option<usize> {
        let parts = operator.reference()?;
        if let Some(name) = crate::calls::dotted(parts)
            && let Some(builtin) = self.rules.compiled.capabilities.get(&name)
        {
            return Some(builtin.function.args.len());
        }
        self.arguments(self.rules.function(parts)?)
    }

    /// How many arguments the functions of a group take.
    pub(crate) fn arguments(&self, group: &Group) -> Option<usize> {
        Some(self.rules.info(group.first()?)?.args.len())
    }

    /// An error at the expression under evaluation.
    pub(crate) fn error(code: EvalCode, message: impl Into<String>, at: &Location) -> Stop {
        Stop::Failed(Box::new(EvalError::new(code, message, at)))
    }
}
