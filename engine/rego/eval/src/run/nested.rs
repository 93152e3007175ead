//! Objects of objects, or of sets, while they are being made.

use super::heavy::counted;
use referee_rego_builtin::{Cancelled, Meter};
use referee_rego_value::{SetBuilder, Value};
use std::collections::BTreeMap;

/// The members of such an object.
pub(super) type Members = BTreeMap<Value, Nested>;

/// A part of it.
#[derive(Debug)]
pub(super) enum Nested {
    Value(Value),
    Set(SetBuilder),
    Object(Members),
}

impl Nested {
    fn build(self, meter: &mut Meter<'_>) -> Result<Value, Cancelled> {
        Ok(match self {
            Self::Value(value) => value,
            Self::Set(set) => Value::Set(set.build_within(&mut counted(meter))?),
            Self::Object(members) => built(members, meter)?,
        })
    }
}

/// The object.
pub(super) fn built(members: Members, meter: &mut Meter<'_>) -> Result<Value, Cancelled> {
    let members = members.into_iter().map(|(key, part)| Ok((key, part.build(meter)?)));
    Ok(Value::Object(members.collect::<Result<_, Cancelled>>()?))
}

/// Adds a value under keys, to a set where it `contains` it; `false` where it does not agree with
/// what was made before.
pub(super) fn insert(
    members: &mut Members,
    keys: &[Value],
    value: Value,
    contains: bool,
    meter: &mut Meter<'_>,
) -> Result<bool, Cancelled> {
    let Some((key, rest)) = keys.split_first() else { return Ok(false) };
    if key.is_heavy() {
        // What a key costs to be compared is not counted on the way, but at least before.
        meter.work(key.weight() / 16)?;
    }
    if !rest.is_empty() {
        let part = members.entry(key.clone());
        return match part.or_insert_with(|| Nested::Object(Members::new())) {
            Nested::Object(below) => insert(below, rest, value, contains, meter),
            Nested::Value(_) | Nested::Set(_) => Ok(false),
        };
    }
    if contains {
        let part = members.entry(key.clone());
        let part = part.or_insert_with(|| Nested::Set(SetBuilder::default()));
        // A set that another definition gave as a value takes further elements.
        if let Nested::Value(Value::Set(known)) = part {
            let mut set = SetBuilder::with_capacity(known.len());
            for element in known.iter() {
                set.insert_within(element.clone(), &mut counted(meter))?;
            }
            *part = Nested::Set(set);
        }
        let Nested::Set(set) = part else { return Ok(false) };
        set.insert_within(value, &mut counted(meter))?;
        return Ok(true);
    }
    match members.remove(key) {
        None => {
            members.insert(key.clone(), Nested::Value(value));
            Ok(true)
        }
        Some(part) => {
            let known = part.build(meter)?;
            let agree = known.eq_within(&value, &mut counted(meter))?;
            members.insert(key.clone(), Nested::Value(known));
            Ok(agree)
        }
    }
}
