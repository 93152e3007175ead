//! The documents that programs read: what stands in them, and what a program may take for granted.

use super::chance::Chance;
use super::kind::{Kind, Num, Str};
use super::literal;
use crate::json::Json;
use std::rc::Rc;

/// Data and input, and the paths into them.
pub(super) struct World {
    pub(super) data: Json,
    pub(super) input: Option<Json>,
    /// Paths that usually lead somewhere, with what usually stands there.
    pub(super) paths: Vec<(String, Kind)>,
}

impl World {
    pub(super) fn new(chance: &mut Chance) -> Self {
        let input_shape = input_shape();
        let data_shape = data_shape();
        let input = (!chance.percent(3)).then(|| literal::document(chance, &input_shape));
        let base = literal::document(chance, &data_shape);
        let mut paths = Vec::new();
        walk("input", &input_shape, &mut paths);
        walk("data.base", &data_shape, &mut paths);
        paths.push(("input".into(), Kind::Any));
        paths.push(("data.base".into(), Kind::Any));
        paths.push(("input.absent".into(), Kind::Any));
        Self { data: Json::object([("base", base)]), input, paths }
    }
}

fn rec(members: Vec<(&'static str, Kind)>) -> Kind {
    Kind::Rec(Rc::new(members))
}

fn user() -> Kind {
    rec(vec![
        ("id", Kind::Str(Str::Word)),
        ("name", Kind::STR),
        ("age", Kind::SMALL),
        ("roles", Kind::arr(Kind::Str(Str::Word))),
        ("admin", Kind::Bool),
    ])
}

fn input_shape() -> Kind {
    rec(vec![
        ("n", Kind::NUM),
        ("m", Kind::SMALL),
        ("s", Kind::STR),
        ("kind", Kind::Str(Str::Word)),
        ("flag", Kind::Bool),
        ("xs", Kind::arr(Kind::NUM)),
        ("ss", Kind::arr(Kind::STR)),
        ("user", user()),
        ("items", Kind::arr(rec(vec![("k", Kind::Str(Str::Word)), ("v", Kind::NUM)]))),
        ("mixed", Kind::arr(Kind::Any)),
        ("obj", Kind::obj(Kind::Any)),
        ("words", Kind::obj(Kind::STR)),
        ("when", Kind::Num(Num::Time)),
        ("cidr", Kind::Str(Str::Cidr)),
        ("token", Kind::Str(Str::Jwt)),
        ("grid", Kind::arr(Kind::arr(Kind::SMALL))),
        ("if", Kind::NUM),
        ("any", Kind::Any),
    ])
}

fn data_shape() -> Kind {
    rec(vec![
        ("nums", Kind::arr(Kind::NUM)),
        ("small", Kind::arr(Kind::SMALL)),
        ("strs", Kind::arr(Kind::STR)),
        ("names", Kind::arr(Kind::Str(Str::Word))),
        ("users", Kind::arr(user())),
        ("counts", Kind::obj(Kind::NUM)),
        ("graph", Kind::obj(Kind::arr(Kind::Str(Str::Word)))),
        ("byname", Kind::obj(user())),
        ("deep", rec(vec![("a", rec(vec![("b", Kind::obj(Kind::NUM)), ("c", Kind::Any)]))])),
        ("mixed", Kind::arr(Kind::Any)),
        ("limit", Kind::SMALL),
        ("on", Kind::Bool),
        ("odd key", Kind::STR),
    ])
}

fn walk(path: &str, kind: &Kind, paths: &mut Vec<(String, Kind)>) {
    if let Kind::Rec(members) = kind {
        for (name, member) in members.iter() {
            let plain = name.chars().all(|letter| letter.is_ascii_alphanumeric());
            let path = if plain { format!("{path}.{name}") } else { format!("{path}[\"{name}\"]") };
            paths.push((path.clone(), member.clone()));
            walk(&path, member, paths);
        }
    }
}
