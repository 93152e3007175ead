//! Rules.

use super::generator::{Generator, Known, Shape, Style};
use super::kind::{Kind, Str};
use super::literal::quoted;
use super::piece::{Piece, row};
use super::term::DEPTH;

impl Generator {
    /// One rule, with all its definitions. It is known afterwards.
    pub(super) fn rule(&mut self) -> Piece {
        self.scope.clear();
        let name = self.fresh("r");
        let (shape, definitions) = match self.chance.weighted(&[6, 4, 4, 2, 5, 1]) {
            0 => self.complete(&name),
            1 => self.partial_set(&name),
            2 => self.partial_object(&name),
            3 => self.general(&name),
            4 => self.function(&name),
            _ => self.constant(&name),
        };
        let known = Known { package: self.package.clone(), name, shape };
        self.known.push(known);
        self.scope.clear();
        let rules = Piece::list("\n\n", definitions, 1);
        if self.chance.percent(4) && self.style == Style::V1 {
            self.form("annotation");
            let title = self.chance.word(&["one", "two"]);
            return row!("# METADATA\n# title: ", title, "\n# custom:\n#   n: 1\n", rules);
        }
        rules
    }

    fn if_word(&self) -> &'static str {
        if self.style == Style::Plain { "" } else { " if" }
    }

    fn equals(&mut self) -> &'static str {
        if self.style == Style::Plain || self.chance.percent(15) { " = " } else { " := " }
    }

    fn braced(&mut self, body: Piece) -> Piece {
        row!(self.if_word(), " {\n\t", body, "\n}")
    }

    fn lines(&mut self) -> usize {
        self.chance.weighted(&[0, 4, 5, 4, 2])
    }

    fn default_of(&mut self, name: &str, kind: &Kind) -> Piece {
        self.form("default");
        let value = self.literal(kind);
        let equals = self.equals();
        row!("default ", name.to_owned(), equals, value)
    }

    fn constant(&mut self, name: &str) -> (Shape, Vec<Piece>) {
        self.form("constant");
        let kind = self.some_kind();
        let value = self.term(&kind, 2);
        let equals = self.equals();
        (Shape::Value(kind), vec![row!(name.to_owned(), equals, value)])
    }

    fn complete(&mut self, name: &str) -> (Shape, Vec<Piece>) {
        self.form("complete rule");
        let kind = if self.chance.percent(35) { Kind::Bool } else { self.some_kind() };
        let mut definitions = Vec::new();
        if self.chance.percent(35) {
            definitions.push(self.default_of(name, &kind));
        }
        let count = self.chance.weighted(&[0, 6, 3, 1]);
        // Definitions that look at the same path for different constants: what is indexed.
        let guard = (count > 1 && self.chance.percent(70))
            .then(|| self.chance.word(&["input.kind", "input.user.id", "input.m", "input.flag"]));
        for at in 0..count {
            self.scope.clear();
            let lines = self.lines();
            let mut body = self.body(lines);
            if let Some(guard) = guard {
                self.form("indexed rule");
                let words = ["\"a\"", "\"foo\"", "\"id\"", "1", "true"];
                let word = words.get((at + self.chance.below(5)) % 5).copied().unwrap_or("1");
                body = row!(guard, " == ", word, "\n\t", body);
            }
            let bare = kind == Kind::Bool && self.chance.percent(70);
            let head = if bare {
                row!(name.to_owned())
            } else {
                let value = self.term(&kind, 2);
                let equals = self.equals();
                row!(name.to_owned(), equals, value)
            };
            let chain = self.else_chain(&kind);
            let body = self.braced(body);
            definitions.push(row!(head, body, chain));
        }
        (Shape::Value(kind), definitions)
    }

    fn else_chain(&mut self, kind: &Kind) -> Piece {
        let count = self.chance.weighted(&[8, 2, 1]);
        let mut links = Vec::new();
        for _ in 0..count {
            self.form("else");
            self.scope.truncate(0);
            let lines = self.chance.between(1, 2);
            let body = self.body(lines);
            let value = self.term(kind, 1);
            let equals = self.equals();
            let body = self.braced(body);
            links.push(row!(" else", equals, value, body));
        }
        Piece::list("", links, 0)
    }

    fn partial_set(&mut self, name: &str) -> (Shape, Vec<Piece>) {
        self.form("partial set");
        let kind = self.scalar_kind();
        let mut definitions = Vec::new();
        for _ in 0..self.chance.weighted(&[0, 5, 3]) {
            self.scope.clear();
            let lines = self.lines();
            let first = self.expression();
            let body = self.body(lines);
            let value = self.term(&kind, 2);
            let head = if self.style == Style::Plain {
                row!(name.to_owned(), "[", value, "]")
            } else {
                row!(name.to_owned(), " contains ", value)
            };
            let body = self.braced(row!(first, "\n\t", body));
            definitions.push(row!(head, body));
        }
        (Shape::Partial(Kind::set(kind)), definitions)
    }

    fn partial_object(&mut self, name: &str) -> (Shape, Vec<Piece>) {
        self.form("partial object");
        let kind = self.scalar_kind();
        let mut definitions = Vec::new();
        for _ in 0..self.chance.weighted(&[0, 5, 3]) {
            self.scope.clear();
            let lines = self.lines();
            let body = self.body(lines);
            let key = if self.chance.percent(20) {
                // OPA takes 2 and 2.0 for one key in its cache and for two in its rules.
                self.term(&Kind::SMALL, 1)
            } else {
                self.leaf(&Kind::Str(Str::Word))
            };
            let value = self.term(&kind, 2);
            let equals = self.equals();
            let body = self.braced(body);
            definitions.push(row!(name.to_owned(), "[", key, "]", equals, value, body));
        }
        (Shape::Partial(Kind::obj(kind)), definitions)
    }

    /// Heads that are references of their own.
    fn general(&mut self, name: &str) -> (Shape, Vec<Piece>) {
        self.form("general head");
        let mut definitions = Vec::new();
        // Heads of different forms mostly conflict.
        let form = self.chance.below(5);
        for _ in 0..self.chance.between(1, 3) {
            self.scope.clear();
            let form = if self.chance.percent(15) { self.chance.below(5) } else { form };
            let lines = self.chance.between(1, 2);
            let body = self.body(lines);
            let key = self.leaf(&Kind::Str(Str::Word));
            let kind = self.scalar_kind();
            let value = self.term(&kind, 1);
            let plain = self.style == Style::Plain;
            let body = self.braced(body);
            let member = self.chance.word(&["a", "b", "if", "p"]);
            let member = if plain && member == "if" { "c" } else { member };
            let name = name.to_owned();
            let head = match form {
                0 if !plain => row!(name, ".", member, " contains ", value),
                1 if !plain => row!(name, "[", key, "] contains ", value),
                2 => row!(name, ".", member, "[", key, "] = ", value),
                3 if !plain => row!(name, "[", key, "].", member, " := ", value),
                _ => row!(name, ".", member, " = ", value),
            };
            definitions.push(row!(head, body));
        }
        (Shape::Partial(Kind::Any), definitions)
    }

    fn function(&mut self, name: &str) -> (Shape, Vec<Piece>) {
        self.form("function");
        // OPA takes a head without parameters for a rule, so calls of it are refused: hardly ever.
        let count = self.chance.weighted(&[1, 50, 40, 10]);
        let parameters: Vec<_> = (0..count).map(|_| self.some_kind()).collect();
        let result = if self.chance.percent(35) { Kind::Bool } else { self.some_kind() };
        let mut definitions = Vec::new();
        if count > 0 && self.chance.percent(12) {
            self.form("default function");
            let value = self.literal(&result);
            let names: Vec<_> = (0..count).map(|_| "_".to_owned()).collect();
            definitions.push(row!(
                "default ",
                name.to_owned(),
                "(",
                names.join(", "),
                ") := ",
                value
            ));
        }
        for _ in 0..self.chance.weighted(&[0, 6, 3]) {
            self.scope.clear();
            let mut written = Vec::new();
            for kind in &parameters {
                written.push(self.parameter(kind));
            }
            let list = Piece::list(", ", written, count);
            let lines = self.chance.between(1, 3);
            let inside = self.scope.clone();
            let body = self.body(lines);
            let bare = result == Kind::Bool && self.chance.percent(60);
            let value = self.term(&result, DEPTH);
            let equals = self.equals();
            let head = row!(name.to_owned(), "(", list, ")");
            let head = if bare { head } else { row!(head, equals, value) };
            let braced = self.braced(body);
            self.scope = inside;
            let chain = if self.chance.percent(12) {
                self.form("function else");
                let body = self.expression();
                let value = self.term(&result, 1);
                let braced = self.braced(body);
                row!(" else = ", value, braced)
            } else {
                Piece::text("")
            };
            definitions.push(row!(head, braced, chain));
        }
        (Shape::Function { parameters, result }, definitions)
    }

    /// A parameter: a name, or a pattern the argument must match.
    fn parameter(&mut self, kind: &Kind) -> Piece {
        let name = self.fresh("a");
        match (self.chance.weighted(&[12, 2, 1, 1]), kind) {
            (1, Kind::Num(_) | Kind::Str(_) | Kind::Bool) => {
                self.form("constant parameter");
                self.literal(kind)
            }
            (2, Kind::Arr(of)) => {
                self.form("array parameter");
                self.declare(&name, (**of).clone());
                row!("[", name, ", _]")
            }
            (2, Kind::Obj(of)) => {
                self.form("object parameter");
                self.declare(&name, (**of).clone());
                row!("{", quoted("a"), ": ", name, "}")
            }
            (3, _) => Piece::text("_"),
            _ => {
                self.declare(&name, kind.clone());
                Piece::text(name)
            }
        }
    }
}
