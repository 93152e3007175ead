//! Whether two answers are the same, and in what they differ.
//!
//! A difference has an *aspect*, which expectations name: `answer` (one server gives none),
//! `status`, `header NAME`, `encoding` (a body that cannot be unpacked), a JSON pointer into the
//! body (`/errors/0/message`; the whole body is `/`), `body` where a body is no JSON, and `text`
//! where two bodies are the same value, written with other blanks or in another order.

use super::case::Strictness;
use super::differences::{Difference, in_values};
use super::http::{Answer, NoAnswer};
use super::normal::normal;
use crate::json::Json;
use flate2::read::MultiGzDecoder;
use std::collections::BTreeSet;
use std::io::Read as _;

/// The fields of an answer that clients act on. Others (dates, lengths, names of servers) are not
/// compared.
pub const HEADERS: [&str; 10] = [
    "allow",
    "cache-control",
    "content-encoding",
    "content-type",
    "etag",
    "location",
    "vary",
    "warning",
    "www-authenticate",
    "x-content-type-options",
];

/// The most bytes of a body that are unpacked.
const UNPACKED: u64 = 64 << 20;

/// The most characters of a text that a difference shows.
const SHOWN: usize = 300;

/// In what the second answer differs from the first.
#[must_use]
pub fn differences(
    reference: &Result<Answer, NoAnswer>,
    target: &Result<Answer, NoAnswer>,
    strictness: Strictness,
) -> Vec<Difference> {
    let (reference, target) = match (reference, target) {
        (Ok(reference), Ok(target)) => (reference, target),
        (Ok(reference), Err(no)) => {
            return vec![Difference::new("answer", &reference.status, no)];
        }
        (Err(no), Ok(target)) => return vec![Difference::new("answer", no, &target.status)],
        // Nobody may die of a request, whoever else does.
        (Err(one), Err(other)) => return vec![Difference::new("answer", one, other)],
    };
    let mut found = Vec::new();
    if reference.status != target.status {
        found.push(Difference::new("status", &reference.status, &target.status));
    }
    if strictness != Strictness::Families {
        for name in HEADERS {
            let (wanted, got) = (reference.header(name), target.header(name));
            if wanted != got {
                let told = |value: Option<String>| value.unwrap_or_else(|| "none".into());
                let aspect = format!("header {name}");
                found.push(Difference::new(aspect, &told(wanted), &told(got)));
            }
        }
    }
    match (unpacked(reference), unpacked(target)) {
        (Some(wanted), Some(got)) => found.extend(of_bodies(&wanted, &got, strictness)),
        (wanted, got) => {
            let told = |body: Option<String>| if body.is_some() { "a body" } else { "no gzip" };
            found.push(Difference::new("encoding", &told(wanted), &told(got)));
        }
    }
    found
}

fn of_bodies(wanted: &str, got: &str, strictness: Strictness) -> Vec<Difference> {
    match strictness {
        Strictness::Status => {
            let told = |body: &str| if body.is_empty() { "no body" } else { "a body" };
            if wanted.is_empty() == got.is_empty() {
                return Vec::new();
            }
            return vec![Difference::new("body", &told(wanted), &told(got))];
        }
        Strictness::Families => {
            let (wanted, got) = (families(wanted), families(got));
            if wanted == got {
                return Vec::new();
            }
            return vec![Difference::new("body", &joined(&wanted), &joined(&got))];
        }
        Strictness::Text | Strictness::Json | Strictness::Unordered => {}
    }
    let (wanted, got) = (normal(wanted), normal(got));
    if wanted == got {
        return Vec::new();
    }
    let (Ok(one), Ok(other)) = (Json::parse(&wanted), Json::parse(&got)) else {
        return vec![Difference::new("body", &shown(&wanted), &shown(&got))];
    };
    if strictness == Strictness::Unordered {
        let found = in_values(&sorted(one), &sorted(other));
        if found.is_empty() && lines(&wanted) != lines(&got) {
            return vec![Difference::new("text", &shown(&wanted), &shown(&got))];
        }
        return found;
    }
    let found = in_values(&one, &other);
    if found.is_empty() && strictness == Strictness::Text {
        return vec![Difference::new("text", &shown(&wanted), &shown(&got))];
    }
    found
}

/// The value with its errors, its results and the lines of its message in an order.
fn sorted(mut value: Json) -> Json {
    let Json::Object(members) = &mut value else { return value };
    for name in ["errors", "result"] {
        if let Some(Json::Array(elements)) = members.get_mut(name) {
            elements.sort();
        }
    }
    // A step's local variables come from a map as well.
    if let Some(Json::Array(steps)) = members.get_mut("explanation") {
        for step in steps {
            if let Json::Object(step) = step
                && let Some(Json::Array(locals)) = step.get_mut("locals")
            {
                locals.sort();
            }
        }
    }
    if let Some(Json::String(message)) = members.get_mut("message") {
        let mut lines: Vec<_> = message.lines().collect();
        lines.sort_unstable();
        *message = lines.join("\n");
    }
    value
}

/// The lines of a text in an order, without the commas at their ends: how it is written, whatever
/// comes first. A line with a message of several lines, or with a whole list, has its letters in an
/// order.
fn lines(text: &str) -> Vec<String> {
    let mut lines: Vec<_> = text
        .split('\n')
        .map(|line| {
            let line = line.strip_suffix(',').unwrap_or(line);
            if line.contains("\\n") || line.contains(":[") {
                let mut letters: Vec<_> = line.chars().collect();
                letters.sort_unstable();
                letters.into_iter().collect()
            } else {
                line.to_owned()
            }
        })
        .collect();
    lines.sort_unstable();
    lines
}

/// The body as text; `None`: it says that it is packed, and is not.
fn unpacked(answer: &Answer) -> Option<String> {
    let packed = answer.header("content-encoding").is_some_and(|value| value == "gzip");
    let mut bytes = Vec::new();
    let body = answer.body.as_slice();
    if packed && !body.is_empty() {
        MultiGzDecoder::new(body).take(UNPACKED).read_to_end(&mut bytes).ok()?;
    } else {
        bytes.extend_from_slice(body);
    }
    Some(String::from_utf8_lossy(&bytes).into_owned())
}

/// The families of metrics that are OPA's own.
fn families(text: &str) -> BTreeSet<String> {
    const OWN: &str = "http_request_duration_seconds";
    let mut found = BTreeSet::new();
    for line in text.lines() {
        if let Some(kind) = line.strip_prefix("# TYPE ") {
            if kind.starts_with(OWN) {
                found.insert(kind.to_owned());
            }
        } else if line.starts_with(OWN)
            && let Some((series, _)) = line.split_once('}')
        {
            // What a label says depends on what was asked before, but for the bounds of buckets.
            let (name, labels) = series.split_once('{').unwrap_or((series, ""));
            let labels: BTreeSet<_> = labels
                .split("\",")
                .map(|label| match label.split_once('=') {
                    Some(("le", bound)) => format!("le={}", bound.trim_matches('"')),
                    Some((label, _)) => label.to_owned(),
                    None => label.to_owned(),
                })
                .collect();
            found.insert(format!("{name} {labels:?}"));
        }
    }
    found
}

fn joined(set: &BTreeSet<String>) -> String {
    shown(&set.iter().map(String::as_str).collect::<Vec<_>>().join("; "))
}

fn shown(text: &str) -> String {
    let mut shown: String = text.chars().take(SHOWN).collect();
    if shown.len() < text.len() {
        shown.push('…');
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[expect(clippy::unnecessary_wraps, reason = "what is compared may be no answer")]
    fn answer(status: u16, headers: &[(&str, &str)], body: &str) -> Result<Answer, NoAnswer> {
        let headers = headers.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect();
        Ok(Answer { status, headers, body: body.into() })
    }

    fn aspects(one: &Result<Answer, NoAnswer>, other: &Result<Answer, NoAnswer>) -> Vec<String> {
        differences(one, other, Strictness::Text).into_iter().map(|d| d.aspect).collect()
    }

    #[test]
    fn each_difference_has_its_aspect() {
        let one = answer(200, &[("content-type", "a")], "{\"b\": [1, 2]}\n");
        assert_eq!(aspects(&one, &one), Vec::<String>::new());
        let other = answer(201, &[("vary", "x")], "{\"b\": [1, 2.0], \"c\": 1}\n");
        let wanted = ["status", "header content-type", "header vary", "/b/1", "/c"];
        assert_eq!(aspects(&one, &other), wanted);
        let blanks = answer(200, &[("content-type", "a")], "{\"b\":[1,2]}");
        assert_eq!(aspects(&one, &blanks), ["text"]);
        assert_eq!(differences(&one, &blanks, Strictness::Json), []);
        let text = answer(200, &[("content-type", "a")], "nothing");
        assert_eq!(aspects(&one, &text), ["body"]);
        assert_eq!(aspects(&one, &Err(NoAnswer::Late)), ["answer"]);
        assert_eq!(aspects(&Err(NoAnswer::Closed), &Err(NoAnswer::Closed)), ["answer"]);
        let packed = answer(200, &[("content-type", "a"), ("content-encoding", "gzip")], "{}");
        assert_eq!(aspects(&one, &packed), ["header content-encoding", "encoding"]);
    }

    #[test]
    fn families_are_names_types_and_labels() {
        let one = "# TYPE http_request_duration_seconds histogram\n\
                   http_request_duration_seconds_bucket{code=\"200\",le=\"0.1\"} 3\ngo_x 1\n";
        let more = one.replace("} 3", "} 4").replace("go_x", "own_x").replace("200", "404");
        let bounds = one.replace("0.1", "0.2");
        let one = answer(200, &[], one);
        assert_eq!(differences(&one, &answer(200, &[], &more), Strictness::Families), []);
        let found = differences(&one, &answer(200, &[], &bounds), Strictness::Families);
        assert_eq!(found.len(), 1);
    }
}
