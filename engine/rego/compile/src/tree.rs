//! The tree of rules by their paths, and how many arguments functions take
//! (OPA's `NewRuleTree`, `GetArity`).

use crate::names::head_var;
use referee_rego_syntax::ast::{Module, Rule, Term, TermKind};
use referee_rego_syntax::inspect::ground_prefix;
use referee_rego_types::Declaration;
use referee_rego_value::Str;
use std::collections::BTreeMap;
use std::sync::Arc;

/// A rule: its place in [`RuleTree::rules`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RuleId(pub u32);

impl RuleId {
    fn index(self) -> usize {
        usize::try_from(self.0).unwrap_or(usize::MAX)
    }
}

/// Where a rule stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RulePlace {
    /// The index of its module.
    pub module: u32,
    /// Its index in the module's rules.
    pub rule: u32,
    /// 0 for the rule itself, 1 for its `else`, 2 for the `else` of that.
    pub branch: u32,
    /// How many arguments it takes; 0 where it is no function.
    pub args: u32,
}

/// A part of a path.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Key {
    /// `null`.
    Null,
    /// A boolean.
    Bool(bool),
    /// A number, by its text.
    Number(Str),
    /// A string.
    String(Str),
}

impl Key {
    /// The key that a term is; `None` where it is no scalar.
    #[must_use]
    pub fn of(term: &Term) -> Option<Self> {
        match &term.kind {
            TermKind::Null => Some(Self::Null),
            TermKind::Bool(value) => Some(Self::Bool(*value)),
            TermKind::Number(number) => Some(Self::Number(Str::from(number.to_string()))),
            TermKind::String(text) => Some(Self::String(text.clone())),
            _ => None,
        }
    }
}

/// A node of the tree.
#[derive(Clone, Debug, Default)]
pub struct Node {
    /// The rules at this path, in OPA's order, without their `else`.
    pub rules: Vec<RuleId>,
    /// What is below, in order.
    pub children: BTreeMap<Key, u32>,
    /// Whether it is left out where all documents are asked for (`data.system`).
    pub hidden: bool,
}

/// The rules by their paths up to the first variable; the root stands for `data`.
#[derive(Clone, Debug, Default)]
pub struct RuleTree {
    nodes: Vec<Node>,
    rules: Vec<RulePlace>,
    first: Vec<Vec<RuleId>>,
}

impl RuleTree {
    /// The tree of some modules; their order among one another does not matter.
    #[must_use]
    pub(crate) fn new(modules: &[Module]) -> Self {
        let mut tree = Self { nodes: vec![Node::default()], ..Self::default() };
        for (module_at, module) in modules.iter().enumerate() {
            let mut first = Vec::with_capacity(module.rules.len());
            for (rule_at, rule) in module.rules.iter().enumerate() {
                first.push(RuleId(small(tree.rules.len())));
                for (branch, rule) in crate::walk::chain(rule).enumerate() {
                    tree.rules.push(RulePlace {
                        module: small(module_at),
                        rule: small(rule_at),
                        branch: small(branch),
                        args: small(rule.head.args.as_ref().map_or(0, Vec::len)),
                    });
                }
            }
            tree.first.push(first);
        }
        // OPA goes through packages from the outside, and through the files of one by name.
        let mut order: Vec<usize> = (0..modules.len()).collect();
        let path = |at: &usize| {
            let module = modules.get(*at);
            module.map(|module| module.package.path.iter().filter_map(Key::of).collect::<Vec<_>>())
        };
        order.sort_by_cached_key(path);
        for at in order {
            let (Some(module), Some(first)) = (modules.get(at), tree.first.get(at)) else {
                continue;
            };
            let first = first.clone();
            if module.rules.is_empty() {
                tree.place(module.package.path.get(1..).unwrap_or_default().iter(), &[]);
            }
            for (rule, id) in module.rules.iter().zip(first) {
                let package = module.package.path.get(1..).unwrap_or_default();
                let node = tree.place(package.iter(), ground_prefix(&rule.head.reference));
                if let Some(node) = tree.nodes.get_mut(node) {
                    node.rules.push(id);
                }
            }
        }
        let system = tree.child(0, &Key::String(Str::new_static("system")));
        if let Some(system) = system.and_then(|system| tree.nodes.get_mut(system)) {
            system.hidden = true;
        }
        tree
    }

    fn place<'a>(&mut self, package: impl Iterator<Item = &'a Term>, head: &[Term]) -> usize {
        let name = head_var(head).map(|name| Key::String(name.clone()));
        let path = package.filter_map(Key::of).chain(name);
        let path = path.chain(head.iter().skip(1).filter_map(Key::of));
        let mut node = 0;
        for key in path {
            node = match self.child(node, &key) {
                Some(child) => child,
                None => {
                    let child = self.nodes.len();
                    self.nodes.push(Node::default());
                    if let Some(parent) = self.nodes.get_mut(node) {
                        parent.children.insert(key, small(child));
                    }
                    child
                }
            };
        }
        node
    }

    fn child(&self, node: usize, key: &Key) -> Option<usize> {
        let child = self.nodes.get(node)?.children.get(key)?;
        usize::try_from(*child).ok()
    }

    /// All rules, those of `else` included: module by module, as they stand.
    #[must_use]
    pub fn rules(&self) -> &[RulePlace] {
        &self.rules
    }

    /// Where a rule stands.
    #[must_use]
    pub fn rule(&self, id: RuleId) -> Option<RulePlace> {
        self.rules.get(id.index()).copied()
    }

    /// The rule at a place in its module (without `else`).
    #[must_use]
    pub fn id(&self, module: usize, rule: usize) -> Option<RuleId> {
        self.first.get(module)?.get(rule).copied()
    }

    /// A rule and its `else`, one after the other.
    pub fn chain(&self, id: RuleId) -> impl Iterator<Item = RuleId> + use<'_> {
        let rest = self.rules.get(id.index().saturating_add(1)..).unwrap_or_default();
        let more = rest.iter().take_while(|place| place.branch > 0).count();
        (id.0..=id.0.saturating_add(small(more))).map(RuleId)
    }

    /// The root: `data`.
    #[must_use]
    pub fn root(&self) -> &Node {
        // The tree is never without it.
        self.nodes.first().unwrap_or_else(|| empty_node())
    }

    /// A node by the number that a parent has for it.
    #[must_use]
    pub fn node(&self, at: u32) -> &Node {
        usize::try_from(at).ok().and_then(|at| self.nodes.get(at)).unwrap_or_else(|| empty_node())
    }

    /// The node below another.
    #[must_use]
    pub fn below<'t>(&'t self, node: &Node, key: &Key) -> Option<&'t Node> {
        node.children.get(key).map(|child| self.node(*child))
    }

    /// The node at a reference; `None` where it does not begin with `data`, has something other
    /// than scalars in it, or where no rule is.
    #[must_use]
    pub fn find(&self, reference: &[Term]) -> Option<&Node> {
        if head_var(reference)? != "data" {
            return None;
        }
        reference.iter().skip(1).try_fold(self.root(), |node, part| {
            Key::of(part).and_then(|key| self.below(node, &key))
        })
    }

    /// Every node with the path to it, from the root, parents first.
    pub(crate) fn depth_first(&self, mut show: impl FnMut(&[Key], &Node) -> bool) {
        let mut path: Vec<Key> = Vec::new();
        let mut open = vec![(0_usize, None::<Key>, 0_u32)];
        while let Some((depth, key, at)) = open.pop() {
            path.truncate(depth);
            path.extend(key);
            let node = self.node(at);
            if show(&path, node) {
                continue;
            }
            let below = path.len();
            let children = node.children.iter().rev();
            open.extend(children.map(|(key, child)| (below, Some(key.clone()), *child)));
        }
    }
}

fn empty_node() -> &'static Node {
    static EMPTY: Node = Node { rules: Vec::new(), children: BTreeMap::new(), hidden: false };
    &EMPTY
}

fn small(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

/// Modules by their place: while they are compiled, and after.
pub(crate) trait Modules {
    /// The module at a place.
    fn at(&self, place: usize) -> Option<&Module>;
}

impl Modules for [Module] {
    fn at(&self, place: usize) -> Option<&Module> {
        self.get(place)
    }
}

impl Modules for [(Arc<str>, Arc<Module>)] {
    fn at(&self, place: usize) -> Option<&Module> {
        self.get(place).map(|(_, module)| &**module)
    }
}

/// A rule in its module.
pub(crate) fn rule_at<M: Modules + ?Sized>(
    modules: &M,
    place: RulePlace,
) -> Option<(&Module, &Rule)> {
    let module = modules.at(usize::try_from(place.module).ok()?)?;
    let rule = module.rules.get(usize::try_from(place.rule).ok()?)?;
    let rule = crate::walk::chain(rule).nth(usize::try_from(place.branch).ok()?)?;
    Some((module, rule))
}

/// How many arguments builtins and functions take.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Arities<'a> {
    pub(crate) builtins: &'a BTreeMap<Arc<str>, Arc<Declaration>>,
    pub(crate) tree: &'a RuleTree,
}

impl<'a> Arities<'a> {
    /// The builtin that an operator names.
    pub(crate) fn builtin(&self, operator: &[Term]) -> Option<&'a Arc<Declaration>> {
        self.builtins.get(dotted(operator)?.as_str())
    }

    /// How many arguments an operator takes; `None` where nothing is called that.
    pub(crate) fn of(&self, operator: &[Term]) -> Option<usize> {
        if let Some(builtin) = self.builtin(operator) {
            return Some(builtin.function.args.len());
        }
        let node = self.tree.find(operator)?;
        let first = self.tree.rule(*node.rules.first()?)?;
        usize::try_from(first.args).ok()
    }
}

/// `io.jwt.decode` of a reference with a variable at its head and strings after it.
pub(crate) fn dotted(reference: &[Term]) -> Option<Str> {
    let head = head_var(reference)?;
    if reference.len() == 1 {
        return Some(head.clone());
    }
    let mut name = String::with_capacity(32);
    name.push_str(head);
    for part in reference.iter().skip(1) {
        let TermKind::String(text) = &part.kind else { return None };
        name.push('.');
        name.push_str(text);
    }
    Some(Str::from(name))
}
