//! Builtins: any operands give a value or an error, within the budget, and the same each time.

use referee_rego_builtin::{
    Context, ErrorKind, Implementation, Meter, NoHost, Result, SharedCaches, Table,
};
use referee_rego_value::{JsonLimits, Value};
use std::ops::ControlFlow;
use std::time::Duration;

/// Some hundredths of a second of work.
const STEPS: u64 = 2_000_000;
const MEMORY: u64 = 64 << 20;

/// What gives another answer each time, by its nature: signatures with fresh randomness.
const RANDOM: &[&str] = &["io.jwt.encode_sign", "io.jwt.encode_sign_raw"];

fn tables() -> impl Iterator<Item = &'static Table> {
    [referee_rego_text::TABLES, referee_rego_formats::TABLES, referee_rego_security::TABLES]
        .into_iter()
        .flatten()
}

fn table() -> Vec<&'static (&'static str, Implementation)> {
    tables().flat_map(|table| table.iter()).collect()
}

/// The first two bytes choose the builtin; the rest are operands, each up to a byte `ff`.
pub(super) fn call(bytes: &[u8]) {
    let [first, second, rest @ ..] = bytes else { return };
    let table = table();
    let at = usize::from(u16::from_be_bytes([*first, *second])) % table.len().max(1);
    let Some((name, implementation)) = table.get(at) else { return };
    let operands: Vec<Value> = rest.split(|byte| *byte == 0xff).take(4).map(operand).collect();
    let answer = once(*implementation, &operands, STEPS);
    if let Err(error) = &answer {
        assert!(!error.message.is_empty(), "{name} fails without a word");
    } else if !RANDOM.contains(name) {
        assert_eq!(answer, once(*implementation, &operands, STEPS), "{name}{operands:?}");
    }
    // With no room left it ends as it must, or never needed any.
    if let Err(error) = once(*implementation, &operands, 0) {
        let known = answer.as_ref().err().is_some_and(|known| *known == error);
        assert!(known || matches!(error.kind, ErrorKind::Cancel(_)), "{name}: {error}");
    }
}

fn once(implementation: Implementation, operands: &[Value], steps: u64) -> Result<Vec<Value>> {
    let clock = || Duration::ZERO;
    let runtime = Value::Null;
    let meter = Meter::new(&clock, Duration::MAX, steps, MEMORY, None);
    let mut context = Context::new(meter, 1_700_000_000_000_000_000, 7, &NoHost, &runtime);
    let caches = SharedCaches::default();
    context.shared = Some(&caches);
    match implementation {
        Implementation::Function(function) => {
            function(&mut context, operands).map(|value| value.into_iter().collect())
        }
        Implementation::Relation(relation) => {
            let mut values = Vec::new();
            relation(&mut context, operands, &mut |value| {
                values.push(value);
                if values.len() < 10_000 {
                    ControlFlow::Continue(())
                } else {
                    ControlFlow::Break(())
                }
            })?;
            Ok(values)
        }
    }
}

/// A value: the first byte says of which kind.
fn operand(bytes: &[u8]) -> Value {
    let Some((kind, rest)) = bytes.split_first() else { return Value::Null };
    let text = String::from_utf8_lossy(rest);
    let parts = || text.split(',').map(Value::from);
    match kind % 8 {
        0 => Value::array(parts()),
        1 => Value::set(parts()),
        2 => Value::object(parts().map(|part| (part, Value::from("b")))),
        3 | 4 => {
            let limits = JsonLimits::DEFAULT.with_depth(128);
            Value::from_json(text.as_ref(), &limits).unwrap_or_else(|_| Value::from(text.as_ref()))
        }
        _ => Value::from(text.as_ref()),
    }
}
