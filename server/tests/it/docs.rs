//! The examples of `docs/http-api.md` are what a server answers.
//!
//! With `REFEREE_BLESS=1` in the environment the answers in the page are written anew.

use crate::stand::Stand;
use serde_json::{Map, Value};
use std::path::Path;

const FENCE: &str = "```";

/// What differs from one time to the next.
const VOLATILE: [&str; 6] =
    ["decision_id", "evaluated_at", "elapsed_ms", "digest", "facts_digest", "location"];

/// A fenced block: its language, its text, and where the text stands in the page.
struct Block<'a> {
    language: &'a str,
    text: &'a str,
    start: usize,
}

fn blocks(page: &str) -> Vec<Block<'_>> {
    let mut blocks = Vec::new();
    let mut from = 0;
    while let Some(open) = page[from..].find(FENCE).map(|at| from + at) {
        let start = open + page[open..].find('\n').unwrap() + 1;
        let end = start + page[start..].find(FENCE).unwrap();
        let language = page[open + FENCE.len()..start].trim();
        blocks.push(Block { language, text: &page[start..end], start });
        from = end + FENCE.len();
    }
    blocks
}

/// Whether a value is a place as OPA writes it.
fn is_place(value: &Value) -> bool {
    value.get("row").is_some() && value.get("col").is_some()
}

fn steady(value: Value) -> Value {
    match value {
        Value::Object(members) => {
            let members = members.into_iter().map(|(name, value)| {
                let volatile = VOLATILE.contains(&name.as_str());
                // The place of an error stands in the page's own policy, and stays.
                let value = if volatile && !value.is_null() && !is_place(&value) {
                    Value::Null
                } else {
                    steady(value)
                };
                (name, value)
            });
            Value::Object(members.collect::<Map<_, _>>())
        }
        Value::Array(items) => items.into_iter().map(steady).collect(),
        other => other,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_examples_of_the_page_are_what_a_server_answers() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/http-api.md");
    let page = std::fs::read_to_string(&path).unwrap();
    let blocks = blocks(&page);
    let policy = blocks.iter().find(|block| block.language == "rego").unwrap();
    let stand = Stand::ruled_by(policy.text, |_, _| {}).await;
    stand.registry.mount("team/app", &referee_testkit::layouts().join("signed-one"));
    let host = stand.registry.host();
    let mut client = stand.client().await;
    let mut anew = Vec::new();
    let examples: Vec<_> = blocks.iter().filter(|block| block.language == "http").collect();
    assert!(examples.len() >= 20, "there are {} blocks", examples.len());
    for pair in examples.chunks(2) {
        let [request, answer] = pair else { panic!("an example without its answer") };
        let (head, body) = request.text.split_once("\n\n").unwrap_or((request.text, ""));
        let mut lines = head.trim_end().lines();
        let (first, headers): (&str, Vec<&str>) = (lines.next().unwrap(), lines.collect());
        let body = body.trim_end().replace("registry.example", &host);
        let found = client.ask(first, &headers, &body).await;
        let body = found.body.replace(&host, "registry.example");
        let told: Option<Value> = (!body.is_empty()).then(|| serde_json::from_str(&body).unwrap());
        let mut text = format!("HTTP/1.1 {}\n", found.status);
        if let Some(id) = found.header("referee-decision-id") {
            text.push_str(&format!("Referee-Decision-Id: {id}\n"));
        }
        if let Some(told) = &told {
            text.push_str(&format!("\n{}\n", serde_json::to_string_pretty(told).unwrap()));
        }
        if std::env::var_os("REFEREE_BLESS").is_some() {
            anew.push((answer.start..answer.start + answer.text.len(), text));
            continue;
        }
        let (status, expected) = answer.text.split_once("\n\n").unwrap_or((answer.text, ""));
        assert_eq!(status.lines().next(), text.lines().next(), "{}", request.text);
        let expected: Option<Value> =
            (!expected.is_empty()).then(|| serde_json::from_str(expected).unwrap());
        assert_eq!(told.map(steady), expected.map(steady), "{}", request.text);
    }
    let mut blessed = page.clone();
    // From the end, so that what is written does not move what is to be written yet.
    for (range, text) in anew.into_iter().rev() {
        blessed.replace_range(range, &text);
    }
    if blessed != page {
        std::fs::write(&path, blessed).unwrap();
    }
}
