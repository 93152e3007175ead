//! Calls of builtins made to take all time or all memory: each has its answer, or ends with the
//! error that says why.

#![allow(clippy::unwrap_used, reason = "what the tests share may fail as they may")]

mod support;

use referee_rego::Value;
use serde_json::json;
use support::{MEMORY, budget, peak, told_within};

const STEPS: &str = "eval_cancel_error: the evaluation took more steps than it may";
const ROOM: &str = "eval_cancel_error: the evaluation took more memory than it may";
const DEPTH: &str = "eval_cancel_error: the evaluation went deeper than it may";

/// Documents that are large, deep, or both.
fn input() -> Value {
    let all: Vec<String> = (0..60).map(|node| node.to_string()).collect();
    let graph: serde_json::Map<_, _> = all.iter().map(|node| (node.clone(), json!(all))).collect();
    let mut anchors = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    for level in 1..12 {
        let alias = format!("*a{}, ", level - 1).repeat(10);
        anchors.push_str(&format!("a{level}: &a{level} [{alias}]\n"));
    }
    let copies = vec![json!({"op": "copy", "from": "/a", "path": "/a/-"}); 40];
    Value::from_json(json!({
        "long": "a".repeat(1 << 20), "digits": "9".repeat(1 << 20), "open": "[".repeat(1 << 20),
        "lt": "<".repeat(1 << 20), "dash": "-".repeat(1 << 20), "percent": "%".repeat(1 << 20),
        "quotes": "\"".repeat(1 << 20), "nul": "\0".repeat(1 << 20), "dots": "1.".repeat(500_000),
        "emoji": "😀".repeat(1 << 18), "deep": "/a".repeat(100_000), "graph": graph,
        "anchors": anchors, "copies": copies, "numbers": (0..100_000).collect::<Vec<_>>(),
        "words": (0..100_000).map(|at| format!("w{at}")).collect::<Vec<_>>(),
        "braces": "{a,b}".repeat(5_000), "nested": "{a,".repeat(5_000) + &"}".repeat(5_000),
        "fields": "{a".repeat(100_000), "pairs": "a=b&".repeat(1 << 18),
    }))
    .unwrap()
}

/// Each of these bodies with what comes of it, by its beginning.
fn check(cases: &[(&str, &str)]) {
    let input = input();
    let budget = budget().with_limits(3_000_000, MEMORY);
    let mut wrong = Vec::new();
    for (body, expected) in cases {
        let text = if body.contains("x :=") || body.contains("x if") {
            format!("package p\n{body}\n")
        } else {
            format!("package p\nx := {body}\n")
        };
        let told = told_within(&text, &input, &budget);
        if !told.starts_with(expected) {
            wrong.push(format!(
                "{}: {}",
                body.chars().take(80).collect::<String>().replace('\n', "; "),
                told.chars().take(160).collect::<String>()
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(peak().is_none_or(|peak| peak < 4 * MEMORY), "{peak:?}", peak = peak());
}

/// A value that is made from itself, level by level.
fn levels(start: &str, step: &str) -> String {
    let mut text = format!("v0 := {start}\n");
    for (at, below) in (1..=60).zip(0..) {
        text.push_str(&format!("v{at} := {}\n", step.replace('@', &format!("v{below}"))));
    }
    text + "x := v60 == 1"
}

#[test]
fn values_that_double_with_each_step_end_where_the_room_does() {
    let cases = [
        ("\"aaaaaaaa\"", "concat(\"\", [@, @])", STEPS),
        ("\"aaaaaaaa\"", "sprintf(\"%s%s\", [@, @])", STEPS),
        ("\"aaaaaaaa\"", "$\"{@}{@}\"", STEPS),
        ("\"aaaaaaaa\"", "replace(@, \"a\", \"aa\")", STEPS),
        ("\"aaaaaaaa\"", "strings.replace_n({\"a\": \"aa\"}, @)", STEPS),
        ("\"aaaaaaaa\"", "regex.replace(@, \"(a)\", \"$1$1\")", STEPS),
        ("\"\\\"\"", "json.marshal(@)", STEPS),
        ("\"<\"", "hex.encode(@)", STEPS),
        ("[1, 2]", "array.concat(@, @)", STEPS),
        ("{1, 2}", "{[p, q] | some p in @; some q in @}", STEPS),
        ("[1, 2]", "[[p, q] | some p in @; some q in @]", ROOM),
        ("10", "@ * @", "eval_builtin_error: mul: number out of range"),
        ("1.5", "@ * @", "eval_builtin_error: mul: number out of range"),
    ];
    let bodies = cases.map(|(start, step, expected)| (levels(start, step), expected));
    let cases = bodies.each_ref().map(|(body, expected)| (body.as_str(), *expected));
    check(&cases);
}

#[test]
fn ranges_and_products_without_end_are_refused() {
    check(&[
        ("numbers.range(1, 1e9)", ROOM),
        ("numbers.range(-9223372036854775808, 9223372036854775807)", ROOM),
        ("numbers.range(0, 1e300)", ROOM),
        ("numbers.range_step(0, 1e18, 1)", ROOM),
        ("count({[a, b] | some a in input.words; some b in input.words})", STEPS),
        ("count([[a, b] | some a in input.words; some b in input.words])", ROOM),
        ("count({a: b | some a in input.words; some b in input.words})", "eval_conflict_error"),
        ("net.cidr_expand(\"0.0.0.0/0\")", ROOM),
        ("net.cidr_expand(\"::/0\")", ROOM),
        ("net.cidr_expand(\"10.0.0.0/8\")", ROOM),
        ("count(net.cidr_expand(\"10.0.0.0/20\"))", "4096"),
        ("graph.reachable_paths(input.graph, {\"0\"})", STEPS),
        ("count(graph.reachable(input.graph, {\"0\"}))", "60"),
        ("count(graph.reachable({\"a\": [\"a\"]}, {\"a\"}))", "1"),
        ("graph.reachable_paths({\"a\": [\"a\"]}, [\"a\"])", "[[\"a\",\"a\"]]"),
    ]);
}

#[test]
fn patterns_made_to_take_for_ever_are_matched_in_linear_time_or_refused() {
    check(&[
        ("regex.match(\"(a+)+$\", concat(\"\", [input.long, \"!\"]))", "false"),
        ("regex.match(\"(a|a)*b\", input.long)", "false"),
        ("regex.match(\"(a*)*b\", input.long)", "false"),
        (
            "regex.match(\"(.{1,1000}){1,1000}\", \"a\")",
            "eval_builtin_error: regex.match: error parsing regexp: invalid repeat count: `{1,1000}`",
        ),
        (
            "regex.match(\"((a{100}){100}){100}\", \"a\")",
            "eval_builtin_error: regex.match: error parsing regexp: invalid repeat count: `{100}`",
        ),
        (
            "regex.match(\"[\\\\pL\\\\pN]{1000}\", input.emoji)",
            "eval_builtin_error: regex.match: error parsing regexp: expression too large",
        ),
        (
            "regex.match(concat(\"\", [\"(\" | some _ in numbers.range(1, 5000)]), \"a\")",
            "eval_builtin_error: regex.match: error parsing regexp: ",
        ),
        ("regex.replace(input.long, \"a\", input.long)", STEPS),
        ("count(regex.find_n(\"\", input.long, -1))", STEPS),
        ("regex.globs_match(\"[a-z]*[a-z]*[a-z]*[a-z]*b\", \".*.*.*.*.*c\")", "false"),
        (
            "regex.template_match(input.open, \"a\", \"[\", \"]\")",
            "eval_builtin_error: regex.template_match: unbalanced braces in ",
        ),
        ("glob.match(input.braces, [], \"a\")", STEPS),
        ("glob.match(input.nested, [], \"a\")", DEPTH),
        ("glob.match(\"**a**a**a**a**b\", [\"/\"], input.long)", "false"),
        ("glob.match(\"{a*,b*}{a*,b*}{a*,b*}{a*,b*}c\", [], input.long)", "false"),
    ]);
}

#[test]
fn texts_made_to_grow_are_refused() {
    check(&[
        ("replace(input.long, \"a\", input.long)", ROOM),
        ("replace(input.long, \"\", input.long)", STEPS),
        ("strings.replace_n({\"a\": input.long}, input.long)", STEPS),
        ("sprintf(\"%1000000000d\", [1])", "\"%!(NOVERB)%!(EXTRA int64=1)\""),
        ("sprintf(\"%*d\", [1000000000, 1])", "\"%!(BADWIDTH)1\""),
        ("sprintf(\"%[1000000000]d\", [1])", "\"%!d(BADINDEX)\""),
        ("count(sprintf(\"%.999999f\", [1.5]))", "1000001"),
        ("count(sprintf(\"%999999d%999999d\", [1, 2]))", "1999998"),
        ("bits.lsh(1, 1e9)", ROOM),
        ("bits.rsh(1, 1e9)", "0"),
        (
            "bits.lsh(1, -1)",
            "eval_type_error: bits.lsh: operand 2 must be an unsigned integer number but got a negative integer",
        ),
        ("concat(input.long, input.words)", ROOM),
        ("strings.render_template(\"{{range 9000000000000000000}}a{{end}}\", {})", STEPS),
        (
            "strings.render_template(\"{{define \\\"a\\\"}}{{template \\\"a\\\"}}{{end}}{{template \\\"a\\\"}}\", {})",
            "eval_builtin_error: strings.render_template: template: template:1:25: executing \"a\" at <{{template \"a\"}}>: exceeded maximum template depth (100000)",
        ),
        (
            "strings.render_template(\"{{.a | html | html | html | html | html | html | html | html}}\", {\"a\": input.lt})",
            STEPS,
        ),
    ]);
}

#[test]
fn numbers_of_a_million_digits_are_refused_where_they_would_be_computed_with() {
    check(&[
        (
            "time.parse_duration_ns(concat(\"\", [input.digits, \"h\"]))",
            "eval_builtin_error: time.parse_duration_ns: time: invalid duration ",
        ),
        (
            "time.add_date(0, 2147483648, 1, 1)",
            "eval_builtin_error: time.add_date: time outside of valid range",
        ),
        ("time.date(1e300)", "eval_builtin_error: time.date: timestamp too big"),
        (
            "time.date([0, \"../../etc/passwd\"])",
            "eval_builtin_error: time.date: time: invalid location name",
        ),
        ("time.diff(9223372036854775807, -9223372036854775808)", "[584,6,20,23,34,33]"),
        ("units.parse(input.digits)", STEPS),
        ("units.parse(\"1e999999999\")", "eval_builtin_error: units.parse: "),
        ("units.parse_bytes(\"1e999999999GB\")", "eval_builtin_error: units.parse_bytes: "),
        (
            "semver.compare(concat(\".\", [input.digits, \"0\", \"0\"]), \"1.0.0\")",
            "eval_builtin_error: semver.compare: operand 1: string \"999",
        ),
        ("semver.is_valid(input.dots)", "false"),
        (
            "to_number(\"1e999999999\")",
            "eval_builtin_error: to_number: strconv.ParseFloat: parsing \"1e999999999\": value out of range",
        ),
        (
            "to_number(input.digits)",
            "eval_builtin_error: to_number: strconv.ParseFloat: parsing \"999",
        ),
        ("array.slice([1], -1e300, 1e300)", "eval_"),
    ]);
}

#[test]
fn documents_in_texts_are_bounded_like_documents() {
    check(&[
        (
            "json.unmarshal(input.open)",
            "eval_builtin_error: json.unmarshal: invalid character '[' exceeded max depth",
        ),
        ("json.unmarshal(input.quotes)", "eval_builtin_error: json.unmarshal: "),
        ("json.unmarshal(\"{\\\"a\\\":1,\\\"a\\\":2}\")", "{\"a\":2}"),
        ("json.unmarshal(\"\\\"\\\\ud800\\\"\")", "\"\u{fffd}\""),
        (
            "yaml.unmarshal(input.anchors)",
            "eval_builtin_error: yaml.unmarshal: yaml: document contains excessive aliasing",
        ),
        (
            "yaml.unmarshal(input.open)",
            "eval_builtin_error: yaml.unmarshal: yaml: exceeded max depth of 1000",
        ),
        (
            "yaml.unmarshal(\"&a [*a]\")",
            "eval_builtin_error: yaml.unmarshal: yaml: anchor 'a' value contains itself",
        ),
        ("yaml.unmarshal(input.nul)", "eval_builtin_error: yaml.unmarshal: yaml: "),
        (
            "json.patch({}, [{\"op\": \"add\", \"path\": input.deep, \"value\": 1}])",
            "eval_cancel_error: the evaluation went deeper than it may",
        ),
        ("json.patch({\"a\": [1]}, input.copies)", STEPS),
        (
            "json.patch([1], [{\"op\": \"add\", \"path\": \"/1e9\", \"value\": 1}])",
            "eval_builtin_error: json.patch: invalid string for indexing",
        ),
        ("json.filter(input, [input.deep])", "{}"),
        ("count(json.remove(input, [input.deep]))", "20"),
        ("json.match_schema({}, {\"$ref\": \"#\"})", "eval_"),
        ("json.match_schema(input.long, {\"pattern\": \"(a+)+$\"})[0]", "eval_"),
        ("json.match_schema({}, {\"allOf\": [{\"$ref\": \"#\"}, {\"$ref\": \"#\"}]})", "eval_"),
        ("graphql.is_valid(input.fields, \"type Query { a: Query }\")", "false"),
        ("graphql.parse_query(input.fields)", "eval_builtin_error: graphql.parse_query: "),
        (
            "rego.parse_module(\"a.rego\", concat(\"\", [\"package a\\np := \", input.open]))",
            "eval_builtin_error: rego.parse_module: ",
        ),
        ("urlquery.decode_object(input.pairs)", "eval_builtin_error: urlquery.decode_object: "),
        (
            "urlquery.decode(input.percent)",
            "eval_builtin_error: urlquery.decode: invalid URL escape \"%%%\"",
        ),
    ]);
}

#[test]
fn garbage_for_keys_and_tokens_is_refused() {
    check(&[
        ("io.jwt.decode(input.dots)", "eval_builtin_error: io.jwt.decode: "),
        (
            "io.jwt.decode(input.long)",
            "eval_builtin_error: io.jwt.decode: encoded JWT had no period separators",
        ),
        (
            "io.jwt.decode(concat(\".\", [input.long, input.long, input.long]))",
            "eval_builtin_error: io.jwt.decode: ",
        ),
        (
            "io.jwt.decode_verify(input.long, {\"cert\": input.long})",
            "eval_builtin_error: io.jwt.decode_verify: ",
        ),
        (
            "io.jwt.verify_rs256(\"eyJhbGciOiJSUzI1NiJ9.e30.AAAA\", input.long)",
            "eval_builtin_error: io.jwt.verify_rs256: ",
        ),
        (
            "io.jwt.encode_sign_raw(input.open, \"{}\", \"{}\")",
            "eval_builtin_error: io.jwt.encode_sign_raw: ",
        ),
        (
            "crypto.x509.parse_certificates(input.long)",
            "eval_builtin_error: crypto.x509.parse_certificates: ",
        ),
        (
            "crypto.x509.parse_certificate_request(input.long)",
            "eval_builtin_error: crypto.x509.parse_certificate_request: ",
        ),
        ("crypto.x509.parse_rsa_private_key(input.long)", "null"),
        (
            "crypto.x509.parse_keypair(input.long, input.long)",
            "eval_builtin_error: crypto.x509.parse_keypair: ",
        ),
        ("count(crypto.sha256(input.long))", "64"),
        ("count(crypto.hmac.sha512(input.long, input.long))", "128"),
        (
            "base64.decode(input.nul)",
            "eval_builtin_error: base64.decode: illegal base64 data at input byte 0",
        ),
        (
            "hex.decode(input.nul)",
            "eval_builtin_error: hex.decode: encoding/hex: invalid byte: U+0000",
        ),
        (
            "http.send({\"method\": \"GET\", \"url\": input.long})",
            "eval_builtin_error: http.send: ",
        ),
        (
            "net.lookup_ip_addr(input.long)",
            "eval_builtin_error: net.lookup_ip_addr: policies have no network here",
        ),
        ("uuid.parse(input.long)", "undefined"),
    ]);
}
