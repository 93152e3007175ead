//! What builtins do with long operands is done in portions: between two of them the clock and the
//! cancel flag are looked at. Looks are counted, not time, so the machine does not matter.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use referee_rego_builtin::{Cancelled, Context, ErrorKind, Implementation, Meter, NoHost, Value};
use std::cell::Cell;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// The bytes of a long text.
const LONG: usize = 1 << 21;

/// No more of a text than this is worked on between two looks.
const MOST: usize = 1 << 16;

/// The elements of a large collection, and how many are worked on between two looks.
const MANY: i64 = 100_000;
const MOST_ELEMENTS: i64 = 4_096;

/// Calls a builtin; at its look of this number it is cancelled. How often it looked, and whether
/// it ended for that.
fn looks(name: &str, operands: &[Value], cancel_at: u64) -> (u64, bool) {
    let families =
        [referee_rego_text::TABLES, referee_rego_formats::TABLES, referee_rego_security::TABLES];
    let mut all = families.into_iter().flatten().flat_map(|table| table.iter());
    let implementation = all.find(|(found, _)| *found == name).unwrap().1;
    let Implementation::Function(function) = implementation else {
        panic!("{name} is no function");
    };
    let (count, cancel) = (Cell::new(0), AtomicBool::new(false));
    let clock = || {
        count.set(count.get() + 1);
        cancel.store(count.get() >= cancel_at, Ordering::Relaxed);
        Duration::ZERO
    };
    let meter = Meter::new(&clock, Duration::MAX, u64::MAX, u64::MAX, Some(&cancel));
    let mut context = Context::new(meter, 0, 0, &NoHost, &Value::Null);
    let outcome = function(&mut context, operands);
    let ended =
        matches!(outcome.map_err(|error| error.kind), Err(ErrorKind::Cancel(Cancelled::Caller)));
    (count.get(), ended)
}

/// It looks at least so often, and the look after it was cancelled is its last.
fn check(cases: &[(&str, Vec<Value>)], least: u64) {
    let mut wrong = Vec::new();
    for (name, operands) in cases {
        let (count, _) = looks(name, operands, u64::MAX);
        let half = count / 2;
        let (until, ended) = looks(name, operands, half.max(1));
        if count < least || !ended || until > half.max(1) {
            wrong.push(format!("{name}: {count} looks, at least {least}; {until} {ended}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn long_texts_are_worked_on_in_portions() {
    let of = |part: &str| Value::from(part.repeat(LONG / part.len()));
    let text = || of("abcdefg hijk aaaa");
    let with = |text: Value, more: &[&str]| {
        [text].into_iter().chain(more.iter().map(|more| Value::from(*more))).collect::<Vec<_>>()
    };
    let graphql = format!("{{ {} }}", "field(a: 1) { b c } ".repeat(LONG / 20));
    let module = format!("package p\n{}", "p if { input.a[_] > 1 }\n".repeat(LONG / 24));
    let cases = [
        ("hex.encode", vec![text()]),
        ("hex.decode", vec![of("6162")]),
        ("base64.encode", vec![text()]),
        ("base64url.encode", vec![text()]),
        ("base64.decode", vec![of("YWJj")]),
        ("base64.is_valid", vec![of("YWJj")]),
        ("urlquery.encode", vec![text()]),
        ("crypto.md5", vec![text()]),
        ("crypto.sha1", vec![text()]),
        ("crypto.sha256", vec![text()]),
        ("crypto.hmac.sha512", with(text(), &["key"])),
        ("upper", vec![text()]),
        ("lower", vec![of("ABCDEFG HIJK AAAA")]),
        ("count", vec![text()]),
        ("split", with(text(), &[" "])),
        ("split", with(text(), &["zzz"])),
        ("replace", with(text(), &["a", "bb"])),
        ("replace", with(text(), &["zzz", "b"])),
        ("contains", with(text(), &["zzz"])),
        ("indexof", with(text(), &["zzz"])),
        ("indexof_n", with(text(), &["zzz"])),
        ("strings.count", with(text(), &["zzz"])),
        ("strings.reverse", vec![text()]),
        ("trim", with(text(), &["abcdefghijk "])),
        ("trim_left", with(text(), &["abcdefghijk "])),
        ("trim_right", with(text(), &["abcdefghijk "])),
        ("trim_space", vec![of(" ")]),
        ("json.unmarshal", vec![Value::from(format!("[{}0]", "[1.5],".repeat(LONG / 6)))]),
        ("json.is_valid", vec![Value::from(format!("\"{}\"", "\\n".repeat(LONG / 2)))]),
        ("regex.match", vec![Value::from("(a|b|c|d)*e(f|g)* (h.j|z)*q"), text()]),
        ("regex.match", vec![Value::from("zzz"), text()]),
        ("regex.find_n", vec![Value::from("(?s).*zzz"), text(), Value::from(-1)]),
        ("regex.split", vec![Value::from("zzz|y"), text()]),
        ("regex.replace", with(text(), &["x(y|z)", "b"])),
        ("regex.template_match", vec![Value::from("{.*}z"), text(), "{".into(), "}".into()]),
        ("urlquery.decode", vec![of("a%20b+c")]),
        ("yaml.unmarshal", vec![of("- a: [1, b]\n")]),
        ("graphql.parse_query", vec![Value::from(graphql)]),
        ("rego.parse_module", with(Value::from("p.rego"), &[&module])),
    ];
    check(&cases, u64::try_from(LONG / MOST).unwrap());
}

#[test]
fn large_collections_are_worked_on_in_portions() {
    let numbers = || Value::array((0..MANY).map(|it| Value::from(it * 7_919 % MANY)));
    let set = |step: i64| Value::set((0..MANY).map(|it| Value::from(it * step)));
    let object =
        |step: i64| Value::object((0..MANY).map(|it| (Value::from(it * step), Value::from(it))));
    let words = || Value::array((0..MANY).map(|it| Value::from(format!("word {it}"))));
    let graph = || {
        let next = |it: i64| Value::array([Value::from(it + 1)]);
        Value::object((0..MANY).map(|it| (Value::from(it), next(it))))
    };
    let networks = || {
        let network = |it: i64| format!("10.{}.{}.{}/32", it >> 16, it >> 8 & 255, it & 255);
        Value::array((0..MANY).map(|it| Value::from(network(it * 2))))
    };
    let cases = [
        ("sort", vec![numbers()]),
        ("sum", vec![numbers()]),
        ("product", vec![Value::array((0..MANY).map(|_| Value::from(1)))]),
        ("strings.any_prefix_match", vec![words(), words()]),
        ("strings.any_suffix_match", vec![words(), words()]),
        ("graph.reachable", vec![graph(), Value::array([Value::from(0)])]),
        ("net.cidr_expand", vec![Value::from("10.0.0.0/15")]),
        ("net.cidr_merge", vec![networks()]),
        ("max", vec![numbers()]),
        ("min", vec![numbers()]),
        ("concat", vec![Value::from(", "), words()]),
        ("array.concat", vec![numbers(), numbers()]),
        ("array.reverse", vec![numbers()]),
        ("array.flatten", vec![Value::array([numbers(), numbers()])]),
        ("and", vec![set(2), set(3)]),
        ("or", vec![set(2), set(3)]),
        ("set_diff", vec![set(2), set(3)]),
        ("union", vec![Value::set([set(2), set(3)])]),
        ("intersection", vec![Value::set([set(2), set(3)])]),
        ("object.keys", vec![object(1)]),
        ("object.union", vec![object(2), object(3)]),
        ("object.union_n", vec![Value::array([object(2), object(3)])]),
        ("object.remove", vec![object(1), Value::set([Value::from(1)])]),
        ("object.filter", vec![object(1), Value::set([Value::from(1)])]),
        ("object.subset", vec![object(1), object(1)]),
        ("object.subset", vec![set(1), Value::set((0..MANY).map(Value::from))]),
        ("json.filter", vec![object(1), words()]),
        ("json.remove", vec![object(1), words()]),
    ];
    check(&cases, u64::try_from(MANY / MOST_ELEMENTS).unwrap());
}
