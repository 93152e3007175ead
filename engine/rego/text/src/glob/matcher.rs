//! What globs are compiled into. A matcher matches a whole text, and finds where in a text it
//! matches first and how long it may be there.

use crate::give::units;
use memchr::memmem;
use referee_rego_builtin::{Context, Result};

#[derive(Clone, Debug)]
pub(super) enum Matcher {
    Nothing,
    Text(String),
    /// Without separators.
    Any(String),
    Super,
    Single(String),
    List {
        characters: String,
        not: bool,
    },
    Range {
        low: char,
        high: char,
        not: bool,
    },
    AnyOf(Vec<Matcher>),
    EveryOf(Vec<Matcher>),
    /// Matchers of fixed lengths one after the other, and how many characters they are.
    Row(Vec<Matcher>, usize),
    Min(usize),
    Max(usize),
    Contains {
        text: String,
        not: bool,
    },
    Prefix(String),
    Suffix(String),
    PrefixSuffix(String, String),
    /// A text, and then no separators.
    PrefixAny(String, String),
    SuffixAny(String, String),
    Tree(Box<Tree>),
}

/// A matcher between two others.
#[derive(Clone, Debug)]
pub(super) struct Tree {
    pub(super) value: Matcher,
    pub(super) left: Option<Matcher>,
    pub(super) right: Option<Matcher>,
}

/// Where a matcher matches first, and the ends it may have from there.
type Found = Option<(usize, Vec<usize>)>;

/// The character at the beginning and its length; of bytes that are none Go's error character.
fn decode(text: &[u8]) -> (char, usize) {
    let Some(first) = text.first() else {
        return (char::REPLACEMENT_CHARACTER, 0);
    };
    let length = match first {
        0..0x80 => 1,
        0xc0..0xe0 => 2,
        0xe0..0xf0 => 3,
        _ => 4,
    };
    let found = text.get(..length).and_then(|bytes| std::str::from_utf8(bytes).ok());
    match found.and_then(|text| text.chars().next()) {
        Some(c) => (c, length),
        None => (char::REPLACEMENT_CHARACTER, 1),
    }
}

/// The characters of a text with their places.
fn characters(text: &[u8]) -> impl Iterator<Item = (usize, char)> {
    let mut at = 0;
    std::iter::from_fn(move || {
        let (c, length) = decode(text.get(at..)?);
        let start = at;
        at += length;
        (length > 0).then_some((start, c))
    })
}

fn find(text: &[u8], wanted: &str) -> Option<usize> {
    memmem::find(text, wanted.as_bytes())
}

fn find_last(text: &[u8], wanted: &str) -> Option<usize> {
    memmem::rfind(text, wanted.as_bytes())
}

/// Where a separator stands: the first one that does, in the order in which they were given.
fn find_any(text: &[u8], separators: &str) -> Option<usize> {
    separators.chars().find_map(|c| find(text, c.encode_utf8(&mut [0; 4])))
}

/// Where a separator stands last; of one that is not ASCII the library finds the first place.
fn find_last_any(text: &[u8], separators: &str) -> Option<usize> {
    separators.chars().find_map(|c| {
        let place = if c.is_ascii() { find_last } else { find };
        place(text, c.encode_utf8(&mut [0; 4]))
    })
}

/// The starts of all characters, and the end.
fn all_ends(text: &[u8], offset: usize) -> Vec<usize> {
    let starts = characters(text).map(|(at, _)| offset + at);
    starts.chain([offset + text.len()]).collect()
}

impl Matcher {
    /// How many characters it matches; `None` where that is not always the same.
    pub(super) fn length(&self) -> Option<usize> {
        match self {
            Self::Nothing => Some(0),
            Self::Text(text) => Some(text.chars().count()),
            Self::Single(_) | Self::List { .. } | Self::Range { .. } => Some(1),
            Self::Row(_, length) => Some(*length),
            Self::AnyOf(matchers) => {
                // A length that is not fixed counts only where it does not come first.
                let mut length = None;
                for matcher in matchers {
                    match (length, matcher.length()) {
                        (None, found) => length = found,
                        (Some(a), Some(b)) if a == b => {}
                        _ => return None,
                    }
                }
                length
            }
            Self::EveryOf(matchers) if matchers.is_empty() => Some(0),
            Self::Tree(tree) => {
                let side = |side: &Option<Self>| side.as_ref().map_or(Some(0), Self::length);
                Some(tree.value.length()? + side(&tree.left)? + side(&tree.right)?)
            }
            _ => None,
        }
    }

    /// Whether one character is meant, and the text is no longer than that: an empty text counts
    /// as a character that nothing names.
    fn one(text: &[u8], is: impl Fn(char) -> bool) -> bool {
        let (c, length) = decode(text);
        text.len() <= length && is(c)
    }

    /// Whether it matches a whole text.
    pub(super) fn matches(&self, ctx: &mut Context<'_>, text: &[u8]) -> Result<bool> {
        ctx.work(units(text.len() / 8 + 1))?;
        Ok(match self {
            Self::Nothing => text.is_empty(),
            Self::Text(wanted) => wanted.as_bytes() == text,
            Self::Any(separators) => find_any(text, separators).is_none(),
            Self::Super => true,
            Self::Single(separators) => Self::one(text, |c| !separators.contains(c)),
            Self::List { characters, not } => Self::one(text, |c| characters.contains(c) != *not),
            Self::Range { low, high, not } => {
                Self::one(text, |c| (*low..=*high).contains(&c) != *not)
            }
            Self::AnyOf(matchers) => {
                for matcher in matchers {
                    if matcher.matches(ctx, text)? {
                        return Ok(true);
                    }
                }
                false
            }
            Self::EveryOf(matchers) => {
                for matcher in matchers {
                    if !matcher.matches(ctx, text)? {
                        return Ok(false);
                    }
                }
                true
            }
            Self::Row(matchers, length) => {
                characters(text).take(length + 1).count() == *length
                    && Self::row(ctx, matchers, text)?
            }
            Self::Min(least) => *least == 0 || characters(text).nth(least - 1).is_some(),
            Self::Max(most) => characters(text).nth(*most).is_none(),
            Self::Contains { text: wanted, not } => find(text, wanted).is_some() != *not,
            Self::Prefix(prefix) => text.starts_with(prefix.as_bytes()),
            Self::Suffix(suffix) => text.ends_with(suffix.as_bytes()),
            // The two may overlap.
            Self::PrefixSuffix(prefix, suffix) => {
                text.starts_with(prefix.as_bytes()) && text.ends_with(suffix.as_bytes())
            }
            Self::PrefixAny(prefix, separators) => text
                .strip_prefix(prefix.as_bytes())
                .is_some_and(|rest| find_any(rest, separators).is_none()),
            Self::SuffixAny(suffix, separators) => text
                .strip_suffix(suffix.as_bytes())
                .is_some_and(|rest| find_any(rest, separators).is_none()),
            Self::Tree(tree) => tree.matches(ctx, text)?,
        })
    }

    /// Matches one after the other. A part ends one byte after where its last character begins.
    fn row(ctx: &mut Context<'_>, matchers: &[Self], text: &[u8]) -> Result<bool> {
        let mut at = 0;
        for matcher in matchers {
            ctx.work(1)?;
            let rest = text.get(at..).unwrap_or_default();
            let length = matcher.length().unwrap_or(0);
            // Of no length the walk goes on to the last character.
            let mut last = 0;
            let mut count = 0;
            for (place, _) in characters(rest) {
                last = place;
                count += 1;
                if count == length {
                    break;
                }
            }
            let Some(part) = rest.get(..=last) else {
                return Ok(false);
            };
            if count < length || !matcher.matches(ctx, part)? {
                return Ok(false);
            }
            at += last + 1;
        }
        Ok(true)
    }

    /// Where one character is that is meant.
    fn index_one(text: &[u8], is: impl Fn(char) -> bool) -> Found {
        let (at, c) = characters(text).find(|(_, c)| is(*c))?;
        Some((at, vec![c.len_utf8()]))
    }

    /// Where it matches first, and the lengths it may have there.
    fn index(&self, ctx: &mut Context<'_>, text: &[u8]) -> Result<Found> {
        ctx.work(units(text.len() / 4 + 1))?;
        Ok(match self {
            Self::Nothing => Some((0, vec![0])),
            Self::Text(wanted) => find(text, wanted).map(|at| (at, vec![wanted.len()])),
            Self::Any(separators) => {
                let end = find_any(text, separators).unwrap_or(text.len());
                Some((0, all_ends(text.get(..end).unwrap_or_default(), 0)))
            }
            Self::Super => Some((0, all_ends(text, 0))),
            Self::Single(separators) => Self::index_one(text, |c| !separators.contains(c)),
            Self::List { characters, not } => {
                Self::index_one(text, |c| characters.contains(c) != *not)
            }
            Self::Range { low, high, not } => {
                Self::index_one(text, |c| (*low..=*high).contains(&c) != *not)
            }
            Self::AnyOf(matchers) => return Self::index_any(ctx, matchers, text),
            Self::EveryOf(matchers) => return Self::index_every(ctx, matchers, text),
            Self::Row(matchers, length) => {
                for (at, _) in characters(text) {
                    let rest = text.get(at..).unwrap_or_default();
                    if rest.len() < *length {
                        break;
                    }
                    if Self::row(ctx, matchers, rest)? {
                        return Ok(Some((at, vec![*length])));
                    }
                }
                None
            }
            Self::Min(least) => {
                let from = least.saturating_sub(1);
                let ends = characters(text).skip(from).map(|(at, c)| at + c.len_utf8());
                let ends: Vec<usize> = ends.collect();
                (text.len() >= *least && !ends.is_empty()).then_some((0, ends))
            }
            Self::Max(most) => {
                let ends = characters(text).take(*most).map(|(at, c)| at + c.len_utf8());
                Some((0, std::iter::once(0).chain(ends).collect()))
            }
            Self::Contains { text: wanted, not } => Self::index_contains(text, wanted, *not),
            Self::Prefix(prefix) => find(text, prefix).map(|at| {
                let rest = text.get(at + prefix.len()..).unwrap_or_default();
                (at, Self::prefix_ends(prefix, rest))
            }),
            Self::PrefixAny(prefix, separators) => find(text, prefix).map(|at| {
                let rest = text.get(at + prefix.len()..).unwrap_or_default();
                let end = find_any(rest, separators).unwrap_or(rest.len());
                (at, Self::prefix_ends(prefix, rest.get(..end).unwrap_or_default()))
            }),
            Self::Suffix(suffix) => find(text, suffix).map(|at| (0, vec![at + suffix.len()])),
            Self::SuffixAny(suffix, separators) => find(text, suffix).map(|at| {
                let before = text.get(..at).unwrap_or_default();
                let start = find_last_any(before, separators).map_or(0, |at| at + 1);
                (start, vec![at + suffix.len() - start])
            }),
            Self::PrefixSuffix(prefix, suffix) => Self::index_between(text, prefix, suffix),
            Self::Tree(_) => None,
        })
    }

    fn prefix_ends(prefix: &str, rest: &[u8]) -> Vec<usize> {
        let ends = characters(rest).map(|(at, c)| prefix.len() + at + c.len_utf8());
        std::iter::once(prefix.len()).chain(ends).collect()
    }

    fn index_contains(text: &[u8], wanted: &str, not: bool) -> Found {
        let found = find(text, wanted);
        if not {
            let end = found.unwrap_or(text.len());
            return Some((0, all_ends(text.get(..end).unwrap_or_default(), 0)));
        }
        let offset = found? + wanted.len();
        Some((0, all_ends(text.get(offset..).unwrap_or_default(), offset)))
    }

    fn index_between(text: &[u8], prefix: &str, suffix: &str) -> Found {
        let start = find(text, prefix)?;
        let mut rest = text.get(start..).unwrap_or_default();
        if suffix.is_empty() {
            return Some((start, vec![rest.len()]));
        }
        let mut ends = Vec::new();
        while let Some(at) = find_last(rest, suffix) {
            ends.push(at + suffix.len());
            rest = rest.get(..at).unwrap_or_default();
        }
        ends.reverse();
        (!ends.is_empty()).then_some((start, ends))
    }

    /// The first place where any matches, with the lengths of all that match there.
    fn index_any(ctx: &mut Context<'_>, matchers: &[Self], text: &[u8]) -> Result<Found> {
        let mut first: Found = None;
        for matcher in matchers {
            let Some((at, mut ends)) = matcher.index(ctx, text)? else {
                continue;
            };
            match &mut first {
                Some((known, _)) if at > *known => {}
                Some((known, all)) if at == *known => {
                    ctx.work(units(all.len().saturating_add(ends.len())))?;
                    all.append(&mut ends);
                    all.sort_unstable();
                    all.dedup();
                }
                _ => first = Some((at, ends)),
            }
        }
        Ok(first)
    }

    fn index_every(ctx: &mut Context<'_>, matchers: &[Self], text: &[u8]) -> Result<Found> {
        let (mut index, mut offset) = (0usize, 0usize);
        let mut current: Vec<usize> = Vec::new();
        let mut rest = text;
        for (number, matcher) in matchers.iter().enumerate() {
            let Some((at, ends)) = matcher.index(ctx, rest)? else {
                return Ok(None);
            };
            if number == 0 {
                current = ends;
            } else {
                // Ends of the matchers so far, seen from where this one begins.
                let begin = at + offset;
                ctx.work(units(current.len().saturating_add(ends.len())))?;
                let same = |end: &usize| (end + index).checked_sub(begin);
                current = current
                    .iter()
                    .filter_map(same)
                    .filter(|end| ends.binary_search(end).is_ok())
                    .collect();
                if current.is_empty() {
                    return Ok(None);
                }
            }
            index = at + offset;
            rest = text.get(index..).unwrap_or_default();
            offset += at;
        }
        Ok(Some((index, current)))
    }
}

impl Tree {
    fn matches(&self, ctx: &mut Context<'_>, text: &[u8]) -> Result<bool> {
        let length = |side: &Option<Matcher>| side.as_ref().map_or(Some(0), Matcher::length);
        let (left, right) = (length(&self.left), length(&self.right));
        if let (Some(left), Some(value), Some(right)) = (left, self.value.length(), right)
            && left + value + right > text.len()
        {
            return Ok(false);
        }
        let mut offset = left.unwrap_or(0);
        let limit = match right {
            Some(right) => text.len().saturating_sub(right),
            None => text.len(),
        };
        while offset < limit {
            ctx.work(2)?;
            let within = text.get(offset..limit).unwrap_or_default();
            let Some((at, ends)) = self.value.index(ctx, within)? else {
                return Ok(false);
            };
            let start = offset + at;
            let before = text.get(..start).unwrap_or_default();
            let fits = match &self.left {
                Some(left) => left.matches(ctx, before)?,
                None => before.is_empty(),
            };
            if fits {
                for end in ends.iter().rev() {
                    let after = text.get(start + end..).unwrap_or_default();
                    let fits = match &self.right {
                        Some(right) => right.matches(ctx, after)?,
                        None => after.is_empty(),
                    };
                    if fits {
                        return Ok(true);
                    }
                }
            }
            let (_, step) = decode(text.get(start..).unwrap_or_default());
            offset = start + step.max(1);
        }
        Ok(false)
    }
}
