//! The tree of rules: which rules stand under which path of `data` (OPA's `TreeNode` of
//! `v1/ast/compile.go`).
//!
//! A rule stands where the constant part of its reference ends. A rule whose reference has
//! variables takes everything below it along: `p[x].q` and `p.r.s` make one document.

use referee_rego_compile::Compiled;
use referee_rego_syntax::ast::{Module, Rule, Term, TermKind};
use referee_rego_value::Value;
use std::sync::Arc;

/// A node of the tree. A clone shares what stands below it.
#[derive(Clone, Debug)]
pub(crate) struct Node {
    /// Its key in the node above; `data` at the root.
    pub(crate) key: Value,
    /// What stands below it, in the order of the keys.
    pub(crate) children: Vec<Arc<Node>>,
    /// The group of rules that make the document here.
    pub(crate) group: Option<u32>,
    /// Whether a module without rules has its package here.
    bare: bool,
    /// Whether documents above it leave it out (`data.system`).
    pub(crate) hidden: bool,
    /// How many levels there are below it.
    pub(crate) height: usize,
    /// The rules whose references end here, while the tree is built: indexes into the list of all
    /// rules.
    rules: Vec<usize>,
}

impl Node {
    /// `data`, and nothing below it.
    pub(crate) fn root() -> Self {
        Self::new(Value::from("data"))
    }

    fn new(key: Value) -> Self {
        Self {
            key,
            children: Vec::new(),
            group: None,
            bare: false,
            hidden: false,
            height: 0,
            rules: Vec::new(),
        }
    }

    /// The node under a key.
    pub(crate) fn child(&self, key: &Value) -> Option<&Self> {
        let at = self.children.binary_search_by(|child| child.key.cmp(key)).ok()?;
        self.children.get(at).map(|child| &**child)
    }

    fn child_or_new(&mut self, key: &Value) -> Option<&mut Self> {
        let at = match self.children.binary_search_by(|child| child.key.cmp(key)) {
            Ok(at) => at,
            Err(at) => {
                self.children.insert(at, Arc::new(Self::new(key.clone())));
                at
            }
        };
        self.children.get_mut(at).map(Arc::make_mut)
    }

    fn find_or_new<'n>(&'n mut self, path: &[Value]) -> Option<&'n mut Self> {
        let mut node = self;
        for key in path {
            node = node.child_or_new(key)?;
        }
        Some(node)
    }

    /// Leaves `data.system` out of documents above it.
    pub(crate) fn hide_system(&mut self) {
        let system = Value::from("system");
        if let Ok(at) = self.children.binary_search_by(|child| child.key.cmp(&system))
            && let Some(child) = self.children.get_mut(at)
            && !child.hidden
        {
            Arc::make_mut(child).hidden = true;
        }
    }

    fn measure(&mut self) {
        self.height = self.children.iter().map(|child| child.height + 1).max().unwrap_or(0);
    }

    /// Marks the package of a module without rules.
    pub(crate) fn set_bare(&mut self, path: &[Value]) {
        if let Some(node) = self.find_or_new(path) {
            node.bare = true;
        }
    }

    /// Puts a group at a path.
    pub(crate) fn set_group(&mut self, path: &[Value], group: u32) {
        let Some((key, rest)) = path.split_first() else {
            self.group = Some(group);
            return;
        };
        if let Some(child) = self.child_or_new(key) {
            child.set_group(rest, group);
        }
        self.measure();
    }

    /// Takes the group away that is met on the way along a path, and a package of a module without
    /// rules at its end; the group's number.
    pub(crate) fn take(&mut self, path: &[Value]) -> Option<u32> {
        if self.group.is_some() {
            return self.group.take();
        }
        let Some((key, rest)) = path.split_first() else {
            self.bare = false;
            return None;
        };
        let at = self.children.binary_search_by(|child| child.key.cmp(key)).ok()?;
        Arc::make_mut(self.children.get_mut(at)?).take(rest)
    }

    /// Takes away what nothing stands at and nothing stands below, along a path.
    pub(crate) fn prune(&mut self, path: &[Value]) {
        let Some((key, rest)) = path.split_first() else { return };
        let Ok(at) = self.children.binary_search_by(|child| child.key.cmp(key)) else { return };
        if let Some(child) = self.children.get_mut(at) {
            let child = Arc::make_mut(child);
            child.prune(rest);
            if child.group.is_none() && !child.bare && child.children.is_empty() {
                self.children.remove(at);
            }
        }
        self.measure();
    }

    /// Whether a base document has something where a group stands, or something that is no object
    /// above it.
    pub(crate) fn meets(&self, data: &Value) -> bool {
        if self.group.is_some() {
            return true;
        }
        let Value::Object(object) = data else { return true };
        // The shorter of the two is gone through.
        if object.len() < self.children.len() {
            let mut members = object.iter();
            return members.any(|(key, below)| self.child(key).is_some_and(|it| it.meets(below)));
        }
        let mut children = self.children.iter();
        children.any(|child| object.get(&child.key).is_some_and(|below| child.meets(below)))
    }

    /// All rules here and below.
    fn all_rules(&self, found: &mut Vec<usize>) {
        found.extend(&self.rules);
        self.children.iter().for_each(|child| child.all_rules(found));
    }
}

/// A rule with where it stands in `data`.
#[derive(Clone, Debug)]
pub(crate) struct PlacedRule<'c> {
    /// The rule.
    pub(crate) rule: &'c Rule,
    /// Its whole reference below `data`: constants and variables.
    pub(crate) path: Vec<Term>,
    /// How long the constant part of the path is.
    pub(crate) constant: usize,
}

/// The constant part of the path of a rule below `data`.
pub(crate) fn constant_path(module: &Module, rule: &Rule) -> Vec<Value> {
    let placed = place(module, rule);
    placed.path.iter().take(placed.constant).filter_map(scalar).collect()
}

/// The path of a package below `data`.
pub(crate) fn package_path(module: &Module) -> Vec<Value> {
    module.package.path.iter().skip(1).filter_map(|term| scalar(&named(term))).collect()
}

/// A group of rules: those that make one document.
#[derive(Debug)]
pub(crate) struct Group {
    /// The path of the document below `data`.
    pub(crate) path: Arc<[Value]>,
    /// The rules: indexes into the list of all rules.
    pub(crate) rules: Vec<usize>,
}

/// The tree, its rules and its groups.
#[derive(Debug)]
pub(crate) struct Tree<'c> {
    /// `data`.
    pub(crate) root: Node,
    /// All rules.
    pub(crate) rules: Vec<PlacedRule<'c>>,
    /// All groups.
    pub(crate) groups: Vec<Group>,
}

/// The value of a term that is a scalar.
pub(crate) fn scalar(term: &Term) -> Option<Value> {
    match &term.kind {
        TermKind::Null => Some(Value::Null),
        TermKind::Bool(value) => Some(Value::Bool(*value)),
        TermKind::Number(number) => Some(Value::Number(number.clone())),
        TermKind::String(text) => Some(Value::String(text.clone())),
        _ => None,
    }
}

fn is_var(term: &Term, name: &str) -> bool {
    matches!(&term.kind, TermKind::Var(var) if var == name)
}

fn named(term: &Term) -> Term {
    match &term.kind {
        TermKind::Var(name) => {
            Term { kind: TermKind::String(name.clone()), location: term.location.clone() }
        }
        _ => term.clone(),
    }
}

fn place<'c>(module: &Module, rule: &'c Rule) -> PlacedRule<'c> {
    let reference = &rule.head.reference;
    let absolute =
        reference.len() > 1 && reference.first().is_some_and(|head| is_var(head, "data"));
    let mut path: Vec<Term> = Vec::new();
    if absolute {
        path.extend(reference.iter().skip(1).cloned());
    } else {
        path.extend(module.package.path.iter().skip(1).map(named));
        path.extend(reference.first().map(named));
        path.extend(reference.iter().skip(1).cloned());
    }
    let constant = path.iter().take_while(|term| scalar(term).is_some()).count();
    PlacedRule { rule, path, constant }
}

/// Builds the tree of what was compiled.
pub(crate) fn build(compiled: &Compiled) -> Tree<'_> {
    let mut root = Node::root();
    let mut rules = Vec::new();
    for (_, module) in &compiled.modules {
        if module.rules.is_empty() {
            root.set_bare(&package_path(module));
        }
        for rule in &module.rules {
            let placed = place(module, rule);
            let path: Vec<Value> =
                placed.path.iter().take(placed.constant).filter_map(scalar).collect();
            if let Some(node) = root.find_or_new(&path) {
                node.rules.push(rules.len());
            }
            rules.push(placed);
        }
    }
    root.hide_system();
    let mut groups = Vec::new();
    group(&mut root, &mut Vec::new(), &rules, &mut groups);
    Tree { root, rules, groups }
}

fn group(
    node: &mut Node,
    path: &mut Vec<Value>,
    rules: &[PlacedRule<'_>],
    groups: &mut Vec<Group>,
) {
    if !node.rules.is_empty() {
        let open = node
            .rules
            .iter()
            .filter_map(|at| rules.get(*at))
            .any(|placed| placed.constant < placed.path.len());
        let mut members = std::mem::take(&mut node.rules);
        if open {
            node.children.iter().for_each(|child| child.all_rules(&mut members));
            node.children.clear();
        }
        node.group = u32::try_from(groups.len()).ok();
        groups.push(Group { path: path.as_slice().into(), rules: members });
        if open {
            return;
        }
    }
    for child in &mut node.children {
        path.push(child.key.clone());
        group(Arc::make_mut(child), path, rules, groups);
        path.pop();
    }
    node.measure();
}
