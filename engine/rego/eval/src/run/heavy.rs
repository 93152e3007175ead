//! What takes long in one operation: comparing heavy values, going through long collections, putting
//! many values in order. It is counted on the way, so that time and cancellation hold inside it.

use super::Evaluation;
use super::native;
use crate::error::Eval;
use crate::plan::ops::{Native, Src};
use crate::probe::Probe;
use referee_rego_builtin::{Cancelled, Meter};
use referee_rego_value::{SetBuilder, Value};

/// So many elements of a collection are looked at before the meter is.
const BLOCK: usize = 256;

/// Counts effort in a meter.
pub(super) fn counted(meter: &mut Meter<'_>) -> impl FnMut(u32) -> Result<(), Cancelled> {
    |units| meter.work(units)
}

impl<'a, P: Probe> Evaluation<'a, '_, '_, P> {
    /// Whether two operands are equal.
    #[inline]
    pub(super) fn equal(&mut self, base: usize, a: &'a Src, b: &'a Src) -> Eval<bool> {
        let (first, second) = (self.read(base, a), self.read(base, b));
        if first.is_heavy() && second.is_heavy() {
            let (first, second) = (first.clone(), second.clone());
            return self.equal_heavy(&first, &second);
        }
        Ok(first == second)
    }

    /// Whether an operand equals a value.
    #[inline]
    pub(super) fn equals(&mut self, base: usize, a: &'a Src, found: &'a Value) -> Eval<bool> {
        let wanted = self.read(base, a);
        if found.is_heavy() && wanted.is_heavy() {
            let wanted = wanted.clone();
            return self.equal_heavy(&wanted, found);
        }
        Ok(found == wanted)
    }

    /// Whether two values are equal.
    #[inline(never)]
    pub(super) fn equal_heavy(&mut self, a: &Value, b: &Value) -> Eval<bool> {
        Ok(a.eq_within(b, &mut counted(&mut self.context.meter))?)
    }

    /// Whether a comparison holds.
    #[inline]
    pub(super) fn compared(
        &mut self,
        native: Native,
        base: usize,
        a: &'a Src,
        b: &'a Src,
    ) -> Eval<bool> {
        let (first, second) = (self.read(base, a), self.read(base, b));
        let long = match native {
            Native::Member => second.is_heavy(),
            _ => first.is_heavy() && second.is_heavy(),
        };
        if long {
            let (first, second) = (first.clone(), second.clone());
            return self.compared_heavy(native, &first, &second);
        }
        Ok(native::compare(native, first, second))
    }

    #[inline(never)]
    pub(super) fn compared_heavy(&mut self, native: Native, a: &Value, b: &Value) -> Eval<bool> {
        let spend = &mut counted(&mut self.context.meter);
        Ok(match native {
            Native::NotEqual => !a.eq_within(b, spend)?,
            Native::Less => a.cmp_within(b, spend)?.is_lt(),
            Native::LessEqual => a.cmp_within(b, spend)?.is_le(),
            Native::Greater => a.cmp_within(b, spend)?.is_gt(),
            Native::GreaterEqual => a.cmp_within(b, spend)?.is_ge(),
            Native::Member => match b {
                Value::Set(set) => {
                    a.prepare_hash(spend)?;
                    set.contains(a)
                }
                Value::Array(array) => any_equal(array.iter(), a, spend)?,
                Value::Object(object) => any_equal(object.values(), a, spend)?,
                _ => false,
            },
            _ => a.eq_within(b, spend)?,
        })
    }

    /// What an operation gives that takes long; `None` where it takes no time, or others do it.
    #[inline]
    pub(super) fn long(
        &mut self,
        native: Native,
        base: usize,
        a: &'a Src,
        b: &'a Src,
    ) -> Eval<Option<Value>> {
        let (first, second) = (self.read(base, a), self.read(base, b));
        if !first.is_heavy() && !second.is_heavy() {
            return Ok(None);
        }
        let (first, second) = (first.clone(), second.clone());
        if native.compares() {
            return self.compared_heavy(native, &first, &second).map(Value::Bool).map(Some);
        }
        self.combined(native, &first, &second)
    }

    /// An operation on two sets; `None` where it is none.
    pub(super) fn combined(&mut self, native: Native, a: &Value, b: &Value) -> Eval<Option<Value>> {
        let (Value::Set(a), Value::Set(b)) = (a, b) else { return Ok(None) };
        let made = {
            let spend = &mut counted(&mut self.context.meter);
            match native {
                Native::Minus => a.difference_within(b, spend)?,
                Native::And => a.intersection_within(b, spend)?,
                Native::Or => a.union_within(b, spend)?,
                _ => return Ok(None),
            }
        };
        self.context.meter.reserve(made.len().saturating_mul(size_of::<Value>()))?;
        Ok(Some(Value::Set(made)))
    }

    /// A set of these elements.
    pub(super) fn set_of(&mut self, elements: Vec<Value>) -> Eval<Value> {
        if !elements.iter().any(Value::is_heavy) {
            return Ok(Value::set(elements));
        }
        let spend = &mut counted(&mut self.context.meter);
        let mut set = SetBuilder::with_capacity(elements.len());
        for element in elements {
            set.insert_within(element, spend)?;
        }
        Ok(Value::Set(set.build_within(spend)?))
    }
}

/// Whether any of many values equals one.
fn any_equal<'v>(
    values: impl Iterator<Item = &'v Value>,
    wanted: &Value,
    spend: &mut dyn FnMut(u32) -> Result<(), Cancelled>,
) -> Result<bool, Cancelled> {
    let heavy = wanted.is_heavy();
    for (at, value) in values.enumerate() {
        if at % BLOCK == 0 {
            spend(64)?;
        }
        let equal = if heavy && value.is_heavy() {
            value.eq_within(wanted, spend)?
        } else {
            value == wanted
        };
        if equal {
            return Ok(true);
        }
    }
    Ok(false)
}
