//! Programs after a change of some of their modules: only what changed, and what depends on it, is
//! compiled and planned again.
//!
//! What is compiled is a small set of modules that is closed under what they depend on
//! ([`Dependence`]), by the compiler that compiles whole programs. Where it has no errors the whole
//! has none, and the modules that have not changed are what they were. Where it has any, or where
//! something stands in the way, nothing is said here, and the whole is compiled: so errors are
//! always those of the whole, in their order.

use super::parts::{Parsed, Part, is_same, reads_of};
use super::{Backend, Made, Source, compile_options, current, monotonic};
use crate::options::{CompileOptions, TestRules};
use crate::value::Value;
use referee_rego_compile::{Compiled, Dependence, Footprint};
use referee_rego_eval::{Changed, Program};
use referee_rego_syntax::ast;
use std::collections::BTreeSet;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

/// Of how few modules the whole is compiled in any case.
const FEW: usize = 4;

/// How much more room than after the last whole compilation there may be for what evaluations
/// keep: twice as much, and this.
const ROOM: usize = 4_096;

/// Modules after a change, beside those before it.
struct Change<'p> {
    /// All modules; the new ones have nothing but what is known from their text.
    parts: Vec<Part>,
    /// The places of those that are new.
    new: Vec<usize>,
    /// Those that were there before and are not any more.
    gone: Vec<&'p Part>,
}

impl Backend {
    /// The program of some modules, where that takes less than compiling them all; `None` where it
    /// does not, or cannot be done.
    pub(in crate::back) fn again(
        &self,
        sources: &[Source<'_>],
        data: &Value,
        options: &CompileOptions,
    ) -> Option<Self> {
        let clock = || monotonic().unwrap_or(Duration::ZERO);
        let started = clock();
        let most = self.made.room.saturating_mul(2).saturating_add(ROOM);
        if options.tests != TestRules::Plain || sources.len() <= FEW || self.program.room() > most {
            return None;
        }
        let Change { mut parts, new, gone } = self.change(sources)?;
        if new.len().saturating_add(gone.len()) > sources.len() / 2 {
            return None;
        }
        let footprints: Vec<&Footprint> = parts.iter().map(|part| &part.parsed.footprint).collect();
        let was: Vec<&Footprint> = gone.iter().map(|part| &part.parsed.footprint).collect();
        let Dependence { again, needed } = Dependence::of(&footprints, &new, &was)?;
        let count = again.len().saturating_add(needed.len());
        if count > sources.len() / 2 {
            return None;
        }
        let compiled = compile(&parts, again.iter().chain(&needed).copied(), options, data)?;
        let names: BTreeSet<&str> =
            again.iter().filter_map(|at| parts.get(*at)).map(|it| &*it.parsed.name).collect();
        let is_new: Vec<bool> =
            compiled.modules.iter().map(|(name, _)| names.contains(&**name)).collect();
        // Of the modules that are compiled again those that were there before.
        let before = again.iter().filter(|at| !new.contains(at)).filter_map(|at| parts.get(*at));
        let gone: Vec<&ast::Module> = gone
            .into_iter()
            .chain(before)
            .map(|part| part.parsed.tree.as_deref())
            .collect::<Option<_>>()?;
        let changed = Changed { part: &compiled, new: &is_new, gone: &gone };
        let program = self.program.changed(changed, data.0.clone()).ok()?;
        if options.check_data_conflicts && program.meets(&data.0) {
            return None;
        }
        let reads = reads_of(&compiled);
        for at in again {
            if let Some(part) = parts.get_mut(at)
                && let Some(reads) = reads.get(&*part.parsed.name)
            {
                part.reads = Arc::clone(reads);
            }
        }
        Some(self.with_parts(parts, program, options, (count, clock().saturating_sub(started))))
    }

    /// What is another than before; `None` where it cannot be told.
    fn change(&self, sources: &[Source<'_>]) -> Option<Change<'_>> {
        let mut change =
            Change { parts: Vec::with_capacity(sources.len()), new: Vec::new(), gone: Vec::new() };
        let mut known = self.made.parts.iter().peekable();
        let mut last: Option<&str> = None;
        for source in sources {
            let (module, tree) = source;
            // Both lists are sorted, or nothing is said.
            if last.is_some_and(|last| last >= &*module.name) {
                return None;
            }
            last = Some(&module.name);
            while let Some(part) = known.next_if(|part| part.parsed.name < module.name) {
                change.gone.push(part);
            }
            let same = known.next_if(|part| part.parsed.name == module.name);
            match same {
                Some(part) if is_same(part, source) => change.parts.push(part.clone()),
                other => {
                    change.gone.extend(other);
                    let parsed = Parsed::of(&module.name, (*tree)?, *tree);
                    change.new.push(change.parts.len());
                    let parsed = Arc::new(parsed);
                    change.parts.push(Part { parsed, reads: Arc::default() });
                }
            }
        }
        change.gone.extend(known);
        Some(change)
    }

    fn with_parts(
        &self,
        parts: Vec<Part>,
        program: Program,
        options: &CompileOptions,
        (count, took): (usize, Duration),
    ) -> Self {
        let made = Made {
            compiled: OnceLock::new(),
            options: options.clone(),
            parse: self.made.parse.clone(),
            caches: Arc::clone(&self.made.caches),
            parts,
            reads: OnceLock::new(),
            tables: self.made.tables.clone(),
            room: self.made.room,
            watched: OnceLock::new(),
            partial_rules: OnceLock::new(),
            count,
            times: (Duration::ZERO, took),
        };
        Self { program, strict: self.strict, made: Arc::new(made) }
    }
}

/// Compiles some of the modules.
pub(super) fn compile(
    parts: &[Part],
    places: impl Iterator<Item = usize>,
    options: &CompileOptions,
    data: &Value,
) -> Option<Compiled> {
    let module = |at: usize| {
        let Parsed { name, tree, .. } = &*parts.get(at)?.parsed;
        Some((Arc::clone(name), ast::Module::clone(tree.as_deref()?)))
    };
    let modules = places.map(module).collect::<Option<Vec<_>>>()?;
    let capabilities = options.capabilities.clone().unwrap_or_else(current);
    let options = compile_options(options, capabilities, data);
    referee_rego_compile::compile(modules, &options).ok()
}
