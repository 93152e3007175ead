//! The state of what is being written: what is in scope, what there is to refer to.

use super::builtins::{Signature, signatures};
use super::chance::Chance;
use super::kind::Kind;
use super::piece::Piece;
use super::world::World;
use std::collections::BTreeMap;
use std::rc::Rc;

/// How a module is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Style {
    /// Rego v1.
    V1,
    /// Rego v0 as it was: no `if`, `contains`, `in`, `every`.
    Plain,
    /// Rego v0 that imports what v1 has.
    Future,
}

/// A rule that can be referred to.
#[derive(Clone, Debug)]
pub(super) struct Known {
    pub(super) package: String,
    pub(super) name: String,
    pub(super) shape: Shape,
}

/// What a rule gives.
#[derive(Clone, Debug)]
pub(super) enum Shape {
    /// A value.
    Value(Kind),
    /// A partial set or object: it may be looked into by key.
    Partial(Kind),
    /// A function.
    Function { parameters: Vec<Kind>, result: Kind },
}

/// Writes programs.
pub(super) struct Generator {
    pub(super) chance: Chance,
    pub(super) world: World,
    pub(super) signatures: Rc<Vec<Signature>>,
    /// Rules written so far: only they are referred to, so nothing is recursive.
    pub(super) known: Vec<Known>,
    /// Local variables in scope.
    pub(super) scope: Vec<(String, Kind)>,
    /// Imports of the module: their name and what they stand for.
    pub(super) imports: Vec<(String, Kind)>,
    /// Packages that are imported: their name here and their path.
    pub(super) aliases: Vec<(String, String)>,
    pub(super) package: String,
    pub(super) style: Style,
    /// How many terms may still be written before only leaves are.
    pub(super) fuel: usize,
    names: usize,
    /// How often each form and builtin was used.
    pub(super) forms: BTreeMap<&'static str, usize>,
}

thread_local! {
    // Read once a thread: thousands of generators are made.
    static SIGNATURES: Rc<Vec<Signature>> = Rc::new(signatures());
}

impl Generator {
    pub(super) fn new(seed: u64) -> Self {
        let mut chance = Chance::new(seed);
        let world = World::new(&mut chance);
        Self {
            chance,
            world,
            signatures: SIGNATURES.with(Rc::clone),
            known: Vec::new(),
            scope: Vec::new(),
            imports: Vec::new(),
            aliases: Vec::new(),
            package: String::new(),
            style: Style::V1,
            fuel: 0,
            names: 0,
            forms: BTreeMap::new(),
        }
    }

    /// Notes that a form was used.
    pub(super) fn form(&mut self, name: &'static str) {
        *self.forms.entry(name).or_default() += 1;
    }

    /// A name that no rule and no variable has, or now and then one that hides something.
    pub(super) fn fresh(&mut self, prefix: &str) -> String {
        if prefix == "v" && self.chance.percent(1) {
            let hidden: Vec<_> = self
                .imports
                .iter()
                .map(|(name, _)| name.clone())
                .chain(self.known.iter().map(|known| known.name.clone()))
                .filter(|name| {
                    !name.contains(['.', '[']) && self.scope.iter().all(|(n, _)| n != name)
                })
                .collect();
            if let Some(name) = self.chance.pick(&hidden).cloned() {
                self.form("shadowing");
                return name;
            }
        }
        self.names += 1;
        format!("{prefix}{}", self.names)
    }

    /// Declares a variable.
    pub(super) fn declare(&mut self, name: &str, kind: Kind) {
        self.scope.push((name.to_owned(), kind));
    }

    /// What is written inside has a scope of its own.
    pub(super) fn nested<T>(&mut self, write: impl FnOnce(&mut Self) -> T) -> T {
        let outside = self.scope.clone();
        let written = write(self);
        self.scope = outside;
        written
    }

    /// A variable in scope that fits.
    pub(super) fn variable(&mut self, wanted: &Kind) -> Option<String> {
        let fitting: Vec<_> = self
            .scope
            .iter()
            // A later variable hides an earlier one of its name.
            .enumerate()
            .filter(|(at, (name, _))| {
                self.scope.iter().skip(at + 1).all(|(other, _)| other != name)
            })
            .map(|(_, variable)| variable)
            .filter(|(_, kind)| kind.fits(wanted) || *kind == Kind::Any && *wanted != Kind::Any)
            .map(|(name, _)| name.clone())
            .collect();
        self.chance.pick(&fitting).cloned()
    }

    /// A path into input or data that fits, or an import of one.
    pub(super) fn path(&mut self, wanted: &Kind) -> Option<(String, Kind)> {
        let imported = self.imports.iter().filter(|(name, _)| !self.is_hidden(name));
        let fitting: Vec<_> = imported
            .chain(&self.world.paths)
            .filter(|(_, kind)| kind.fits(wanted))
            .cloned()
            .collect();
        self.chance.pick(&fitting).cloned()
    }

    /// Whether a name of the module is hidden by a variable.
    pub(super) fn is_hidden(&self, name: &str) -> bool {
        let root = name.split(['.', '[']).next().unwrap_or(name);
        self.scope.iter().any(|(local, _)| local == root)
    }

    /// How a rule is called from here.
    pub(super) fn name_of(&mut self, known: &Known) -> String {
        if known.package == self.package && !self.is_hidden(&known.name) && !self.chance.percent(25)
        {
            return known.name.clone();
        }
        let alias = self.aliases.iter().find(|(_, path)| *path == known.package);
        match alias {
            Some((alias, _)) if !self.is_hidden(alias) => format!("{alias}.{}", known.name),
            _ => format!("data.{}.{}", known.package, known.name),
        }
    }

    /// One of the rules written so far.
    pub(super) fn some_known(&mut self, wanted: impl Fn(&Shape) -> bool) -> Option<Known> {
        let fitting: Vec<_> = self.known.iter().filter(|known| wanted(&known.shape)).collect();
        self.chance.pick(&fitting).map(|known| (*known).clone())
    }

    /// A kind for a value.
    pub(super) fn some_kind(&mut self) -> Kind {
        match self.chance.weighted(&[2, 5, 5, 3, 2, 3, 1]) {
            0 => Kind::Bool,
            1 => Kind::NUM,
            2 => Kind::STR,
            3 => Kind::arr(self.scalar_kind()),
            4 => Kind::set(self.scalar_kind()),
            5 => Kind::obj(self.scalar_kind()),
            _ => Kind::Any,
        }
    }

    /// A kind for what stands in collections.
    pub(super) fn scalar_kind(&mut self) -> Kind {
        match self.chance.weighted(&[1, 5, 5, 2]) {
            0 => Kind::Bool,
            1 => Kind::NUM,
            2 => Kind::STR,
            _ => Kind::Any,
        }
    }

    /// A kind of collections.
    pub(super) fn collection_kind(&mut self) -> Kind {
        let of = self.scalar_kind();
        match self.chance.weighted(&[4, 2, 3]) {
            0 => Kind::arr(of),
            1 => Kind::set(of),
            _ => Kind::obj(of),
        }
    }

    /// Takes fuel; whether there was any.
    pub(super) fn burn(&mut self) -> bool {
        let burning = self.fuel > 0;
        self.fuel = self.fuel.saturating_sub(1);
        burning
    }

    /// A literal.
    pub(super) fn literal(&mut self, kind: &Kind) -> Piece {
        super::literal::literal(&mut self.chance, kind)
    }
}
