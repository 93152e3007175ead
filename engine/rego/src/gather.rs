//! The values of several rules at once, in one evaluation that shares what they share.
//!
//! A rule of its own, in a module beside those of the program, collects them: evaluating a rule
//! costs a tenth of evaluating a query, whose text is read anew each time.

use crate::budget::EvalBudget;
use crate::error::RegoError;
use crate::program::{Module, Program};
use crate::value::Value;

/// The package of that module. It is under the library's name, so it is no candidate to decide.
const PACKAGE: &str = "referee.gathered__";

/// The path of that rule.
const RULE: &str = "data.referee.gathered__.values";

/// The name of that module.
const MODULE: &str = "<referee values>";

/// Several paths of a program.
#[derive(Debug)]
pub(crate) struct Gathering {
    /// The program with that rule; `None` where there is but one path, or where the rule cannot
    /// stand beside what the program has (one that refers to all of `data.referee`, say).
    program: Option<Program>,
    original: Program,
    paths: Vec<String>,
}

impl Gathering {
    /// Those paths of a program, in the form of [`crate::data_path`].
    pub(crate) fn new(original: Program, paths: Vec<String>) -> Self {
        // The native engine shares between paths what they share anyway.
        let program = (paths.len() > 1 && !original.is_native()).then(|| {
            // A comprehension is empty, not undefined, where its body is undefined.
            let values: Vec<_> = paths.iter().map(|path| format!("[v | v := {path}]")).collect();
            let text = format!(
                "package {PACKAGE}\n\nimport rego.v1\n\nvalues := [{}]\n",
                values.join(", ")
            );
            let mut modules = original.modules().to_vec();
            modules.push(Module::new(MODULE, text));
            original.with_modules(&modules).ok()
        });
        Self { program: program.flatten(), original, paths }
    }

    /// The paths.
    pub(crate) fn paths(&self) -> &[String] {
        &self.paths
    }

    /// The value at each path, `None` where it is undefined.
    pub(crate) fn eval(
        &self,
        input: &Value,
        budget: &EvalBudget,
    ) -> Result<Vec<Option<Value>>, RegoError> {
        let Some(program) = &self.program else {
            let paths: Vec<&str> = self.paths.iter().map(String::as_str).collect();
            return self.original.eval_all(&paths, input, budget);
        };
        let gathered = program.eval(RULE, input, budget)?;
        let values = gathered.and_then(|values| values.elements()).unwrap_or_default();
        if values.len() != self.paths.len() {
            return Err(RegoError::internal("the values of several rules lost some of them"));
        }
        let first = |value: Value| value.elements().and_then(|found| found.into_iter().next());
        Ok(values.into_iter().map(first).collect())
    }
}
