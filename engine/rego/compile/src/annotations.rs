//! Metadata blocks by what they are about (OPA's `AnnotationSet`, `v1/ast/annotations.go`).

use crate::conflicts::rule_ref;
use crate::errors::{self, Errors, types};
use crate::order;
use crate::tree::{Modules, RuleId, RuleTree, rule_at};
use referee_rego_syntax::Location;
use referee_rego_syntax::ast::{Annotations, Module, Ref, SchemaAnnotation, Term, TermKind};
use referee_rego_syntax::inspect::ground_prefix;
use referee_rego_syntax::print;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

/// What a metadata block stands over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// The package of a module.
    Package(usize),
    /// A rule.
    Rule(RuleId),
}

/// A metadata block and what it stands over.
#[derive(Clone, Debug)]
pub struct Attached {
    /// The path of the package or of the rule.
    pub path: Ref,
    /// The block.
    pub annotations: Arc<Annotations>,
    /// What it stands over.
    pub target: Target,
    /// Where that stands.
    pub location: Location,
}

/// A link of the chain of a rule: the rule itself, its document, its package, the packages around.
#[derive(Clone, Debug)]
pub struct Link {
    /// The path of what it is about.
    pub path: Ref,
    /// The metadata, where there is any.
    pub annotations: Option<Arc<Annotations>>,
}

/// All metadata of some modules.
#[derive(Clone, Debug, Default)]
pub struct AnnotationSet {
    all: Vec<Attached>,
    rules: HashMap<RuleId, Vec<usize>>,
    packages: BTreeMap<String, usize>,
    /// Documents and subpackages.
    paths: BTreeMap<Vec<String>, usize>,
}

fn path_key(path: &[Term]) -> Vec<String> {
    path.iter().map(Term::to_string).collect()
}

/// What a block stands over: the first statement below its first line.
fn target(module: &Module, at: usize, block: &Annotations, tree: &RuleTree) -> Option<Target> {
    let row = block.location.row;
    if module.package.location.row > row {
        return Some(Target::Package(at));
    }
    let rule = module.rules.iter().position(|rule| rule.location.row > row)?;
    tree.id(at, rule).map(Target::Rule)
}

impl AnnotationSet {
    /// The metadata of some modules.
    pub(crate) fn new(modules: &[Module], tree: &RuleTree, errors: &mut Errors) -> Self {
        let mut set = Self::default();
        for (at, module) in modules.iter().enumerate() {
            for block in &module.annotations {
                if let Some(target) = target(module, at, block, tree) {
                    set.add(modules, tree, target, block, errors);
                }
            }
        }
        set
    }

    fn add(
        &mut self,
        modules: &[Module],
        tree: &RuleTree,
        target: Target,
        block: &Arc<Annotations>,
        errors: &mut Errors,
    ) {
        let (path, location) = match target {
            Target::Package(at) => match modules.get(at) {
                Some(module) => (module.package.path.clone(), module.package.location.clone()),
                None => return,
            },
            Target::Rule(id) => match tree.rule(id).and_then(|place| rule_at(modules, place)) {
                Some((module, rule)) => {
                    let path = rule_ref(module, rule);
                    (ground_prefix(&path).to_vec(), rule.location.clone())
                }
                None => return,
            },
        };
        let at = self.all.len();
        let before = match (block.scope.as_str(), target) {
            ("rule", Target::Rule(id)) => {
                self.rules.entry(id).or_default().push(at);
                None
            }
            ("package", Target::Package(_)) => {
                let key = print::reference(&path);
                let before = self.packages.get(&key).copied();
                self.packages.entry(key).or_insert(at);
                before
            }
            ("document", Target::Rule(_)) | ("subpackages", Target::Package(_)) => {
                let key = path_key(&path);
                let before = self.paths.get(&key).copied();
                self.paths.entry(key).or_insert(at);
                before
            }
            _ => return,
        };
        if let Some(other) = before.and_then(|before| self.all.get(before)) {
            let other = &other.annotations.location;
            let message = format!("{} annotation redeclared: {other}", block.scope);
            errors.push(types(message, &block.location));
        }
        self.all.push(Attached { path, annotations: block.clone(), target, location });
    }

    fn get(&self, at: usize) -> Option<&Attached> {
        self.all.get(at)
    }

    /// All blocks, by path and place, as OPA lists them.
    #[must_use]
    pub fn flatten(&self) -> Vec<&Attached> {
        let mut all: Vec<&Attached> = self.all.iter().collect();
        all.sort_by(|a, b| {
            order::compare_lists(&a.path, &b.path)
                .then_with(|| errors::order(&a.annotations.location, &b.annotations.location))
        });
        all
    }

    /// The blocks of scope `rule` over a rule.
    #[must_use]
    pub fn of_rule(&self, id: RuleId) -> Vec<&Attached> {
        let list = self.rules.get(&id).into_iter().flatten();
        list.filter_map(|at| self.get(*at)).collect()
    }

    /// The block of scope `document` for a path.
    #[must_use]
    pub fn of_document(&self, path: &[Term]) -> Option<&Attached> {
        self.paths.get(&path_key(path)).and_then(|at| self.get(*at))
    }

    /// The block of scope `package` for a package.
    #[must_use]
    pub fn of_package(&self, path: &[Term]) -> Option<&Attached> {
        self.packages.get(&print::reference(path)).and_then(|at| self.get(*at))
    }

    /// The blocks for a package and those around it, the outermost first.
    #[must_use]
    pub fn of_subpackages(&self, path: &[Term]) -> Vec<&Attached> {
        if self.paths.is_empty() {
            return Vec::new();
        }
        let key = path_key(path);
        let prefix = |end: usize| key.get(..end).and_then(|prefix| self.paths.get(prefix));
        (1..=key.len()).filter_map(prefix).filter_map(|at| self.get(*at)).collect()
    }

    /// The chain of metadata of a rule, the closest first; there is always a link for the rule.
    pub(crate) fn chain<M: Modules + ?Sized>(
        &self,
        modules: &M,
        tree: &RuleTree,
        id: RuleId,
    ) -> Vec<Link> {
        let Some((module, rule)) = tree.rule(id).and_then(|place| rule_at(modules, place)) else {
            return Vec::new();
        };
        let link = |found: &Attached| Link {
            path: found.path.clone(),
            annotations: Some(found.annotations.clone()),
        };
        let path = rule_ref(module, rule);
        let path = ground_prefix(&path);
        let mut own = self.of_rule(id);
        own.sort_by(|a, b| errors::order(&b.annotations.location, &a.annotations.location));
        let mut links: Vec<Link> = own.into_iter().map(link).collect();
        if links.is_empty() {
            links.push(Link { path: path.to_vec(), annotations: None });
        }
        links.extend(self.of_document(path).map(link));
        links.extend(self.of_package(&module.package.path).map(link));
        links.extend(self.of_subpackages(&module.package.path).into_iter().rev().map(link));
        links
    }

    /// The schemas that hold for a rule.
    pub(crate) fn schemas(
        &self,
        modules: &[Module],
        tree: &RuleTree,
        id: RuleId,
    ) -> Vec<&SchemaAnnotation> {
        if self.all.is_empty() {
            return Vec::new();
        }
        let Some((module, rule)) = tree.rule(id).and_then(|place| rule_at(modules, place)) else {
            return Vec::new();
        };
        let path = rule_ref(module, rule);
        let package = &module.package.path;
        let mut found = self.of_subpackages(package);
        found.extend(self.of_package(package));
        found.extend(self.of_document(ground_prefix(&path)));
        found.extend(self.of_rule(id));
        found.into_iter().flat_map(|found| &found.annotations.schemas).collect()
    }
}

/// The parts of a path as OPA has them in an array: strings.
pub(crate) fn path_strings(path: &[Term]) -> impl Iterator<Item = Term> {
    path.iter().map(|part| match &part.kind {
        TermKind::Var(name) => crate::make::term(TermKind::String(name.clone())),
        kind @ TermKind::String(_) => crate::make::term(kind.clone()),
        _ => crate::make::term(TermKind::String(part.to_string().into())),
    })
}
