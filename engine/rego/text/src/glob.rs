//! `glob.match` and `glob.quote_meta`; `topdown/glob.go` over github.com/gobwas/glob.
//!
//! `*` stands for any characters but delimiters, `**` for any characters, `?` for one that is no
//! delimiter, `[abc]`, `[a-z]` and `[!a-z]` for one of a class, `{a,b*}` for alternatives. A glob
//! becomes a regular expression, so that no pattern takes more than linear time.

use crate::cache::Bounded;
use crate::give::{Given, give, text, units};
use referee_rego_builtin::Implementation::Function as F;
use referee_rego_builtin::{BuiltinError, Context, Result, Table, operand};
use referee_rego_value::Value;
use regex_automata::meta;
use regex_syntax::hir::{Class, ClassUnicode, ClassUnicodeRange, Hir, Look, Repetition};
use std::sync::Arc;

pub(crate) const TABLE: Table = &[("glob.match", F(matches)), ("glob.quote_meta", F(quote))];

/// How deep alternatives may nest.
const MOST_DEPTH: usize = 100;

/// The most bytes of a compiled glob.
const MOST_BYTES: usize = 1 << 20;

/// The globs that were compiled, by their delimiters and text.
#[derive(Debug, Default)]
struct Globs(Bounded<Arc<meta::Regex>>);

fn quote(ctx: &mut Context<'_>, operands: &[Value]) -> Given {
    let pattern = operand::string(operands, 1)?;
    text(ctx, pattern.len().saturating_mul(2))?;
    let mut quoted = String::with_capacity(pattern.len());
    for c in pattern.chars() {
        if matches!(c, '*' | '?' | '\\' | '[' | ']' | '{' | '}') {
            quoted.push('\\');
        }
        quoted.push(c);
    }
    give(quoted)
}

fn matches(ctx: &mut Context<'_>, operands: &[Value]) -> Given {
    let pattern = operand::string(operands, 1)?;
    let delimiters = delimiters(ctx, operands)?;
    let subject = operand::string(operands, 3)?;
    let glob = compiled(ctx, pattern, &delimiters)?;
    ctx.work(units(subject.len() / 8 + 2))?;
    give(glob.is_match(subject.as_bytes()))
}

/// The delimiters: none where the operand is null, a point where it is empty.
fn delimiters(ctx: &mut Context<'_>, operands: &[Value]) -> Result<String> {
    let found = operand::value(operands, 2)?;
    let array = match found {
        Value::Null => return Ok(String::new()),
        Value::Array(array) if array.is_empty() => return Ok(".".to_owned()),
        Value::Array(array) => array,
        other => return Err(operand::one_of(2, other, &["array", "null"])),
    };
    ctx.work(units(array.len()))?;
    let mut delimiters = String::new();
    for element in array.iter() {
        let Value::String(delimiter) = element else {
            return Err(operand::element(2, found, element, &["string"]));
        };
        let mut characters = delimiter.chars();
        match (characters.next(), characters.next()) {
            (Some(only), None) => delimiters.push(only),
            _ => return Err(operand::element(2, found, element, &["rune"])),
        }
    }
    Ok(delimiters)
}

fn compiled(ctx: &mut Context<'_>, pattern: &str, delimiters: &str) -> Result<Arc<meta::Regex>> {
    let key = [delimiters, "\0", pattern].concat();
    let cache = ctx.shared_cache::<Globs>();
    if let Some(found) = cache.0.get(&key) {
        return Ok(found);
    }
    ctx.work(units(pattern.len().saturating_mul(64)))?;
    ctx.reserve(pattern.len().saturating_mul(64))?;
    let config = meta::Config::new()
        .nfa_size_limit(Some(MOST_BYTES))
        .onepass_size_limit(Some(MOST_BYTES))
        .hybrid_cache_capacity(MOST_BYTES);
    let glob = meta::Builder::new()
        .configure(config)
        .build_from_hir(&Parser::parse(pattern, delimiters)?)
        .map_err(|_| BuiltinError::new("pattern too large"))?;
    ctx.work(units(glob.memory_usage() / 16))?;
    ctx.reserve(glob.memory_usage())?;
    let glob = Arc::new(glob);
    cache.0.insert(&key, Arc::clone(&glob));
    Ok(glob)
}

/// Alternatives that are open: those that are complete, and the one that is read.
#[derive(Default)]
struct Level {
    done: Vec<Hir>,
    parts: Vec<Hir>,
}

struct Parser<'a> {
    rest: &'a str,
    /// What `*` and `?` stand for.
    single: ClassUnicode,
    levels: Vec<Level>,
}

impl<'a> Parser<'a> {
    fn parse(pattern: &'a str, delimiters: &str) -> Result<Hir> {
        let ranges = delimiters.chars().map(|c| ClassUnicodeRange::new(c, c));
        let mut single = ClassUnicode::new(ranges);
        single.negate();
        let mut parser = Parser { rest: pattern, single, levels: Vec::new() };
        let mut outer = Level::default();
        while let Some(c) = parser.next()? {
            let nested = !parser.levels.is_empty();
            let hir = match c {
                '{' => {
                    if parser.levels.len() >= MOST_DEPTH {
                        return Err(BuiltinError::new("pattern too large"));
                    }
                    parser.levels.push(Level::default());
                    continue;
                }
                ',' if nested => {
                    parser.end_alternative();
                    continue;
                }
                '}' if nested => match parser.close() {
                    Some(hir) => hir,
                    None => continue,
                },
                '[' => parser.class()?,
                '?' => parser.single(),
                '*' if parser.rest.starts_with('*') => {
                    parser.next()?;
                    any(ClassUnicode::new([ClassUnicodeRange::new('\0', char::MAX)]))
                }
                '*' => any(parser.single.clone()),
                '\\' => match parser.next()? {
                    Some(escaped) => literal(escaped),
                    None => break,
                },
                other => literal(other),
            };
            parser.levels.last_mut().unwrap_or(&mut outer).parts.push(hir);
        }
        // Braces that are not closed end with the pattern.
        while let Some(hir) = parser.close() {
            parser.levels.last_mut().unwrap_or(&mut outer).parts.push(hir);
        }
        let mut parts = vec![Hir::look(Look::Start)];
        parts.append(&mut outer.parts);
        parts.push(Hir::look(Look::End));
        Ok(Hir::concat(parts))
    }

    /// The next character; a zero ends the pattern.
    fn next(&mut self) -> Result<Option<char>> {
        let mut characters = self.rest.chars();
        match characters.next() {
            None | Some('\0') => {
                self.rest = "";
                Ok(None)
            }
            Some(char::REPLACEMENT_CHARACTER) => Err(BuiltinError::new("could not read rune")),
            Some(c) => {
                self.rest = characters.as_str();
                Ok(Some(c))
            }
        }
    }

    fn single(&self) -> Hir {
        Hir::class(Class::Unicode(self.single.clone()))
    }

    fn end_alternative(&mut self) {
        if let Some(level) = self.levels.last_mut() {
            let parts = std::mem::take(&mut level.parts);
            level.done.push(Hir::concat(parts));
        }
    }

    fn close(&mut self) -> Option<Hir> {
        self.end_alternative();
        self.levels.pop().map(|level| Hir::alternation(level.done))
    }

    /// `[abc]`, `[a-z]`, with `!` the characters that are not in it.
    fn class(&mut self) -> Result<Hir> {
        let end = || BuiltinError::new("unexpected end of input");
        let mut negate = false;
        let mut first = self.next()?.ok_or_else(end)?;
        if first == '!' {
            negate = true;
            first = self.next()?.ok_or_else(end)?;
        }
        let mut class = ClassUnicode::empty();
        if self.rest.starts_with('-') {
            self.next()?;
            let last = self.next()?.ok_or_else(end)?;
            self.close_class()?;
            if last < first {
                return Err(BuiltinError::new(format!(
                    "hi character '{last}' should be greater than lo '{first}'"
                )));
            }
            class.push(ClassUnicodeRange::new(first, last));
        } else {
            let mut escaped = false;
            let mut next = first;
            loop {
                match next {
                    '\\' if !escaped => escaped = true,
                    ']' if !escaped => break,
                    c => {
                        escaped = false;
                        class.push(ClassUnicodeRange::new(c, c));
                    }
                }
                next = self.next()?.ok_or_else(end)?;
            }
            if class.ranges().is_empty() {
                return Err(BuiltinError::new("could not parse range"));
            }
        }
        if negate {
            class.negate();
        }
        Ok(Hir::class(Class::Unicode(class)))
    }

    fn close_class(&mut self) -> Result<()> {
        match self.next()? {
            Some(']') => Ok(()),
            Some(_) => Err(BuiltinError::new("expected close range character")),
            None => Err(BuiltinError::new("unexpected end of input")),
        }
    }
}

fn literal(c: char) -> Hir {
    Hir::literal(c.to_string().into_bytes())
}

fn any(class: ClassUnicode) -> Hir {
    let sub = Box::new(Hir::class(Class::Unicode(class)));
    Hir::repetition(Repetition { min: 0, max: None, greedy: true, sub })
}
