//! The steps of an evaluation, as OPA tells them.
//!
//! A rule that hands its first value on waits until the body that asked for it is done with the
//! value; meanwhile that body is the innermost one.

use super::trace::TraceTree;
use super::{Profile, Trace, TraceEvent, TraceNode, TraceOp, TraceVariable};
use crate::ask::Reports;
use crate::error::Location;
use crate::value::Value;
use referee_rego_eval::{Node, NodeKind, Reader, Step};
use referee_rego_syntax::Location as Place;
use referee_rego_value::Str;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

/// How many steps are kept: more than anybody reads, and no more than some hundred megabytes.
const MAX_STEPS: usize = 200_000;

/// How the names of variables begin that the compiler made.
const MARK: &str = "__local";

/// The names with which variables were written, by those that the compiler gave them.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Names<'n> {
    pub(crate) modules: &'n HashMap<Str, Str>,
    pub(crate) query: &'n HashMap<Str, Str>,
}

impl Names<'_> {
    fn written<'s>(&'s self, name: &'s str) -> &'s str {
        let found = self.query.get(name).or_else(|| self.modules.get(name));
        let written = found.map_or(name, Str::as_str);
        if written.starts_with('$') { "_" } else { written }
    }

    /// A text with the names of variables as they were written. A key of `every` that nobody wrote
    /// is left out.
    pub(super) fn rewrite(&self, text: &str) -> String {
        const EVERY: &str = "every ";
        let key = text.strip_prefix(EVERY).and_then(|rest| rest.split_once(", "));
        match key.filter(|(key, _)| key.starts_with(MARK) && self.written(key) == *key) {
            Some((_, rest)) => format!("{EVERY}{}", self.renamed(rest)),
            None => self.renamed(text),
        }
    }

    fn renamed(&self, text: &str) -> String {
        let mut rewritten = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(at) = rest.find(MARK) {
            let (before, from) = rest.split_at_checked(at).unwrap_or((rest, ""));
            rewritten.push_str(before);
            let inside = from.strip_prefix(MARK).unwrap_or_default();
            let long = inside.find("__").map(|end| MARK.len() + end + 2);
            let (name, after) = long
                .and_then(|long| from.split_at_checked(long))
                .unwrap_or_else(|| from.split_at_checked(MARK.len()).unwrap_or((from, "")));
            rewritten.push_str(self.written(name));
            rest = after;
        }
        rewritten.push_str(rest);
        rewritten
    }
}

/// Puts steps into order.
pub(crate) struct Tracer<'n> {
    names: Names<'n>,
    /// Whether steps are kept, and with the values of variables.
    keep: bool,
    variables: bool,
    profile: Option<Profile>,
    clock: &'n dyn Fn() -> Duration,
    events: Vec<TraceEvent>,
    cut: bool,
    frames: Vec<Frame>,
    groups: Vec<Group>,
    /// Definitions that have handed a value on.
    waiting: Vec<Waiting>,
    next: u64,
}

/// A body that is being evaluated.
struct Frame {
    node: Arc<Node>,
    query: u64,
    parent: u64,
    entries: Vec<Entry>,
    /// Whether its first value is enough.
    early: bool,
    /// Whether it goes through the domain of an `every`.
    domain: bool,
    /// Whether it gave `false` where that does not count.
    refused: bool,
}

/// A definition that has handed a value on.
#[derive(Default)]
struct Waiting {
    frame: Option<Frame>,
    group: Option<Group>,
    /// How many frames there were without it, and how many expressions the last one had begun: the
    /// last of these asked for the value.
    at: (usize, usize),
}

/// An expression that was begun.
struct Entry {
    position: usize,
    node: Arc<Node>,
    /// Whether it holds now.
    held: bool,
    /// Whether it ever did.
    ever: bool,
    /// The variables that it was begun with.
    variables: Vec<TraceVariable>,
    /// Of an `every` the numbers of the body that went through its domain, and of that around it.
    domain: Option<(u64, u64)>,
}

/// The definitions of a rule that gives one value.
struct Group {
    early: bool,
    /// How many frames there were when they were looked up.
    frames: usize,
}

impl<'n> Tracer<'n> {
    pub(crate) fn new(names: Names<'n>, wanted: Reports, clock: &'n dyn Fn() -> Duration) -> Self {
        Self {
            names,
            keep: wanted.trace,
            variables: wanted.variables,
            profile: wanted.profile.then(Profile::default),
            clock,
            events: Vec::new(),
            cut: false,
            frames: Vec::new(),
            groups: Vec::new(),
            waiting: Vec::new(),
            next: 0,
        }
    }

    /// The steps, and the profile. `failed`: the evaluation ended with an error.
    pub(crate) fn finish(mut self, failed: bool) -> (Trace, Profile) {
        if failed {
            self.unwind();
        }
        let mut profile = self.profile.take().unwrap_or_default();
        profile.settle((self.clock)());
        (Trace::new(self.events, self.cut), profile)
    }

    /// Takes a step.
    pub(crate) fn step(&mut self, step: &Step<'_>, read: Reader<'_>) {
        match step {
            Step::Enter(node) => self.enter(node, read),
            Step::Eval(position, node) => self.eval(*position, node, read),
            Step::Held => self.held(read),
            Step::Again => self.redo_frame(read),
            Step::Back(position) => self.back(*position, read),
            Step::Cut => self.redo_frame(read),
            Step::HandOn => self.hand_on(),
            Step::TakeUp => self.take_up(),
            Step::Refused => {
                let frame = self.waiting.last_mut().and_then(|waiting| waiting.frame.as_mut());
                frame.into_iter().for_each(|frame| frame.refused = true);
            }
            Step::Domain(members) => self.domain(members, read),
            Step::NoDomain => self.no_domain(read),
            Step::Member => self.hold_last(),
            Step::Passed(asked) => self.passed(*asked, read),
            Step::DomainOver(holds) => self.domain_over(*holds, read),
            Step::Leave => self.leave(read),
            Step::Index { path, matched, early, single, .. } => {
                self.index(path, *matched, *early);
                if *single {
                    self.groups.push(Group { early: *early, frames: self.frames.len() });
                }
            }
            Step::Done => drop(self.groups.pop()),
            Step::Note(location, text) => self.note(location, text),
            Step::Case(_) => {}
        }
    }

    /// The event of a node of the innermost body.
    fn event(&self, op: TraceOp, node: &Node) -> TraceEvent {
        let ids = self.frames.last().map(|frame| (frame.query, frame.parent));
        let (query, parent) = ids.unwrap_or_default();
        TraceEvent {
            op,
            node: match node.kind {
                NodeKind::Rule => TraceNode::Rule,
                NodeKind::Body => TraceNode::Body,
                NodeKind::Expr => TraceNode::Expr,
            },
            text: self.names.rewrite(&node.text),
            tree: TraceTree(Some(Arc::clone(&node.tree))),
            message: String::new(),
            location: place(&node.location),
            source: node.location.text().to_owned(),
            query,
            parent,
            variables: Vec::new(),
        }
    }

    /// The variables of a node: those that have a value already, or all.
    fn values(&self, node: &Node, all: bool, read: Reader<'_>) -> Vec<TraceVariable> {
        if !self.variables {
            return Vec::new();
        }
        let told = node.variables.iter().filter(|variable| all || variable.before);
        let mut values: Vec<_> = told
            .map(|variable| {
                let name = self.names.written(&variable.name).to_owned();
                let written = variable.written.to_string();
                TraceVariable { name, value: Value(read(variable)), written, open: None }
            })
            .collect();
        values.sort();
        values.dedup_by(|a, b| (&a.name, &a.value) == (&b.name, &b.value));
        values
    }

    fn enter(&mut self, node: &Arc<Node>, read: Reader<'_>) {
        let around = self.frames.last();
        let parent = around.map_or(0, |frame| frame.query);
        let own = |group: &&Group| group.frames == self.frames.len();
        let group = self.groups.last().filter(|_| node.kind == NodeKind::Rule).filter(own);
        let frame = Frame {
            node: Arc::clone(node),
            query: self.next,
            parent,
            // Of the body of an `every` one way to hold is enough.
            early: group.is_some_and(|group| group.early)
                || around.is_some_and(|frame| frame.domain),
            entries: Vec::new(),
            domain: false,
            refused: false,
        };
        self.next += 1;
        self.frames.push(frame);
        if self.keep {
            let mut event = self.event(TraceOp::Enter, node);
            event.variables = self.values(node, false, read);
            self.put(event);
        }
    }

    fn eval(&mut self, position: usize, node: &Arc<Node>, read: Reader<'_>) {
        self.hold_last();
        self.expression(TraceOp::Eval, position, node, false, read);
        let variables = self.values(node, false, read);
        let node = Arc::clone(node);
        let entry = Entry { position, node, held: false, ever: false, variables, domain: None };
        if let Some(frame) = self.frames.last_mut() {
            frame.entries.push(entry);
        }
    }

    fn expression(
        &mut self,
        op: TraceOp,
        position: usize,
        node: &Node,
        all: bool,
        read: Reader<'_>,
    ) {
        if let Some(profile) = self.profile.as_mut().filter(|_| op != TraceOp::Fail) {
            let index = u32::try_from(position).unwrap_or(u32::MAX);
            profile.note(&node.location, index, op == TraceOp::Redo, (self.clock)());
        }
        if self.keep {
            let mut event = self.event(op, node);
            event.variables = self.values(node, all, read);
            self.put(event);
        }
    }

    /// The expression that was begun last holds.
    fn hold_last(&mut self) {
        if let Some(entry) = self.frames.last_mut().and_then(|frame| frame.entries.last_mut()) {
            (entry.held, entry.ever) = (true, true);
        }
    }

    fn held(&mut self, read: Reader<'_>) {
        self.hold_last();
        let early = self.frames.last().is_some_and(|frame| frame.early);
        self.tell_frame(TraceOp::Exit, if early { "early" } else { "" }, read);
    }

    fn tell_frame(&mut self, op: TraceOp, message: &str, read: Reader<'_>) {
        if !self.keep {
            return;
        }
        let Some(node) = self.frames.last().map(|frame| Arc::clone(&frame.node)) else { return };
        let mut event = self.event(op, &node);
        message.clone_into(&mut event.message);
        event.variables = self.values(&node, true, read);
        self.put(event);
    }

    /// Tells that it is gone back to the innermost body.
    fn redo_frame(&mut self, read: Reader<'_>) {
        let refused = self.frames.last_mut().map(|frame| std::mem::take(&mut frame.refused));
        if refused != Some(true) {
            self.tell_frame(TraceOp::Redo, "", read);
        }
    }

    fn hand_on(&mut self) {
        let (frame, group) = (self.frames.pop(), self.groups.pop());
        let entries = self.frames.last().map_or(0, |frame| frame.entries.len());
        self.waiting.push(Waiting { frame, group, at: (self.frames.len(), entries) });
    }

    fn take_up(&mut self) {
        let Waiting { frame, group, .. } = self.waiting.pop().unwrap_or_default();
        self.frames.extend(frame);
        self.groups.extend(group);
    }

    /// The expression of the innermost body that was begun last.
    fn begun(&self) -> Option<(usize, Arc<Node>)> {
        let entry = self.frames.last()?.entries.last()?;
        Some((entry.position, Arc::clone(&entry.node)))
    }

    /// An `every` begins: what goes through its domain is a body with one expression.
    fn domain(&mut self, members: &Arc<Node>, read: Reader<'_>) {
        let Some((_, every)) = self.begun() else { return };
        self.enter(&every, read);
        if let Some(frame) = self.frames.last_mut() {
            frame.domain = true;
        }
        self.eval(0, members, read);
    }

    /// OPA tells twice that such an `every` fails.
    fn no_domain(&mut self, read: Reader<'_>) {
        if let Some((position, every)) = self.begun() {
            self.expression(TraceOp::Fail, position, &every, false, read);
        }
    }

    /// An `every` is done with a member; whether the body was asked.
    fn passed(&mut self, asked: bool, read: Reader<'_>) {
        let Some(frame) = self.frames.last() else { return };
        let (every, members) = (Arc::clone(&frame.node), frame.entries.first());
        let members = members.map(|entry| Arc::clone(&entry.node));
        if asked {
            let further = members.as_ref().map(|node| self.values(node, true, read));
            let around = self.frames.iter().rev().nth(1).and_then(|frame| frame.entries.last());
            let position = around.map_or(0, |entry| entry.position);
            self.expression(TraceOp::Redo, position, &every, true, read);
            if let Some(event) = self.events.last_mut().filter(|_| self.keep) {
                event.variables.extend(further.into_iter().flatten());
                event.variables.sort();
                event.variables.dedup_by(|a, b| (&a.name, &a.value) == (&b.name, &b.value));
            }
        }
        if let Some(members) = members {
            self.expression(TraceOp::Redo, 0, &members, true, read);
        }
        if let Some(entry) = self.frames.last_mut().and_then(|frame| frame.entries.first_mut()) {
            entry.held = false;
        }
    }

    /// An `every` is done; whether it holds.
    fn domain_over(&mut self, holds: bool, read: Reader<'_>) {
        while let Some(entry) = self.last_entry() {
            self.undo(&entry, false, read);
        }
        if !holds {
            self.tell_frame(TraceOp::Fail, "", read);
        }
        let Some(frame) = self.frames.pop().filter(|_| holds) else { return };
        if let Some(entry) = self.frames.last_mut().and_then(|around| around.entries.last_mut()) {
            entry.domain = Some((frame.query, frame.parent));
        }
    }

    /// After an error OPA still tells that it is gone back to each expression that held.
    fn unwind(&mut self) {
        // The values are gone.
        self.variables = false;
        let read = |_: &referee_rego_eval::Variable| referee_rego_value::Value::Null;
        while let Some(frame) = self.frames.last_mut() {
            let begun = frame.entries.len();
            let Some(entry) = frame.entries.pop() else {
                self.frames.pop();
                continue;
            };
            if entry.held {
                self.undo(&entry, true, &read);
            }
            let at = (self.frames.len(), begun);
            if self.waiting.last().is_some_and(|waiting| waiting.at == at) {
                self.take_up();
            }
        }
    }

    fn index(&mut self, path: &str, matched: usize, early: bool) {
        let entry = self.frames.last().and_then(|frame| frame.entries.last());
        let Some(entry) = entry.filter(|_| self.keep) else { return };
        let mut event = self.event(TraceOp::Index, &entry.node);
        event.variables.clone_from(&entry.variables);
        path.clone_into(&mut event.text);
        let rules = if matched == 1 { "rule" } else { "rules" };
        let early = if early { ", early exit" } else { "" };
        event.message = format!("(matched {matched} {rules}{early})");
        self.put(event);
    }

    fn note(&mut self, location: &Place, text: &str) {
        let Some(node) = self.frames.last().map(|frame| Arc::clone(&frame.node)) else { return };
        if self.keep {
            let mut event = self.event(TraceOp::Note, &node);
            event.node = TraceNode::Expr;
            event.location = place(location);
            text.clone_into(&mut event.message);
            self.put(event);
        }
    }

    /// Goes back to an expression of the innermost body.
    fn back(&mut self, position: usize, read: Reader<'_>) {
        while let Some(mut entry) = self.last_entry() {
            let reached = entry.position <= position;
            self.undo(&entry, reached, read);
            if reached {
                entry.held = false;
                if let Some(frame) = self.frames.last_mut() {
                    frame.entries.push(entry);
                }
                return;
            }
        }
    }

    fn leave(&mut self, read: Reader<'_>) {
        while let Some(entry) = self.last_entry() {
            self.undo(&entry, false, read);
        }
        self.frames.pop();
    }

    fn last_entry(&mut self) -> Option<Entry> {
        self.frames.last_mut()?.entries.pop()
    }

    /// Tells that it is gone back to an expression, or that it failed; `stays`: it is tried on.
    fn undo(&mut self, entry: &Entry, stays: bool, read: Reader<'_>) {
        if entry.held {
            // OPA does not come back to a negation.
            if !entry.node.text.starts_with("not ") {
                self.expression(TraceOp::Redo, entry.position, &entry.node, true, read);
            }
            if let Some((query, parent)) = entry.domain.filter(|_| self.keep) {
                let event = self.event(TraceOp::Exit, &entry.node);
                let variables = self.values(&entry.node, true, read);
                self.put(TraceEvent { query, parent, variables, ..event });
            }
        } else if !entry.ever && !stays {
            self.expression(TraceOp::Fail, entry.position, &entry.node, false, read);
        }
    }

    /// Adds a step.
    fn put(&mut self, event: TraceEvent) {
        if self.events.len() >= MAX_STEPS {
            self.cut = true;
            return;
        }
        self.events.push(event);
    }
}

pub(super) fn place(location: &Place) -> Location {
    Location { file: location.file().to_owned(), row: location.row, col: location.col }
}
