//! Compiled expressions, and the cache of them.

use super::parse::{self, Expression, SyntaxError};
use super::search::Automata;
use crate::cache::Bounded;
use crate::give::units;
use referee_rego_builtin::{BuiltinError, Context, Result};
use regex_automata::meta;
use regex_automata::util::syntax;
use regex_syntax::hir::Hir;
use std::sync::{Arc, OnceLock};

/// The most bytes of a compiled expression.
const MOST_BYTES: usize = 10 << 20;

/// The longest expression: what is longer compiles to more than that.
pub(super) const MOST_TEXT: usize = 400 << 10;

/// The bytes that a lazy automaton of the library may keep of what it computed.
const CACHE_BYTES: usize = 2 << 20;

/// The same of those that search long texts: it is freed in one piece.
const SMALL_CACHE_BYTES: usize = 256 << 10;

/// About the bytes that a state of an expression takes.
const STATE_BYTES: usize = 64;

/// An expression that can be searched for.
#[derive(Debug)]
pub(crate) struct Pattern {
    pub(crate) regex: meta::Regex,
    /// The names of its groups, from the first on.
    pub(crate) names: Vec<Option<String>>,
    /// What it was compiled from.
    hir: Hir,
    /// About how many states it has.
    pub(super) states: usize,
    /// What searches long texts: made for the first of them.
    automata: OnceLock<Option<Automata>>,
}

impl Pattern {
    /// Compiles an expression of Go.
    pub(crate) fn new(ctx: &mut Context<'_>, text: &str) -> Result<Self> {
        ctx.work(units(text.len().saturating_mul(64)))?;
        ctx.reserve(text.len().saturating_mul(64))?;
        if text.len() > MOST_TEXT {
            return Err(refused(SyntaxError::new(parse::TOO_LARGE, brief(text))));
        }
        let expression = parse::parse(text).map_err(refused)?;
        let Expression { hir, names } = expression;
        let config = meta::Config::new()
            .nfa_size_limit(Some(MOST_BYTES))
            .onepass_size_limit(Some(1 << 20))
            .hybrid_cache_capacity(CACHE_BYTES);
        let regex = meta::Builder::new()
            .configure(config)
            .syntax(syntax::Config::new())
            .build_from_hir(&hir)
            .map_err(|_| refused(SyntaxError::new(parse::TOO_LARGE, text)))?;
        // An expression takes far more to compile than its text tells.
        ctx.work(units(regex.memory_usage() / 16))?;
        ctx.reserve(regex.memory_usage())?;
        let states = regex.memory_usage() / STATE_BYTES + 1;
        Ok(Self { regex, names, hir, states, automata: OnceLock::new() })
    }

    /// What searches long texts.
    pub(super) fn automata(&self, ctx: &mut Context<'_>) -> Result<Option<&Automata>> {
        if self.automata.get().is_none() {
            ctx.work(units(self.regex.memory_usage() / 16))?;
            ctx.reserve(self.regex.memory_usage().saturating_add(2 * SMALL_CACHE_BYTES))?;
        }
        let made = || Automata::new(&self.hir, MOST_BYTES, SMALL_CACHE_BYTES);
        Ok(self.automata.get_or_init(made).as_ref())
    }

    /// Charges for a search through a text: its time grows with both lengths where the fast
    /// engines give up.
    pub(crate) fn charge(&self, ctx: &mut Context<'_>, bytes: usize) -> Result<()> {
        let slow = self.regex.memory_usage() / (64 << 10) + 1;
        Ok(ctx.work(units((bytes / 8 + 1).saturating_mul(slow)))?)
    }
}

/// The beginning of an expression.
fn brief(text: &str) -> &str {
    crate::give::portions(text).next().unwrap_or_default()
}

pub(super) fn refused(error: SyntaxError) -> BuiltinError {
    BuiltinError::new(error.to_string())
}

/// The expressions that were compiled.
#[derive(Debug, Default)]
struct Patterns(Bounded<Arc<Pattern>>);

/// An expression of Go, compiled once.
pub(crate) fn compiled(ctx: &mut Context<'_>, text: &str) -> Result<Arc<Pattern>> {
    let cache = ctx.shared_cache::<Patterns>();
    if let Some(found) = cache.0.get(text) {
        return Ok(found);
    }
    let pattern = Arc::new(Pattern::new(ctx, text)?);
    cache.0.insert(text, Arc::clone(&pattern));
    Ok(pattern)
}
