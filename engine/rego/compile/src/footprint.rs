//! What a module defines and what it names of others, so that it is known which modules have to be
//! compiled again after a change, and with which others.
//!
//! What a module becomes depends on nothing but
//!
//! 1. the modules of its own package: their rules are meant by plain names;
//! 2. the modules whose rules it names: how many arguments they take and of what type they are;
//! 3. the modules whose rules stand at, above or below its own: they contradict one another, or
//!    make one document together;
//! 4. the modules of packages around it whose metadata says something of subpackages;
//!
//! and on what these depend on. So a set of modules that is closed under this can be compiled
//! alone: each of them becomes what it becomes among all, and there is an error within the set
//! exactly where there is one about it among all. [`Dependence`] finds such sets.
//!
//! Paths are compared by hashes of their parts. Where two paths have one hash, or where a part is
//! no string, more is said to depend than does: then more is compiled again, and nothing else
//! comes of it.

use crate::walk::{self, Node};
use foldhash::fast::FixedState;
use referee_rego_syntax::ast::{Module, Rule, Term, TermKind};
use std::collections::HashSet;
use std::hash::BuildHasher;

/// The hashes of a path and of all paths it begins with, that of `data` first.
type Chain = Box<[u64]>;

/// Hashes that are hashes already.
type Hashes = HashSet<u64, FixedState>;

/// What a module defines and names.
#[derive(Clone, Debug)]
pub struct Footprint {
    package: Chain,
    /// The paths of its rules, as far as they consist of strings.
    rules: Vec<Chain>,
    /// The paths in `data` that it names.
    names: Vec<Chain>,
    /// Whether its metadata holds for packages below.
    around: bool,
    /// Whether it has rules that are named as root documents are; what they mean is not foreseen.
    odd: bool,
}

impl Footprint {
    /// What a parsed module defines and names.
    #[must_use]
    pub fn of(module: &Module) -> Self {
        let package = chain(ROOT.into(), module.package.path.get(1..).unwrap_or_default());
        let mut names = Hashes::default();
        let mut found = Vec::new();
        let mut name = |parts: &[Term]| {
            let chain = chain(ROOT.into(), parts);
            if chain.last().is_some_and(|last| names.insert(*last)) {
                found.push(chain);
            }
        };
        for import in &module.imports {
            walk::term(&import.path, &mut |node| in_node(node, &mut name));
        }
        // A schema that metadata give something in `data` takes the place of a part of its type.
        let schemas = module.annotations.iter().flat_map(|block| &block.schemas);
        for path in schemas.map(|schema| &schema.path) {
            if let Some((Term { kind: TermKind::Var(head), .. }, keys)) = path.split_first()
                && head == "data"
            {
                name(keys);
            }
        }
        for rule in walk::rules(module) {
            for part in rule.head.reference.iter().skip(1) {
                walk::term(part, &mut |node| in_node(node, &mut name));
            }
            walk::rule(rule, &mut |node| in_node(node, &mut name));
        }
        let mut seen = Hashes::default();
        let rules = module.rules.iter().map(|rule| rule_chain(&package, rule));
        let rules = rules.filter(|rule| rule.last().is_some_and(|last| seen.insert(*last)));
        Self {
            rules: rules.collect(),
            names: found,
            around: module.annotations.iter().any(|block| block.scope.as_str() == "subpackages"),
            odd: module.rules.iter().any(is_odd),
            package,
        }
    }

    /// Whether what it means cannot be told from the module: all have to be compiled.
    #[must_use]
    pub fn is_odd(&self) -> bool {
        self.odd
    }

    /// What it defines: its rules, or where it has none its package.
    fn defined(&self) -> impl Iterator<Item = &Chain> {
        let package = self.rules.is_empty().then_some(&self.package);
        self.rules.iter().chain(package)
    }
}

/// `data`.
const ROOT: [u64; 1] = [0];

/// A chain and the parts below it, up to the first that is no string.
fn chain(above: Vec<u64>, parts: &[Term]) -> Chain {
    let mut chain = above;
    for part in parts {
        let TermKind::String(text) = &part.kind else { break };
        chain.push(below(&chain, text));
    }
    chain.into()
}

fn below(chain: &[u64], part: &str) -> u64 {
    FixedState::with_seed(chain.last().copied().unwrap_or_default()).hash_one(part)
}

fn rule_chain(package: &[u64], rule: &Rule) -> Chain {
    let mut path = package.to_vec();
    let (first, rest) = match rule.head.reference.split_first() {
        Some((Term { kind: TermKind::Var(name) | TermKind::String(name), .. }, rest)) => {
            (name.as_str(), rest)
        }
        _ => (rule.head.name.as_str(), &[][..]),
    };
    path.push(below(&path, first));
    chain(path, rest)
}

fn is_odd(rule: &Rule) -> bool {
    match rule.head.reference.first().map(|first| &first.kind) {
        Some(TermKind::Var(name)) => name == "data" || name == "input",
        _ => true,
    }
}

/// Tells the paths in `data` that a node names. The parser makes a reference of `data` on its own.
fn in_node(node: Node<'_>, name: &mut impl FnMut(&[Term])) -> bool {
    if let Node::Term(Term { kind: TermKind::Ref(parts), .. }) = node
        && let Some((Term { kind: TermKind::Var(head), .. }, keys)) = parts.split_first()
        && head == "data"
    {
        name(keys);
    }
    false
}

/// Some modules together: what is looked for when others are compared with them.
#[derive(Debug, Default)]
struct Together {
    packages: Hashes,
    /// All that their packages begin with.
    around: Hashes,
    /// The packages whose metadata holds for those below.
    saying: Hashes,
    rules: Hashes,
    defined: Hashes,
    /// All that what they define begins with.
    prefixes: Hashes,
    names: Hashes,
    /// All that what they name begins with.
    name_prefixes: Hashes,
}

impl Together {
    fn add(&mut self, module: &Footprint) {
        self.packages.extend(module.package.last());
        self.around.extend(module.package.iter());
        if module.around {
            self.saying.extend(module.package.last());
        }
        for rule in &module.rules {
            self.rules.extend(rule.last());
        }
        for defined in module.defined() {
            self.defined.extend(defined.last());
            self.prefixes.extend(defined.iter());
        }
        for name in &module.names {
            self.names.extend(name.last());
            self.name_prefixes.extend(name.iter());
        }
    }

    /// Whether a module stands with these, whoever of them changes.
    fn stand_with(&self, module: &Footprint) -> bool {
        let is_in = |set: &Hashes, chain: &Chain| chain.last().is_some_and(|it| set.contains(it));
        is_in(&self.packages, &module.package)
            || module.rules.iter().any(|rule| is_in(&self.prefixes, rule))
            || module.defined().any(|chain| chain.iter().any(|it| self.rules.contains(it)))
    }

    /// Whether a module has to be compiled again where these change.
    fn change(&self, module: &Footprint) -> bool {
        let said = || module.package.iter().any(|it| self.saying.contains(it));
        let named = |name: &Chain| {
            name.last().is_some_and(|it| self.prefixes.contains(it))
                || name.iter().any(|it| self.defined.contains(it))
        };
        self.stand_with(module) || said() || module.names.iter().any(named)
    }

    /// Whether a module is needed to compile these.
    fn need(&self, module: &Footprint) -> bool {
        let says =
            || module.around && module.package.last().is_some_and(|it| self.around.contains(it));
        let named = |defined: &Chain| {
            defined.last().is_some_and(|it| self.name_prefixes.contains(it))
                || defined.iter().any(|it| self.names.contains(it))
        };
        self.stand_with(module) || says() || module.defined().any(named)
    }
}

/// What has to be compiled after a change.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Dependence {
    /// The modules that are compiled again, by their places: those that changed, and all that
    /// depend on them.
    pub again: Vec<usize>,
    /// The modules beside these that are needed for that.
    pub needed: Vec<usize>,
}

impl Dependence {
    /// What has to be compiled where `changed` says which of some modules are new, and modules
    /// with the footprints `gone` are no more. `None` where that is all of them.
    #[must_use]
    pub fn of(modules: &[&Footprint], changed: &[usize], gone: &[&Footprint]) -> Option<Self> {
        if modules.iter().chain(gone).any(|module| module.odd) {
            return None;
        }
        let mut first = Together::default();
        gone.iter().for_each(|module| first.add(module));
        let mut marked = vec![false; modules.len()];
        let mut again = Vec::new();
        for at in changed {
            mark(*at, modules, &mut marked, &mut again, &mut first);
        }
        closed(modules, &mut marked, &mut again, first, Together::change);
        let mut all = Together::default();
        again.iter().filter_map(|at| modules.get(*at)).for_each(|module| all.add(module));
        let mut needed = Vec::new();
        closed(modules, &mut marked, &mut needed, all, Together::need);
        Some(Self { again, needed })
    }
}

fn mark(
    at: usize,
    modules: &[&Footprint],
    marked: &mut [bool],
    found: &mut Vec<usize>,
    next: &mut Together,
) {
    if let (Some(mark), Some(module)) = (marked.get_mut(at), modules.get(at))
        && !std::mem::replace(mark, true)
    {
        found.push(at);
        next.add(module);
    }
}

/// Adds what belongs to what was found last, until there is nothing more.
fn closed(
    modules: &[&Footprint],
    marked: &mut [bool],
    found: &mut Vec<usize>,
    first: Together,
    belongs: impl Fn(&Together, &Footprint) -> bool,
) {
    let mut last = first;
    loop {
        let mut next = Together::default();
        let before = found.len();
        for (at, module) in modules.iter().enumerate() {
            if marked.get(at) == Some(&false) && belongs(&last, module) {
                mark(at, modules, marked, found, &mut next);
            }
        }
        if found.len() == before {
            return;
        }
        last = next;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use referee_rego_syntax::{ParseOptions, ast::RegoVersion, parse_module};

    fn footprint(text: &str) -> Footprint {
        let options = ParseOptions::new(RegoVersion::V1).with_annotations(true);
        Footprint::of(&parse_module("p.rego", text, &options).unwrap())
    }

    /// What is compiled again, and what for that, where the first of some modules changes.
    fn after_the_first(texts: &[&str]) -> (Vec<usize>, Vec<usize>) {
        let all: Vec<Footprint> = texts.iter().map(|text| footprint(text)).collect();
        let all: Vec<&Footprint> = all.iter().collect();
        let gone = all[0];
        let Dependence { mut again, mut needed } = Dependence::of(&all, &[0], &[gone]).unwrap();
        again.sort_unstable();
        needed.sort_unstable();
        (again, needed)
    }

    #[test]
    fn what_names_a_rule_is_compiled_again_and_what_names_that() {
        let (again, needed) = after_the_first(&[
            "package a\n\nx := 1",
            "package b\n\nx := data.a.x",
            "package c\n\nimport data.b\n\nx := b.x",
            "package d\n\nx := data.e.x",
            "package e\n\nx := 1",
        ]);
        assert_eq!((again, needed), (vec![0, 1, 2], vec![]));
    }

    #[test]
    fn what_a_changed_module_names_is_needed_and_what_that_names() {
        let (again, needed) = after_the_first(&[
            "package a\n\nx := data.b.f(1)",
            "package b\n\nf(x) := data.c.f(x)",
            "package c\n\nf(x) := x",
            "package d\n\nx := data.c.f(1)",
        ]);
        assert_eq!((again, needed), (vec![0], vec![1, 2]));
    }

    #[test]
    fn packages_documents_and_keys_that_are_not_known_take_in_all_below() {
        for text in [
            "package z\n\nx := data",
            "package z\n\nx := data.a",
            "package z\n\nx := data[input.key].b.x",
            "package z\n\nx := data.a[input.key]",
            "package z\n\nx if input.y with data.a.b.x as 1",
            "package z\n\nx[data.a.b.x] := 1",
            "package z\n\nx := $\"{data.a.b.x}\"",
            "package z\n\nx := [y | some y in data.a.b.x]",
            "package z\n\n# METADATA\n# schemas:\n# - data.a.b: {type: object}\nx := 1",
        ] {
            let (again, _) = after_the_first(&["package a.b\n\nx := 1", text]);
            assert_eq!(again, [0, 1], "{text}");
        }
    }

    #[test]
    fn rules_of_one_path_stand_together_and_neighbours_do_not() {
        for (text, together) in [
            ("package a.b\n\ny := 1", true),
            ("package a\n\nb.x := 1", true),
            ("package a\n\nb[y] := 1 if some y in [1]", true),
            ("package a.b.x\n\ny := 1", true),
            ("package a.b.x", true),
            ("package a\n\nc := 1", false),
            ("package a.c\n\nx := 1", false),
            ("package a.b.y\n\nz := 1", false),
            ("package a\n\nb.y := 1", false),
        ] {
            let (again, _) = after_the_first(&["package a.b\n\nx := 1", text]);
            assert_eq!(again.len() == 2, together, "{text}");
        }
    }

    #[test]
    fn metadata_of_subpackages_hold_for_packages_below() {
        let around = "# METADATA\n# scope: subpackages\n# title: t\npackage a";
        let below = "package a.b\n\nx := rego.metadata.chain()";
        assert_eq!(after_the_first(&[around, below]), (vec![0, 1], vec![]));
        assert_eq!(after_the_first(&[below, around]), (vec![0], vec![1]));
    }
}
