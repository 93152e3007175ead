//! The modules of a program, each with what is known of it by itself: kept from one program to
//! the next as long as the module and what it depends on stay as they are.

use super::{Source, reads, rules};
use crate::reads::Reads;
use crate::rules::RuleInfo;
use referee_rego_compile::{Compiled, Footprint};
use referee_rego_syntax::ast;
use std::collections::HashMap;
use std::sync::Arc;

/// What is known of a module from its text.
#[derive(Debug)]
pub(super) struct Parsed {
    pub(super) name: Arc<str>,
    /// Its tree, where it was handed in: then a change of other modules need not parse it again.
    pub(super) tree: Option<Arc<ast::Module>>,
    pub(super) package: String,
    pub(super) rules: Vec<RuleInfo>,
    pub(super) footprint: Footprint,
}

impl Parsed {
    pub(super) fn of(name: &Arc<str>, module: &ast::Module, tree: Option<&Tree>) -> Self {
        Self {
            name: Arc::clone(name),
            tree: tree.cloned(),
            package: rules::package(module),
            rules: rules::of(module).collect(),
            footprint: Footprint::of(module),
        }
    }
}

/// A tree that is shared with whoever parsed it.
pub(crate) type Tree = Arc<ast::Module>;

/// A module of a program.
#[derive(Clone, Debug)]
pub(super) struct Part {
    pub(super) parsed: Arc<Parsed>,
    /// What it reads, as it was compiled.
    pub(super) reads: Arc<Reads>,
}

/// The modules with what they read.
pub(super) fn with_reads(parsed: Vec<Arc<Parsed>>, compiled: &Compiled) -> Vec<Part> {
    let reads = reads_of(compiled);
    let part = |parsed: Arc<Parsed>| {
        let reads = reads.get(&*parsed.name).cloned().unwrap_or_default();
        Part { parsed, reads }
    };
    parsed.into_iter().map(part).collect()
}

/// What each of the modules reads, by their names.
pub(super) fn reads_of(compiled: &Compiled) -> HashMap<&str, Arc<Reads>> {
    let modules = compiled.modules.iter();
    let reads = |module: &Tree| reads::of(compiled, module);
    modules.map(|(name, module)| (&**name, Arc::new(reads(module)))).collect()
}

/// Whether a module is given as a tree that is known already.
pub(super) fn is_same(part: &Part, source: &Source<'_>) -> bool {
    match (&part.parsed.tree, source.1) {
        (Some(known), Some(given)) => {
            Arc::ptr_eq(known, given) && part.parsed.name == source.0.name
        }
        _ => false,
    }
}
