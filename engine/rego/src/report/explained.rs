//! Steps of the evaluator that goes OPA's way, as a trace.

use super::trace::TraceTree;
use super::tracer::place;
use super::{Names, Trace, TraceEvent, TraceNode, TraceOp, TraceVariable};
use crate::value::Value;
use referee_rego_eval::Tree;
use referee_rego_partial::{Local, Nodes, Step, StepNode, StepOp, Steps};
use referee_rego_syntax::json::{JsonOptions, term_to_text};

/// The most bytes of texts that a trace holds: many steps can be about one long body.
const MOST_BYTES: usize = 64 << 20;

/// The trace of some steps.
pub(crate) fn trace(steps: &Steps, nodes: &mut Nodes<'_>, names: Names<'_>) -> Trace {
    let (mut events, mut cut) = (Vec::with_capacity(steps.list.len()), steps.cut);
    let mut room = MOST_BYTES;
    for step in &steps.list {
        let event = event(step, nodes.of(step), names);
        match room.checked_sub(event.text.len().saturating_add(event.source.len())) {
            Some(left) => room = left,
            None => {
                cut = true;
                break;
            }
        }
        events.push(event);
    }
    Trace::new(events, cut)
}

fn event(step: &Step, node: Option<StepNode>, names: Names<'_>) -> TraceEvent {
    let kind = match node.as_ref().map(|node| (&*node.tree, node.expression)) {
        Some((Tree::Rule(_), _)) => TraceNode::Rule,
        Some((Tree::Body(_), false)) => TraceNode::Body,
        Some((Tree::Body(_), true)) | None => TraceNode::Expr,
    };
    let text = match (&step.target, &node) {
        (Some(target), _) => target.clone(),
        (None, Some(node)) if kind == TraceNode::Rule => node.text.to_string(),
        (None, Some(node)) => names.rewrite(&node.text),
        (None, None) => String::new(),
    };
    TraceEvent {
        op: op(step.op),
        node: kind,
        text,
        tree: TraceTree(node.map(|node| node.tree)),
        message: step.message.clone(),
        location: place(&step.location),
        source: step.location.text().to_owned(),
        query: step.query,
        parent: step.parent,
        variables: step.locals.iter().map(|(name, local)| variable(name, local)).collect(),
    }
}

fn variable(name: &str, local: &Local) -> TraceVariable {
    let (value, open) = match local {
        Local::Value(value) => (Value(value.clone()), None),
        Local::Open(term) => (
            Value(referee_rego_value::Value::Null),
            Some(term_to_text(term, &JsonOptions::parse_module(), false)),
        ),
    };
    TraceVariable { name: name.to_owned(), value, written: String::new(), open }
}

fn op(op: StepOp) -> TraceOp {
    match op {
        StepOp::Enter => TraceOp::Enter,
        StepOp::Exit => TraceOp::Exit,
        StepOp::Eval => TraceOp::Eval,
        StepOp::Redo => TraceOp::Redo,
        StepOp::Fail => TraceOp::Fail,
        StepOp::Save => TraceOp::Save,
        StepOp::Duplicate => TraceOp::Duplicate,
        StepOp::Index => TraceOp::Index,
        StepOp::Note => TraceOp::Note,
        StepOp::Unify => TraceOp::Unify,
    }
}
