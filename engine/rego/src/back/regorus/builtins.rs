//! Replaces those of the interpreter's builtins that a gate cannot use as they are.
//!
//! - What reads the clock or draws random numbers takes the evaluation's own (`time.now_ns`,
//!   `rand.intn`, `uuid.rfc4122`).
//! - What panics, or counts wrong, is right here (`strings.count`).
//! - What makes much out of little is bounded (ranges, `net.cidr_expand`, widths of `sprintf`,
//!   replacement, `concat`, shifts, `graph.reachable_paths`, paths of `json.patch`): a failed
//!   allocation ends the process, and the time limit does not look inside a builtin. What is over
//!   a bound ends the evaluation with an error even where builtin errors are not strict: an
//!   undefined value there would turn a `not` true.
//! - What tells of the machine tells nothing (`opa.runtime`).
//!
//! Left unbounded: what grows by doubling over a chain of rules, which only the time limit ends.

use crate::budget::EvalBudget;
use anyhow::{Result, anyhow, bail};
use referee_core::Digest;
use regorus::unstable::{BUILTINS, Expr, Ref, Source, Span};
use regorus::{Engine, Value};
use std::collections::BTreeSet;
use std::sync::Arc;

/// The most elements that one builtin makes. An array of that many takes 24 MB.
const MAX_ELEMENTS: u64 = 1_000_000;

/// The longest text that one builtin makes, in bytes. A facts document is a tenth of that.
const MAX_TEXT: usize = 64 << 20;

/// The widest shift, in bits, and the widest column of `sprintf`, in characters.
const MAX_WIDTH: u64 = 1_000_000;

/// The longest path of a JSON Patch operation: a value may be nested this deep.
const MAX_PATCH_PATH: usize = crate::value::MAX_DEPTH;

/// The most steps over all paths of a graph, and the longest of them: each step is compared with
/// those before it on its path.
const MAX_PATH_STEPS: u64 = 100_000;
const MAX_PATH_LENGTH: usize = 200;

/// Which builtins an engine may call, by the first part of their names (`time` of `time.now_ns`).
/// Those that it never calls are not replaced in it: each costs some 50 ns an evaluation.
#[derive(Clone, Debug)]
pub(super) enum Called {
    /// Any: queries are not known beforehand.
    Any,
    /// Those that begin with one of these names.
    Roots(BTreeSet<String>),
}

impl Called {
    fn has(&self, name: &str) -> bool {
        match self {
            Self::Any => true,
            Self::Roots(roots) => name.split('.').next().is_some_and(|root| roots.contains(root)),
        }
    }
}

/// An engine that builtins are replaced in.
struct Target<'a> {
    engine: &'a mut Engine,
    called: &'a Called,
    strict: bool,
}

/// Adds what is the same for every evaluation.
pub(super) fn install(engine: &mut Engine, called: &Called, strict: bool) -> Result<()> {
    let engine = &mut Target { engine, called, strict };
    guard(engine, "numbers.range", 2, |args| range(args, 1))?;
    guard(engine, "numbers.range_step", 3, |args| {
        range(args, args.get(2).and_then(integer).map_or(1, i128::unsigned_abs).max(1))
    })?;
    guard(engine, "net.cidr_expand", 1, cidr)?;
    guard(engine, "sprintf", 2, widths)?;
    guard(engine, "bits.lsh", 2, |args| match args.get(1).and_then(integer) {
        Some(width) if width > i128::from(MAX_WIDTH) => too_much("bits.lsh", MAX_WIDTH, "bits"),
        _ => Ok(()),
    })?;
    guard(engine, "replace", 3, |args| {
        let [text, old, new] = args else { return Ok(()) };
        replacement("replace", text, length(old), length(new))
    })?;
    guard(engine, "regex.replace", 3, |args| {
        let [text, _, new] = args else { return Ok(()) };
        replacement("regex.replace", text, 1, length(new))
    })?;
    guard(engine, "strings.replace_n", 2, |args| {
        let [patterns, text] = args else { return Ok(()) };
        let Ok(patterns) = patterns.as_object() else { return Ok(()) };
        let longest = patterns.values().map(length).max().unwrap_or(0);
        replacement("strings.replace_n", text, 1, longest)
    })?;
    guard(engine, "concat", 2, |args| {
        let [delimiter, parts] = args else { return Ok(()) };
        let count = match parts {
            Value::Array(parts) => parts.len(),
            Value::Set(parts) => parts.len(),
            _ => 0,
        };
        text_limit("concat", count.saturating_mul(length(delimiter)))
    })?;
    guard(engine, "graph.reachable_paths", 2, paths)?;
    guard(engine, "json.patch", 2, patch)?;
    for name in ["json.is_valid", "yaml.is_valid"] {
        // What is no text is not valid; the interpreter's own fail on it.
        let own = Builtin::new(name, 1)?;
        replace(engine, name, 1, move |args| {
            let is_text = matches!(args.first(), Some(Value::String(_)));
            if is_text { own.call(&args, strict) } else { Ok(false.into()) }
        })?;
    }
    replace(engine, "strings.count", 2, move |args| count(&args, strict))?;
    replace(engine, "opa.runtime", 0, |_| Ok(Value::new_object()))
}

/// Adds what differs from one evaluation to the next.
pub(super) fn install_for(engine: &mut Engine, called: &Called, budget: &EvalBudget) -> Result<()> {
    let engine = &mut Target { engine, called, strict: false };
    let now = budget.now.unix_nanoseconds();
    let seed = budget.seed;
    // A time that OPA's own 64 bits do not hold is undefined, as it is there.
    replace(engine, "time.now_ns", 0, move |_| {
        Ok(i64::try_from(now).map_or(Value::Undefined, Value::from))
    })?;
    replace(engine, "rand.intn", 2, move |args| rand_intn(seed, &args))?;
    replace(engine, "uuid.rfc4122", 1, move |args| Ok(uuid(seed, &args)))
}

/// Puts a check in front of a builtin.
fn guard(
    target: &mut Target<'_>,
    name: &str,
    arguments: u8,
    check: impl Fn(&[Value]) -> Result<()> + Clone + Send + Sync + 'static,
) -> Result<()> {
    let own = Builtin::new(name, arguments)?;
    let strict = target.strict;
    replace(target, name, arguments, move |args| {
        check(&args)?;
        own.call(&args, strict)
    })
}

/// Puts a function in the place of a builtin, where it is called at all.
fn replace(
    target: &mut Target<'_>,
    name: &str,
    arguments: u8,
    function: impl Fn(Vec<Value>) -> Result<Value> + Clone + Send + Sync + 'static,
) -> Result<()> {
    if target.called.has(name) {
        target.engine.add_extension(name.to_owned(), arguments, Box::new(function))?;
    }
    Ok(())
}

type Function = fn(&Span, &[Ref<Expr>], &[Value], bool) -> Result<Value>;

/// One of the interpreter's own builtins, with what it is called with besides its arguments.
///
/// It blames its operands by their place in the source, which an extension is not told; the
/// interpreter adds the place of the call to whatever it says.
#[derive(Clone)]
struct Builtin {
    function: Function,
    operands: Arc<[Ref<Expr>]>,
    span: Span,
}

impl Builtin {
    fn new(name: &str, arguments: u8) -> Result<Self> {
        let (function, _) = *BUILTINS.get(name).ok_or_else(|| anyhow!("no builtin {name}"))?;
        let source = Source::from_contents(name.to_owned(), name.to_owned())?;
        let span = Span { source, line: 1, col: 1, start: 0, end: 0 };
        let operand = || Ref::new(Expr::Null { span: span.clone(), value: Value::Null, eidx: 0 });
        let operands = (0..arguments).map(|_| operand()).collect();
        Ok(Self { function, operands, span })
    }

    fn call(&self, args: &[Value], strict: bool) -> Result<Value> {
        match (self.function)(&self.span, &self.operands, args, strict) {
            Err(_) if !strict => Ok(Value::Undefined),
            result => result,
        }
    }
}

fn too_much<T>(name: &str, limit: impl std::fmt::Display, of: &str) -> Result<T> {
    bail!("{name}: result is over the limit of {limit} {of}")
}

fn integer(value: &Value) -> Option<i128> {
    value.as_i128().ok()
}

/// The length of a string in bytes; 0 of anything else, which the builtin refuses.
fn length(value: &Value) -> usize {
    if let Value::String(text) = value { text.len() } else { 0 }
}

fn text_limit(name: &str, bytes: usize) -> Result<()> {
    if bytes > MAX_TEXT { too_much(name, MAX_TEXT, "bytes") } else { Ok(()) }
}

fn replacement(name: &str, text: &Value, old: usize, new: usize) -> Result<()> {
    let places = length(text).checked_div(old).unwrap_or_else(|| length(text)).saturating_add(1);
    text_limit(name, places.saturating_mul(new))
}

fn range(args: &[Value], step: u128) -> Result<()> {
    let (Some(from), Some(to)) = (args.first(), args.get(1)) else { return Ok(()) };
    if !from.as_number().is_ok_and(|n| n.is_integer())
        || !to.as_number().is_ok_and(|n| n.is_integer())
    {
        return Ok(());
    }
    let distance = match (integer(from), integer(to)) {
        (Some(from), Some(to)) => from.abs_diff(to),
        // Beyond 128 bits nothing is counted: such a range is refused whatever its length.
        _ => u128::MAX,
    };
    let elements = distance.checked_div(step).unwrap_or(distance);
    if elements >= u128::from(MAX_ELEMENTS) {
        return too_much("numbers.range", MAX_ELEMENTS, "elements");
    }
    Ok(())
}

fn cidr(args: &[Value]) -> Result<()> {
    let Some(Ok(text)) = args.first().map(Value::as_string) else { return Ok(()) };
    let Some((address, prefix)) = text.split_once('/') else { return Ok(()) };
    let bits: u32 = if address.contains(':') { 128 } else { 32 };
    let host_bits = prefix.parse().ok().and_then(|prefix| bits.checked_sub(prefix)).unwrap_or(0);
    let addresses = 1_u64.checked_shl(host_bits).filter(|count| *count <= MAX_ELEMENTS);
    if addresses.is_none() {
        return too_much("net.cidr_expand", MAX_ELEMENTS, "addresses");
    }
    Ok(())
}

/// Refuses a format with a width over the limit. What is no width cannot be mistaken for one of
/// seven digits.
fn widths(args: &[Value]) -> Result<()> {
    let Some(Value::String(format)) = args.first() else { return Ok(()) };
    for verb in format.split('%').skip(1) {
        let digits = verb.strip_prefix('.').unwrap_or(verb);
        let end = digits.find(|c: char| !c.is_ascii_digit()).unwrap_or(digits.len());
        let width = digits.get(..end).filter(|digits| !digits.is_empty());
        if width.is_some_and(|width| width.parse().map_or(true, |width: u64| width > MAX_WIDTH)) {
            return too_much("sprintf", MAX_WIDTH, "characters a column");
        }
    }
    Ok(())
}

/// Refuses operations that would nest a value deeper than it may be.
fn patch(args: &[Value]) -> Result<()> {
    let Some(Ok(operations)) = args.get(1).map(Value::as_array) else { return Ok(()) };
    let field = Value::from("path");
    for operation in operations.iter() {
        let path = operation.as_object().ok().and_then(|operation| operation.get(&field));
        let steps = match path {
            Some(Value::String(path)) => path.matches('/').count(),
            Some(Value::Array(path)) => path.len(),
            _ => 0,
        };
        if steps > MAX_PATCH_PATH {
            return too_much("json.patch", MAX_PATCH_PATH, "levels");
        }
    }
    Ok(())
}

/// Refuses a graph of more paths than may be listed: a graph of 60 nodes can have 2^30.
fn paths(args: &[Value]) -> Result<()> {
    let [graph, start] = args else { return Ok(()) };
    let Ok(graph) = graph.as_object() else { return Ok(()) };
    let neighbours = |value: &Value| match value {
        Value::Array(nodes) => nodes.to_vec(),
        Value::Set(nodes) => nodes.iter().cloned().collect(),
        _ => Vec::new(),
    };
    let mut steps = 0_u64;
    // A path under way: the node, and its neighbours that are still to be followed.
    let mut path: Vec<(Value, Vec<Value>)> = Vec::new();
    for node in neighbours(start) {
        path.push((node.clone(), graph.get(&node).map(&neighbours).unwrap_or_default()));
        while let Some((_, next)) = path.last_mut() {
            let Some(node) = next.pop() else {
                path.pop();
                continue;
            };
            steps = steps.saturating_add(1);
            if steps > MAX_PATH_STEPS || path.len() > MAX_PATH_LENGTH {
                return too_much("graph.reachable_paths", MAX_PATH_STEPS, "steps");
            }
            if path.iter().all(|(earlier, _)| *earlier != node) {
                let next = graph.get(&node).map(&neighbours).unwrap_or_default();
                path.push((node, next));
            }
        }
    }
    Ok(())
}

/// `strings.count`: how often `needle` occurs without overlapping; an empty one occurs at every
/// boundary between characters, as in Go's `strings.Count`.
fn count(args: &[Value], strict: bool) -> Result<Value> {
    let [Value::String(text), Value::String(needle)] = args else {
        return if strict {
            Err(anyhow!("strings.count: operands must be strings"))
        } else {
            Ok(Value::Undefined)
        };
    };
    let count = if needle.is_empty() {
        text.chars().count().saturating_add(1)
    } else {
        text.matches(needle.as_ref()).count()
    };
    Ok(Value::from(count))
}

/// `rand.intn`: for one seed, text and bound always the same number.
fn rand_intn(seed: u64, args: &[Value]) -> Result<Value> {
    let [Value::String(text), Value::Number(bound)] = args else { return Ok(Value::Undefined) };
    let Some(bound) = bound.as_i64().map(i64::unsigned_abs) else { return Ok(Value::Undefined) };
    let drawn = draw(seed, "rand.intn", &format!("{bound}:{text}"));
    let number = drawn.checked_rem(u128::from(bound)).unwrap_or(0);
    Ok(u64::try_from(number).map_or(Value::Undefined, Value::from))
}

/// `uuid.rfc4122`: a UUID of version 4, for one seed and text always the same.
fn uuid(seed: u64, args: &[Value]) -> Value {
    let [Value::String(text)] = args else { return Value::Undefined };
    let bits = draw(seed, "uuid.rfc4122", text) & !(0xf << 76) | (4 << 76);
    let hex = format!("{:032x}", bits & !(0b11 << 62) | (0b10 << 62));
    let part = |from: usize, to: usize| hex.get(from..to).unwrap_or_default();
    let parts = [part(0, 8), part(8, 12), part(12, 16), part(16, 20), part(20, 32)];
    Value::from(parts.join("-"))
}

/// 128 bits that depend on nothing but the arguments.
fn draw(seed: u64, of: &str, text: &str) -> u128 {
    let digest = Digest::sha256(format!("{seed}:{of}:{text}").as_bytes()).to_string();
    let hex = digest.split_once(':').and_then(|(_, hex)| hex.get(..32));
    hex.and_then(|hex| u128::from_str_radix(hex, 16).ok()).unwrap_or(0)
}
