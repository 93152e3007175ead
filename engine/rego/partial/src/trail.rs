//! The steps of an evaluation, in OPA's order and with what OPA tells of each (`v1/topdown/trace.go`).
//!
//! They are taken down where somebody asked for them, and refer to what the evaluation has anyway;
//! what they are about becomes a tree only when they are read. No more than [`MAX_STEPS`] are kept.

use crate::convert;
use crate::index::Found;
use crate::machine::{Eval, Frame, Machine};
use crate::rules::Rules;
use crate::term::{Body, Expr, Term};
use referee_rego_compile::RuleId;
use referee_rego_eval::Tree;
use referee_rego_syntax::Location;
use referee_rego_syntax::ast;
use referee_rego_syntax::print;
use referee_rego_value::{Str, Value};
use std::collections::HashMap;
use std::sync::Arc;

/// How many steps are kept: more than anybody reads, and no more than some hundred megabytes.
pub const MAX_STEPS: usize = 200_000;

/// What a step does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StepOp {
    /// A rule or a body begins.
    Enter,
    /// It held.
    Exit,
    /// An expression begins.
    Eval,
    /// It is gone back to an expression, a rule or a body, for what else it may give.
    Redo,
    /// An expression or the head of a rule gave nothing.
    Fail,
    /// An expression is put aside: something in it is unknown.
    Save,
    /// A rule gave what another way to it has given already.
    Duplicate,
    /// The definitions of a rule that may apply were looked up.
    Index,
    /// A builtin's word: `trace("…")`.
    Note,
    /// Two terms are made equal.
    Unify,
}

/// What a step is about.
#[derive(Clone, Debug)]
enum About {
    /// Nothing that stands in a program.
    Nothing,
    Rule(RuleId),
    Body(Body),
    /// An expression, and its place in its body.
    Expr(Arc<Expr>, usize),
    /// An expression that is written already.
    Written(Arc<ast::Expr>),
}

/// What a variable stands for.
#[derive(Clone, Debug)]
pub enum Local {
    /// A value.
    Value(Value),
    /// A term in which something is open.
    Open(ast::Term),
}

/// A step.
#[derive(Clone, Debug)]
pub struct Step {
    /// What it does.
    pub op: StepOp,
    /// The number of the body that runs.
    pub query: u64,
    /// The number of the body around it.
    pub parent: u64,
    /// Where it is.
    pub location: Location,
    /// What is said besides: `early`, `(matched 1 rule)`, the text of a note.
    pub message: String,
    /// Of a look-up, what was looked up: a reference.
    pub target: Option<String>,
    /// The variables of the body and what they stand for, by name; where they were asked for.
    pub locals: Vec<(Str, Local)>,
    about: About,
}

/// What a step is about, as a tree.
#[derive(Clone, Debug)]
pub struct StepNode {
    /// Whether it is one expression, not a body.
    pub expression: bool,
    /// The tree.
    pub tree: Arc<Tree>,
    /// The path of a rule, or the text of the expressions.
    pub text: Arc<str>,
}

/// The steps of an evaluation.
#[derive(Clone, Debug, Default)]
pub struct Steps {
    /// The steps.
    pub list: Vec<Step>,
    /// Whether there were more.
    pub cut: bool,
}

/// Makes trees of what steps are about; what many are about is made once.
#[derive(Debug)]
pub struct Nodes<'r> {
    rules: &'r Rules,
    of_rules: HashMap<RuleId, StepNode>,
    of_parts: HashMap<(usize, usize), StepNode>,
}

impl<'r> Nodes<'r> {
    /// Nothing made yet. The steps that are asked about must outlive this.
    #[must_use]
    pub fn new(rules: &'r Rules) -> Self {
        Self { rules, of_rules: HashMap::new(), of_parts: HashMap::new() }
    }

    /// What a step is about; `None` for a note.
    pub fn of(&mut self, step: &Step) -> Option<StepNode> {
        let body = |body: ast::Body, expression| {
            let text = print::body(&body).into();
            StepNode { expression, tree: Arc::new(Tree::Body(body)), text }
        };
        Some(match &step.about {
            About::Nothing => return None,
            About::Rule(id) => {
                if let Some(known) = self.of_rules.get(id) {
                    return Some(known.clone());
                }
                let (_, rule) = self.rules.compiled.rule(*id)?;
                let text = self.rules.info(*id).map(|info| constant_path(&info.reference));
                let tree = Arc::new(Tree::Rule(Box::new(rule.clone())));
                let node =
                    StepNode { expression: false, tree, text: text.unwrap_or_default().into() };
                self.of_rules.insert(*id, node.clone());
                node
            }
            About::Body(of) => {
                let key = (of.as_ptr().addr(), usize::MAX);
                let made = self.of_parts.entry(key);
                made.or_insert_with(|| body(convert::written_body(of), false)).clone()
            }
            About::Expr(expr, index) if step.op != StepOp::Unify => {
                let made = self.of_parts.entry((Arc::as_ptr(expr).addr(), *index));
                made.or_insert_with(|| body(vec![placed(expr, *index)], true)).clone()
            }
            About::Expr(expr, index) => body(vec![placed(expr, *index)], true),
            About::Written(expr) => body(vec![ast::Expr::clone(expr)], true),
        })
    }
}

fn placed(expr: &Expr, index: usize) -> ast::Expr {
    let index = u32::try_from(index).unwrap_or(u32::MAX);
    ast::Expr { index, ..convert::written_expr(expr) }
}

/// The path of a rule up to the first part that is not constant.
fn constant_path(reference: &[Term]) -> String {
    let parts = crate::term::constant_prefix(reference);
    print::reference(&parts.iter().map(convert::written).collect::<Vec<_>>())
}

/// What is to be taken down.
#[derive(Clone, Copy, Debug, Default)]
pub struct Wanted {
    /// The variables of each step.
    pub locals: bool,
    /// Each time that two terms are made equal.
    pub unify: bool,
}

/// Takes down steps.
#[derive(Debug)]
pub(crate) struct Trail {
    wanted: Wanted,
    pub(crate) steps: Steps,
}

impl Trail {
    pub(crate) fn new(wanted: Wanted) -> Self {
        Self { wanted, steps: Steps::default() }
    }
}

impl Machine<'_, '_> {
    /// Tells of a rule whose body is the frame's.
    pub(crate) fn tell_rule(&mut self, f: &Frame, op: StepOp, id: RuleId) -> Eval<()> {
        if self.trail.is_none() {
            return Ok(());
        }
        let location = self.rules.info(id).map(|info| info.location.clone());
        let location = location.unwrap_or(Location::NONE);
        self.told(f, op, (About::Rule(id), location), (early(f, op), None))
    }

    /// Tells of the frame's body.
    pub(crate) fn tell_body(&mut self, f: &Frame, op: StepOp) -> Eval<()> {
        if self.trail.is_none() {
            return Ok(());
        }
        let location = f.query.first().map_or(Location::NONE, |first| first.location.clone());
        self.told(f, op, (About::Body(Arc::clone(&f.query)), location), (early(f, op), None))
    }

    /// Tells of an expression of a body.
    pub(crate) fn tell(&mut self, f: &Frame, op: StepOp, expr: &Arc<Expr>) -> Eval<()> {
        if self.trail.is_none() {
            return Ok(());
        }
        let about = About::Expr(Arc::clone(expr), f.index.get());
        self.told(f, op, (about, expr.location.clone()), (early(f, op), None))
    }

    /// Tells of an expression that stands around the body that runs, at a place in its own.
    pub(crate) fn tell_around(
        &mut self,
        f: &Frame,
        op: StepOp,
        (expr, index): (&Arc<Expr>, usize),
    ) -> Eval<()> {
        if self.trail.is_none() {
            return Ok(());
        }
        let about = About::Expr(Arc::clone(expr), index);
        self.told(f, op, (about, expr.location.clone()), (early(f, op), None))
    }

    /// Tells of an expression that has been put aside.
    pub(crate) fn tell_saved(&mut self, f: &Frame, saved: &crate::save::Saved) -> Eval<()> {
        if self.trail.is_none() {
            return Ok(());
        }
        let (about, location) = match saved {
            crate::save::Saved::Open(expr, ..) => {
                (About::Expr(Arc::clone(expr), 0), expr.location.clone())
            }
            crate::save::Saved::Done(expr) => {
                (About::Written(Arc::new(ast::Expr { index: 0, ..expr.clone() })), Location::NONE)
            }
        };
        self.told(f, StepOp::Save, (about, location), (String::new(), None))
    }

    /// Whether it is told each time that two terms are made equal.
    pub(crate) fn follows_unify(&self) -> bool {
        self.trail.as_ref().is_some_and(|trail| trail.wanted.unify)
    }

    /// Tells that two terms are made equal.
    pub(crate) fn tell_unify(&mut self, f: &Frame, a: &Term, b: &Term) -> Eval<()> {
        if !self.follows_unify() {
            return Ok(());
        }
        self.measure(a)?;
        self.measure(b)?;
        let expr = Arc::new(Expr::equality(a.clone(), b.clone()));
        self.told(f, StepOp::Unify, (About::Expr(expr, 0), Location::NONE), (String::new(), None))
    }

    /// Tells which definitions were found.
    pub(crate) fn tell_index(&mut self, f: &Frame, path: &[Term], found: &Found) -> Eval<()> {
        let Some(expr) = f.expr().filter(|_| self.trail.is_some()) else { return Ok(()) };
        let matched = found.rules.len();
        let rules = if matched == 1 { "rule" } else { "rules" };
        let exit = if found.early { ", early exit" } else { "" };
        let message = format!("(matched {matched} {rules}{exit})");
        let parts: Vec<ast::Term> = path.iter().map(convert::written).collect();
        let about = About::Expr(Arc::clone(expr), f.index.get());
        let target = Some(print::reference(&parts));
        self.told(f, StepOp::Index, (about, expr.location.clone()), (message, target))
    }

    /// Tells what `trace` says.
    pub(crate) fn tell_note(&mut self, f: &Frame, text: &str) -> Eval<()> {
        if self.trail.is_none() {
            return Ok(());
        }
        self.context.reserve(text.len())?;
        let location = f.location().clone();
        self.put(Step {
            op: StepOp::Note,
            query: f.id,
            parent: f.parent,
            location,
            message: text.to_owned(),
            target: None,
            locals: Vec::new(),
            about: About::Nothing,
        })
    }

    fn told(
        &mut self,
        f: &Frame,
        op: StepOp,
        (about, location): (About, Location),
        (message, target): (String, Option<String>),
    ) -> Eval<()> {
        // What stands nowhere is told of at the place that was told of last.
        let location = if location.row == 0 {
            f.told_at.borrow().clone()
        } else {
            f.told_at.replace(location.clone());
            location
        };
        let wanted = self
            .trail
            .as_ref()
            .is_some_and(|trail| trail.wanted.locals && trail.steps.list.len() < MAX_STEPS);
        let locals = if wanted { self.locals(f)? } else { Vec::new() };
        let (query, parent) = (f.id, f.parent);
        self.put(Step { op, query, parent, location, message, target, locals, about })
    }

    fn put(&mut self, step: Step) -> Eval<()> {
        self.context.reserve(size_of::<Step>())?;
        if let Some(trail) = &mut self.trail {
            if trail.steps.list.len() < MAX_STEPS {
                trail.steps.list.push(step);
            } else {
                trail.steps.cut = true;
            }
        }
        Ok(())
    }

    /// The variables of a body and what they stand for.
    fn locals(&mut self, f: &Frame) -> Eval<Vec<(Str, Local)>> {
        let names = self.scopes.get(f.scope.0).map(|list| list.names()).unwrap_or_default();
        let mut locals = Vec::with_capacity(names.len());
        for name in names {
            self.context.reserve(size_of::<(Str, Local)>())?;
            let local = match self.plug(&Term::Var(name.clone()), f.scope)? {
                Term::Value(value) => Local::Value(value),
                open => {
                    self.measure(&open)?;
                    Local::Open(convert::written(&open))
                }
            };
            locals.push((name, local));
        }
        locals.sort_by(|a, b| a.0.as_str().cmp(b.0.as_str()));
        Ok(locals)
    }
}

/// A body that is left with its first value says so where it holds.
fn early(f: &Frame, op: StepOp) -> String {
    if op == StepOp::Exit && f.find_one { "early".to_owned() } else { String::new() }
}
