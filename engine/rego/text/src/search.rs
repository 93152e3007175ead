//! Looking for a text in a text, and its case; `topdown/strings.go`.

use crate::find::Search;
use crate::give::{Given, PORTION, collection, give, passed, portions, scan, size, text};
use referee_rego_builtin::Implementation::Function as F;
use referee_rego_builtin::{BuiltinError, Context, Result, Table, operand};
use referee_rego_value::bytes::{
    self, bytes_of, comparable, has_bytes, lossy, replaced, shown, text_of,
};
use referee_rego_value::{Str, Value, is_printable};
use std::borrow::Cow;

pub(crate) const TABLE: Table = &[
    ("contains", F(contains)),
    ("startswith", F(starts_with)),
    ("endswith", F(ends_with)),
    ("strings.count", F(count)),
    ("indexof", F(index_of)),
    ("indexof_n", F(index_of_each)),
    ("lower", F(lower)),
    ("upper", F(upper)),
    ("substring", F(substring)),
    ("strings.reverse", F(reverse)),
];

/// Two texts: where is looked, and what for.
fn two<'a>(ctx: &mut Context<'_>, operands: &'a [Value]) -> Result<(&'a Str, &'a Str)> {
    let base = operand::string(operands, 1)?;
    let wanted = operand::string(operands, 2)?;
    scan(ctx, base.len())?;
    Ok((base, wanted))
}

fn contains(ctx: &mut Context<'_>, operands: &[Value]) -> Given {
    let (base, wanted) = two(ctx, operands)?;
    let (base, wanted) = comparable(base, wanted);
    give(Search::new(&base, &wanted).next(ctx, 0)?.is_some())
}

fn starts_with(_: &mut Context<'_>, operands: &[Value]) -> Given {
    let base = operand::string(operands, 1)?;
    give(bytes::starts_with(base, operand::string(operands, 2)?))
}

fn ends_with(_: &mut Context<'_>, operands: &[Value]) -> Given {
    let base = operand::string(operands, 1)?;
    give(bytes::ends_with(base, operand::string(operands, 2)?))
}

fn count(ctx: &mut Context<'_>, operands: &[Value]) -> Given {
    let (base, wanted) = two(ctx, operands)?;
    // An empty text stands before each character and at the end, as Go counts.
    if wanted.is_empty() {
        return give(size(characters(ctx, base)?.saturating_add(1)));
    }
    let (base, wanted) = comparable(base, wanted);
    let search = Search::new(&base, &wanted);
    let (mut at, mut counted) = (0, 0);
    while let Some(found) = search.next(ctx, at)? {
        counted += 1;
        at = found + wanted.len();
    }
    give(size(counted))
}

/// Where looking for nothing is refused.
///
/// OPA looks for characters, of which all bytes that are none are the same one.
fn two_wanted<'a>(
    ctx: &mut Context<'_>,
    operands: &'a [Value],
) -> Result<(Cow<'a, str>, Cow<'a, str>)> {
    let (base, wanted) = two(ctx, operands)?;
    if wanted.is_empty() {
        return Err(BuiltinError::new("empty search character"));
    }
    Ok((shown(base), shown(wanted)))
}

fn index_of(ctx: &mut Context<'_>, operands: &[Value]) -> Given {
    let (base, wanted) = two_wanted(ctx, operands)?;
    let search = Search::new(base.as_bytes(), wanted.as_bytes());
    let Some(found) = search.next(ctx, 0)? else { return give(-1) };
    give(size(characters(ctx, base.get(..found).unwrap_or_default())?))
}

/// How many characters a text has: fast where it has one byte for each.
fn characters(ctx: &mut Context<'_>, text: &str) -> Result<usize> {
    let mut counted = 0;
    for portion in portions(&shown(text)) {
        passed(ctx, portion.len())?;
        counted += if portion.is_ascii() { portion.len() } else { portion.chars().count() };
    }
    Ok(counted)
}

fn index_of_each(ctx: &mut Context<'_>, operands: &[Value]) -> Given {
    let (base, wanted) = two_wanted(ctx, operands)?;
    // Occurrences may overlap, so the search goes on one character further. What stands between
    // two looks is counted once.
    let search = Search::new(base.as_bytes(), wanted.as_bytes());
    let mut found = Vec::new();
    let (mut from, mut index) = (0usize, 0usize);
    while let Some(at) = search.next(ctx, from)? {
        let before = base.get(from..at).unwrap_or_default();
        scan(ctx, before.len().saturating_add(wanted.len()))?;
        collection(ctx, 1)?;
        index += characters(ctx, before)?;
        found.push(size(index));
        let first = base.get(at..).and_then(|rest| rest.chars().next());
        from = at + first.map_or(1, char::len_utf8);
        index += 1;
    }
    give(Value::Array(found.into()))
}

fn lower(ctx: &mut Context<'_>, operands: &[Value]) -> Given {
    cased(ctx, operands, |c| !c.is_ascii_uppercase(), |c| single(c, c.to_lowercase()))
}

/// The text in lower case, as Go has it.
pub(crate) fn lowered(text: &str) -> String {
    text.chars().map(|c| single(c, c.to_lowercase())).collect()
}

fn upper(ctx: &mut Context<'_>, operands: &[Value]) -> Given {
    cased(ctx, operands, |c| !c.is_ascii_lowercase(), |c| single(c, c.to_uppercase()))
}

/// Go maps a character to one character, by Unicode's simple mapping: where the full mapping has
/// several, the character stays, but for the few whose simple mapping differs.
///
/// Characters that are newer than Go's tables have no case there.
fn single(c: char, mut mapped: impl Iterator<Item = char>) -> char {
    match (mapped.next(), mapped.next()) {
        (Some(only), None) if only == c || is_printable(c) && is_printable(only) => only,
        (Some(_), None) => c,
        _ => simple_mapping(c),
    }
}

/// The simple mapping of characters whose full mapping has several characters.
fn simple_mapping(c: char) -> char {
    match c {
        'İ' => 'i',
        // Greek small letters with iota subscript: the capital with prosgegrammeni.
        '\u{1f80}'..='\u{1f87}' | '\u{1f90}'..='\u{1f97}' | '\u{1fa0}'..='\u{1fa7}' => {
            char::from_u32(u32::from(c) + 8).unwrap_or(c)
        }
        '\u{1fb3}' => '\u{1fbc}',
        '\u{1fc3}' => '\u{1fcc}',
        '\u{1ff3}' => '\u{1ffc}',
        other => other,
    }
}

fn cased(
    ctx: &mut Context<'_>,
    operands: &[Value],
    keeps: fn(char) -> bool,
    map: fn(char) -> char,
) -> Given {
    let base = operand::string(operands, 1)?;
    scan(ctx, base.len())?;
    let whole = Str::new(replaced(base));
    let base = if has_bytes(base) { &whole } else { base };
    let mut kept = 0;
    for portion in portions(base) {
        passed(ctx, portion.len())?;
        if !portion.chars().all(|c| c.is_ascii() && keeps(c)) {
            break;
        }
        kept += portion.len();
    }
    let Some((kept, rest)) = base.split_at_checked(kept).filter(|(_, rest)| !rest.is_empty())
    else {
        return give(base.clone());
    };
    text(ctx, base.len())?;
    let mut cased = String::with_capacity(base.len());
    cased.push_str(kept);
    for portion in portions(rest) {
        passed(ctx, portion.len())?;
        cased.extend(portion.chars().map(map));
    }
    give(cased)
}

fn substring(ctx: &mut Context<'_>, operands: &[Value]) -> Given {
    let base = operand::string(operands, 1)?;
    let start = operand::integer(operands, 2)?;
    let length = operand::integer(operands, 3)?;
    let Ok(start) = usize::try_from(start) else {
        return Err(BuiltinError::new("negative offset"));
    };
    scan(ctx, base.len())?;
    let length = usize::try_from(length).ok();
    if base.is_ascii() {
        let end = length.map_or(base.len(), |length| start.saturating_add(length).min(base.len()));
        return give(base.get(start..end).unwrap_or_default());
    }
    if has_bytes(base) {
        return substring_of_runes(base, start, length);
    }
    let mut characters = base.chars();
    if start > 0 {
        characters.nth(start - 1);
    }
    let rest = characters.as_str();
    let Some(length) = length else {
        return give(rest);
    };
    let mut after = rest.chars();
    if length > 0 {
        after.nth(length - 1);
    } else {
        return give("");
    }
    give(rest.get(..rest.len() - after.as_str().len()).unwrap_or_default())
}

/// The same of a text with bytes that are no characters: in a part each is U+FFFD.
fn substring_of_runes(base: &Str, start: usize, length: Option<usize>) -> Given {
    let characters = shown(base);
    if start == 0 && length.is_some_and(|length| length >= characters.chars().count()) {
        return give(base.clone());
    }
    let part = characters.chars().skip(start).take(length.unwrap_or(usize::MAX));
    give(Value::text(&part.collect::<String>()))
}

/// A text backwards, as OPA does it where bytes are no characters: each is U+FFFD, which covers two
/// bytes of what stood before it. Where there are no two, OPA panics; here it is U+FFFD alone.
pub(crate) fn reversed(bytes: &[u8]) -> Vec<u8> {
    let mut reversed = vec![0; bytes.len()];
    let mut free = bytes.len();
    let mut put = |rune: &[u8], width: usize| {
        free = free.checked_sub(width)?;
        reversed.get_mut(free..)?.get_mut(..rune.len())?.copy_from_slice(rune);
        Some(())
    };
    let mut fits = true;
    for chunk in bytes.utf8_chunks() {
        for c in chunk.valid().chars() {
            fits &= put(c.encode_utf8(&mut [0; 4]).as_bytes(), c.len_utf8()).is_some();
        }
        for _ in chunk.invalid() {
            fits &= put("\u{fffd}".as_bytes(), 1).is_some();
        }
    }
    if fits { reversed } else { lossy(bytes).chars().rev().collect::<String>().into_bytes() }
}

fn reverse(ctx: &mut Context<'_>, operands: &[Value]) -> Given {
    let base = operand::string(operands, 1)?;
    text(ctx, base.len())?;
    if has_bytes(base) {
        return give(text_of(reversed(&bytes_of(base))));
    }
    let mut reversed = String::with_capacity(base.len());
    let mut rest = base.chars();
    while !rest.as_str().is_empty() {
        passed(ctx, PORTION)?;
        reversed.extend(rest.by_ref().rev().take(PORTION));
    }
    give(reversed)
}
