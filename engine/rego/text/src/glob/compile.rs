//! From the parts of a glob to matchers: those that can be are put together, and the rest becomes
//! a tree around the longest part of a fixed length.

use super::matcher::{Matcher, Tree};
use super::parse::Part;
use crate::give::units;
use referee_rego_builtin::{Cancelled, Context, Result};

/// How deep matchers nest.
const MOST_DEPTH: usize = 250;

/// Compiles a glob.
pub(super) fn compile(ctx: &mut Context<'_>, part: &Part, separators: &str) -> Result<Matcher> {
    Compiler { ctx, separators }.part(part, MOST_DEPTH)
}

struct Compiler<'c, 'm, 's> {
    ctx: &'c mut Context<'m>,
    separators: &'s str,
}

/// One level deeper.
fn deeper(depth: usize) -> Result<usize> {
    Ok(depth.checked_sub(1).ok_or(Cancelled::Depth)?)
}

impl Compiler<'_, '_, '_> {
    fn part(&mut self, part: &Part, depth: usize) -> Result<Matcher> {
        let depth = deeper(depth)?;
        let separators = || self.separators.to_owned();
        Ok(optimized(match part {
            Part::Nothing => Matcher::Nothing,
            Part::Text(text) => Matcher::Text(text.clone()),
            Part::Any => Matcher::Any(separators()),
            Part::Super => Matcher::Super,
            Part::Single => Matcher::Single(separators()),
            Part::List { characters, not } => {
                Matcher::List { characters: characters.clone(), not: *not }
            }
            Part::Range { low, high, not } => Matcher::Range { low: *low, high: *high, not: *not },
            Part::AnyOf(alternatives) => match self.factored(alternatives)? {
                Some(part) => self.part(&part, depth)?,
                // As it is: an alternative alone is no more than itself only where it is put
                // together with others.
                None => return Ok(Matcher::AnyOf(self.children(alternatives, depth)?)),
            },
            Part::Sequence(parts) if parts.is_empty() => return Ok(Matcher::Nothing),
            Part::Sequence(parts) => {
                let matchers = self.children(parts, depth)?;
                let matchers = self.minimized(matchers)?;
                self.together(&matchers, depth)?
            }
        }))
    }

    fn children(&mut self, parts: &[Part], depth: usize) -> Result<Vec<Matcher>> {
        parts.iter().map(|part| Ok(optimized(self.part(part, depth)?))).collect()
    }

    /// Alternatives with what all begin or end with taken out; `None` where that is nothing.
    fn factored(&mut self, alternatives: &[Part]) -> Result<Option<Part>> {
        let mut sequences = Vec::with_capacity(alternatives.len());
        for alternative in alternatives {
            match alternative {
                Part::Sequence(parts) => sequences.push(parts.as_slice()),
                _ => return Ok(None),
            }
        }
        let size = sequences.iter().map(|parts| parts.len()).sum::<usize>();
        self.ctx.work(units(size.saturating_mul(4)))?;
        let Some((before, after)) = common(&sequences) else {
            return Ok(None);
        };
        if before == 0 && after == 0 {
            return Ok(None);
        }
        let mut rests: Vec<Part> = Vec::new();
        for parts in &sequences {
            let Some(rest) = parts.len().checked_sub(after).and_then(|end| parts.get(before..end))
            else {
                return Ok(None);
            };
            let rest = if rest.is_empty() { Part::Nothing } else { Part::Sequence(rest.to_vec()) };
            if !rests.contains(&rest) {
                self.ctx.work(units(rests.len()))?;
                rests.push(rest);
            }
        }
        let first = sequences.first().copied().unwrap_or_default();
        let mut parts = Vec::new();
        if before > 0 {
            parts.push(Part::Sequence(first.get(..before).unwrap_or_default().to_vec()));
        }
        match rests.as_slice() {
            [Part::Nothing] | [] => {}
            [only] => parts.push(only.clone()),
            _ => parts.push(Part::AnyOf(rests)),
        }
        if after > 0 {
            let from = first.len().saturating_sub(after);
            parts.push(Part::Sequence(first.get(from..).unwrap_or_default().to_vec()));
        }
        Ok(Some(Part::Sequence(parts)))
    }

    /// Puts together the longest runs of matchers that can be.
    fn minimized(&mut self, mut matchers: Vec<Matcher>) -> Result<Vec<Matcher>> {
        loop {
            let mut best: Option<(Matcher, usize, usize)> = None;
            for left in 0..matchers.len() {
                for right in (left + 2..=matchers.len()).rev() {
                    let run = matchers.get(left..right).unwrap_or_default();
                    let Some(glued) = self.glued(run)? else { continue };
                    let better = match &best {
                        None => true,
                        Some((known, from, to)) => {
                            let longer = matches!(
                                (known.length(), glued.length()),
                                (Some(known), Some(found)) if found > known
                            );
                            longer || to - from < right - left
                        }
                    };
                    if better {
                        best = Some((glued, left, right));
                    }
                }
            }
            let Some((glued, left, right)) = best else {
                return Ok(matchers);
            };
            matchers.splice(left..right, [glued]);
        }
    }

    fn glued(&mut self, run: &[Matcher]) -> Result<Option<Matcher>> {
        let fixed = run.iter().take_while(|matcher| matcher.length().is_some()).count();
        self.ctx.work(units(fixed + 1))?;
        if run.len() < 2 {
            return Ok(None);
        }
        if let Some(every) = as_every(run) {
            return Ok(Some(every));
        }
        if fixed < run.len() {
            return Ok(None);
        }
        let length = run.iter().filter_map(Matcher::length).sum();
        Ok(Some(Matcher::Row(run.to_vec(), length)))
    }

    fn together(&mut self, matchers: &[Matcher], depth: usize) -> Result<Matcher> {
        let depth = deeper(depth)?;
        if let [only] = matchers {
            return Ok(only.clone());
        }
        if let Some(glued) = self.glued(matchers)? {
            return Ok(glued);
        }
        // The last of the longest.
        let longest = matchers
            .iter()
            .enumerate()
            .filter_map(|(index, matcher)| Some((matcher.length()?, index)))
            .max();
        let (value, left, right) = match longest {
            Some((_, index)) => (index, matchers.get(..index), matchers.get(index + 1..)),
            None => (0, None, matchers.get(1..)),
        };
        let mut side = |matchers: Option<&[Matcher]>| match matchers.unwrap_or_default() {
            [] => Ok(None),
            matchers => self.together(matchers, depth).map(Some),
        };
        let left = side(left)?;
        let right = side(right)?;
        let value = matchers.get(value).cloned().unwrap_or(Matcher::Nothing);
        Ok(Matcher::Tree(Box::new(Tree { value, left, right })))
    }
}

/// How many parts all sequences begin with, and end with; `None` where there is but one sequence.
fn common(sequences: &[&[Part]]) -> Option<(usize, usize)> {
    if sequences.len() < 2 {
        return None;
    }
    let shortest = sequences.iter().min_by_key(|parts| parts.len()).copied()?;
    let length = shortest.len();
    let (mut before, mut after) = (0, 0);
    let (mut left_ends, mut right_ends) = (false, false);
    for i in 0..length {
        let j = length - 1 - i;
        if before + after >= length || left_ends && right_ends {
            break;
        }
        for parts in sequences {
            left_ends |= parts.get(i) != shortest.get(i);
            right_ends |= !left_ends && j <= i;
            right_ends |= parts.get(j + parts.len() - length) != shortest.get(j);
        }
        before += usize::from(!left_ends);
        after += usize::from(!right_ends);
    }
    Some((before, after))
}

/// Matchers of any characters with the same separators, as one.
fn as_every(run: &[Matcher]) -> Option<Matcher> {
    let (mut any, mut everything, mut least) = (false, false, 0);
    let mut separators = None;
    for matcher in run {
        let found = match matcher {
            Matcher::Super => {
                everything = true;
                ""
            }
            Matcher::Any(separators) => {
                any = true;
                separators
            }
            Matcher::Single(separators) => {
                least += 1;
                separators
            }
            Matcher::List { characters, not: true } => {
                least += 1;
                characters
            }
            _ => return None,
        };
        if *separators.get_or_insert(found) != found {
            return None;
        }
    }
    let separators = separators.unwrap_or_default();
    if least == 0 && everything && !any {
        return Some(Matcher::Super);
    }
    if least == 0 && any && !everything {
        return Some(Matcher::Any(separators.to_owned()));
    }
    if least > 0 && (any || everything) && separators.is_empty() {
        return Some(Matcher::Min(least));
    }
    let mut every = Vec::new();
    if least > 0 {
        every.push(Matcher::Min(least));
        if !any && !everything {
            every.push(Matcher::Max(least));
        }
    }
    if !separators.is_empty() {
        // What must not be there is all separators as one text.
        every.push(Matcher::Contains { text: separators.to_owned(), not: true });
    }
    Some(Matcher::EveryOf(every))
}

/// A matcher in a simpler form.
fn optimized(matcher: Matcher) -> Matcher {
    match matcher {
        Matcher::Any(separators) if separators.is_empty() => Matcher::Super,
        Matcher::AnyOf(mut matchers) if matchers.len() == 1 => {
            matchers.pop().unwrap_or(Matcher::Nothing)
        }
        Matcher::List { characters, not: false } if characters.chars().count() == 1 => {
            Matcher::Text(characters)
        }
        Matcher::Tree(tree) => optimized_tree(*tree),
        other => other,
    }
}

fn optimized_tree(tree: Tree) -> Matcher {
    let left = tree.left.map(optimized);
    let right = tree.right.map(optimized);
    let Matcher::Text(text) = tree.value else {
        return Matcher::Tree(Box::new(Tree { value: tree.value, left, right }));
    };
    match (left, right) {
        (None, None) => Matcher::Text(text),
        (Some(Matcher::Super), Some(Matcher::Super)) => Matcher::Contains { text, not: false },
        (Some(Matcher::Super), None) => Matcher::Suffix(text),
        (None, Some(Matcher::Super)) => Matcher::Prefix(text),
        (None, Some(Matcher::Suffix(suffix))) => Matcher::PrefixSuffix(text, suffix),
        (Some(Matcher::Prefix(prefix)), None) => Matcher::PrefixSuffix(prefix, text),
        (Some(Matcher::Any(separators)), None) => Matcher::SuffixAny(text, separators),
        (None, Some(Matcher::Any(separators))) => Matcher::PrefixAny(text, separators),
        (left, right) => Matcher::Tree(Box::new(Tree { value: Matcher::Text(text), left, right })),
    }
}
