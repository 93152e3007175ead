//! Evaluations: plans at work.

mod builtin;
mod candidates;
mod choices;
mod closure;
mod data;
mod every;
mod function;
mod heavy;
mod machine;
mod members;
mod memo;
mod native;
mod nested;
mod partial;
mod pending;
mod print;
mod query;
mod rules;
mod scope;
mod slot;
mod walk;

use crate::Arena;
use crate::error::{Eval, EvalError};
use crate::plan::Plans;
use crate::probe::{NoProbe, Probe};
use crate::program::Program;
use members::Choice;
use referee_rego_builtin::{Cancelled, Context};
use referee_rego_syntax::Location;
use referee_rego_value::{Value, later};
use scope::Scope;
use slot::Slot;
use std::fmt;

/// How deep rules, functions and bodies within bodies may go into one another by default.
const DEPTH: u32 = 384;

/// Who is told a text, with where it comes from.
pub type Listener<'e> = &'e mut dyn FnMut(&Location, &str);

/// How to evaluate.
pub struct Options<'e> {
    /// Who is told what `print` prints; without one nothing is printed.
    pub print: Option<Listener<'e>>,
    /// Who is told the notes of `trace`.
    pub note: Option<Listener<'e>>,
    /// How deep rules, functions and bodies within bodies may go into one another.
    pub depth: u32,
    /// Whether rules that cannot apply are left out beforehand.
    pub indexing: bool,
    /// Whether rules are left as soon as their value is certain.
    pub early_exit: bool,
}

impl Default for Options<'_> {
    fn default() -> Self {
        Self { print: None, note: None, depth: DEPTH, indexing: true, early_exit: true }
    }
}

impl fmt::Debug for Options<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Options").field("depth", &self.depth).finish_non_exhaustive()
    }
}

/// An evaluation: one input, one context; what it computes once it keeps.
pub struct Evaluation<'a, 'e, 'c, P = NoProbe> {
    rules: &'a Plans,
    data: &'a Value,
    arena: &'a Arena,
    context: &'e mut Context<'c>,
    options: Options<'e>,
    probe: P,
    /// The slots of all frames.
    slots: Vec<Slot<'a>>,
    /// Where runs can go back to.
    choices: Vec<Choice<'a>>,
    /// The replacements that hold; the first is of none.
    scopes: Vec<Scope<'a>>,
    /// The scope that holds now.
    scope: usize,
    /// Scopes below this one replace no functions.
    unmocked: usize,
    /// How deep it is.
    depth: u32,
    /// The memory there was for it at its beginning.
    memory: u64,
    /// Operands of builtins, kept for their room.
    operands: Vec<Value>,
    /// What was undefined because of an error.
    errors: Vec<EvalError>,
    /// Whether a base document was looked up.
    read_base: bool,
    /// Searches that were put off until their value has been used.
    pending: Vec<pending::Pending<'a>>,
}

impl<P> fmt::Debug for Evaluation<'_, '_, '_, P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Evaluation").field("depth", &self.depth).finish_non_exhaustive()
    }
}

impl<'a, 'e, 'c, P: Probe> Evaluation<'a, 'e, 'c, P> {
    pub(crate) fn new(
        program: &'a Program,
        arena: &'a Arena,
        input: Option<&'a Value>,
        context: &'e mut Context<'c>,
        options: Options<'e>,
        probe: P,
    ) -> Self {
        let memory = context.meter.memory_left();
        Self {
            rules: &program.rules,
            data: &program.data,
            arena,
            context,
            options,
            probe,
            slots: Vec::with_capacity(32),
            choices: Vec::with_capacity(8),
            scopes: vec![Scope::new(input, program.rules.counts, program.rules.groups.len())],
            scope: 0,
            unmocked: 0,
            depth: 0,
            memory,
            operands: Vec::new(),
            errors: Vec::new(),
            read_base: false,
            pending: Vec::new(),
        }
    }

    /// What was undefined because of an error, where errors do not end the evaluation.
    #[must_use]
    pub fn builtin_errors(&self) -> &[EvalError] {
        &self.errors
    }

    /// Whether a base document was looked up, there or not.
    #[must_use]
    pub fn has_read_base(&self) -> bool {
        self.read_base
    }

    /// The probe.
    pub fn probe(&mut self) -> &mut P {
        &mut self.probe
    }

    /// Goes one level deeper.
    #[inline]
    fn deeper(&mut self) -> Eval<()> {
        self.depth += 1;
        if self.depth > self.options.depth { Err(Cancelled::Depth.into()) } else { Ok(()) }
    }

    /// Keeps a value for as long as the evaluation runs.
    #[inline]
    fn keep(&mut self, value: Value) -> Eval<&'a Value> {
        self.context.meter.reserve(size_of::<Value>())?;
        Ok(self.arena.keep(value))
    }

    /// Frees what it was making and does not need any more, elsewhere.
    fn give_away<T: Send + 'static>(&self, waste: T) {
        later::free(waste, usize::try_from(self.taken_bytes()).unwrap_or(usize::MAX));
    }

    /// What was going on when an error came up is over.
    fn reset(&mut self) {
        self.slots.clear();
        self.choices.clear();
        self.pending.clear();
        self.scopes.truncate(1);
        let counts = self.rules.counts;
        self.scopes.iter_mut().for_each(|scope| scope.forget(counts));
        self.scope = 0;
        self.unmocked = 0;
        self.depth = 0;
    }
}

impl<P> Evaluation<'_, '_, '_, P> {
    /// How many bytes it has taken.
    fn taken_bytes(&self) -> u64 {
        self.memory.saturating_sub(self.context.meter.memory_left())
    }
}

impl<P> Drop for Evaluation<'_, '_, '_, P> {
    fn drop(&mut self) {
        self.arena.took(self.taken_bytes());
    }
}
