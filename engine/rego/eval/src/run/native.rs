//! Builtins that are called in each policy: done without copies where the operands are what they
//! usually are, and otherwise as the other crates do them.

use super::Evaluation;
use super::machine::Run;
use super::slot::Slot;
use crate::error::Eval;
use crate::plan::ops::{Native, SlotId, Src};
use crate::probe::Probe;
use crate::steps::Step;
use referee_rego_value::{Number, Value, bytes};

/// Whether a comparison holds.
#[inline]
pub(super) fn compare(native: Native, a: &Value, b: &Value) -> bool {
    match native {
        Native::NotEqual => a != b,
        Native::Less => a < b,
        Native::LessEqual => a <= b,
        Native::Greater => a > b,
        Native::GreaterEqual => a >= b,
        Native::Member => match b {
            Value::Set(set) => set.contains(a),
            Value::Array(array) => array.iter().any(|item| item == a),
            Value::Object(object) => object.iter().any(|(_, item)| item == a),
            _ => false,
        },
        _ => a == b,
    }
}

/// Whether a test holds; `None` where its operands are of other types.
#[inline]
fn test(native: Native, args: &[&Value]) -> Option<bool> {
    use Native as N;
    Some(match (native, args) {
        (N::StartsWith, [Value::String(a), Value::String(b)]) => bytes::starts_with(a, b),
        (N::EndsWith, [Value::String(a), Value::String(b)]) => bytes::ends_with(a, b),
        (N::Contains, [Value::String(a), Value::String(b)]) if !bytes::has_bytes(b) => {
            a.contains(b.as_str())
        }
        (N::IsString, [value]) => matches!(value, Value::String(_)),
        (N::IsNumber, [value]) => matches!(value, Value::Number(_)),
        (N::IsBoolean, [value]) => matches!(value, Value::Bool(_)),
        (N::IsArray, [value]) => matches!(value, Value::Array(_)),
        (N::IsObject, [value]) => matches!(value, Value::Object(_)),
        (N::IsSet, [value]) => matches!(value, Value::Set(_)),
        (N::IsNull, [value]) => matches!(value, Value::Null),
        _ => return None,
    })
}

/// What a calculation with whole numbers gives, where that is a whole number that fits.
#[inline]
pub(super) fn calculate(native: Native, a: i64, b: i64) -> Option<i64> {
    match native {
        Native::Plus => a.checked_add(b),
        Native::Minus => a.checked_sub(b),
        Native::Multiply => a.checked_mul(b),
        Native::Divide => match (a.checked_rem(b)?, a.checked_div(b)?) {
            // Zero may have a sign, large quotients are not exact: those are left to others.
            (0, whole) if whole != 0 && whole.unsigned_abs() < 1 << 53 => Some(whole),
            _ => None,
        },
        Native::Remainder => a.checked_rem(b),
        _ => None,
    }
}

/// What a builtin gives, where it can be said at once.
fn quick(native: Native, args: &[&Value]) -> Option<Value> {
    use Native as N;
    if let (true, [a, b]) = (native.compares(), args) {
        return Some(Value::Bool(compare(native, a, b)));
    }
    if native.tests() {
        return test(native, args).map(Value::Bool);
    }
    Some(match (native, args) {
        (_, [Value::Number(Number::Int(a)), Value::Number(Number::Int(b))])
            if native.calculates() =>
        {
            Value::from(calculate(native, *a, *b)?)
        }
        (N::Minus, [Value::Set(a), Value::Set(b)]) => Value::Set(a.difference(b)),
        (N::And, [Value::Set(a), Value::Set(b)]) => Value::Set(a.intersection(b)),
        (N::Or, [Value::Set(a), Value::Set(b)]) => Value::Set(a.union(b)),
        (N::Count, [value]) => {
            let count = match value {
                Value::Array(array) => array.len(),
                Value::Object(object) => object.len(),
                Value::Set(set) => set.len(),
                Value::String(text) => bytes::rune_count(text),
                _ => return None,
            };
            Value::from(i64::try_from(count).ok()?)
        }
        (N::MemberWithKey, [key, value, collection]) => Value::Bool(match collection {
            Value::Set(set) => set.contains(key) && key == value,
            other => other.get(key).is_some_and(|found| found == *value),
        }),
        (N::TypeName, [value]) => Value::from(value.type_name()),
        (N::TestCase, [_]) => Value::Bool(true),
        _ => return None,
    })
}

/// How much work it is.
fn work(native: Native, args: &[&Value]) -> u32 {
    let size = |value: &&Value| match value {
        Value::Array(array) => array.len(),
        Value::Object(object) => object.len(),
        Value::Set(set) => set.len(),
        Value::String(text) => text.len() / 64,
        _ => 0,
    };
    let all: usize = match native {
        Native::Minus | Native::And | Native::Or | Native::Member => args.iter().map(size).sum(),
        // Of a collection it is known; a text is gone through.
        Native::Count | Native::StartsWith | Native::EndsWith | Native::Contains => {
            args.iter().filter(|value| matches!(value, Value::String(_))).map(size).sum()
        }
        _ => 0,
    };
    u32::try_from(all).unwrap_or(u32::MAX).saturating_add(1)
}

impl<'a, P: Probe> Evaluation<'a, '_, '_, P> {
    /// Calls a builtin of this crate.
    pub(super) fn native(
        &mut self,
        native: Native,
        args: &'a [Src],
        dst: SlotId,
        run: &Run<'a>,
        pc: usize,
    ) -> Eval<bool> {
        if self.scope != 0
            && let Some(mock) = self.mocked(native.name())
        {
            return self.call_mock(&mock, args, dst, run, pc);
        }
        let base = run.base;
        if P::STEPS
            && let (Native::TestCase, [case]) = (native, args)
        {
            let case = self.read(run.base, case).clone();
            self.told(run.base, Step::Case(&case));
        }
        if let (Native::ObjectGet, [object, key, default]) = (native, args)
            && let Some(Value::Object(object)) = self.borrowed(base, object)
        {
            let key = self.read(base, key);
            if !matches!(key, Value::Array(_)) {
                let found = object.get(key);
                let value = found.map_or_else(|| self.taken(base, default), Slot::Ref);
                self.write(base, dst, value);
                return Ok(true);
            }
        }
        if let [a, b] = args
            && let Some(value) = self.long(native, base, a, b)?
        {
            self.store(base, dst, value)?;
            return Ok(true);
        }
        let mut operands: [&Value; 3] = [&Value::Null; 3];
        for (place, arg) in operands.iter_mut().zip(args) {
            *place = self.read(base, arg);
        }
        let operands = operands.get(..args.len()).unwrap_or_default();
        let (value, work) = (quick(native, operands), work(native, operands));
        self.context.meter.work(work)?;
        if let Some(value) = value {
            self.store(base, dst, value)?;
            return Ok(true);
        }
        let rules = self.rules;
        match rules.scheme.builtins.get(native.name()) {
            Some(builtin) => self.builtin(builtin, args, dst, run, pc),
            None => {
                let location = super::builtin::location(run, pc);
                Err(Box::new(super::builtin::unsupported(native.name(), location)))
            }
        }
    }

    /// Whether a test holds; `None` where its operands are of other types.
    #[inline]
    pub(super) fn tested(
        &mut self,
        native: Native,
        args: &'a [Src],
        base: usize,
    ) -> Eval<Option<bool>> {
        let (holds, work) = match args {
            [value] => (test(native, &[self.read(base, value)]), 1),
            [text, part] => {
                let operands = [self.read(base, text), self.read(base, part)];
                (test(native, &operands), work(native, &operands))
            }
            _ => return Ok(None),
        };
        self.context.meter.work(work)?;
        Ok(holds)
    }

    /// A comparison where functions may be replaced: `None` where this one is not.
    #[inline(never)]
    pub(super) fn compare_mocked(
        &mut self,
        native: Native,
        args: &'a [Src],
        dst: SlotId,
        run: &Run<'a>,
        pc: usize,
    ) -> Eval<Option<bool>> {
        let Some(mock) = self.mocked(native.name()) else { return Ok(None) };
        let gave = self.call_mock(&mock, args, dst, run, pc)?;
        Ok(Some(gave && !matches!(self.slot(run.base, dst).value(), Value::Bool(false))))
    }
}
