//! A policy that is ready to rule.

use crate::rulings;
use crate::view::InputView;
use referee_core::Digest;
use referee_core::decision::{Mode, PolicyIdentity};
use referee_core::json::canonical;
use referee_rego::{
    CompileOptions, EngineChoice, EvalBudget, Module, Policy, PolicyError, Program, RegoEngine,
    Ruling, Value,
};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// The package of Ratify's policies and the rule that Ratify asks
/// (`pkg/policyprovider/policyquery/rego` of Ratify 1).
const RATIFY_PACKAGE: &str = "ratify.policy";
const RATIFY_RULE: &str = "valid";

/// Where the text of a policy comes from: its modules, its data, and what its author calls it.
#[derive(Clone, Debug)]
pub struct PolicySource {
    /// Name (path) and text of each module.
    pub modules: Vec<(String, String)>,
    /// The base document.
    pub data: Value,
    /// The package to ask; `None` where the modules leave only one choice.
    pub package: Option<String>,
    /// The revision; `None` for the start of the digest.
    pub revision: Option<String>,
    /// What a deny leads to.
    pub mode: Mode,
    /// The modules are written in Rego v0, and so are those that come to them later.
    pub rego_v0: bool,
    /// The same of the modules that it comes with alone, where that is known of them: a pack is
    /// Rego v1 whatever is written beside it.
    pub own_rego_v0: Option<bool>,
    /// What it is given as its input. Under Ratify's view it is Rego v0, and rules by the boolean
    /// `valid` of the package `ratify.policy`, or of the one that is named.
    pub view: InputView,
    /// Which engine evaluates them. It is no part of the digest: engines agree, or there is no
    /// decision.
    pub engine: EngineChoice,
    /// Names of modules that belong to a library: they are never asked.
    pub library: Vec<(String, String)>,
}

/// A compiled policy with its identity.
#[derive(Clone, Debug)]
pub struct LoadedPolicy {
    pub(crate) policy: Policy,
    pub(crate) pace: Arc<Pace>,
    number: u64,
    repeatable: bool,
    identity: PolicyIdentity,
    form: Arc<Form>,
}

/// What a policy is apart from its program.
#[derive(Debug)]
struct Form {
    /// The package as it was named, if it was.
    package: Option<String>,
    /// The revision that was given, and the digest it was given for.
    revision: Option<(String, Digest)>,
    mode: Mode,
    rego_v0: bool,
    view: InputView,
    /// The names of the modules of the library.
    library: BTreeSet<String>,
}

impl Form {
    /// The policy that a program is under this form.
    fn of(&self, program: Program) -> Result<Policy, PolicyError> {
        match self.view {
            InputView::Facts => Policy::new(program, self.package.as_deref()),
            InputView::Ratify => {
                let package = self.package.as_deref().unwrap_or(RATIFY_PACKAGE);
                Policy::of_boolean(program, package, RATIFY_RULE)
            }
        }
    }

    /// The digest over modules (by name) and data: what rules, wherever it was loaded from.
    fn digest(&self, program: &Program) -> Digest {
        let modules = program.modules().iter();
        let mut modules: Vec<_> = modules.map(|module| (&*module.name, &*module.text)).collect();
        modules.sort_unstable();
        let pairs = modules.iter().map(|(name, text)| serde_json::json!([name, text]));
        // The data are canonical in themselves, with all digits of their numbers.
        // Members that were added later stand there only where they say something.
        let view = match self.view {
            InputView::Facts => "",
            InputView::Ratify => r#","view":"ratify""#,
        };
        let document = format!(
            r#"{{"data":{},"modules":{},"package":{},"rego_v0":{}{view}}}"#,
            program.data().to_json_string(),
            canonical(&pairs.collect()),
            canonical(&self.package.as_deref().into()),
            self.rego_v0,
        );
        Digest::sha256(document.as_bytes())
    }
}

/// Tells compiled policies apart. A policy that is compiled again is another one.
static NUMBERS: AtomicU64 = AtomicU64::new(0);

/// How long the last evaluation of a policy took.
#[derive(Debug, Default)]
pub(crate) struct Pace(AtomicU64);

impl Pace {
    /// Evaluations under this many nanoseconds are quick: a tenth of what one is then allowed on a
    /// thread that serves requests.
    const QUICK: u64 = 200_000;

    /// Takes note of an evaluation.
    pub(crate) fn note(&self, took: Duration) {
        let nanoseconds = u64::try_from(took.as_nanos()).unwrap_or(u64::MAX);
        self.0.store(nanoseconds.max(1), Ordering::Relaxed);
    }

    /// Whether the last one was quick. False before the first.
    pub(crate) fn is_quick(&self) -> bool {
        (1..Self::QUICK).contains(&self.0.load(Ordering::Relaxed))
    }
}

impl LoadedPolicy {
    /// Compiles a policy.
    ///
    /// # Errors
    /// [`PolicyError`]: everything that is wrong with its modules, or that no package or several
    /// could be the one to ask.
    pub fn compile(source: &PolicySource) -> Result<Self, PolicyError> {
        let module = |(name, text): &(String, String)| Module::new(name.as_str(), text.as_str());
        // The library is Rego as it is since OPA 1.0, whatever the policy is.
        let library = source.library.iter().map(module).map(|m| m.with_rego_v0(Some(false)));
        let own = source.modules.iter().map(module).map(|m| m.with_rego_v0(source.own_rego_v0));
        let modules: Vec<Module> = library.chain(own).collect();
        let rego_v0 = source.rego_v0 || source.view.is_rego_v0();
        let options = CompileOptions::DEFAULT.with_rego_v0(rego_v0).with_engine(source.engine);
        let program = RegoEngine::compile(&modules, source.data.clone(), options)?;
        let mut form = Form {
            package: source.package.clone(),
            revision: None,
            mode: source.mode,
            rego_v0: source.own_rego_v0.unwrap_or(source.rego_v0),
            view: source.view,
            library: source.library.iter().map(|(name, _)| name.clone()).collect(),
        };
        let digest = form.digest(&program);
        form.revision = source.revision.clone().map(|revision| (revision, digest.clone()));
        Self::made(program, digest, Arc::new(form))
    }

    /// The same policy as another program has it: one whose modules or data were changed since. A
    /// revision that was given stands for what it was given for; what differs goes by its digest.
    ///
    /// Takes as long as it takes to write the data out.
    ///
    /// # Errors
    /// [`PolicyError`] where the program has no such package any more, or several that could decide.
    pub fn over(&self, program: Program) -> Result<Self, PolicyError> {
        let digest = self.form.digest(&program);
        Self::made(program, digest, Arc::clone(&self.form))
    }

    fn made(program: Program, digest: Digest, form: Arc<Form>) -> Result<Self, PolicyError> {
        let policy = form.of(program)?;
        let given = form.revision.as_ref().filter(|(_, of)| *of == digest);
        let revision = given.map(|(revision, _)| revision.clone());
        let revision = revision.unwrap_or_else(|| digest.hex().chars().take(12).collect());
        let identity = PolicyIdentity { package: policy.package().to_owned(), revision, digest };
        Ok(Self {
            repeatable: rulings::is_repeatable(policy.program().reads()),
            number: NUMBERS.fetch_add(1, Ordering::Relaxed),
            policy,
            pace: Arc::default(),
            identity,
            form,
        })
    }

    /// Whether a module of its program belongs to the library: it is there to be imported, and is
    /// never asked.
    #[must_use]
    pub fn is_of_library(&self, module: &str) -> bool {
        self.form.library.contains(module)
    }

    /// Its number, which no other compiled policy of this process has.
    pub(crate) fn number(&self) -> u64 {
        self.number
    }

    /// Whether the same question over the same facts always has the same ruling; see
    /// [`crate::rulings`].
    pub(crate) fn is_repeatable(&self) -> bool {
        self.repeatable
    }

    /// What it is given as its input.
    #[must_use]
    pub fn view(&self) -> InputView {
        self.form.view
    }

    /// What it is.
    #[must_use]
    pub fn identity(&self) -> &PolicyIdentity {
        &self.identity
    }

    /// What a deny leads to.
    #[must_use]
    pub fn mode(&self) -> Mode {
        self.form.mode
    }

    /// Rules over an input, here and now, within a time limit.
    ///
    /// # Errors
    /// [`PolicyError`] where the evaluation fails; to be taken as a deny by whoever enforces.
    pub fn decide(&self, input: &Value, budget: &EvalBudget) -> Result<Ruling, PolicyError> {
        self.policy.decide(input, budget)
    }

    /// The program, for questions other than the decision.
    #[must_use]
    pub fn program(&self) -> &referee_rego::Program {
        self.policy.program()
    }
}
