//! What is in force at one time.

use super::bundles::ActiveBundle;
use super::documents::Documents;
use super::error::ScopeError;
use super::policies::{Owner, Policies, PolicyFile};
use crate::data_path::DataPathError;
use referee_engine::{Asked, LoadedPolicy};
use referee_rego::{PolicyError, Program, RegoErrors, SyntaxTree, Value};
use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

/// Policies, data and what they make together. It never changes.
#[derive(Debug)]
pub struct Revision {
    number: u64,
    policies: Arc<Policies>,
    program: Program,
    strict: OnceLock<Result<Program, RegoErrors>>,
    bundles: Arc<BTreeMap<String, ActiveBundle>>,
    runtime: Value,
    documents: Documents,
    strict_documents: Documents,
    /// The policy that rules where a request names none, as it was at the start.
    ruled_by: Option<LoadedPolicy>,
    /// The same over this program.
    ruling: OnceLock<Result<LoadedPolicy, PolicyError>>,
}

/// What a next revision is made of.
#[derive(Debug)]
pub(super) struct Parts {
    pub(super) policies: Arc<Policies>,
    pub(super) program: Program,
    pub(super) bundles: Arc<BTreeMap<String, ActiveBundle>>,
}

impl Revision {
    pub(super) fn first(
        program: Program,
        ruled_by: Option<LoadedPolicy>,
        runtime: Value,
    ) -> Result<Self, RegoErrors> {
        let mut policies = Policies::new();
        for module in program.modules() {
            let tree = SyntaxTree::of_module(module, program.options())?;
            let library = ruled_by.as_ref().is_some_and(|by| by.is_of_library(&module.name));
            let owner = if library { Owner::Library } else { Owner::Nobody };
            let policy = PolicyFile::parsed(module.clone(), tree, owner);
            policies.insert(Arc::clone(&module.name), Arc::new(policy));
        }
        let parts = Parts { policies: Arc::new(policies), program, bundles: Arc::default() };
        let ruling = OnceLock::new();
        if let Some(policy) = &ruled_by {
            // Nothing has been set in it yet.
            let _ = ruling.set(Ok(policy.clone()));
        }
        Ok(Self { ruling, ..Self::made(1, parts, ruled_by, runtime) })
    }

    pub(super) fn next(&self, parts: Parts) -> Self {
        let number = self.number.saturating_add(1);
        Self::made(number, parts, self.ruled_by.clone(), self.runtime.clone())
    }

    fn made(number: u64, parts: Parts, ruled_by: Option<LoadedPolicy>, runtime: Value) -> Self {
        let Parts { policies, program, bundles } = parts;
        Self {
            number,
            policies,
            program,
            strict: OnceLock::new(),
            bundles,
            runtime,
            documents: Documents::default(),
            strict_documents: Documents::default(),
            ruled_by,
            ruling: OnceLock::new(),
        }
    }

    /// Its number: 1 at the start, and one more with each change.
    #[must_use]
    pub fn number(&self) -> u64 {
        self.number
    }

    /// The program.
    #[must_use]
    pub fn program(&self) -> &Program {
        &self.program
    }

    /// The program in which a builtin that fails ends the evaluation.
    ///
    /// # Errors
    /// Where an engine has to compile again for it, and refuses.
    pub fn strict_program(&self) -> Result<&Program, &RegoErrors> {
        let make = || self.program.with_strict_builtin_errors(true);
        self.strict.get_or_init(make).as_ref()
    }

    /// The base data.
    #[must_use]
    pub fn data(&self) -> &Value {
        self.program.data()
    }

    /// What `opa.runtime` answers.
    #[must_use]
    pub fn runtime(&self) -> &Value {
        &self.runtime
    }

    /// The policies that callers see, in the order of their ids.
    pub fn policies(&self) -> impl Iterator<Item = &PolicyFile> {
        self.policies.values().map(|policy| &**policy).filter(|policy| !policy.is_of_library())
    }

    /// A policy that callers see.
    #[must_use]
    pub fn policy(&self, id: &str) -> Option<&PolicyFile> {
        self.policies.get(id).map(|policy| &**policy).filter(|policy| !policy.is_of_library())
    }

    pub(super) fn all_policies(&self) -> &Arc<Policies> {
        &self.policies
    }

    /// The bundles that are active, by their names.
    #[must_use]
    pub fn bundles(&self) -> &BTreeMap<String, ActiveBundle> {
        &self.bundles
    }

    pub(super) fn shared_bundles(&self) -> &Arc<BTreeMap<String, ActiveBundle>> {
        &self.bundles
    }

    /// Whether a path may be written by others than bundles.
    ///
    /// # Errors
    /// [`ScopeError`] with the bundle that owns it.
    pub fn check_scope(&self, path: &[String]) -> Result<(), ScopeError> {
        super::bundles::check_scope(&self.bundles, path)
    }

    /// The document at a path of a URL (what stands after `/v1/data`), ready to be evaluated, and
    /// whether it was ready before.
    pub(crate) fn document(&self, url: &str) -> Result<(Arc<Asked>, bool), DataPathError> {
        self.documents.get(url, || self.program.clone(), &self.runtime)
    }

    /// The same, where a builtin that fails ends the evaluation.
    pub(crate) fn strict_document(&self, url: &str) -> Result<(Arc<Asked>, bool), DataPathError> {
        let program = || match self.strict_program() {
            Ok(program) => program.clone(),
            Err(_) => self.program.clone(),
        };
        self.strict_documents.get(url, program, &self.runtime)
    }

    /// The policy that rules where a request names none, if that is known without ado.
    pub(crate) fn ruling_at_hand(&self) -> Option<&Result<LoadedPolicy, PolicyError>> {
        self.ruling.get()
    }

    /// The policy that rules where a request names none; `None` where the server has none. The
    /// first to ask makes it, which takes as long as writing the data out does.
    pub fn ruling(&self) -> Option<&Result<LoadedPolicy, PolicyError>> {
        let by = self.ruled_by.as_ref()?;
        Some(self.ruling.get_or_init(|| by.over(self.program.clone())))
    }

    /// Whether there is a policy that rules where a request names none.
    #[must_use]
    pub fn rules(&self) -> bool {
        self.ruled_by.is_some()
    }
}
