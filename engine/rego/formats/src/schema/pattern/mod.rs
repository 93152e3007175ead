//! Patterns: Go's regular expressions, written anew in the syntax of the crate `regex`.
//!
//! Go's rules decide what is valid: no repetition of a repetition, none beyond 1,000, `{` that opens
//! no repetition stands for itself, no set operations in classes, `\d`, `\w`, `\s` and `\b` of ASCII
//! alone. The names of Unicode's classes are those the crate knows. Every search is linear in the
//! text; the size of what is compiled is bounded.

mod class;
mod translate;

use referee_rego_builtin::{Cancelled, Context};
use regex::bytes::{Regex, RegexBuilder};

/// The most bytes of a compiled pattern.
const MOST_BYTES: usize = 10 << 20;
/// A compiled pattern.
#[derive(Clone, Debug)]
pub(super) struct Pattern {
    text: String,
    regex: Regex,
    /// Thousands of states, one at least: so much eight bytes of a text cost.
    size: u64,
}

fn units(cost: u64) -> u32 {
    u32::try_from(cost).unwrap_or(u32::MAX)
}

/// Charges for a look at a pattern, and puts it into the crate's syntax.
fn translated(ctx: &mut Context<'_>, text: &str) -> Result<Option<(String, u64)>, Cancelled> {
    let size = text.len().saturating_mul(32);
    ctx.work(u32::try_from(size).unwrap_or(u32::MAX))?;
    ctx.reserve(size)?;
    Ok(translate::translated(text))
}

/// Whether a text is a pattern. Nothing is compiled for this, so a pattern that is valid, but too
/// large, is one.
///
/// # Errors
/// Where the work is used up.
pub(super) fn is_pattern(ctx: &mut Context<'_>, text: &str) -> Result<bool, Cancelled> {
    let translated = translated(ctx, text)?;
    let parsed = |(text, _): (String, u64)| {
        regex_syntax::ParserBuilder::new().utf8(false).build().parse(&text).is_ok()
    };
    Ok(translated.is_some_and(parsed))
}

impl Pattern {
    /// Compiles a pattern. `None` where Go refuses it.
    ///
    /// # Errors
    /// Where the work is used up.
    pub(super) fn new(ctx: &mut Context<'_>, text: &str) -> Result<Option<Self>, Cancelled> {
        let Some((translated, states)) = translated(ctx, text)? else {
            return Ok(None);
        };
        ctx.work(units(states.saturating_mul(16)))?;
        ctx.reserve(usize::try_from(states.saturating_mul(64)).unwrap_or(usize::MAX))?;
        let built =
            RegexBuilder::new(&translated).size_limit(MOST_BYTES).dfa_size_limit(2 << 20).build();
        Ok(built.ok().map(|regex| Self { text: text.to_owned(), regex, size: states / 1_024 + 1 }))
    }

    /// Its text.
    pub(super) fn as_str(&self) -> &str {
        &self.text
    }

    /// About how many thousands of states it has, one at least.
    pub(super) fn size(&self) -> u64 {
        self.size
    }

    /// Whether it is found in a text.
    ///
    /// # Errors
    /// Where the work is used up.
    pub(super) fn is_in(&self, ctx: &mut Context<'_>, text: &str) -> Result<bool, Cancelled> {
        let eights = u64::try_from(text.len() / 8 + 1).unwrap_or(u64::MAX);
        ctx.work(units(eights.saturating_mul(self.size)))?;
        Ok(self.regex.is_match(text.as_bytes()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_valid(text: &str) -> bool {
        translate::translated(text).is_some()
    }

    fn matches(pattern: &str, text: &str) -> bool {
        let (translated, _) = translate::translated(pattern).unwrap();
        Regex::new(&translated).unwrap().is_match(text.as_bytes())
    }

    #[test]
    fn what_go_refuses_is_refused() {
        for text in
            ["a**", "a{1001}", "(?=a)", "\\1", "[z-a]", "(", ")", "\\8", "(?P<>a)", "x{2,1}"]
        {
            assert!(!is_valid(text), "{text}");
        }
    }

    #[test]
    fn a_brace_that_opens_no_repetition_stands_for_itself() {
        assert!(matches("^{$", "{"));
        assert!(matches("^a{,2}$", "a{,2}"));
    }

    #[test]
    fn classes_of_perl_are_of_ascii() {
        assert!(!matches("\\d", "\u{663}"));
        assert!(matches("\\bfoo\\b", "\u{e9}foo"));
        assert!(matches("^[\\w&&a]+$", "&a"));
    }

    #[test]
    fn a_repetition_multiplies_the_states() {
        let states = |text| translate::translated(text).unwrap().1;
        assert!(states("(a{10}){100}") >= 1_000);
        assert!(states("\\pL{500}") > states("a{500}"));
    }
}
