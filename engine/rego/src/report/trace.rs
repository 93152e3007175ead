//! The steps of an evaluation, as OPA tells and prints them (`v1/topdown/trace.go`,
//! `v1/topdown/lineage`).

use crate::error::Location;
use crate::value::{MAX_DEPTH, Value, depth_exceeds};
use referee_rego_eval::Tree;
use referee_rego_syntax::json::{JsonOptions, body_to_text, rule_to_text};
use std::collections::BTreeMap;
use std::convert::Infallible;
use std::fmt::Write as _;
use std::sync::Arc;

/// The longest value of a variable that is printed, in characters; OPA's number.
const MAX_VALUE: usize = 32;

/// The most bytes of values that a trace holds, as JSON: nobody reads more.
const MOST_BYTES: u64 = 64 << 20;

/// What stands for a value that a trace does not hold.
const LEFT_OUT: &str = "…";

/// The note that stands at the end of a trace that does not have all steps.
const CUT: &str = "explanation cut: there are more steps than are told";

/// What a step does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TraceOp {
    /// A rule or a body begins.
    Enter,
    /// It held.
    Exit,
    /// An expression begins.
    Eval,
    /// It is gone back to an expression, a rule or a body, for what else it may give.
    Redo,
    /// An expression gave nothing.
    Fail,
    /// The definitions of a rule that may apply were looked up.
    Index,
    /// A builtin's word: `trace("…")`.
    Note,
    /// An expression is put aside, because something in it is unknown.
    Save,
    /// A rule gave what another way to it had given already.
    Duplicate,
    /// Two terms are made equal.
    Unify,
}

impl TraceOp {
    /// OPA's name of it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Enter => "Enter",
            Self::Exit => "Exit",
            Self::Eval => "Eval",
            Self::Redo => "Redo",
            Self::Fail => "Fail",
            Self::Index => "Index",
            Self::Note => "Note",
            Self::Save => "Save",
            Self::Duplicate => "Duplicate",
            Self::Unify => "Unify",
        }
    }
}

/// What a step is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TraceNode {
    /// A rule.
    Rule,
    /// A body.
    Body,
    /// An expression.
    Expr,
}

/// A step.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct TraceEvent {
    /// What it does.
    pub op: TraceOp,
    /// What it is about.
    pub node: TraceNode,
    /// That, as text: the path of a rule, or the expression as it was compiled.
    pub text: String,
    pub(crate) tree: TraceTree,
    /// What is said besides: `early`, `(matched 1 rule)`, the text of a note.
    pub message: String,
    /// Where it stands.
    pub location: Location,
    /// Its source text.
    pub source: String,
    /// The number of the body that runs.
    pub query: u64,
    /// The number of the body around it.
    pub parent: u64,
    /// The variables that it reads and their values, where they were asked for; sorted by name.
    pub variables: Vec<TraceVariable>,
}

/// The tree of what a step is about. Steps are told apart by everything else.
#[derive(Clone, Debug, Default)]
pub(crate) struct TraceTree(pub(crate) Option<Arc<Tree>>);

impl PartialEq for TraceTree {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for TraceTree {}

/// A variable and its value.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub struct TraceVariable {
    /// Its name, or the one that the compiler gave it.
    pub name: String,
    /// Its value.
    pub value: Value,
    /// What it stands for, as it is written: its name, or an expression.
    pub written: String,
    /// OPA's JSON of what it stands for, where that is no value but has variables in it.
    pub(crate) open: Option<String>,
}

impl TraceVariable {
    /// OPA's JSON of what it stands for: a value or, where variables are in it, a term.
    #[must_use]
    pub fn term_json(&self) -> String {
        self.open.clone().unwrap_or_else(|| self.value.to_term_json())
    }

    /// How a reader knows it: by its name, or where the compiler gave it that by the expression
    /// that it stands for.
    #[must_use]
    pub fn label(&self) -> &str {
        let made = self.name.starts_with("__local") || self.name == "_";
        let shown = made && !self.written.is_empty() && !self.written.contains('\n');
        if shown { &self.written } else { &self.name }
    }
}

/// Which steps are told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Explain {
    /// Notes, and the way to them.
    Notes,
    /// Failures, and the way to them.
    Fails,
    /// Both.
    NotesAndFails,
    /// All but [`TraceOp::Unify`].
    Full,
    /// All.
    Debug,
}

/// The steps of an evaluation.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Trace {
    pub(crate) events: Vec<TraceEvent>,
    /// Whether there were more than are kept.
    pub(crate) cut: bool,
}

impl Trace {
    /// The trace of steps. Where there were more, a note at their end says so.
    pub(crate) fn new(mut events: Vec<TraceEvent>, cut: bool) -> Self {
        if cut {
            events.push(TraceEvent::cut_off(events.last()));
        }
        Self { events, cut }
    }

    /// All steps.
    #[must_use]
    pub fn events(&self) -> &[TraceEvent] {
        &self.events
    }

    /// Whether there were more steps than are kept.
    #[must_use]
    pub fn is_cut(&self) -> bool {
        self.cut
    }

    /// The same with values of no more than so many bytes together. Values share their parts, so a
    /// small one can have a text without end: from the first on that is too large, all are left
    /// out. What is nested too deep to be written is left out, too.
    pub(crate) fn within(mut self, limit: u64) -> Self {
        let mut left = limit.min(MOST_BYTES);
        for variable in self.events.iter_mut().flat_map(|event| &mut event.variables) {
            let value = &variable.value.0;
            if depth_exceeds(value, MAX_DEPTH) {
                variable.value = Value::from(LEFT_OUT);
                continue;
            }
            let Ok(size) = value.json_size_within(left, &mut |_| Ok::<(), Infallible>(()));
            match size.and_then(|size| left.checked_sub(size)) {
                Some(rest) => left = rest,
                None => {
                    left = 0;
                    variable.value = Value::from(LEFT_OUT);
                }
            }
        }
        self
    }

    /// The steps of a kind.
    #[must_use]
    pub fn filtered(&self, explain: Explain) -> Vec<&TraceEvent> {
        let wanted = |event: &TraceEvent| match explain {
            Explain::Notes => event.op == TraceOp::Note,
            Explain::Fails => event.op == TraceOp::Fail,
            Explain::NotesAndFails => matches!(event.op, TraceOp::Note | TraceOp::Fail),
            Explain::Full => event.op != TraceOp::Unify,
            Explain::Debug => true,
        };
        if matches!(explain, Explain::Full | Explain::Debug) {
            return self.events.iter().filter(|event| wanted(event)).collect();
        }
        let mut entered: BTreeMap<u64, &TraceEvent> = BTreeMap::new();
        let mut kept = Vec::new();
        let end = self.events.last().filter(|_| self.cut);
        for event in &self.events {
            if wanted(event) || end.is_some_and(|end| std::ptr::eq(end, event)) {
                kept.extend(way_to(event, &entered));
                entered.clear();
            }
            let enters = matches!(event.op, TraceOp::Enter | TraceOp::Redo);
            if enters && event.node != TraceNode::Expr {
                entered.insert(event.query, event);
            }
        }
        kept
    }

    /// The last step that failed and is no `every`: why a test fails.
    #[must_use]
    pub fn failure(&self) -> Option<&TraceEvent> {
        let failed = |event: &&TraceEvent| {
            event.op == TraceOp::Fail
                && event.node == TraceNode::Expr
                && event.query != 0
                && !event.text.starts_with("every ")
        };
        self.events.iter().rev().find(failed)
    }

    /// Prints steps as OPA does, each with its place, and with its variables where asked for.
    #[must_use]
    pub fn print(events: &[&TraceEvent], variables: bool) -> String {
        let mut depths: BTreeMap<u64, usize> = BTreeMap::new();
        let mut rows: Vec<[String; 3]> = Vec::with_capacity(events.len());
        for event in events {
            let known = depths.get(&event.query).copied().unwrap_or(0);
            let depth =
                if known > 0 { known } else { depths.get(&event.parent).copied().unwrap_or(0) + 1 };
            depths.insert(event.query, depth);
            let shown = if variables { event.shown_variables() } else { String::new() };
            rows.push([event.place(), event.line(depth), shown]);
        }
        let width = |column: usize| {
            rows.iter().filter_map(|row| row.get(column)).map(String::len).max().unwrap_or(0) + 4
        };
        let (places, lines) = (width(0), width(1));
        let mut text = String::new();
        for [place, line, shown] in &rows {
            // Writing to a string cannot fail.
            let _ = if variables {
                writeln!(text, "{place:<places$} {line:<lines$} {shown}")
            } else {
                writeln!(text, "{place:<places$} {line}")
            };
        }
        text
    }
}

/// The rules and bodies that lead to a step, and the step.
fn way_to<'e>(
    event: &'e TraceEvent,
    entered: &BTreeMap<u64, &'e TraceEvent>,
) -> impl Iterator<Item = &'e TraceEvent> + use<'e> {
    let mut way = vec![event];
    let mut at = entered.get(&event.query).copied();
    while let Some(step) = at {
        way.push(step);
        at = entered.get(&step.parent).copied().filter(|next| !std::ptr::eq(*next, step));
    }
    way.into_iter().rev()
}

impl TraceEvent {
    /// What the step is about as it was compiled: OPA's JSON of the rule, body or expression, on
    /// one line; `null` where there is no tree.
    #[must_use]
    pub fn node_json(&self) -> String {
        let options = JsonOptions::parse_module();
        match self.tree.0.as_deref() {
            Some(Tree::Rule(rule)) => rule_to_text(rule, &options, false),
            Some(Tree::Body(body)) => {
                let text = body_to_text(body, &options, false);
                let inside = text.strip_prefix('[').and_then(|text| text.strip_suffix(']'));
                let alone = inside.filter(|_| self.node == TraceNode::Expr);
                alone.map_or_else(|| text.clone(), ToOwned::to_owned)
            }
            None => "null".to_owned(),
        }
    }

    /// The note that no more steps are told after one, though there were more.
    #[must_use]
    pub fn cut_off(last: Option<&Self>) -> Self {
        Self {
            op: TraceOp::Note,
            node: TraceNode::Expr,
            text: String::new(),
            tree: TraceTree::default(),
            message: CUT.to_owned(),
            location: last.map_or(Location { file: String::new(), row: 1, col: 1 }, |last| {
                last.location.clone()
            }),
            source: String::new(),
            query: last.map_or(0, |last| last.query),
            parent: last.map_or(0, |last| last.parent),
            variables: Vec::new(),
        }
    }

    fn place(&self) -> String {
        if self.location.file.is_empty() {
            format!("query:{}", self.location.row)
        } else {
            self.location.to_string()
        }
    }

    fn line(&self, depth: usize) -> String {
        let inside = match (self.op, self.node) {
            (TraceOp::Enter, _) | (TraceOp::Redo, TraceNode::Rule | TraceNode::Body) => depth,
            _ => depth + 1,
        };
        let mut line = "| ".repeat(inside.saturating_sub(1));
        line.push_str(self.op.as_str());
        if self.op == TraceOp::Note {
            let _ = write!(line, " \"{}\"", self.message);
            return line;
        }
        let _ = write!(line, " {}", self.text);
        if !self.message.is_empty() {
            let _ = write!(line, " {}", self.message);
        }
        line
    }

    fn shown_variables(&self) -> String {
        let shown = |TraceVariable { name, value, .. }: &TraceVariable| {
            let text = value.to_rego_string();
            let short: String = if text.chars().count() > MAX_VALUE {
                text.chars().take(MAX_VALUE.saturating_sub(3)).chain("...".chars()).collect()
            } else {
                text
            };
            format!("{name}: {short}")
        };
        let shown: Vec<_> = self.variables.iter().map(shown).collect();
        format!("{{{}}}", shown.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn step(op: TraceOp, query: u64) -> TraceEvent {
        TraceEvent { op, message: String::new(), query, ..TraceEvent::cut_off(None) }
    }

    #[test]
    fn a_trace_that_was_cut_says_so_at_its_end_whatever_is_asked_for() {
        let steps = vec![step(TraceOp::Eval, 1), step(TraceOp::Fail, 2), step(TraceOp::Redo, 3)];
        for (explain, told) in
            [(Explain::Full, 4), (Explain::Debug, 4), (Explain::Fails, 2), (Explain::Notes, 1)]
        {
            let trace = Trace::new(steps.clone(), true);
            let filtered = trace.filtered(explain);
            assert_eq!(filtered.len(), told, "{explain:?}");
            let last = filtered.last().unwrap();
            assert_eq!((last.op, last.message.as_str(), last.query), (TraceOp::Note, CUT, 3));
            let whole = Trace::new(steps.clone(), false);
            assert_eq!(whole.filtered(explain).len(), told - 1, "{explain:?}");
        }
        assert_eq!(Trace::new(Vec::new(), true).events(), [TraceEvent::cut_off(None)]);
    }
}
