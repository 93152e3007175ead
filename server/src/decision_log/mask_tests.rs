use super::*;
use std::time::{Duration, Instant};

fn json(text: &str) -> Value {
    Value::from_json_str(text).unwrap()
}

fn event(input: &str, result: &str) -> Maskable {
    Maskable { input: Some(json(input)), result: Some(json(result)), nd_builtin_cache: None }
}

/// What comes of a mask over an input: the input, what was erased, what was masked.
fn masked(mask: &str, input: &str) -> (String, Vec<String>, Vec<String>) {
    let mut event = event(input, "true");
    let done = apply(&json(mask), &mut event, &|| false).unwrap();
    let input = event.input.map_or_else(|| "-".to_owned(), |input| input.to_json_string());
    (input, done.erased, done.masked)
}

#[test]
fn paths_are_removed_and_told() {
    for (mask, input, left, erased) in [
        (r#"["/input/a"]"#, r#"{"a":1,"b":2}"#, r#"{"b":2}"#, vec!["/input/a"]),
        (r#"["/input/a/b"]"#, r#"{"a":{"b":1,"c":2}}"#, r#"{"a":{"c":2}}"#, vec!["/input/a/b"]),
        (r#"["/input/a/1"]"#, r#"{"a":[1,2,3]}"#, r#"{"a":[1,3]}"#, vec!["/input/a/1"]),
        (r#"["/input/a/1/0"]"#, r#"{"a":[1,[2,3]]}"#, r#"{"a":[1,[3]]}"#, vec!["/input/a/1/0"]),
        (r#"["/input/a/0/x"]"#, r#"{"a":[{"x":1}]}"#, r#"{"a":[{}]}"#, vec!["/input/a/0/x"]),
        (r#"["/input"]"#, r#"{"a":1}"#, "-", vec!["/input"]),
        (r#"[{"op":"remove","path":"/input/a"}]"#, r#"{"a":1}"#, "{}", vec!["/input/a"]),
        // What is not there is passed over.
        (
            r#"["/input/x","/input/a/x","/input/b/7","/input/b/x"]"#,
            r#"{"a":1,"b":[1]}"#,
            r#"{"a":1,"b":[1]}"#,
            vec![],
        ),
        (
            r#"["/input/b/-1","/input/b/1_0","/input/b/0x0","/input/b/+","/input/b/ 0"]"#,
            r#"{"b":[1]}"#,
            r#"{"b":[1]}"#,
            vec![],
        ),
        // An index is a number as Go reads one.
        (r#"["/input/b/+1"]"#, r#"{"b":[1,2]}"#, r#"{"b":[1]}"#, vec!["/input/b/+1"]),
        (r#"["/input/b/-0"]"#, r#"{"b":[1,2]}"#, r#"{"b":[2]}"#, vec!["/input/b/-0"]),
        (
            r#"["/input/b/+00000000000000000000001/x"]"#,
            r#"{"b":[1,{"x":2}]}"#,
            r#"{"b":[1,{}]}"#,
            vec!["/input/b/+00000000000000000000001/x"],
        ),
        // After one another: the second finds what the first left.
        (
            r#"["/input/b/0","/input/b/0"]"#,
            r#"{"b":[1,2,3]}"#,
            r#"{"b":[3]}"#,
            vec!["/input/b/0", "/input/b/0"],
        ),
    ] {
        let found = masked(mask, input);
        let erased: Vec<String> = erased.into_iter().map(ToOwned::to_owned).collect();
        assert_eq!(found, (left.to_owned(), erased, Vec::new()), "{mask}");
    }
}

#[test]
fn more_is_found_than_opa_finds() {
    for (mask, input, left, erased) in [
        // Elements of an input that is an array.
        (r#"["/input/1"]"#, "[1,2]", "[1]", "/input/1"),
        // Names that a URL escapes: as written, and encoded.
        (r#"["/input/a b"]"#, r#"{"a b":1}"#, "{}", "/input/a%20b"),
        (r#"["/input/a%2Fb"]"#, r#"{"a/b":1}"#, "{}", "/input/a%252Fb"),
        (r#"["/input/a%2Fb"]"#, r#"{"a%2Fb":1}"#, "{}", "/input/a%252Fb"),
        // As OPA spells it.
        (r#"["/input/a b"]"#, r#"{"a%20b":1}"#, "{}", "/input/a%20b"),
    ] {
        let found = masked(mask, input);
        assert_eq!(found, (left.to_owned(), vec![erased.to_owned()], Vec::new()), "{mask}");
    }
}

#[test]
fn values_are_put_in_place_and_objects_made_on_the_way() {
    for (mask, input, left, told) in [
        (
            r#"[{"op":"upsert","path":"/input/a","value":"*"}]"#,
            r#"{"a":1}"#,
            r#"{"a":"*"}"#,
            vec!["/input/a"],
        ),
        (
            r#"[{"op":"upsert","path":"/input/x/y","value":1}]"#,
            r#"{"a":1}"#,
            r#"{"a":1,"x":{"y":1}}"#,
            vec!["/input/x/y"],
        ),
        (
            r#"[{"op":"upsert","path":"/input/a/1","value":0}]"#,
            r#"{"a":[1,2]}"#,
            r#"{"a":[1,0]}"#,
            vec!["/input/a/1"],
        ),
        (
            r#"[{"op":"upsert","path":"/input/a/0/x","value":0}]"#,
            r#"{"a":[{}]}"#,
            r#"{"a":[{"x":0}]}"#,
            vec!["/input/a/0/x"],
        ),
        (
            r#"[{"op":"upsert","path":"/input","value":{"z":1}}]"#,
            r#"{"a":1}"#,
            r#"{"z":1}"#,
            vec!["/input"],
        ),
        (r#"[{"op":"upsert","path":"/input/a"}]"#, r#"{"a":1}"#, r#"{"a":null}"#, vec!["/input/a"]),
        // Arrays do not grow, and what is no collection has no members.
        (
            r#"[{"op":"upsert","path":"/input/a/2","value":0},{"op":"upsert","path":"/input/b/c","value":0}]"#,
            r#"{"a":[1,2],"b":"text"}"#,
            r#"{"a":[1,2],"b":"text"}"#,
            vec![],
        ),
    ] {
        let found = masked(mask, input);
        let told: Vec<String> = told.into_iter().map(ToOwned::to_owned).collect();
        assert_eq!(found, (left.to_owned(), Vec::new(), told), "{mask}");
    }
}

#[test]
fn result_and_cache_are_masked_as_well_and_what_the_client_has_stays() {
    let mut event = event("1", r#"{"secret":1,"n":12345678901234567890123}"#);
    event.nd_builtin_cache = Some(json(r#"{"rand.intn":{"[\"x\",5]":3},"time.now_ns":{}}"#));
    let given_to_the_client = event.result.clone();
    let mask = r#"["/result/secret","/nd_builtin_cache/rand.intn","/nd_builtin_cache/none"]"#;
    let done = apply(&json(mask), &mut event, &|| false).unwrap();
    assert_eq!(done.erased, ["/result/secret", "/nd_builtin_cache/rand.intn"]);
    assert_eq!(event.result.unwrap().to_json_string(), r#"{"n":12345678901234567890123}"#);
    assert_eq!(event.nd_builtin_cache.unwrap().to_json_string(), r#"{"time.now_ns":{}}"#);
    assert!(given_to_the_client.unwrap().get("secret").is_some());
}

#[test]
fn a_mask_with_a_rule_that_is_none_changes_nothing() {
    let deep = format!("[\"/input{}\"]", "/a".repeat(200));
    for (mask, error) in [
        ("{}", MaskError::NoList),
        (r#""/input/a""#, MaskError::NoList),
        ("[1]", MaskError::NoRule),
        (r#"["input/a"]"#, MaskError::Path("input/a".into())),
        (r#"[""]"#, MaskError::Path(String::new())),
        (r#"["/labels/id"]"#, MaskError::Prefix("labels".into())),
        (r#"["/inputs"]"#, MaskError::Prefix("inputs".into())),
        (r#"[{"op":"move","path":"/input/a"}]"#, MaskError::Operation("move".into())),
        (r#"[{"path":"/input/a"}]"#, MaskError::Operation(String::new())),
        (r#"[{"op":"remove"}]"#, MaskError::Path(String::new())),
        (&deep, MaskError::TooDeep),
    ] {
        let mut masked = event(r#"{"a":1}"#, "1");
        let mask = mask.replacen('[', r#"["/input/a","#, 1);
        assert_eq!(apply(&json(&mask), &mut masked, &|| false), Err(error), "{mask}");
        assert_eq!(masked, event(r#"{"a":1}"#, "1"), "{mask}");
    }
}

#[test]
fn a_mask_of_many_rules_takes_time_as_they_are_many() {
    let n = 20_000;
    let list = |item: &dyn Fn(usize) -> String| (0..n).map(item).collect::<Vec<_>>().join(",");
    let members = format!("{{{}}}", list(&|i| format!(r#""k{i}":{i}"#)));
    let elements = format!(r#"{{"l":[{}]}}"#, list(&|i| format!(r#"{{"pw":{i}}}"#)));
    for (mask, input, left) in [
        (list(&|i| format!(r#""/input/k{i}""#)), &members, Some("{}")),
        (list(&|i| format!(r#"{{"op":"upsert","path":"/input/k{i}","value":0}}"#)), &members, None),
        (list(&|i| format!(r#""/input/l/{i}/pw""#)), &elements, None),
    ] {
        let begun = Instant::now();
        let (found, erased, masked) = masked(&format!("[{mask}]"), input);
        // It took half a minute when every rule copied what it came by.
        assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
        assert_eq!(erased.len() + masked.len(), n);
        assert!(left.is_none_or(|left| left == found));
    }
}

#[test]
fn a_mask_that_is_not_applied_in_time_changes_nothing() {
    let mut masked = event(r#"{"a":1}"#, "1");
    let found = apply(&json(r#"["/input/a"]"#), &mut masked, &|| true);
    assert_eq!(found, Err(MaskError::TooLong));
    assert_eq!(masked, event(r#"{"a":1}"#, "1"));
}
