//! Expressions that look into rules and documents by keys that are bound, free, or found out at
//! evaluation.

use super::generator::{Generator, Known, Shape};
use super::kind::{Kind, Str};
use super::literal::quoted;
use super::piece::{Piece, row, term};

impl Generator {
    /// Looks into a rule.
    pub(super) fn rule_lookup(&mut self) -> Piece {
        let known = self.some_known(|shape| matches!(shape, Shape::Partial(_)));
        let Some(known) = known else { return self.truth() };
        let Known { shape: Shape::Partial(kind), .. } = &known else { return self.truth() };
        let (key, element) = (kind.key().unwrap_or(Kind::Any), kind.element().unwrap_or(Kind::Any));
        let rule = self.name_of(&known);
        self.form("rule lookup");
        match self.chance.below(5) {
            0 => {
                let key = self.leaf(&key);
                row!(term!(rule, "[", key, "]"))
            }
            1 => {
                let name = self.fresh("x");
                self.declare(&name, key);
                row!(term!(rule, "[", name, "]"))
            }
            2 => {
                let (name, value) = (self.fresh("k"), self.fresh("x"));
                self.declare(&name, key);
                self.declare(&value, element);
                row!(term!(rule, "[", name, "]"), " = ", value)
            }
            3 if matches!(element, Kind::Any) => {
                let key = self.leaf(&key);
                let name = self.fresh("x");
                self.declare(&name, Kind::Any);
                row!(name, " := ", term!(rule, "[", key, "][_]"))
            }
            _ if self.has_in() => {
                let name = self.fresh("x");
                self.declare(&name, element);
                row!("some ", name, " in ", Piece::leaf(rule))
            }
            _ => row!("count(", Piece::leaf(rule), ") > 0"),
        }
    }

    pub(super) fn walk(&mut self) -> Piece {
        self.form("walk");
        let (collection, _) = self.collection();
        let (path, value) = (self.fresh("w"), self.fresh("w"));
        if self.chance.percent(30) {
            self.declare(&value, Kind::Any);
            return row!("walk(", collection, ", [_, ", value, "])");
        }
        self.declare(&path, Kind::arr(Kind::Any));
        self.declare(&value, Kind::Any);
        row!("walk(", collection, ", [", path, ", ", value, "])")
    }

    /// References whose path is found out at evaluation.
    pub(super) fn dynamic_reference(&mut self) -> Piece {
        self.form("dynamic reference");
        let (name, value) = (self.fresh("d"), self.fresh("d"));
        match self.chance.below(5) {
            0 => {
                self.declare(&name, Kind::Str(Str::Word));
                self.declare(&value, Kind::Any);
                row!(value, " = data.base[", name, "]")
            }
            1 => {
                self.declare(&name, Kind::Str(Str::Word));
                row!("input[", name, "] == ", self.leaf(&Kind::Any))
            }
            2 => {
                self.declare(&value, Kind::Any);
                row!(value, " := data.base.byname[_].roles[_]")
            }
            3 => {
                self.declare(&value, Kind::Any);
                let key = quoted(self.chance.word(&["nums", "users", "strs", "nothing"]));
                row!("k", name.clone(), " := ", key, "\n\t", value, " := data.base[k", name, "]")
            }
            _ => {
                let package = self.other_package();
                self.declare(&value, Kind::Any);
                self.declare(&name, Kind::Str(Str::Word));
                match package {
                    Some(package) => row!(value, " = data.", package, "[", name, "]"),
                    None => row!(value, " = data.base.deep[", name, "].b"),
                }
            }
        }
    }

    /// A package that is written, and that this one is no part of.
    fn other_package(&mut self) -> Option<String> {
        let mut packages: Vec<_> = self
            .known
            .iter()
            .map(|known| known.package.clone())
            .filter(|package| {
                !package.starts_with(&self.package) && !self.package.starts_with(package.as_str())
            })
            .collect();
        packages.dedup();
        self.chance.pick(&packages).cloned()
    }

    /// What a call gives is looked into at once.
    pub(super) fn reference_of_a_call(&mut self) -> Piece {
        self.form("reference of a call");
        let name = self.fresh("x");
        let key = self.fresh("i");
        let call = match self.chance.below(4) {
            0 => self.function_call(&Kind::arr(Kind::Any), 2),
            1 => self.function_call(&Kind::obj(Kind::Any), 2),
            _ => None,
        };
        let call = call.unwrap_or_else(|| {
            let text = self.term(&Kind::STR, 1);
            let delimiter = self.leaf(&Kind::Str(Str::Delimiter));
            term!("split(", text, ", ", delimiter, ")")
        });
        self.declare(&name, Kind::Any);
        if self.chance.percent(50) {
            return row!(name, " := ", call, "[", self.chance.word(&["0", "1", "_", "\"a\""]), "]");
        }
        self.declare(&key, Kind::Any);
        row!(call, "[", key, "] = ", name)
    }

    /// References into documents of documents: several keys of which each may be free.
    pub(super) fn chain(&mut self) -> Piece {
        self.form("chain of keys");
        let (first, second, value) = (self.fresh("i"), self.fresh("i"), self.fresh("x"));
        let base = self.chance.word(&[
            "input.grid",
            "input.items",
            "data.base.users",
            "data.base.byname",
            "input.obj",
            "data.base.graph",
            "data.base.deep",
            "input",
            "data.base",
        ]);
        let key = self.leaf(&Kind::Str(Str::Word));
        self.declare(&first, Kind::Any);
        self.declare(&value, Kind::Any);
        match self.chance.below(4) {
            0 => {
                self.declare(&second, Kind::Any);
                row!(value, " = ", base, "[", first, "][", second, "]")
            }
            1 => row!(base, "[", first, "] = ", value),
            2 => row!(value, " := ", base, "[", first, "][", key, "]"),
            // The same key twice: a join.
            _ => row!(value, " = ", base, "[", first.clone(), "]; data.base.counts[", first, "]"),
        }
    }
}
