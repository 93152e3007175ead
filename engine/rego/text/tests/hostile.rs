//! Operands made to take all time or memory end in the error that says so.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use referee_rego_builtin::{
    Cancelled, Context, ErrorKind, Host, HostError, HttpRequest, HttpResponse, Implementation,
    Meter, NoHost, SharedCaches,
};
use referee_rego_value::{JsonLimits, Value};
use std::net::IpAddr;
use std::time::Duration;

const STEPS: u64 = 50_000_000;
const FEW_STEPS: u64 = 2_000_000;
const MEMORY: u64 = 64 << 20;

type Answer = Result<Value, (ErrorKind, String)>;

fn run(name: &str, operands: &[Value], host: &dyn Host, steps: u64) -> Answer {
    let mut found = referee_rego_text::TABLES.iter().flat_map(|table| table.iter());
    let implementation = found.find(|(found, _)| *found == name).unwrap().1;
    let Implementation::Function(function) = implementation else {
        panic!("{name} is no function");
    };
    let clock = || Duration::ZERO;
    let runtime = Value::Null;
    let meter = Meter::new(&clock, Duration::from_secs(1), steps, MEMORY, None);
    let mut context = Context::new(meter, 0, 7, host, &runtime);
    let caches = SharedCaches::default();
    context.shared = Some(&caches);
    match function(&mut context, operands) {
        Ok(value) => Ok(value.unwrap()),
        Err(error) => Err((error.kind, error.message)),
    }
}

fn call(name: &str, operands: &[Value]) -> Answer {
    run(name, operands, &NoHost, STEPS)
}

fn json(text: &str) -> Value {
    Value::from_json(text, &JsonLimits::DEFAULT).unwrap()
}

fn ends(name: &str, operands: &[Value], cancelled: Cancelled) {
    let steps = if cancelled == Cancelled::Steps { FEW_STEPS } else { STEPS };
    let answer = run(name, operands, &NoHost, steps);
    assert_eq!(answer, Err((ErrorKind::Cancel(cancelled), cancelled.to_string())), "{name}");
}

#[test]
fn a_range_too_large_is_refused_before_it_is_made() {
    let limits = [json("0"), json("1e300")];
    ends("numbers.range", &limits, Cancelled::Memory);
    ends("numbers.range", &[json("0"), json("9223372036854775807")], Cancelled::Memory);
}

#[test]
fn a_network_too_large_is_not_expanded() {
    ends("net.cidr_expand", &[Value::from("0.0.0.0/0")], Cancelled::Memory);
    ends("net.cidr_expand", &[Value::from("::/0")], Cancelled::Memory);
}

#[test]
fn a_format_too_wide_is_refused() {
    let format = "%999999d".repeat(100);
    let numbers = Value::array((0..100).map(Value::from));
    ends("sprintf", &[Value::from(format), numbers], Cancelled::Memory);
    // More than a million is no width at all.
    let wide = call("sprintf", &[Value::from("%1000000000d"), json("[5]")]).unwrap();
    assert_eq!(wide.as_str(), Some("%!(NOVERB)%!(EXTRA int64=5)"));
}

#[test]
fn replacements_that_grow_beyond_all_bounds_are_refused() {
    let many = Value::from("a".repeat(100_000));
    let long = Value::from("b".repeat(100_000));
    ends("replace", &[many.clone(), Value::from("a"), long.clone()], Cancelled::Memory);
    let pairs = Value::object([("a", long.clone())]);
    ends("strings.replace_n", &[pairs, many.clone()], Cancelled::Memory);
    ends("regex.replace", &[many, Value::from("a"), long], Cancelled::Memory);
}

#[test]
fn a_shift_too_far_is_refused() {
    ends("bits.lsh", &[json("1"), json("9223372036854775807")], Cancelled::Memory);
    ends("bits.lsh", &[json("1"), json("400000000")], Cancelled::Memory);
}

#[test]
fn globs_that_would_take_for_ever_are_cut_off() {
    let pattern = Value::from(format!("*x{}*", "*a".repeat(8)));
    let text = Value::from("a".repeat(300));
    ends("glob.match", &[pattern, Value::Null, text], Cancelled::Steps);
    let deep = "{".repeat(10_000);
    ends("glob.match", &[Value::from(deep), Value::Null, Value::from("a")], Cancelled::Depth);
}

#[test]
fn paths_in_a_graph_that_are_too_many_are_cut_off() {
    let nodes: Vec<String> = (0..40).map(|node| format!("n{node}")).collect();
    let edges = Value::array(nodes.iter().map(|node| Value::from(node.as_str())));
    let graph = Value::object(nodes.iter().map(|node| (node.as_str(), edges.clone())));
    let result = call("graph.reachable_paths", &[graph, json(r#"["n0"]"#)]);
    assert_eq!(result.unwrap_err().0, ErrorKind::Cancel(Cancelled::Memory));
}

#[test]
fn expressions_that_are_too_large_or_too_deep_are_refused() {
    let nested = format!("{}a{}", "(".repeat(100_000), ")".repeat(100_000));
    let operands = [Value::from(nested.clone()), Value::from("a")];
    let (kind, message) = call("regex.match", &operands).unwrap_err();
    assert_eq!(kind, ErrorKind::Builtin);
    assert_eq!(message, format!("error parsing regexp: expression nests too deeply: `{nested}`"));
    let large = r"(\pL{10}\pN{10}){5}".repeat(200);
    let operands = [Value::from(large.clone()), Value::from("a")];
    let (kind, message) = call("regex.match", &operands).unwrap_err();
    assert_eq!(kind, ErrorKind::Builtin);
    assert_eq!(message, format!("error parsing regexp: expression too large: `{large}`"));
}

#[test]
fn intersections_of_patterns_take_no_exponential_time() {
    let left = Value::from(format!("{}c", ".*a".repeat(60)));
    let right = Value::from(format!("{}d", ".*a".repeat(60)));
    assert_eq!(call("regex.globs_match", &[left, right]), Ok(Value::from(false)));
}

#[test]
fn a_patch_that_nests_a_document_in_itself_is_cut_off() {
    let mut operations = Vec::new();
    let mut path = String::from("/a");
    for _ in 0..30 {
        let operation = [
            ("op", Value::from("copy")),
            ("from", Value::from("")),
            ("path", Value::from(path.as_str())),
        ];
        operations.push(Value::object(operation));
        path = path.repeat(2);
        if path.len() > 4_000 {
            break;
        }
    }
    let operands = [json("{}"), Value::Array(operations.into())];
    ends("json.patch", &operands, Cancelled::Depth);
}

#[test]
fn a_path_of_very_many_parts_leads_no_deeper_than_values_go() {
    let paths = Value::array([Value::from("/a".repeat(200_000)), Value::from("b/c")]);
    let document = json(r#"{"a": {"a": 1, "b": 2}, "b": {"c": 3, "d": 4}}"#);
    let kept = call("json.filter", &[document.clone(), paths.clone()]).unwrap();
    assert_eq!(kept.to_string(), r#"{"a": {"a": 1}, "b": {"c": 3}}"#);
    let rest = call("json.remove", &[document, paths]).unwrap();
    assert_eq!(rest.to_string(), r#"{"a": {"a": 1, "b": 2}, "b": {"d": 4}}"#);
}

#[test]
fn values_that_share_their_parts_are_shown_only_as_far_as_there_is_room() {
    let shared = (0..60).fold(json("1"), |inner, _| Value::array([inner.clone(), inner]));
    let keyed = Value::object([(shared.clone(), Value::from("x"))]);
    ends("urlquery.encode_object", std::slice::from_ref(&keyed), Cancelled::Steps);
    ends("strings.render_template", &[Value::from("x"), keyed.clone()], Cancelled::Steps);
    let operations = Value::array([Value::object([
        ("op", Value::from("test")),
        ("path", Value::from("/a")),
        ("value", json("2")),
    ])]);
    let patched = call("json.patch", &[Value::object([("a", shared)]), operations]);
    let (kind, message) = patched.unwrap_err();
    assert_eq!(kind, ErrorKind::Builtin);
    assert!(message.starts_with("value from EditTree != patch value.\n\nExpected: 2\n\nFound: [["));
    assert!(message.ends_with('…') && message.len() < 70_000);
    let (kind, message) = call("json.marshal_with_options", &[json("1"), keyed]).unwrap_err();
    assert_eq!(kind, ErrorKind::Type);
    assert!(message.starts_with("operand 2 failed to stringify key [[") && message.len() < 70_000);
}

#[test]
fn a_template_that_calls_itself_is_cut_off() {
    let template = r#"{{define "a"}}{{template "a"}}{{end}}{{template "a"}}"#;
    let (kind, message) =
        call("strings.render_template", &[Value::from(template), json("{}")]).unwrap_err();
    assert_eq!(kind, ErrorKind::Builtin);
    assert_eq!(
        message,
        "template: template:1:25: executing \"a\" at <{{template \"a\"}}>: exceeded maximum \
         template depth (100000)"
    );
    let counting = "{{range 9000000000000000000}}{{end}}";
    ends("strings.render_template", &[Value::from(counting), json("{}")], Cancelled::Steps);
}

#[test]
fn random_values_are_the_same_within_a_query_for_the_same_operands() {
    let first = call("rand.intn", &[Value::from("a"), json("1000000")]);
    assert_eq!(first, call("rand.intn", &[Value::from("a"), json("1000000")]));
    let first = call("uuid.rfc4122", &[Value::from("a")]).unwrap();
    assert_eq!(Ok(first.clone()), call("uuid.rfc4122", &[Value::from("a")]));
    let parts = call("uuid.parse", &[first]).unwrap();
    assert_eq!(parts.to_string(), r#"{"variant": "RFC4122", "version": 4}"#);
}

/// A host that knows one name.
struct OneName;

impl Host for OneName {
    fn http(&self, _: &HttpRequest) -> Result<HttpResponse, HostError> {
        Err(HostError::Forbidden)
    }

    fn lookup(&self, name: &str) -> Result<Vec<IpAddr>, HostError> {
        match name {
            "known.example" => {
                Ok(vec!["192.0.2.1".parse().unwrap(), "2001:db8::1".parse().unwrap()])
            }
            "slow.example" => Err(HostError::Timeout),
            _ => Err(HostError::Failed(format!("lookup {name}: no such host"))),
        }
    }

    fn env(&self, _: &str) -> Option<String> {
        None
    }
}

#[test]
fn names_are_looked_up_by_the_host_only() {
    let lookup = |name: &str| run("net.lookup_ip_addr", &[Value::from(name)], &OneName, STEPS);
    let known = lookup("known.example").unwrap();
    assert_eq!(known.to_string(), r#"{"192.0.2.1", "2001:db8::1"}"#);
    let unknown = (ErrorKind::Builtin, "lookup x: no such host".to_owned());
    assert_eq!(lookup("x"), Err(unknown));
    let slow = (ErrorKind::Cancel(Cancelled::Time), "lookup slow.example: i/o timeout".to_owned());
    assert_eq!(lookup("slow.example"), Err(slow));
    // An address is its own, whatever the host knows.
    let address = call("net.lookup_ip_addr", &[Value::from("::ffff:192.0.2.1")]).unwrap();
    assert_eq!(address.to_string(), r#"{"192.0.2.1"}"#);
    let zoned = call("net.lookup_ip_addr", &[Value::from("fe80::1%en0")]).unwrap();
    assert_eq!(zoned.to_string(), r#"{"fe80::1%en0"}"#);
    let forbidden = call("net.lookup_ip_addr", &[Value::from("known.example")]);
    let words = "policies have no network here".to_owned();
    assert_eq!(forbidden, Err((ErrorKind::Builtin, words)));
}

#[test]
fn the_runtime_is_told_without_its_secrets() {
    let runtime = json(
        r#"{"config": {"services": [{"url": "x", "credentials": {"token": "t"}}],
            "keys": {"k": {"key": "s", "private_key": "p", "algorithm": "RS256"}}}, "env": {}}"#,
    );
    let mut found = referee_rego_text::TABLES.iter().flat_map(|table| table.iter());
    let Implementation::Function(function) =
        found.find(|(found, _)| *found == "opa.runtime").unwrap().1
    else {
        panic!("no function");
    };
    let clock = || Duration::ZERO;
    let meter = Meter::new(&clock, Duration::from_secs(1), STEPS, MEMORY, None);
    let mut context = Context::new(meter, 0, 7, &NoHost, &runtime);
    let told = function(&mut context, &[]).unwrap().unwrap();
    let expected = json(
        r#"{"config": {"services": [{"url": "x"}], "keys": {"k": {"algorithm": "RS256"}}},
            "env": {}}"#,
    );
    assert_eq!(told, expected);
}
