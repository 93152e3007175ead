//! Putting texts together and replacing parts of them; `topdown/strings.go`.

use crate::find::Search;
use crate::give::{Given, give, passed, scan, text as charge, units};
use referee_rego_builtin::Implementation::Function as F;
use referee_rego_builtin::{Context, Result, Table, operand};
use referee_rego_value::bytes::{bytes_of, has_bytes, joined, text_of};
use referee_rego_value::{Str, Value};
use std::borrow::Cow;

pub(crate) const TABLE: Table =
    &[("concat", F(concat)), ("replace", F(replace)), ("strings.replace_n", F(replace_each))];

fn concat(ctx: &mut Context<'_>, operands: &[Value]) -> Given {
    let separator = operand::string(operands, 1)?;
    let composite = operand::value(operands, 2)?;
    let Some(elements) = operand::elements(composite) else {
        return Err(operand::one_of(2, composite, &["set", "array"]));
    };
    if let [only @ Value::String(_)] = elements {
        return give(only.clone());
    }
    let mut size = separator.len().saturating_mul(elements.len().saturating_sub(1));
    for element in elements {
        let Value::String(part) = element else {
            return Err(operand::element(2, composite, element, &["string"]));
        };
        ctx.passed(1)?;
        size = size.saturating_add(part.len());
    }
    charge(ctx, size)?;
    let mut text = String::with_capacity(size);
    for (index, part) in elements.iter().filter_map(Value::as_str).enumerate() {
        passed(ctx, part.len().saturating_add(separator.len()))?;
        if index > 0 {
            text.push_str(separator);
        }
        text.push_str(part);
    }
    give(joined(text))
}

fn replace(ctx: &mut Context<'_>, operands: &[Value]) -> Given {
    let base = operand::string(operands, 1)?;
    let old = operand::string(operands, 2)?;
    let new = operand::string(operands, 3)?;
    scan(ctx, base.len())?;
    if old.is_empty() || [base, old, new].into_iter().any(|text| has_bytes(text)) {
        return give(Replacer::new(&[(old, new)]).replace(ctx, base)?);
    }
    let search = Search::new(base.as_bytes(), old.as_bytes());
    let (mut from, mut occurrences) = (0, 0usize);
    while let Some(at) = search.next(ctx, from)? {
        occurrences += 1;
        from = at + old.len();
    }
    if occurrences == 0 {
        return give(base.clone());
    }
    let grown = occurrences.saturating_mul(new.len());
    charge(ctx, base.len().saturating_add(grown))?;
    let mut replaced = String::with_capacity(
        base.len().saturating_sub(occurrences.saturating_mul(old.len())).saturating_add(grown),
    );
    let mut from = 0;
    while let Some(at) = search.next(ctx, from)? {
        passed(ctx, new.len())?;
        replaced.push_str(base.get(from..at).unwrap_or_default());
        replaced.push_str(new);
        from = at + old.len();
    }
    replaced.push_str(base.get(from..).unwrap_or_default());
    give(replaced)
}

fn replace_each(ctx: &mut Context<'_>, operands: &[Value]) -> Given {
    let patterns = operand::object(operands, 1)?;
    let base = operand::string(operands, 2)?;
    let mut pairs: Vec<(&Str, &Str)> = Vec::with_capacity(patterns.len());
    for (old, new) in patterns.iter() {
        let Value::String(old) = old else {
            return Err(operand::refused(1, "non-string key found in pattern object"));
        };
        let Value::String(new) = new else {
            return Err(operand::refused(1, "non-string value found in pattern object"));
        };
        pairs.push((old, new));
    }
    give(Replacer::new(&pairs).replace(ctx, base)?)
}

/// A text, and what stands in its place.
type Pair<'a> = (Cow<'a, [u8]>, Cow<'a, [u8]>);

/// Replaces several texts in one pass, as Go's `strings.Replacer`: at each place the first of the
/// texts, in the order of the keys, that stands there. The empty text stands at every byte.
struct Replacer<'a> {
    /// The pairs that may begin with a byte, in the order of the keys.
    by_byte: Vec<Vec<Pair<'a>>>,
    /// What stands for the empty text, where that is a key.
    empty: Option<Cow<'a, [u8]>>,
}

impl<'a> Replacer<'a> {
    fn new(pairs: &[(&'a Str, &'a Str)]) -> Self {
        let mut by_byte = vec![Vec::new(); 256];
        let mut empty = None;
        for (old, new) in pairs {
            let (old, new) = (bytes_of(old), bytes_of(new));
            match old.first() {
                Some(first) => {
                    if let Some(slot) = by_byte.get_mut(usize::from(*first)) {
                        slot.push((old, new));
                    }
                }
                None => empty = Some(new),
            }
        }
        Self { by_byte, empty }
    }

    fn replace(&self, ctx: &mut Context<'_>, base: &str) -> Result<String> {
        charge(ctx, base.len())?;
        let mut replaced = Vec::with_capacity(base.len());
        let base = bytes_of(base);
        let mut rest = &base[..];
        loop {
            if let Some(new) = &self.empty {
                charge(ctx, new.len())?;
                replaced.extend_from_slice(new);
            }
            let Some((first, after)) = rest.split_first() else {
                return Ok(text_of(replaced));
            };
            let candidates = self.by_byte.get(usize::from(*first)).map_or(&[][..], Vec::as_slice);
            ctx.work(units(candidates.len()))?;
            match candidates.iter().find(|(old, _)| rest.starts_with(old)) {
                Some((old, new)) => {
                    charge(ctx, new.len())?;
                    replaced.extend_from_slice(new);
                    rest = rest.get(old.len()..).unwrap_or_default();
                }
                None => {
                    replaced.push(*first);
                    rest = after;
                }
            }
        }
    }
}
