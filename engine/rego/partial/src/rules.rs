//! The rules of a program, ready for partial evaluation.

use crate::convert;
use crate::index::Group;
use crate::term::{Body, Term};
use referee_rego_builtin::{Implementation, Table};
use referee_rego_compile::{Compiled, Node, RuleId};
use referee_rego_syntax::Location;
use referee_rego_syntax::ast::{self, TermKind};
use std::collections::HashMap;
use std::sync::Arc;

/// What partial evaluation needs of a program. It is made once and shared.
#[derive(Debug)]
pub struct Rules {
    pub(crate) compiled: Arc<Compiled>,
    infos: Vec<Option<RuleInfo>>,
    /// By the first rule of a node of the tree.
    groups: HashMap<RuleId, Group>,
    pub(crate) builtins: HashMap<&'static str, Implementation>,
}

/// A rule.
#[derive(Debug)]
pub(crate) struct RuleInfo {
    /// Whether it is the default.
    pub(crate) default: bool,
    /// Its arguments; none where it is no function.
    pub(crate) args: Vec<Term>,
    /// What a partial set contains.
    pub(crate) key: Option<Term>,
    /// Its value.
    pub(crate) value: Option<Term>,
    /// The whole reference: the package, then the head with its name as a string.
    pub(crate) reference: Arc<[Term]>,
    /// How many parts the package has, `data` included.
    pub(crate) package: usize,
    /// The head as it was compiled.
    pub(crate) head: ast::Head,
    /// The body.
    pub(crate) body: Body,
    /// Where it stands.
    pub(crate) location: Location,
}

impl RuleInfo {
    fn new(module: &ast::Module, rule: &ast::Rule) -> Self {
        let package = convert::reference(&module.package.path);
        let name = rule.head.reference.first().map(|head| match &head.kind {
            TermKind::Var(name) => Term::Value(referee_rego_value::Value::String(name.clone())),
            _ => convert::term(head),
        });
        let rest = rule.head.reference.iter().skip(1).map(convert::term);
        Self {
            default: rule.default,
            args: rule.head.args.iter().flatten().map(convert::term).collect(),
            key: rule.head.key.as_ref().map(convert::term),
            value: rule.head.value.as_ref().map(convert::term),
            reference: package.iter().cloned().chain(name).chain(rest).collect(),
            package: package.len(),
            head: rule.head.clone(),
            body: convert::body(&rule.body),
            location: rule.location.clone(),
        }
    }

    /// Whether it adds to a set.
    pub(crate) fn is_multi(&self) -> bool {
        self.value.is_none()
    }
}

impl Rules {
    /// What partial evaluation needs of what was compiled. `tables` say how builtins are done.
    #[must_use]
    pub fn new(compiled: Arc<Compiled>, tables: &[Table]) -> Self {
        let count = u32::try_from(compiled.tree.rules().len()).unwrap_or(u32::MAX);
        let info = |id| compiled.rule(RuleId(id)).map(|(module, rule)| RuleInfo::new(module, rule));
        let infos = (0..count).map(info).collect();
        let mut groups = HashMap::new();
        let mut open = vec![compiled.tree.root()];
        while let Some(node) = open.pop() {
            if let Some(first) = node.rules.first() {
                groups.insert(*first, Group::new(&compiled, node));
            }
            open.extend(node.children.values().map(|child| compiled.tree.node(*child)));
        }
        let builtins = tables.iter().flat_map(|table| table.iter().copied()).collect();
        Self { compiled, infos, groups, builtins }
    }

    /// A rule.
    pub(crate) fn info(&self, id: RuleId) -> Option<&RuleInfo> {
        self.infos.get(usize::try_from(id.0).ok()?)?.as_ref()
    }

    /// The rules that stand at a node.
    pub(crate) fn group(&self, node: &Node) -> Option<&Group> {
        self.groups.get(node.rules.first()?)
    }

    /// The rules of a function.
    pub(crate) fn function(&self, operator: &[Term]) -> Option<&Group> {
        let tree = &self.compiled.tree;
        let mut node = tree.root();
        for part in operator.get(1..)? {
            node = tree.below(node, &crate::unknown::key_of(part.value()?)?)?;
        }
        self.group(node)
    }
}
