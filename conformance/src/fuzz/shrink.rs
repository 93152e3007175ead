//! Cuts a program down to what is needed for a divergence.

use super::piece::Piece;
use super::sketch::Sketch;
use crate::json::Json;

/// The most times something is cut.
const CUTS: usize = 2_000;

/// How many candidates are tried at once.
const BATCH: usize = 32;

/// The smallest sketch found that still does what `divides` tells. It is asked about several at
/// once and answers which of them do.
pub fn shrink(sketch: Sketch, divides: &mut dyn FnMut(&[Sketch]) -> Vec<bool>) -> Sketch {
    let mut best = sketch;
    // What could not be cut before is tried last: most of it still cannot.
    let mut start = 0;
    for _ in 0..CUTS {
        let mut candidates = smaller(&best);
        let first = if start < candidates.len() { start } else { 0 };
        candidates.rotate_left(first);
        let mut found = None;
        for (number, batch) in candidates.chunks(BATCH).enumerate() {
            let verdicts = divides(batch);
            let place = verdicts.iter().position(|divides| *divides);
            if let Some((place, candidate)) = place.and_then(|at| Some((at, batch.get(at)?))) {
                found = Some((number * BATCH + place, candidate.clone()));
                break;
            }
        }
        match found {
            Some((place, candidate)) => {
                start = first + place;
                best = candidate;
            }
            None => break,
        }
    }
    best
}

fn smaller(sketch: &Sketch) -> Vec<Sketch> {
    let mut found = Vec::new();
    let mut push = |change: &dyn Fn(&mut Sketch)| {
        let mut smaller = sketch.clone();
        change(&mut smaller);
        found.push(smaller);
    };
    if sketch.queries.len() > 1 {
        for query in &sketch.queries {
            push(&|smaller| smaller.queries = vec![query.clone()]);
        }
    }
    if sketch.modules.len() > 1 {
        for place in 0..sketch.modules.len() {
            push(&|smaller| {
                smaller.modules.remove(place);
            });
        }
    }
    for (place, (_, module)) in sketch.modules.iter().enumerate() {
        for less in module.smaller() {
            push(&|smaller| {
                if let Some((_, module)) = smaller.modules.get_mut(place) {
                    *module = less.clone();
                }
            });
        }
        if let Piece::Text(text) = module {
            // A broken module is plain text: lines are what can go.
            let lines: Vec<_> = text.lines().collect();
            for line in 0..lines.len() {
                let mut lines = lines.clone();
                lines.remove(line);
                let text = lines.join("\n");
                push(&|smaller| {
                    if let Some((_, module)) = smaller.modules.get_mut(place) {
                        *module = Piece::text(text.clone());
                    }
                });
            }
        }
    }
    for (place, query) in sketch.queries.iter().enumerate() {
        for less in query.smaller() {
            push(&|smaller| {
                if let Some(query) = smaller.queries.get_mut(place) {
                    *query = less.clone();
                }
            });
        }
    }
    for less in less_json(&sketch.data) {
        if less.as_object().is_some() {
            push(&|smaller| smaller.data = less.clone());
        }
    }
    if let Some(input) = &sketch.input {
        push(&|smaller| smaller.input = None);
        for less in less_json(input) {
            push(&|smaller| smaller.input = Some(less.clone()));
        }
    }
    if sketch.settings.strict_builtin_errors {
        push(&|smaller| smaller.settings.strict_builtin_errors = false);
    }
    found
}

/// Documents with one thing less.
fn less_json(document: &Json) -> Vec<Json> {
    match document {
        Json::Array(elements) => {
            let mut found = Vec::new();
            for place in 0..elements.len() {
                let mut fewer = elements.clone();
                fewer.remove(place);
                found.push(Json::Array(fewer));
            }
            for (place, element) in elements.iter().enumerate() {
                for less in less_json(element) {
                    let mut elements = elements.clone();
                    if let Some(element) = elements.get_mut(place) {
                        *element = less;
                    }
                    found.push(Json::Array(elements));
                }
            }
            found
        }
        Json::Object(members) => {
            let mut found = Vec::new();
            for name in members.keys() {
                let mut fewer = members.clone();
                fewer.remove(name);
                found.push(Json::Object(fewer));
            }
            for (name, member) in members {
                for less in less_json(member) {
                    let mut members = members.clone();
                    members.insert(name.clone(), less);
                    found.push(Json::Object(members));
                }
            }
            found
        }
        Json::String(text) if !text.is_empty() && text != "a" => vec![Json::string("a")],
        _ => Vec::new(),
    }
}
