//! `with`: what is replaced, and by what.

use super::generator::{Generator, Known, Shape};
use super::kind::Kind;
use super::piece::{Piece, row};

impl Generator {
    /// A term under replacements, or a binding of it.
    pub(super) fn with(&mut self) -> Piece {
        self.form("with");
        let kind = self.some_kind();
        let value = self.term(&kind, 2);
        let mut written = vec![value];
        let mut replaced = Vec::new();
        for _ in 0..self.chance.between(1, 2) {
            written.push(self.replacement(&mut replaced));
        }
        let modified = Piece::Row(written);
        if self.chance.percent(50) {
            let name = self.fresh("v");
            self.declare(&name, kind);
            return row!(name, " := ", modified);
        }
        modified
    }

    /// `with target as value`. Nothing is replaced within documents that were `replaced` before it:
    /// OPA changes the very document that stands in for them (docs/opa-differences.md,
    /// "Evaluation").
    fn replacement(&mut self, replaced: &mut Vec<String>) -> Piece {
        let style = self.chance.weighted(&[4, 3, 3, 2, 2]);
        let known =
            self.some_known(|shape| (style == 3) == matches!(shape, Shape::Function { .. }));
        let (target, value) = match (style, known) {
            (0, _) | (_, None) => {
                self.form("with input");
                let whole = self.chance.percent(30);
                match self.path(&Kind::Any) {
                    Some((path, kind)) if !whole && path.starts_with("input.") => {
                        (path, self.leaf(&kind))
                    }
                    _ => ("input".to_owned(), self.literal(&Kind::obj(Kind::Any))),
                }
            }
            (1, _) => {
                self.form("with data");
                let paths: Vec<_> = self.world.paths.clone();
                let paths: Vec<_> =
                    paths.into_iter().filter(|(path, _)| path.starts_with("data.")).collect();
                let chosen = self.chance.pick(&paths).cloned();
                let (mut path, kind) = chosen.unwrap_or(("data.base".into(), Kind::Any));
                let around = |whole: &&String| path.starts_with(&format!("{whole}."));
                if let Some(whole) = replaced.iter().find(around) {
                    path.clone_from(whole);
                }
                replaced.push(path.clone());
                (path, self.leaf(&kind))
            }
            (
                2,
                Some(Known { shape: Shape::Value(kind) | Shape::Partial(kind), name, package }),
            ) => {
                self.form("with rule");
                (format!("data.{package}.{name}"), self.leaf(&kind))
            }
            (3, Some(known)) => {
                self.form("with function");
                let name = format!("data.{}.{}", known.package, known.name);
                let Shape::Function { parameters, result } = &known.shape else {
                    return row!(" with input as {}");
                };
                let arity = parameters.len();
                let other = self.some_known(|shape| {
                    matches!(shape, Shape::Function { parameters, .. } if parameters.len() == arity)
                });
                match other {
                    Some(other) if self.chance.percent(40) => {
                        let by = format!("data.{}.{}", other.package, other.name);
                        (name, Piece::text(by))
                    }
                    _ if arity == 1 && self.chance.percent(30) => (name, Piece::text("count")),
                    _ => (name, self.leaf(result)),
                }
            }
            _ => {
                self.form("with builtin");
                let name = self.chance.word(&[
                    "count",
                    "upper",
                    "time.now_ns",
                    "startswith",
                    "concat",
                    "sum",
                    "io.jwt.decode",
                ]);
                let value = self.leaf(&Kind::Any);
                (name.to_owned(), value)
            }
        };
        row!(" with ", target, " as ", value)
    }
}
