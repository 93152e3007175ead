//! Programs that are made of others: what stays as it was is shared.

use super::{Inner, Made, Module, Program, RegoEngine, check_data};
use crate::error::RegoErrors;
use crate::tree::SyntaxTree;
use crate::value::Value;
use std::sync::{Arc, OnceLock};

impl Program {
    /// The same modules over another base document, with all that was compiled shared.
    ///
    /// `conflicts`: whether a rule that stands at a path at which the document has something is an
    /// error, as when data is written to OPA; where not, the rule hides it.
    ///
    /// # Errors
    /// Where the document is no object, is nested deeper than 128 levels, or conflicts with rules.
    pub fn with_data(&self, data: Value, conflicts: bool) -> Result<Self, RegoErrors> {
        check_data(&data)?;
        let Inner { back, made, .. } = &*self.inner;
        match back.with_data(&data, conflicts) {
            Some(back) => {
                let inner = Inner { back: back?, data, made: Arc::clone(made) };
                Ok(Self { inner: Arc::new(inner) })
            }
            None => {
                let options = made.options.clone().with_data_conflicts_checked(conflicts);
                RegoEngine::compile(&made.modules, data, options)
            }
        }
    }

    /// What [`RegoEngine::compile_parsed`] makes of modules, over what was compiled before: modules
    /// whose trees are those of this program's modules (the same [`SyntaxTree`], or a clone), and
    /// that depend on no others, are not compiled again. Both lists of modules have to be sorted by
    /// name for that. The native engine only; others compile everything.
    ///
    /// `conflicts`: as for [`Self::with_data`].
    ///
    /// # Errors
    /// As for [`RegoEngine::compile_parsed`], in the same order.
    pub fn with_parsed_modules(
        &self,
        modules: &[(Module, Option<SyntaxTree>)],
        data: Value,
        conflicts: bool,
    ) -> Result<Self, RegoErrors> {
        let Inner { back, made, .. } = &*self.inner;
        let options = made.options.clone().with_data_conflicts_checked(conflicts);
        let sources = modules.iter();
        let sources = sources.map(|(module, tree)| (module, tree.as_ref().map(SyntaxTree::module)));
        let sources: Vec<_> = sources.collect();
        check_data(&data)?;
        match back.again(&sources, &data, &options) {
            Some(back) => {
                let modules = modules.iter().map(|(module, _)| module.clone()).collect();
                let (rules, has_value) = (OnceLock::new(), OnceLock::new());
                let made = Arc::new(Made { modules, options, rules, has_value });
                Ok(Self { inner: Arc::new(Inner { back, data, made }) })
            }
            None => RegoEngine::compile_sources(&sources, data, options),
        }
    }

    /// The same program, where a builtin that fails ends the evaluation, or not. The native engine
    /// compiles nothing for it.
    ///
    /// # Errors
    /// Where an engine has to compile again, and refuses.
    pub fn with_strict_builtin_errors(&self, strict: bool) -> Result<Self, RegoErrors> {
        let Inner { back, made, data } = &*self.inner;
        match back.with_strict_builtin_errors(strict) {
            Some(back) => {
                let inner = Inner { back, data: data.clone(), made: Arc::clone(made) };
                Ok(Self { inner: Arc::new(inner) })
            }
            None => {
                let options = made.options.clone().with_strict_builtin_errors(strict);
                RegoEngine::compile(&made.modules, data.clone(), options)
            }
        }
    }

    /// The same data and options with other modules.
    pub(crate) fn with_modules(&self, modules: &[Module]) -> Result<Self, RegoErrors> {
        RegoEngine::compile(modules, self.inner.data.clone(), self.inner.made.options.clone())
    }
}
