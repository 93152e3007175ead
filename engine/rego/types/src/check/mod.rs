//! The type checker: OPA's stage `CheckTypes` (`v1/ast/check.go`, `env.go`).
//!
//! It goes through rules that the compiler has rewritten, each after those it depends on, and
//! works out the type of each; or through a query. It refuses calls with the wrong number or types
//! of arguments, equalities that cannot hold, and references to what cannot be there. What it does
//! not know it lets pass. It does not look for undefined functions beyond those it comes across,
//! nor for unsafe variables or recursion: earlier stages do.

mod body;
mod calls;
mod closures;
mod problem;
mod refs;
mod rules;
mod schemas;
mod scope;
mod terms;
mod tree;
mod unify;
mod withs;

pub use schemas::SchemaSet;
pub use terms::write_ref;

use crate::{Capabilities, SchemaType, Type};
use closures::Memo;
use problem::Problem;
use referee_rego_syntax::Error;
use referee_rego_syntax::ast::{Body, Expr, Ref, Rule, SchemaAnnotation};
use referee_rego_value::Str;
use scope::Scope;
use std::cell::{Cell, RefCell};
use std::collections::{BTreeSet, HashMap};
use std::rc::Rc;
use std::sync::{Arc, OnceLock};
use tree::{Key, Node};

/// How many steps of comparing types one run may take. Beyond it types are taken to match: types
/// that take longer are made to.
const MAX_STEPS: u64 = 50_000_000;

/// How many bytes of lines are printed under errors at most. Further errors have none.
const MAX_DETAILS: usize = 16 << 20;

/// What is known of builtins, of `input`, and of the rules checked so far.
#[derive(Clone, Debug, Default)]
pub struct TypeEnv {
    globals: Node,
    rules: Node,
    builtins: Arc<BTreeSet<Arc<str>>>,
    /// The hosts that may be asked for remote schemas.
    allow_net: Option<Vec<Arc<str>>>,
    /// What recursive types stand for.
    definitions: Vec<Arc<OnceLock<Type>>>,
}

impl TypeEnv {
    /// The environment before any rule: the builtins, and what `input` is where that is known.
    #[must_use]
    pub fn new(capabilities: &Capabilities, input: Option<SchemaType>) -> Self {
        let mut env = Self { allow_net: capabilities.allow_net.clone(), ..Self::default() };
        if let Some(SchemaType { ty, definitions }) = input {
            env.globals.put([Key::Var(Str::new("input"))], ty);
            env.definitions = definitions;
        }
        for builtin in capabilities.builtins.values() {
            let path: Vec<Key> = builtin.reference().iter().filter_map(Key::of).collect();
            env.globals.put(path, Type::Function(Arc::clone(&builtin.function)));
        }
        env.builtins = Arc::new(capabilities.builtins.keys().cloned().collect());
        env
    }

    /// What is known of the document that a reference leads to: a rule, a package, `input`, a
    /// builtin. Unknown where it leads nowhere.
    #[must_use]
    pub fn lookup(&self, reference: &Ref) -> Type {
        let globals = Scope::tree(&self.globals, None);
        Scope::tree(&self.rules, Some(&globals)).reference(reference)
    }
}

/// A rule that is to be checked.
#[derive(Clone, Debug)]
pub struct RuleToCheck<'a> {
    /// The rule. An `else` is a rule of its own.
    pub rule: &'a Rule,
    /// The path of its package: `data.a.b`.
    pub package: &'a Ref,
    /// The schemas that annotations give for it, those of subpackages first.
    pub schemas: Vec<&'a SchemaAnnotation>,
}

/// What a check has found.
#[derive(Clone, Debug, Default)]
pub struct Outcome {
    /// The errors.
    pub errors: Vec<Error>,
    /// The builtins that are called.
    pub required: BTreeSet<Arc<str>>,
}

/// A reference for a reference.
pub type Rewrite<'a> = &'a dyn Fn(&Ref) -> Ref;

/// References for a reference.
pub type Resolve<'a> = &'a dyn Fn(&Ref) -> Vec<Ref>;

/// Checks rules and queries.
#[derive(Clone, Copy)]
pub struct Checker<'a> {
    /// A reference as it was written: with the written names of generated variables. Used for
    /// messages only.
    pub rewrite: Rewrite<'a>,
    /// For what a `with` replaces: the rules that it may be, and all rules that depend on them, as
    /// the ground parts of their references.
    pub dependents: Resolve<'a>,
    /// The schemas that annotations may name; without a set those that name one are ignored.
    pub schemas: Option<&'a SchemaSet>,
    /// Whether calls of functions that do not exist are let pass.
    pub allow_undefined_functions: bool,
}

impl std::fmt::Debug for Checker<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Checker").field("schemas", &self.schemas).finish_non_exhaustive()
    }
}

impl Checker<'_> {
    /// Checks rules, each after those it depends on, and adds their types to the environment.
    /// Errors are sorted by place.
    pub fn check_rules(&self, env: &mut TypeEnv, rules: &[RuleToCheck<'_>]) -> Outcome {
        let run = Run::new(self, env);
        let mut errors: Vec<Error> = Vec::new();
        let mut written = 0_usize;
        for error in rules.iter().flat_map(|rule| run.check_rule(env, rule)) {
            written =
                error.details.iter().fold(written, |sum, line| sum.saturating_add(line.len()));
            let error = match written > MAX_DETAILS {
                true => Error { details: Vec::new(), document: None, ..error },
                false => error,
            };
            errors.push(error);
        }
        errors.sort_by(by_place);
        run.outcome(errors)
    }

    /// Checks a query. Errors are in the order of its expressions.
    #[must_use]
    pub fn check_body(&self, env: &TypeEnv, body: &Body) -> Outcome {
        let run = Run::new(self, env);
        let globals = Scope::tree(&env.globals, None);
        let rules = Scope::tree(&env.rules, Some(&globals));
        let scope = Scope::body(&rules);
        let problems = run.check_body(&scope, body);
        run.outcome(problems.into_iter().map(|problem| problem.error).collect())
    }
}

/// The error of a call with the wrong number of arguments, where the environment knows the
/// function: `None` where it does not. The compiler finds such calls before types are checked.
#[must_use]
pub fn arity_mismatch(env: &TypeEnv, operator: &Ref, expr: &Expr) -> Option<Error> {
    let Type::Function(function) = env.lookup(operator) else {
        return None;
    };
    let checker = Checker {
        rewrite: &Ref::clone,
        dependents: &|_| Vec::new(),
        schemas: None,
        allow_undefined_functions: false,
    };
    let run = Run::new(&checker, env);
    let globals = Scope::tree(&env.globals, None);
    let rules = Scope::tree(&env.rules, Some(&globals));
    let (_, operands) = terms::call(expr)?;
    let have: Vec<Type> = operands.iter().map(|term| run.type_of(&rules, term)).collect();
    let want = function.without_result();
    let message = "arity mismatch";
    Some(Problem::arguments(message, operator, &have, &want, &expr.location).error)
}

/// OPA's order of errors: by file, line, column, then text; those without a place last.
fn by_place(a: &Error, b: &Error) -> std::cmp::Ordering {
    let place = |error: &Error| (error.location.row == 0, error.location.clone());
    let ((a_nowhere, a_place), (b_nowhere, b_place)) = (place(a), place(b));
    a_nowhere
        .cmp(&b_nowhere)
        .then_with(|| a_place.file().cmp(b_place.file()))
        .then_with(|| (a_place.row, a_place.col).cmp(&(b_place.row, b_place.col)))
        .then_with(|| a.to_string().cmp(&b.to_string()))
}

/// The target of a `with`, and whether that is a function.
type Replaced = (String, bool);

/// One run of the checker.
struct Run<'c> {
    checker: &'c Checker<'c>,
    builtins: Arc<BTreeSet<Arc<str>>>,
    steps: Cell<u64>,
    replacements: Cell<u64>,
    required: RefCell<BTreeSet<Arc<str>>>,
    memo: RefCell<Memo>,
    /// Whether nothing is let pass: a type is worked out.
    strict: Cell<bool>,
    /// Whether something has been let pass.
    lenient: Cell<bool>,
    /// The rules that a `with` changes.
    relaxed: RefCell<HashMap<Replaced, Option<Rc<Node>>>>,
    /// The types of schemas that have names.
    schemas: RefCell<HashMap<String, Type>>,
}

impl<'c> Run<'c> {
    fn new(checker: &'c Checker<'c>, env: &TypeEnv) -> Self {
        Self {
            checker,
            builtins: Arc::clone(&env.builtins),
            steps: Cell::new(0),
            replacements: Cell::new(0),
            required: RefCell::default(),
            memo: RefCell::default(),
            strict: Cell::new(false),
            lenient: Cell::new(false),
            relaxed: RefCell::default(),
            schemas: RefCell::default(),
        }
    }

    fn outcome(self, errors: Vec<Error>) -> Outcome {
        Outcome { errors, required: self.required.into_inner() }
    }

    /// Counts a step; false once there have been too many.
    fn step(&self) -> bool {
        let steps = self.steps.get().saturating_add(1);
        self.steps.set(steps);
        steps <= MAX_STEPS
    }
}
