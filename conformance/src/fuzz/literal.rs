//! Literals: in Rego for programs, in JSON for documents.

use super::chance::Chance;
use super::kind::Kind;
use super::piece::{Piece, term};
use super::{grounds, pools};
use crate::json::Json;

/// How deep literals are nested at most.
const DEPTH: usize = 3;

/// Text as a string of Rego and JSON.
pub(super) fn quoted(text: &str) -> String {
    Json::string(text).to_string()
}

/// A ground term of a kind.
pub(super) fn literal(chance: &mut Chance, kind: &Kind) -> Piece {
    nested(chance, kind, DEPTH)
}

fn nested(chance: &mut Chance, kind: &Kind, depth: usize) -> Piece {
    match kind {
        Kind::Any => {
            let kind = any_kind(chance, depth);
            nested(chance, &kind, depth)
        }
        Kind::Null => Piece::leaf("null"),
        Kind::Bool => Piece::leaf(chance.word(&["true", "false"])),
        Kind::Num(flavour) => Piece::leaf(chance.word(pools::numbers(*flavour))),
        Kind::Ground(use_of) => Piece::leaf(chance.word(grounds::terms(*use_of))),
        Kind::Str(flavour) => {
            let text = chance.word(pools::strings(*flavour));
            let raw = chance.percent(15) && !text.contains(['`', '\n']) && !text.is_empty();
            Piece::leaf(if raw { format!("`{text}`") } else { quoted(text) })
        }
        Kind::Arr(of) => {
            let items = several(chance, of, depth);
            term!("[", Piece::list(", ", items, 0), "]")
        }
        Kind::Set(of) => {
            let items = several(chance, of, depth);
            if items.is_empty() {
                Piece::leaf("set()")
            } else {
                term!("{", Piece::list(", ", items, 1), "}")
            }
        }
        Kind::Obj(of) => {
            let count = chance.below(4);
            let member = |_| {
                let name = if chance.percent(6) {
                    chance.word(&["1", "null", "[1, 2]", "{\"x\"}", "true"]).to_owned()
                } else {
                    quoted(chance.word(pools::strings(super::kind::Str::Word)))
                };
                let value = nested(chance, of, depth.saturating_sub(1));
                Piece::Row(vec![name.into(), ": ".into(), value])
            };
            let items = distinct((0..count).map(member).collect());
            term!("{", Piece::list(", ", items, 0), "}")
        }
        Kind::Rec(members) => {
            let items = members.iter().map(|(name, kind)| {
                let value = nested(chance, kind, depth.saturating_sub(1));
                Piece::Row(vec![quoted(name).into(), ": ".into(), value])
            });
            let items = items.collect();
            term!("{", Piece::list(", ", items, 0), "}")
        }
        Kind::One(kinds) => {
            let kind = chance.pick(kinds).cloned().unwrap_or(Kind::Null);
            nested(chance, &kind, depth)
        }
    }
}

fn several(chance: &mut Chance, of: &Kind, depth: usize) -> Vec<Piece> {
    let count = chance.weighted(&[1, 3, 4, 2]);
    (0..count).map(|_| nested(chance, of, depth.saturating_sub(1))).collect()
}

/// Members of different names: two of one name are an error of the parser's.
fn distinct(members: Vec<Piece>) -> Vec<Piece> {
    let mut kept: Vec<Piece> = Vec::new();
    for member in members {
        let name = |piece: &Piece| match piece {
            Piece::Row(parts) => parts.first().map(Piece::write),
            _ => None,
        };
        if !kept.iter().any(|other| name(other) == name(&member)) {
            kept.push(member);
        }
    }
    kept
}

fn any_kind(chance: &mut Chance, depth: usize) -> Kind {
    let nests = usize::from(depth > 0);
    match chance.weighted(&[1, 2, 5, 6, 2 * nests, nests, 2 * nests]) {
        0 => Kind::Null,
        1 => Kind::Bool,
        2 => Kind::NUM,
        3 => Kind::STR,
        4 => Kind::arr(Kind::Any),
        5 => Kind::set(Kind::Any),
        _ => Kind::obj(Kind::Any),
    }
}

/// A document of a kind. Sets, which JSON has not, become arrays.
pub(super) fn document(chance: &mut Chance, kind: &Kind) -> Json {
    document_nested(chance, kind, DEPTH)
}

fn document_nested(chance: &mut Chance, kind: &Kind, depth: usize) -> Json {
    let below = depth.saturating_sub(1);
    match kind {
        Kind::Any => {
            let kind = any_kind(chance, depth);
            document_nested(chance, &kind, depth)
        }
        // Terms, not documents.
        Kind::Null | Kind::Ground(_) => Json::Null,
        Kind::Bool => Json::Bool(chance.percent(50)),
        Kind::Num(flavour) => {
            // A number that Go's decoder takes and others may not stays in Rego.
            let text = chance.word(pools::numbers(*flavour));
            let text = if matches!(text, "1e400" | "-0") { "11" } else { text };
            Json::parse(text).unwrap_or(Json::Null)
        }
        Kind::Str(flavour) => Json::string(chance.word(pools::strings(*flavour))),
        Kind::Arr(of) | Kind::Set(of) => {
            let count = chance.weighted(&[1, 2, 4, 3, 1]);
            (0..count).map(|_| document_nested(chance, of, below)).collect()
        }
        Kind::Obj(of) => {
            let count = chance.below(4);
            let member = |_| {
                let name = chance.word(pools::strings(super::kind::Str::Word));
                (name.to_owned(), document_nested(chance, of, below))
            };
            Json::Object((0..count).map(member).collect())
        }
        Kind::Rec(members) => {
            let mut present = std::collections::BTreeMap::new();
            for (name, kind) in members.iter() {
                // Now and then a member is missing, or not what it is taken for.
                let kind = if chance.percent(4) { &Kind::Any } else { kind };
                if !chance.percent(5) {
                    present.insert((*name).to_owned(), document_nested(chance, kind, depth));
                }
            }
            Json::Object(present)
        }
        Kind::One(kinds) => {
            let kind = chance.pick(kinds).cloned().unwrap_or(Kind::Null);
            document_nested(chance, &kind, depth)
        }
    }
}
