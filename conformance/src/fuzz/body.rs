//! Bodies and the expressions they are made of.

use super::generator::{Generator, Style};
use super::kind::Kind;
use super::piece::{Piece, row};
use super::term::DEPTH;

impl Generator {
    /// A body over several lines, indented.
    pub(super) fn body(&mut self, count: usize) -> Piece {
        let items: Vec<_> = (0..count).map(|_| self.expression()).collect();
        self.form("body");
        Piece::list("\n\t", items, 1)
    }

    /// A body on one line that begins by binding something to work with.
    pub(super) fn iterating_body(&mut self, count: usize) -> Piece {
        let mut items = vec![self.iteration()];
        for _ in 1..count {
            items.push(self.expression());
        }
        Piece::list("; ", items, 1)
    }

    pub(super) fn has_in(&self) -> bool {
        self.style != Style::Plain
    }

    /// One expression. What it binds is in scope afterwards.
    pub(super) fn expression(&mut self) -> Piece {
        if !self.burn() {
            return Piece::text("true");
        }
        match self.chance.weighted(&[14, 3, 12, 9, 7, 5, 3, 4, 5, 6, 2, 4, 2, 2, 2, 2, 2, 2]) {
            0 => self.assignment(),
            1 => self.unification(),
            2 => self.iteration(),
            3 => self.test_of_values(),
            4 => self.truth(),
            5 => self.negation(),
            6 => self.every(),
            7 => self.membership(),
            8 => self.pattern(),
            9 => self.rule_lookup(),
            10 => self.walk(),
            11 => self.with(),
            12 => self.print(),
            13 => self.dynamic_reference(),
            14 => self.output_operand(),
            15 => self.declared(),
            16 => self.reference_of_a_call(),
            _ => self.chain(),
        }
    }

    fn assignment(&mut self) -> Piece {
        self.form(":=");
        let kind = self.some_kind();
        let value = self.term(&kind, DEPTH);
        let name = self.fresh("v");
        self.declare(&name, kind);
        row!(name, " := ", value)
    }

    fn unification(&mut self) -> Piece {
        self.form("=");
        let kind = self.some_kind();
        let value = self.term(&kind, DEPTH);
        let name = self.fresh("u");
        self.declare(&name, kind);
        if self.chance.percent(30) { row!(value, " = ", name) } else { row!(name, " = ", value) }
    }

    /// A collection, mostly one that is not empty.
    pub(super) fn collection(&mut self) -> (Piece, Kind) {
        let kind = self.collection_kind();
        let place = self.variable(&kind).map(|name| (name, kind.clone()));
        let place = if self.chance.percent(30) { place } else { None };
        match place.or_else(|| self.path(&kind)) {
            Some((path, kind)) => (Piece::leaf(path), kind),
            None if self.chance.percent(30) => (self.term(&kind, 1), kind),
            None => (self.literal(&kind), kind),
        }
    }

    /// Something that goes through a collection.
    fn iteration(&mut self) -> Piece {
        let (collection, kind) = self.collection();
        let element = kind.element().unwrap_or(Kind::Any);
        let key = kind.key().unwrap_or(Kind::Any);
        let value = self.fresh("x");
        let style =
            self.chance.weighted(if self.has_in() { &[5, 4, 4, 3, 2] } else { &[0, 0, 4, 3, 2] });
        match style {
            0 => {
                self.form("some in");
                self.declare(&value, element);
                row!("some ", value, " in ", collection)
            }
            1 => {
                self.form("some key, value in");
                let name = self.fresh("k");
                self.declare(&name, key);
                self.declare(&value, element);
                row!("some ", name, ", ", value, " in ", collection)
            }
            2 => {
                self.form("[_]");
                // What `_` gives for a set is the element, as it is its own key.
                self.declare(&value, element);
                row!(value, " := ", collection, "[_]")
            }
            3 => {
                self.form("[i]");
                let name = self.fresh("i");
                self.declare(&name, key);
                self.declare(&value, element);
                row!(value, " = ", collection, "[", name, "]")
            }
            _ => {
                self.form("some");
                let name = self.fresh("i");
                self.declare(&name, key);
                row!("some ", name.clone(), "; ", collection, "[", name, "]")
            }
        }
    }

    fn test_of_values(&mut self) -> Piece {
        let kind = self.scalar_kind();
        let one = self.term(&kind, 2);
        let two = self.term(&kind, 1);
        let operator = self.chance.word(&["==", "!=", "<", "<=", ">", ">=", "!="]);
        self.form("comparison");
        row!(one, " ", operator, " ", two)
    }

    pub(super) fn truth(&mut self) -> Piece {
        self.form("truth");
        let kind = if self.chance.percent(70) { Kind::Bool } else { Kind::Any };
        self.term(&kind, DEPTH)
    }

    fn negation(&mut self) -> Piece {
        self.form("not");
        let inner = self.nested(|inside| match inside.chance.weighted(&[4, 4, 2, 1]) {
            0 => inside.test_of_values(),
            1 => inside.truth(),
            2 => inside.membership(),
            _ => {
                let kind = inside.some_kind();
                let value = inside.term(&kind, 2);
                let other = inside.leaf(&kind);
                row!(value, " = ", other)
            }
        });
        row!("not ", inner)
    }

    fn every(&mut self) -> Piece {
        if !self.has_in() {
            return self.truth();
        }
        self.form("every");
        let (collection, kind) = self.collection();
        self.nested(|inside| {
            let value = inside.fresh("e");
            let pair = inside.chance.percent(40);
            let key = inside.fresh("k");
            if pair {
                inside.declare(&key, kind.key().unwrap_or(Kind::Any));
            }
            inside.declare(&value, kind.element().unwrap_or(Kind::Any));
            // What is declared here must be used.
            let operator = inside.chance.word(&["!=", "==", ">", ">=", "<"]);
            let other = inside.leaf(&kind.element().unwrap_or(Kind::Any));
            let mut items = vec![row!(value.clone(), " ", operator, " ", other)];
            if pair {
                let other = inside.leaf(&kind.key().unwrap_or(Kind::Any));
                items.push(row!(key.clone(), " != ", other));
            }
            let names = if pair { format!("{key}, {value}") } else { value };
            if inside.chance.percent(50) {
                items.insert(0, inside.expression());
            }
            row!("every ", names, " in ", collection, " { ", Piece::list("; ", items, 1), " }")
        })
    }

    fn membership(&mut self) -> Piece {
        if !self.has_in() {
            return self.test_of_values();
        }
        self.form("in");
        let (collection, kind) = self.collection();
        let element = self.leaf(&kind.element().unwrap_or(Kind::Any));
        if self.chance.percent(25) {
            let key = self.leaf(&kind.key().unwrap_or(Kind::Any));
            return row!(key, ", ", element, " in ", collection);
        }
        row!(element, " in ", collection)
    }

    /// Unification of patterns.
    fn pattern(&mut self) -> Piece {
        self.form("pattern");
        let name = self.fresh("p");
        let other = self.fresh("p");
        let assigned = self.chance.percent(30);
        let operator = if assigned { " := " } else { " = " };
        let (one, two) = (self.scalar_kind(), self.scalar_kind());
        let (first, second) = (self.term(&one, 2), self.term(&two, 1));
        let written = match self.chance.below(5) {
            0 => row!(
                "[",
                name.clone(),
                ", ",
                other.clone(),
                "]",
                operator,
                "[",
                first,
                ", ",
                second,
                "]"
            ),
            1 => {
                let value = self.leaf(&one);
                self.declare(&other, two);
                let bound = other;
                return row!("[", value, ", ", bound, "] = [", first, ", ", second, "]");
            }
            2 => row!(
                "{\"a\": ",
                name.clone(),
                ", \"b\": [",
                other.clone(),
                ", _]}",
                operator,
                "{\"a\": ",
                first,
                ", \"b\": [",
                second,
                ", 1]}"
            ),
            3 => {
                self.declare(&name, one);
                self.declare(&other, two);
                return row!("[", first, ", ", other, "] = [", name, ", ", second, "]");
            }
            _ => {
                self.declare(&name, Kind::Any);
                let path =
                    self.path(&Kind::arr(Kind::Any)).map_or("input.xs".into(), |(path, _)| path);
                let last = self.chance.word(&["", ", _", ", _, _"]);
                return row!("[", name, last, "] = ", path);
            }
        };
        self.declare(&name, one);
        self.declare(&other, two);
        written
    }

    fn print(&mut self) -> Piece {
        self.form("print");
        let value = self.leaf(&Kind::Any);
        row!("print(\"p\", ", value, ")")
    }

    /// A call whose value goes into its last operand.
    fn output_operand(&mut self) -> Piece {
        self.form("output operand");
        let name = self.fresh("o");
        let kind = self.collection_kind();
        let value = self.term(&kind, 1);
        self.declare(&name, Kind::SMALL);
        row!("count(", value, ", ", name, ")")
    }

    /// A variable that is declared before it is bound.
    fn declared(&mut self) -> Piece {
        self.form("some declaration");
        let name = self.fresh("s");
        let kind = self.scalar_kind();
        let value = self.term(&kind, 1);
        self.declare(&name, kind);
        row!("some ", name.clone(), "\n\t", name, " = ", value)
    }
}
