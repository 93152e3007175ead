//! Terms.

use super::builtins::{DEPRECATED, Signature};
use super::generator::{Generator, Shape, Style};
use super::kind::{Kind, Num, Str};
use super::literal::quoted;
use super::piece::{Piece, row, term};

/// How deep terms are nested.
pub(super) const DEPTH: usize = 3;

impl Generator {
    /// A term of a kind.
    pub(super) fn term(&mut self, wanted: &Kind, depth: usize) -> Piece {
        if let Kind::One(kinds) = wanted {
            let kind = self.chance.pick(kinds).cloned().unwrap_or(Kind::Any);
            return self.term(&kind, depth);
        }
        // Now and then something else than what is wanted, from where no type checker sees it.
        if self.chance.percent(3)
            && let Some((path, _)) = self.path(&Kind::Any)
        {
            return Piece::leaf(path);
        }
        if depth == 0 || !self.burn() {
            return self.leaf(wanted);
        }
        if matches!(wanted, Kind::Str(Str::Any)) && self.chance.percent(8) {
            return self.bytes();
        }
        let composite = matches!(wanted, Kind::Arr(_) | Kind::Set(_) | Kind::Obj(_));
        let weights = [
            9,
            7,
            3,
            3,
            2,
            if composite || *wanted == Kind::Any { 4 } else { 0 },
            if matches!(wanted, Kind::Num(_) | Kind::Set(_)) { 4 } else { 0 },
            usize::from(matches!(wanted, Kind::Str(Str::Any)) && self.style == Style::V1) * 3,
            if *wanted == Kind::Bool { 4 } else { 0 },
            usize::from(*wanted == Kind::Any),
        ];
        let found = match self.chance.weighted(&weights) {
            0 => None,
            1 => self.builtin(wanted, depth),
            2 => self.rule_value(wanted),
            3 => self.function_call(wanted, depth),
            4 => self.element(wanted, depth),
            5 => Some(self.composite(wanted, depth)),
            6 => Some(self.operation(wanted, depth)),
            7 => Some(self.template_string(depth)),
            8 => Some(self.comparison(depth)),
            _ => Some(self.metadata()),
        };
        found.unwrap_or_else(|| self.leaf(wanted))
    }

    /// A string of bytes, most often no UTF-8: whole characters, parts of such, what is none.
    fn bytes(&mut self) -> Piece {
        const PARTS: [&str; 12] = [
            "61", "ff", "80", "c3", "a9", "c3a9", "e282", "ac", "f09f98", "f48fbe80", "efbfbd",
            "20",
        ];
        self.form("bytes");
        let count = self.chance.below(4) + 1;
        let digits: String = (0..count).map(|_| self.chance.word(&PARTS)).collect();
        Piece::leaf(format!("hex.decode(\"{digits}\")"))
    }

    /// A variable, a path or a literal.
    pub(super) fn leaf(&mut self, wanted: &Kind) -> Piece {
        if let Kind::One(kinds) = wanted {
            let kind = self.chance.pick(kinds).cloned().unwrap_or(Kind::Any);
            return self.leaf(&kind);
        }
        let order = self.chance.weighted(&[5, 4, 3]);
        if order == 0
            && let Some(name) = self.variable(wanted)
        {
            return Piece::leaf(name);
        }
        if order <= 1
            && let Some((path, _)) = self.path(wanted)
        {
            self.form("path");
            return Piece::leaf(path);
        }
        self.literal(wanted)
    }

    fn builtin(&mut self, wanted: &Kind, depth: usize) -> Option<Piece> {
        let signatures = self.signatures.clone();
        let fitting: Vec<_> =
            signatures.iter().filter(|signature| self.may_call(signature, wanted)).collect();
        let signature = *self.chance.pick(&fitting)?;
        self.form(signature.name);
        let operands: Vec<_> =
            signature.operands.iter().map(|kind| self.term(kind, depth - 1)).collect();
        let least = operands.len();
        Some(term!(signature.name, "(", Piece::list(", ", operands, least), ")"))
    }

    /// Rego v1 refuses calls of deprecated builtins.
    fn may_call(&self, signature: &Signature, wanted: &Kind) -> bool {
        signature.result.fits(wanted)
            && (self.style == Style::Plain || !DEPRECATED.contains(&signature.name))
    }

    fn rule_value(&mut self, wanted: &Kind) -> Option<Piece> {
        let known = self.some_known(|shape| match shape {
            Shape::Value(kind) | Shape::Partial(kind) => kind.fits(wanted),
            Shape::Function { .. } => false,
        })?;
        self.form("rule reference");
        Some(Piece::leaf(self.name_of(&known)))
    }

    pub(super) fn function_call(&mut self, wanted: &Kind, depth: usize) -> Option<Piece> {
        let known = self.some_known(
            |shape| matches!(shape, Shape::Function { result, .. } if result.fits(wanted)),
        )?;
        let Shape::Function { parameters, .. } = &known.shape else { return None };
        self.form("function call");
        let below = depth.saturating_sub(1);
        let operands: Vec<_> = parameters.iter().map(|kind| self.term(kind, below)).collect();
        let least = operands.len();
        Some(term!(self.name_of(&known), "(", Piece::list(", ", operands, least), ")"))
    }

    /// Something out of a collection, by a key that may not be there.
    fn element(&mut self, wanted: &Kind, depth: usize) -> Option<Piece> {
        let of = wanted.clone();
        let kind = match self.chance.weighted(&[3, 3, 1]) {
            0 => Kind::arr(of),
            1 => Kind::obj(of),
            _ => Kind::set(of),
        };
        let base = self.variable(&kind).or_else(|| self.path(&kind).map(|(path, _)| path))?;
        let key = kind.key().unwrap_or(Kind::Any);
        self.form("element");
        if matches!(key, Kind::Str(_)) && self.chance.percent(50) {
            let name = self.chance.word(&["a", "b", "c", "d", "k", "id", "name", "foo"]);
            return Some(Piece::leaf(format!("{base}.{name}")));
        }
        let key =
            if self.chance.percent(30) { self.term(&key, depth - 1) } else { self.leaf(&key) };
        Some(term!(base, "[", key, "]"))
    }

    fn composite(&mut self, wanted: &Kind, depth: usize) -> Piece {
        let kind = if *wanted == Kind::Any { self.collection_kind() } else { wanted.clone() };
        let of = kind.element().unwrap_or(Kind::Any);
        if self.chance.percent(50) && self.fuel > 4 {
            return self.comprehension(&kind, &of, depth);
        }
        let count = self.chance.below(4);
        let mut items = Vec::new();
        for _ in 0..count {
            items.push(self.term(&of, depth - 1));
        }
        match kind {
            Kind::Arr(_) => {
                self.form("array");
                term!("[", Piece::list(", ", items, 0), "]")
            }
            Kind::Set(_) if items.is_empty() => Piece::leaf("set()"),
            Kind::Set(_) => {
                self.form("set");
                term!("{", Piece::list(", ", items, 1), "}")
            }
            _ => {
                self.form("object");
                let members = items.into_iter().enumerate().map(|(at, value)| {
                    let computed = self.chance.percent(12);
                    let key = match (computed, ["a", "b", "c"].get(at)) {
                        (false, Some(name)) => Piece::leaf(quoted(name)),
                        _ => self.leaf(&Kind::Str(Str::Word)),
                    };
                    row!(key, ": ", value)
                });
                let members = members.collect();
                term!("{", Piece::list(", ", members, 0), "}")
            }
        }
    }

    fn comprehension(&mut self, kind: &Kind, of: &Kind, depth: usize) -> Piece {
        self.nested(|inside| {
            let count = inside.chance.between(1, 2);
            let body = inside.iterating_body(count);
            let value = inside.term(of, depth - 1);
            match kind {
                Kind::Arr(_) => {
                    inside.form("array comprehension");
                    term!("[", value, " | ", body, "]")
                }
                Kind::Set(_) => {
                    inside.form("set comprehension");
                    term!("{", value, " | ", body, "}")
                }
                _ => {
                    inside.form("object comprehension");
                    let key = inside.leaf(&Kind::STR);
                    term!("{", key, ": ", value, " | ", body, "}")
                }
            }
        })
    }

    fn operation(&mut self, wanted: &Kind, depth: usize) -> Piece {
        let operator = match wanted {
            Kind::Set(_) => self.chance.word(&["|", "&", "-"]),
            Kind::Num(Num::Small | Num::Base) => "%",
            _ => self.chance.word(&["+", "-", "*", "/", "%"]),
        };
        self.form("operation");
        let kind = if let Kind::Num(Num::Small | Num::Base) = wanted {
            Kind::Num(Num::Int)
        } else {
            wanted.clone()
        };
        let one = self.term(&kind, depth - 1);
        let two = match wanted {
            Kind::Num(Num::Small | Num::Base) => Piece::leaf("7"),
            _ => self.term(&kind, depth - 1),
        };
        term!("(", one, " ", operator, " ", two, ")")
    }

    fn template_string(&mut self, depth: usize) -> Piece {
        self.form("template string");
        let mut parts = Vec::new();
        for _ in 0..self.chance.between(1, 3) {
            let text = self.chance.word(&["", "a", " b ", "\\{x", "é", "\\n", "\\\""]);
            parts.push(Piece::from(text));
            let kind = self.scalar_kind();
            // A quote inside is read as the end by nobody, but is hard on the eye: leaves only.
            let value = if self.chance.percent(20) {
                self.term(&kind, depth - 1)
            } else {
                self.leaf(&kind)
            };
            parts.push(row!("{", value, "}"));
        }
        term!("$\"", Piece::list("", parts, 0), "\"")
    }

    pub(super) fn comparison(&mut self, depth: usize) -> Piece {
        self.form("comparison");
        let kind = self.scalar_kind();
        let operator = self.chance.word(&["==", "!=", "<", "<=", ">", ">="]);
        let below = depth.saturating_sub(1);
        let one = self.term(&kind, below);
        let two = self.term(&kind, below);
        term!("(", one, " ", operator, " ", two, ")")
    }

    fn metadata(&mut self) -> Piece {
        if self.style == Style::V1 && self.chance.percent(30) {
            self.form("rego.metadata");
            let call = self.chance.word(&["rego.metadata.rule()", "rego.metadata.chain()"]);
            return Piece::leaf(call);
        }
        self.leaf(&Kind::Any)
    }
}
