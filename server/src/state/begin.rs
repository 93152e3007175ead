//! What a server begins with: policies and data of files, and bundles that lie on its disk, as
//! `opa run --server` is given them (`internal/runtime/init`).
//!
//! Data of files come first, then the bundles, which take what stands under their roots, then the
//! policies of files, which no root keeps out. All are compiled together.

use super::bundles::BundleContent;
use super::error::WriteError;
use super::policies::{Owner, PolicyFile};
use super::revision::Revision;
use super::transaction::Transaction;
use super::with_version;
use referee_rego::{CompileOptions, Module, RegoEngine, SyntaxTree, Value};
use std::sync::Arc;

/// What a server begins with.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Beginning {
    /// How policies are compiled: these, and all that bundles and the API bring later.
    pub options: CompileOptions,
    /// Data of files, an object.
    pub data: Value,
    /// Policies of files.
    pub policies: Vec<FirstPolicy>,
    /// Bundles, in whose order nothing lies.
    pub bundles: Vec<BundleContent>,
}

/// A policy that a server begins with.
#[derive(Clone, Debug)]
pub struct FirstPolicy {
    /// What OPA's API calls it.
    pub id: String,
    /// Its text; its name is what errors and steps of evaluations call it.
    pub module: Module,
    /// Whether it is of the library that comes with Referee, which callers do not see and no bundle
    /// takes away.
    pub library: bool,
}

impl Beginning {
    /// Nothing at all, and how policies that come later are compiled.
    #[must_use]
    pub fn new(options: CompileOptions) -> Self {
        Self { options, data: Value::object([]), policies: Vec::new(), bundles: Vec::new() }
    }

    /// The revision that it makes.
    pub(super) fn revision(self, runtime: Value) -> Result<Revision, WriteError> {
        let Self { options, data, policies, bundles } = self;
        let base = RegoEngine::compile(&[], data, options).map_err(WriteError::Modules)?;
        let base = Revision::first(base, None, runtime).map_err(WriteError::Modules)?;
        let base = Arc::new(base);
        let mut transaction = Transaction::over(Arc::clone(&base));
        if !bundles.is_empty() {
            transaction.activate(&bundles)?;
        }
        for FirstPolicy { id, module, library } in policies {
            let tree = SyntaxTree::of_module(&module, base.program().options())
                .map_err(WriteError::Modules)?;
            let owner = if library { Owner::Library } else { Owner::Nobody };
            let named = Module { name: id.into(), ..module };
            transaction.begin_with(PolicyFile::parsed(named, tree, owner));
        }
        let mut parts = transaction.into_parts()?;
        parts.program = with_version(parts.program, base.runtime());
        Ok(base.next(parts))
    }
}
