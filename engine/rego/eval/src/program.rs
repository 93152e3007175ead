//! Programs: compiled modules with their plan, and the base document.

use crate::error::{EvalCode, EvalError};
use crate::plan::group::Scheme;
use crate::plan::{GroupPlan, MAX_PATH};
use crate::prepared::{Capture, PreparedPath, PreparedQuery};
use crate::probe::{NoProbe, Probe};
use crate::run::{Evaluation, Options};
use crate::{Arena, plan};
use referee_rego_builtin::{Context, Table};
use referee_rego_compile::{Compiled, CompiledQuery};
use referee_rego_syntax::Location;
use referee_rego_value::Value;
use std::sync::Arc;

/// What does not depend on the base document.
#[derive(Debug)]
pub(crate) struct Rules {
    /// What was compiled.
    pub(crate) compiled: Arc<Compiled>,
    /// What queries are planned against.
    pub(crate) scheme: Scheme,
    /// The plans of the groups of rules.
    pub(crate) groups: Vec<GroupPlan>,
    /// How much there is to keep, rules included.
    pub(crate) counts: plan::Counts,
}

/// A program: immutable, shared between threads; a clone is the same program.
#[derive(Clone, Debug)]
pub struct Program {
    pub(crate) rules: Arc<Rules>,
    pub(crate) data: Value,
}

impl Program {
    /// Plans what was compiled. `tables` say how builtins are done; operators and what is called
    /// most is done here in any case.
    ///
    /// # Errors
    /// Where a path of rules is longer than can be worked with.
    pub fn new(
        compiled: Arc<Compiled>,
        data: Value,
        tables: &[Table],
    ) -> Result<Self, Box<EvalError>> {
        Self::planned(compiled, data, tables, false)
    }

    /// As [`Self::new`], for evaluations whose every step is followed: what a plan saves is not
    /// saved.
    ///
    /// # Errors
    /// As for [`Self::new`].
    pub fn watched(
        compiled: Arc<Compiled>,
        data: Value,
        tables: &[Table],
    ) -> Result<Self, Box<EvalError>> {
        Self::planned(compiled, data, tables, true)
    }

    fn planned(
        compiled: Arc<Compiled>,
        data: Value,
        tables: &[Table],
        watched: bool,
    ) -> Result<Self, Box<EvalError>> {
        for (_, module) in &compiled.modules {
            let rules = module.rules.iter().map(|rule| rule.head.reference.len());
            let longest = rules.max().unwrap_or(0).saturating_add(module.package.path.len());
            if longest > MAX_PATH {
                let message = format!("a path of rules is longer than {MAX_PATH} parts");
                let location = &module.package.location;
                return Err(Box::new(EvalError::new(EvalCode::Internal, message, location)));
            }
        }
        let (scheme, groups, counts) = plan::program(&compiled, tables, watched);
        Ok(Self { rules: Arc::new(Rules { compiled, scheme, groups, counts }), data })
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

    /// What the program was made of.
    #[must_use]
    pub fn compiled(&self) -> &Arc<Compiled> {
        &self.rules.compiled
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

/// Where nothing stands.
pub(crate) const NOWHERE: &Location = &Location::NONE;
