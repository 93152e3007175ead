//! Policies by their names.

use super::error::WriteError;
use referee_rego::{CompileOptions, Module, RegoCode, SyntaxTree};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Policies by their ids, in order.
pub(super) type Policies = BTreeMap<Arc<str>, Arc<PolicyFile>>;

/// One policy: its text as it was given, and its tree.
#[derive(Debug)]
pub struct PolicyFile {
    id: Arc<str>,
    text: Arc<str>,
    rego_v0: Option<bool>,
    tree: SyntaxTree,
    package: Vec<String>,
    owner: Owner,
}

/// Who brought a policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Owner {
    /// Nobody in particular: a file at the start, or a write.
    Nobody,
    /// A bundle, by its name.
    Bundle(Arc<str>),
    /// It is of the library that comes with Referee: imported, not listed, not written.
    Library,
}

impl PolicyFile {
    /// Parses a policy.
    pub(super) fn parse(
        id: &str,
        text: &str,
        rego_v0: Option<bool>,
        owner: Owner,
        options: &CompileOptions,
    ) -> Result<Self, WriteError> {
        let module = Module::new(id, text).with_rego_v0(rego_v0);
        let tree = SyntaxTree::of_module(&module, options).map_err(|errors| {
            let first = errors.first();
            if first.code == RegoCode::Parse && first.message == "empty module" {
                WriteError::Empty { id: id.to_owned() }
            } else {
                WriteError::Modules(errors)
            }
        })?;
        Ok(Self::parsed(module, tree, owner))
    }

    /// Takes over what is parsed already.
    pub(super) fn parsed(module: Module, tree: SyntaxTree, owner: Owner) -> Self {
        let package = tree.package_parts();
        let Module { name: id, text, rego_v0 } = module;
        Self { id, text, rego_v0, tree, package, owner }
    }

    /// Its id: the path under which it was written, or the name of its file.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Its text, as it was given.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Its package, part by part, without `data`.
    #[must_use]
    pub fn package(&self) -> &[String] {
        &self.package
    }

    /// Its tree, as it was parsed.
    #[must_use]
    pub fn tree(&self) -> &SyntaxTree {
        &self.tree
    }

    /// The bundle that brought it.
    #[must_use]
    pub fn bundle(&self) -> Option<&str> {
        if let Owner::Bundle(name) = &self.owner { Some(name) } else { None }
    }

    /// Whether it is of the library that comes with Referee.
    #[must_use]
    pub fn is_of_library(&self) -> bool {
        self.owner == Owner::Library
    }

    /// As the compiler takes it.
    pub(super) fn source(&self) -> (Module, Option<SyntaxTree>) {
        let module = Module::new(Arc::clone(&self.id), Arc::clone(&self.text));
        (module.with_rego_v0(self.rego_v0), Some(self.tree.clone()))
    }
}
