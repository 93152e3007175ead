//! Ranges of numbers, random numbers, numbers and texts; `topdown/numbers.go`,
//! `topdown/strings.go`, `topdown/casts.go`.

use crate::bits;
use crate::give::{Given, give, text};
use crate::go::random::Random;
use crate::number::{self, Parts};
use num_bigint::{BigInt, Sign};
use referee_rego_builtin::Implementation::Function as F;
use referee_rego_builtin::{BuiltinError, Context, Table, operand};
use referee_rego_go::quote::quoted;
use referee_rego_value::{ArrayBuilder, Number, Value};
use std::collections::HashMap;

pub(crate) const TABLE: Table = &[
    ("numbers.range", F(range)),
    ("numbers.range_step", F(range_by_step)),
    ("rand.intn", F(random)),
    ("format_int", F(format_integer)),
    ("to_number", F(to_number)),
];

fn range(ctx: &mut Context<'_>, operands: &[Value]) -> Given {
    let first = bits::whole(ctx, operands, 1)?;
    let last = bits::whole(ctx, operands, 2)?;
    between(ctx, first, &last, &BigInt::from(1))
}

fn range_by_step(ctx: &mut Context<'_>, operands: &[Value]) -> Given {
    let first = bits::whole(ctx, operands, 1)?;
    let last = bits::whole(ctx, operands, 2)?;
    let step = bits::whole(ctx, operands, 3)?;
    if step.sign() != Sign::Plus {
        // OPA names the function in the message, beside where every message names it.
        return Err(BuiltinError::new("numbers.range_step: step must be a positive integer"));
    }
    between(ctx, first, &last, &step)
}

fn between(ctx: &mut Context<'_>, first: BigInt, last: &BigInt, step: &BigInt) -> Given {
    let up = first <= *last;
    let distance = if up { last - &first } else { &first - last };
    let count = usize::try_from(distance / step).unwrap_or(usize::MAX).saturating_add(1);
    // The memory of the whole range is counted before the first number of it is made.
    ctx.reserve(count.saturating_mul(crate::give::VALUE_BYTES))?;
    let mut numbers = ArrayBuilder::with_room(count);
    if let (Ok(mut next), Ok(last), Ok(step)) =
        (i64::try_from(&first), i64::try_from(last), i64::try_from(step))
    {
        loop {
            ctx.work(1)?;
            numbers.push(Value::from(next));
            let following = if up { next.checked_add(step) } else { next.checked_sub(step) };
            match following.filter(|n| if up { *n <= last } else { *n >= last }) {
                Some(following) => next = following,
                None => return give(numbers.build()),
            }
        }
    }
    let mut next = first;
    while if up { next <= *last } else { next >= *last } {
        number::charge(ctx, next.bits())?;
        numbers.push(number::from_whole(ctx, next.clone())?);
        if up {
            next += step;
        } else {
            next -= step;
        }
    }
    give(numbers.build())
}

/// The random numbers that were given: the same for the same operands within a query.
#[derive(Default)]
struct RandomCache {
    given: HashMap<(String, u64), Value>,
    random: Option<Random>,
}

fn random(ctx: &mut Context<'_>, operands: &[Value]) -> Given {
    let name = operand::string(operands, 1)?;
    let below = operand::integer(operands, 2)?.unsigned_abs();
    if below == 0 {
        return give(0);
    }
    text(ctx, name.len().saturating_add(64))?;
    let seed = ctx.seed;
    let cache = ctx.cache::<RandomCache>();
    let key = (name.to_string(), below);
    if let Some(given) = cache.given.get(&key) {
        return give(given.clone());
    }
    let random = cache.random.get_or_insert_with(|| Random::new(seed));
    let value = Value::from(i64::try_from(random.below(below)).unwrap_or(i64::MAX));
    cache.given.insert(key, value.clone());
    give(value)
}

fn format_integer(ctx: &mut Context<'_>, operands: &[Value]) -> Given {
    let number = operand::number(operands, 1)?;
    let radix = match operand::number(operands, 2)? {
        Number::Int(2) => 2,
        Number::Int(8) => 8,
        Number::Int(10) => 10,
        Number::Int(16) => 16,
        _ => return Err(operand::enumeration(2, &["2", "8", "10", "16"])),
    };
    if radix == 10
        && let Some(value) = number.as_i64()
    {
        return give(value.to_string());
    }
    let whole = match number {
        Number::Int(value) => BigInt::from(*value),
        Number::Text(digits) => {
            let digit_bits =
                u64::try_from(digits.as_str().len()).unwrap_or(u64::MAX).saturating_mul(4);
            number::charge(ctx, digit_bits)?;
            match digits.as_str().parse::<BigInt>() {
                Ok(whole) => whole,
                // A fraction is cut off, after the number was rounded to 64 bits.
                Err(_) => number::float(number)
                    .and_then(|float| float.truncated())
                    .ok_or_else(|| BuiltinError::new("number out of range"))?,
            }
        }
    };
    number::charge(ctx, whole.bits())?;
    give(whole.to_str_radix(radix))
}

fn to_number(ctx: &mut Context<'_>, operands: &[Value]) -> Given {
    match operand::value(operands, 1)? {
        Value::Null => give(0),
        Value::Bool(value) => give(i64::from(*value)),
        number @ Value::Number(_) => give(number.clone()),
        Value::String(digits) => read(ctx, digits),
        other => Err(operand::one_of(1, other, &["null", "boolean", "number", "string"])),
    }
}

fn read(ctx: &mut Context<'_>, digits: &str) -> Given {
    text(ctx, digits.len())?;
    let name = digits.trim_start_matches(['+', '-']).to_lowercase();
    if matches!(name.as_str(), "inf" | "infinity" | "nan") {
        return Err(BuiltinError::operand(1, "valid number string", "string"));
    }
    crate::go::float::parse(digits).map_err(|error| {
        BuiltinError::new(format!("strconv.ParseFloat: parsing {}: {error}", quoted(digits)))
    })?;
    number_of(digits)
}

/// The number that OPA keeps by the text it had. A text that Go reads and JSON does not (`+1`,
/// `.5`, `0x1p-2`) becomes the number it stands for.
fn number_of(digits: &str) -> Given {
    if let Some(number) = Number::parse(digits) {
        return give(number);
    }
    let plain = digits.trim_start_matches('+');
    if let Some(number) = Number::parse(plain) {
        return give(number);
    }
    let read = crate::go::float::parse(digits).ok().and_then(Number::from_f64);
    match (read, Parts::read(plain)) {
        (Some(number), _) => give(number),
        (None, _) => Err(BuiltinError::new("number out of range")),
    }
}
