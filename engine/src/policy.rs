//! A policy that is ready to rule.

use referee_core::Digest;
use referee_core::decision::{Mode, PolicyIdentity};
use referee_core::json::canonical;
use referee_rego::{
    CompileOptions, Module, Policy, PolicyError, RegoCode, RegoEngine, RegoError, Value,
};

/// Where the text of a policy comes from: its modules, its data, and what its author calls it.
#[derive(Clone, Debug)]
pub struct PolicySource {
    /// Name (path) and text of each module.
    pub modules: Vec<(String, String)>,
    /// The base document.
    pub data: serde_json::Value,
    /// The package to ask; `None` where the modules leave only one choice.
    pub package: Option<String>,
    /// The revision; `None` for the start of the digest.
    pub revision: Option<String>,
    /// What a deny leads to.
    pub mode: Mode,
    /// The modules are written in Rego v0.
    pub rego_v0: bool,
    /// Names of modules that belong to a library: they are never asked.
    pub library: Vec<(String, String)>,
}

/// A compiled policy with its identity.
#[derive(Clone, Debug)]
pub struct LoadedPolicy {
    pub(crate) policy: Policy,
    identity: PolicyIdentity,
    mode: Mode,
}

impl LoadedPolicy {
    /// Compiles a policy.
    ///
    /// # Errors
    /// [`PolicyError`]: everything that is wrong with its modules, or that no package or several
    /// could be the one to ask.
    pub fn compile(source: &PolicySource) -> Result<Self, PolicyError> {
        let digest = digest(source);
        let modules: Vec<Module> = source
            .library
            .iter()
            .chain(&source.modules)
            .map(|(name, text)| Module::new(name.as_str(), text.as_str()))
            .collect();
        let options = CompileOptions::DEFAULT.with_rego_v0(source.rego_v0);
        let data = Value::from_json(source.data.clone()).map_err(unusable_data)?;
        let program = RegoEngine::compile(&modules, data, options)?;
        let policy = Policy::new(program, source.package.as_deref())?;
        let revision =
            source.revision.clone().unwrap_or_else(|| digest.hex().chars().take(12).collect());
        let identity = PolicyIdentity { package: policy.package().to_owned(), revision, digest };
        Ok(Self { policy, identity, mode: source.mode })
    }

    /// What it is.
    #[must_use]
    pub fn identity(&self) -> &PolicyIdentity {
        &self.identity
    }

    /// What a deny leads to.
    #[must_use]
    pub fn mode(&self) -> Mode {
        self.mode
    }

    /// The program, for questions other than the decision.
    #[must_use]
    pub fn program(&self) -> &referee_rego::Program {
        self.policy.program()
    }
}

fn unusable_data(error: referee_rego::ValueError) -> PolicyError {
    RegoError::new(RegoCode::Compile, format!("the policy's data: {error}")).into()
}

/// The digest over modules (by name) and data: what rules, wherever it was loaded from.
fn digest(source: &PolicySource) -> Digest {
    let mut modules: Vec<_> = source.modules.iter().chain(&source.library).collect();
    modules.sort();
    let document = serde_json::json!({
        "modules": modules.iter().map(|(name, text)| serde_json::json!([name, text])).collect::<Vec<_>>(),
        "data": source.data,
        "package": source.package,
        "rego_v0": source.rego_v0,
    });
    Digest::sha256(canonical(&document).as_bytes())
}
