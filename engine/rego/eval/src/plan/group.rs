//! The plan of the rules that make one document.

use crate::plan::index::Index;
use crate::plan::ops::{Block, Builtin, Run, Src};
use crate::plan::paths::Paths;
use crate::plan::tree::Node;
use hashbrown::HashMap;
use referee_rego_builtin::{Implementation, Table};
use referee_rego_syntax::Location;
use referee_rego_types::Capabilities;
use referee_rego_value::{Str, Value};
use std::sync::Arc;

/// What kind of document the rules make.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// One value on which all definitions agree.
    Complete,
    /// A set.
    Set,
    /// An object, perhaps of objects or sets.
    Object,
}

/// What references need to know of a group.
#[derive(Clone, Debug)]
pub(crate) struct Info {
    /// The path of the document below `data`.
    pub(crate) path: Arc<[Value]>,
    /// Its kind.
    pub(crate) kind: Kind,
    /// How many arguments it has, where it is a function.
    pub(crate) arity: Option<usize>,
    /// How many keys lead to its innermost members.
    pub(crate) keys: usize,
}

impl Info {
    /// How many arguments a call of it has. A complete rule may be called without any: the type
    /// checker lets that pass where its value may be of every type.
    pub(crate) fn arity(&self) -> Option<usize> {
        self.arity.or((self.kind == Kind::Complete).then_some(0))
    }
}

/// The plan of a group.
#[derive(Debug)]
pub(crate) struct GroupPlan {
    /// What references need to know.
    pub(crate) info: Info,
    /// `data.a.b`.
    pub(crate) name: Str,
    /// Its definitions: of each the clauses of its `else` chain.
    pub(crate) definitions: Vec<Vec<Clause>>,
    /// What applies where no definition does.
    pub(crate) default: Option<Clause>,
    /// Which definitions can apply.
    pub(crate) index: Option<Index>,
    /// Whether the results of a function are kept.
    pub(crate) keep: bool,
    /// Whether the document is made as a whole where only a key of it is asked for.
    pub(crate) whole: bool,
    /// Whether its bodies print or note something.
    pub(crate) effects: bool,
}

impl GroupPlan {
    /// What stands where a number of groups is free.
    pub(crate) fn nothing() -> Arc<Self> {
        let info = Info { path: Arc::from([]), kind: Kind::Complete, arity: None, keys: 0 };
        let (name, definitions) = (Str::default(), Vec::new());
        let (default, index) = (None, None);
        let (keep, whole, effects) = (false, false, false);
        Arc::new(Self { info, name, definitions, default, index, keep, whole, effects })
    }

    /// A clause of a definition, by their numbers.
    #[inline]
    pub(crate) fn clause(&self, definition: u32, clause: u32) -> Option<&Clause> {
        let clauses = self.definitions.get(usize::try_from(definition).ok()?)?;
        clauses.get(usize::try_from(clause).ok()?)
    }
}

/// A head with its body.
#[derive(Debug)]
pub(crate) struct Clause {
    /// Where the rule stands.
    pub(crate) location: Location,
    /// Where its head stands.
    pub(crate) head: Location,
    /// Its value, where that is a constant.
    pub(crate) constant: Option<Value>,
    /// Whether the innermost document that it makes is a set.
    pub(crate) contains: bool,
    /// Its plans: the one at `n` is for when the first `n` keys are known.
    pub(crate) variants: Vec<Variant>,
}

/// A plan of a clause.
#[derive(Debug)]
pub(crate) struct Variant {
    /// How many slots it needs. Arguments and known keys are in the first.
    pub(crate) slots: u32,
    /// Its body.
    pub(crate) block: Block,
    /// The keys under which its value stands in the document of its group.
    pub(crate) keys: Box<[Src]>,
    /// Its value, or the element of a set.
    pub(crate) value: Src,
}

/// What planning needs to know of a program; queries are planned against it.
#[derive(Clone, Debug)]
pub(crate) struct Scheme {
    /// The tree of rules.
    pub(crate) root: Node,
    /// Its groups by their numbers. Those of the numbers that are free mean nothing.
    pub(crate) infos: Vec<Info>,
    /// The builtins there are.
    pub(crate) capabilities: Arc<Capabilities>,
    /// How they are done.
    pub(crate) builtins: Arc<Builtins>,
    /// Paths into `input`.
    pub(crate) inputs: Paths,
    /// Paths into the base document.
    pub(crate) bases: Paths,
    /// Whether plans are made for who follows each step: every call and every comprehension is
    /// one that is seen.
    pub(crate) watched: bool,
}

impl Scheme {
    /// The group at a path of `data`.
    pub(crate) fn group_at(&self, path: &[Value]) -> Option<u32> {
        let mut node = &self.root;
        for key in path {
            node = node.child(key)?;
        }
        node.group
    }

    /// What is known of a group.
    pub(crate) fn info(&self, group: u32) -> Option<&Info> {
        self.infos.get(usize::try_from(group).ok()?)
    }
}

/// Builtins by their names.
pub(crate) type Builtins = HashMap<Arc<str>, Arc<Builtin>, foldhash::fast::FixedState>;

/// The builtins by name.
pub(crate) fn builtins(capabilities: &Capabilities, tables: &[Table]) -> Builtins {
    let mut implementations: HashMap<&str, Run, foldhash::fast::FixedState> = HashMap::default();
    for (name, implementation) in tables.iter().flat_map(|table| table.iter()) {
        let run = match implementation {
            Implementation::Function(function) => Run::Function(*function),
            Implementation::Relation(relation) => Run::Relation(*relation),
        };
        implementations.insert(name, run);
    }
    let declared = capabilities.builtins.values().map(|declaration| {
        let builtin = Builtin {
            name: Arc::clone(&declaration.name),
            run: implementations.get(&*declaration.name).copied(),
            nondeterministic: declaration.nondeterministic,
        };
        (Arc::clone(&declaration.name), Arc::new(builtin))
    });
    declared.collect()
}
