//! Programs: compiled modules with their plan, and the base document.

use crate::error::{EvalCode, EvalError};
use crate::plan::{Changed, Counts, MAX_PATH, Plans};
use crate::prepared::{Capture, PreparedPath, PreparedQuery};
use crate::probe::{NoProbe, Probe};
use crate::run::{Evaluation, Options};
use crate::{Arena, plan};
use referee_rego_builtin::{Context, Table};
use referee_rego_compile::{Compiled, CompiledQuery};
use referee_rego_syntax::Location;
use referee_rego_value::Value;
use std::sync::Arc;

/// A program: immutable, shared between threads; a clone is the same program.
#[derive(Clone, Debug)]
pub struct Program {
    /// What does not depend on the base document.
    pub(crate) rules: Arc<Plans>,
    pub(crate) data: Value,
}

impl Program {
    /// Plans what was compiled. `tables` say how builtins are done; operators and what is called
    /// most is done here in any case.
    ///
    /// # Errors
    /// Where a path of rules is longer than can be worked with.
    pub fn new(compiled: &Compiled, data: Value, tables: &[Table]) -> Result<Self, Box<EvalError>> {
        Self::planned(compiled, data, tables, false)
    }

    /// As [`Self::new`], for evaluations whose every step is followed: what a plan saves is not
    /// saved.
    ///
    /// # Errors
    /// As for [`Self::new`].
    pub fn watched(
        compiled: &Compiled,
        data: Value,
        tables: &[Table],
    ) -> Result<Self, Box<EvalError>> {
        Self::planned(compiled, data, tables, true)
    }

    fn planned(
        compiled: &Compiled,
        data: Value,
        tables: &[Table],
        watched: bool,
    ) -> Result<Self, Box<EvalError>> {
        check_paths(compiled)?;
        let plans = plan::program(compiled, tables, watched);
        Ok(Self { rules: Arc::new(plans), data })
    }

    /// The program after a change of some modules, over another base document: all other plans are
    /// shared.
    ///
    /// # Errors
    /// As for [`Self::new`].
    pub fn changed(&self, changed: Changed<'_>, data: Value) -> Result<Self, Box<EvalError>> {
        check_paths(changed.part)?;
        Ok(Self { rules: Arc::new(self.rules.changed(changed)), data })
    }

    /// How much room evaluations need for what they keep: groups of rules, paths into the input
    /// and the base document. It grows with each change, as numbers of paths are not given again.
    #[must_use]
    pub fn room(&self) -> usize {
        let Counts { inputs, bases, comprehensions } = self.rules.counts;
        let paths = [inputs, bases, comprehensions].into_iter();
        paths.map(|count| usize::try_from(count).unwrap_or(usize::MAX)).sum()
    }

    /// Whether a base document may have something where rules stand. Where it says no there is
    /// nothing; where it says yes the compiler can tell.
    #[must_use]
    pub fn meets(&self, data: &Value) -> bool {
        self.rules.scheme.root.meets(data)
    }

    /// Whether rules make what stands at a path of `data`, or something above it.
    #[must_use]
    pub fn has_rules_at(&self, path: &PreparedPath) -> bool {
        let mut node = &self.rules.scheme.root;
        for key in path.keys.iter() {
            match node.child(key) {
                Some(child) if child.group.is_some() => return true,
                Some(child) => node = child,
                None => return false,
            }
        }
        false
    }

    /// The same rules over another base document.
    #[must_use]
    pub fn with_data(&self, data: Value) -> Self {
        Self { rules: Arc::clone(&self.rules), data }
    }

    /// The base document.
    #[must_use]
    pub fn data(&self) -> &Value {
        &self.data
    }

    /// Prepares the document at a path of `data`; with no keys that is `data` itself. A number
    /// indexes an array; a string never does.
    #[must_use]
    pub fn prepare_path(&self, path: &[Value]) -> PreparedPath {
        PreparedPath { keys: path.into() }
    }

    /// Prepares a query that was compiled against the modules of this program.
    #[must_use]
    pub fn prepare_query(&self, query: &CompiledQuery, capture: Capture) -> PreparedQuery {
        let values = capture == Capture::Values;
        PreparedQuery::new(plan::query::plan(query, &self.rules.scheme, self.rules.counts, values))
    }

    /// Begins an evaluation.
    pub fn evaluation<'a, 'e, 'c>(
        &'a self,
        arena: &'a Arena,
        input: Option<&'a Value>,
        context: &'e mut Context<'c>,
        options: Options<'e>,
    ) -> Evaluation<'a, 'e, 'c, NoProbe> {
        self.evaluation_with(arena, input, context, options, NoProbe)
    }

    /// Begins an evaluation that tells a probe what it does (`&mut probe` is a probe, too).
    pub fn evaluation_with<'a, 'e, 'c, P: Probe>(
        &'a self,
        arena: &'a Arena,
        input: Option<&'a Value>,
        context: &'e mut Context<'c>,
        options: Options<'e>,
        probe: P,
    ) -> Evaluation<'a, 'e, 'c, P> {
        Evaluation::new(self, arena, input, context, options, probe)
    }
}

/// Checks how long paths are.
fn check_paths(compiled: &Compiled) -> Result<(), Box<EvalError>> {
    for (_, module) in &compiled.modules {
        let rules = module.rules.iter().map(|rule| rule.head.reference.len());
        let longest = rules.max().unwrap_or(0).saturating_add(module.package.path.len());
        if longest > MAX_PATH {
            let message = format!("a path of rules is longer than {MAX_PATH} parts");
            let location = &module.package.location;
            return Err(Box::new(EvalError::new(EvalCode::Internal, message, location)));
        }
    }
    Ok(())
}

/// Where nothing stands.
pub(crate) const NOWHERE: &Location = &Location::NONE;
