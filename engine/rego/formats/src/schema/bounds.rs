//! The keywords that bound a number, a length or a count.

use super::compile::{Parts, Reading};
use super::model::{Bounds, Measure, Numeric};
use super::number;
use super::refusal::Refused;
use referee_rego_go::schema::{Draft, SchemaFault};
use referee_rego_value::Value;

type Taken = Result<Parts, Refused>;

/// A number with a value, in Go's eyes.
fn measure(reading: &mut Reading<'_, '_, '_>, value: &Value) -> Result<Option<Measure>, Refused> {
    let number = value.as_number().filter(|number| number::has_value(number)).cloned();
    let Some(number) = number else {
        return Ok(None);
    };
    // To show a long number takes far more than to show a short one.
    let digits = number.to_string().len();
    reading.ctx.work(u32::try_from(digits.saturating_mul(digits) / 64).unwrap_or(u32::MAX))?;
    Ok(Some(Measure { shown: number::shown(&number), number }))
}

fn numeric<'a>(reading: &'a mut Reading<'_, '_, '_>) -> &'a mut Numeric {
    reading.node.numeric.get_or_insert_default()
}

pub(super) fn multiple_of(
    reading: &mut Reading<'_, '_, '_>,
    key: &'static str,
    value: &Value,
) -> Taken {
    let Some(of) = measure(reading, value)? else {
        return Err(SchemaFault::invalid("Number", key).into());
    };
    if !number::is_positive(&of.number) {
        return Err(SchemaFault::NotPositive { keyword: key }.into());
    }
    numeric(reading).multiple_of = Some(of);
    Ok(Parts::default())
}

fn inclusive(
    reading: &mut Reading<'_, '_, '_>,
    key: &'static str,
    value: &Value,
) -> Result<Option<Measure>, Refused> {
    match measure(reading, value)? {
        None => Err(SchemaFault::Kind { keyword: key, kind: "a Number" }.into()),
        found => Ok(found),
    }
}

pub(super) fn minimum(
    reading: &mut Reading<'_, '_, '_>,
    key: &'static str,
    value: &Value,
) -> Taken {
    let bound = inclusive(reading, key, value)?;
    numeric(reading).minimum = bound;
    Ok(Parts::default())
}

pub(super) fn maximum(
    reading: &mut Reading<'_, '_, '_>,
    key: &'static str,
    value: &Value,
) -> Taken {
    let bound = inclusive(reading, key, value)?;
    numeric(reading).maximum = bound;
    Ok(Parts::default())
}

/// A bound that excludes itself: until draft 4 a switch on the other bound, since then a number.
fn exclusive(
    reading: &mut Reading<'_, '_, '_>,
    keys: (&'static str, &'static str),
    value: &Value,
    bounds: fn(&mut Numeric) -> (&mut Option<Measure>, &mut Option<Measure>),
) -> Taken {
    let (key, other) = keys;
    let draft = reading.draft;
    let own = measure(reading, value)?;
    let (inclusive, exclusive) = bounds(numeric(reading));
    match value {
        Value::Bool(on) if matches!(draft, Draft::Four | Draft::Hybrid) => {
            if inclusive.is_none() {
                return Err(SchemaFault::Without { keyword: key, other }.into());
            }
            if *on {
                *exclusive = inclusive.take();
            }
        }
        Value::Number(_) if draft != Draft::Four => *exclusive = own,
        _ => {
            let wanted = match draft {
                Draft::Four => "boolean",
                Draft::Hybrid => "boolean/number",
                _ => "number",
            };
            return Err(SchemaFault::invalid(wanted, key).into());
        }
    }
    Ok(Parts::default())
}

pub(super) fn exclusive_minimum(
    reading: &mut Reading<'_, '_, '_>,
    key: &'static str,
    value: &Value,
) -> Taken {
    exclusive(reading, (key, "minimum"), value, |numeric| {
        (&mut numeric.minimum, &mut numeric.exclusive_minimum)
    })
}

pub(super) fn exclusive_maximum(
    reading: &mut Reading<'_, '_, '_>,
    key: &'static str,
    value: &Value,
) -> Taken {
    exclusive(reading, (key, "maximum"), value, |numeric| {
        (&mut numeric.maximum, &mut numeric.exclusive_maximum)
    })
}

/// A count: written as a plain integer, as OPA takes neither `1.0` nor `1e2` for one.
fn count(key: &'static str, value: &Value) -> Result<Option<i64>, Refused> {
    let count = value.as_number().and_then(|number| number.to_string().parse::<i64>().ok());
    match count {
        None => Err(SchemaFault::Kind { keyword: key, kind: "an integer" }.into()),
        Some(count) if count < 0 => Err(SchemaFault::Negative { keyword: key }.into()),
        count => Ok(count),
    }
}

/// Both bounds, in their order.
fn ordered(bounds: Bounds, least: &'static str, most: &'static str) -> Taken {
    match (bounds.least, bounds.most) {
        (Some(low), Some(high)) if low > high => Err(SchemaFault::Order { least, most }.into()),
        _ => Ok(Parts::default()),
    }
}

pub(super) fn min_length(
    reading: &mut Reading<'_, '_, '_>,
    key: &'static str,
    value: &Value,
) -> Taken {
    reading.node.characters.least = count(key, value)?;
    Ok(Parts::default())
}

pub(super) fn max_length(
    reading: &mut Reading<'_, '_, '_>,
    key: &'static str,
    value: &Value,
) -> Taken {
    reading.node.characters.most = count(key, value)?;
    ordered(reading.node.characters, "minLength", key)
}

pub(super) fn min_properties(
    reading: &mut Reading<'_, '_, '_>,
    key: &'static str,
    value: &Value,
) -> Taken {
    reading.node.members.least = count(key, value)?;
    Ok(Parts::default())
}

pub(super) fn max_properties(
    reading: &mut Reading<'_, '_, '_>,
    key: &'static str,
    value: &Value,
) -> Taken {
    reading.node.members.most = count(key, value)?;
    ordered(reading.node.members, "minProperties", key)
}

pub(super) fn min_items(
    reading: &mut Reading<'_, '_, '_>,
    key: &'static str,
    value: &Value,
) -> Taken {
    reading.node.elements.least = count(key, value)?;
    Ok(Parts::default())
}

pub(super) fn max_items(
    reading: &mut Reading<'_, '_, '_>,
    key: &'static str,
    value: &Value,
) -> Taken {
    reading.node.elements.most = count(key, value)?;
    Ok(Parts::default())
}
