//! Looking for an expression in a text, with a look at the clock now and then.
//!
//! The engines of the library run to their end. So they get only what is short for the size of
//! the expression. In a longer text the library's lazy automaton is led by hand, a byte at a time:
//! forward to where a match ends, and from there back to where it begins. What is found is the
//! same.

use super::compiled::Pattern;
use referee_rego_builtin::{BuiltinError, Context, Result};
use regex_automata::hybrid::dfa::{Builder, Cache, Config, DFA};
use regex_automata::nfa::thompson;
use regex_automata::util::captures::Captures;
use regex_automata::util::prefilter::Prefilter;
use regex_automata::{Anchored, Input, Match, MatchKind, Span};
use regex_syntax::hir::Hir;
use std::sync::{Mutex, PoisonError};

/// Up to so many bytes of text times states of the expression the library searches at once: in the
/// worst case about a millisecond.
const SHORT: usize = 1 << 18;

/// The most bytes that are gone through between two looks at the clock.
const STRIDE: usize = 1 << 13;

/// Two automata for long texts: one finds where a match ends, the other where it begins.
#[derive(Debug)]
pub(super) struct Automata {
    forward: DFA,
    backward: DFA,
    /// Finds where a match can begin at all.
    prefilter: Option<Prefilter>,
    /// What the automata have computed in earlier searches.
    caches: Mutex<Vec<Caches>>,
}

#[derive(Debug)]
struct Caches {
    forward: Cache,
    backward: Cache,
}

/// The most caches that are kept: one for each evaluation at the same time.
const MOST_CACHES: usize = 8;

impl Automata {
    /// Of an expression; `None` where it is too large for them, which the compiled one never is.
    pub(super) fn new(hir: &Hir, most_bytes: usize, cache: usize) -> Option<Self> {
        let nfa = |reverse: bool| {
            let config = thompson::Config::new()
                .reverse(reverse)
                .nfa_size_limit(Some(most_bytes))
                .which_captures(thompson::WhichCaptures::None);
            thompson::Compiler::new().configure(config).build_from_hir(hir).ok()
        };
        let config = Config::new().cache_capacity(cache).skip_cache_capacity_check(true);
        let prefilter = Prefilter::from_hir_prefix(MatchKind::LeftmostFirst, hir)
            .filter(|found| found.is_fast() && hir.properties().look_set_prefix_any().is_empty());
        let forward = config.clone().specialize_start_states(prefilter.is_some());
        let forward = Builder::new().configure(forward).build_from_nfa(nfa(false)?).ok()?;
        let backward = config.match_kind(MatchKind::All);
        let backward = Builder::new().configure(backward).build_from_nfa(nfa(true)?).ok()?;
        Some(Self { forward, backward, prefilter, caches: Mutex::default() })
    }

    fn caches(&self) -> Caches {
        let kept = self.caches.lock().unwrap_or_else(PoisonError::into_inner).pop();
        kept.unwrap_or_else(|| Caches {
            forward: self.forward.create_cache(),
            backward: self.backward.create_cache(),
        })
    }

    fn keep(&self, caches: Caches) {
        let mut kept = self.caches.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() < MOST_CACHES {
            kept.push(caches);
        }
    }
}

/// A search through one text, from match to match. It was charged before.
pub(super) struct Search<'p, 't> {
    pattern: &'p Pattern,
    text: &'t [u8],
    start: usize,
    last_end: Option<usize>,
    caches: Option<(&'p Automata, Caches)>,
    /// Up to so many bytes times states the library searches.
    short: usize,
}

impl Drop for Search<'_, '_> {
    fn drop(&mut self) {
        if let Some((automata, caches)) = self.caches.take() {
            automata.keep(caches);
        }
    }
}

impl<'p, 't> Search<'p, 't> {
    pub(super) fn new(pattern: &'p Pattern, text: &'t [u8]) -> Self {
        Self { pattern, text, start: 0, last_end: None, caches: None, short: SHORT }
    }

    /// Whether there is a match.
    pub(super) fn any(mut self, ctx: &mut Context<'_>) -> Result<bool> {
        match self.long(ctx, 0)? {
            Some(mut long) => Ok(long.end(ctx, 0, true)?.is_some()),
            None => Ok(self.pattern.regex.is_match(self.text)),
        }
    }

    /// The next match.
    pub(super) fn next(&mut self, ctx: &mut Context<'_>) -> Result<Option<Match>> {
        let Some(mut found) = self.find(ctx, self.start)? else { return Ok(None) };
        if found.is_empty() && Some(found.end()) == self.last_end {
            match self.find(ctx, self.start.saturating_add(1))? {
                Some(further) => found = further,
                None => return Ok(None),
            }
        }
        self.start = found.end();
        self.last_end = Some(found.end());
        Ok(Some(found))
    }

    /// The next match with its groups.
    pub(super) fn next_captures(&mut self, ctx: &mut Context<'_>) -> Result<Option<Captures>> {
        let Some(found) = self.next(ctx)? else { return Ok(None) };
        let mut captures = self.pattern.regex.create_captures();
        let input = Input::new(self.text).range(found.range()).anchored(Anchored::Yes);
        self.pattern.regex.search_captures(&input, &mut captures);
        Ok(Some(captures))
    }

    /// The first match from `start` on.
    fn find(&mut self, ctx: &mut Context<'_>, start: usize) -> Result<Option<Match>> {
        if start > self.text.len() {
            return Ok(None);
        }
        match self.long(ctx, start)? {
            Some(mut long) => long.find(ctx, start),
            None => Ok(self.pattern.regex.search(&Input::new(self.text).range(start..))),
        }
    }

    /// What searches a text that is long from `start` on.
    fn long(&mut self, ctx: &mut Context<'_>, start: usize) -> Result<Option<Long<'_>>> {
        let states = self.pattern.states;
        if self.text.len().saturating_sub(start).saturating_mul(states) <= self.short {
            return Ok(None);
        }
        if self.caches.is_none() {
            let automata = self.pattern.automata(ctx)?;
            self.caches = automata.map(|automata| (automata, automata.caches()));
        }
        let stride = (SHORT / states).clamp(1, STRIDE);
        let text = self.text;
        let found = self.caches.as_mut();
        Ok(found.map(|(automata, caches)| Long { automata, caches, text, stride }))
    }
}

/// A search through a long text.
struct Long<'s> {
    automata: &'s Automata,
    caches: &'s mut Caches,
    text: &'s [u8],
    /// So many bytes are gone through between two looks at the clock.
    stride: usize,
}

impl Long<'_> {
    fn find(&mut self, ctx: &mut Context<'_>, start: usize) -> Result<Option<Match>> {
        let Some(end) = self.end(ctx, start, false)? else { return Ok(None) };
        let begin = self.begin(ctx, start, end)?;
        Ok(begin.map(|begin| Match::must(0, begin..end)))
    }

    /// Where the first match from `start` on ends; with `earliest` where it can be said first that
    /// there is one. An empty match within a character is none.
    fn end(
        &mut self,
        ctx: &mut Context<'_>,
        mut start: usize,
        earliest: bool,
    ) -> Result<Option<usize>> {
        loop {
            let Some(end) = self.end_of_any(ctx, start, earliest)? else { return Ok(None) };
            if Input::new(self.text).is_char_boundary(end) {
                return Ok(Some(end));
            }
            start += 1;
        }
    }

    fn end_of_any(
        &mut self,
        ctx: &mut Context<'_>,
        start: usize,
        earliest: bool,
    ) -> Result<Option<usize>> {
        let (dfa, cache) = (&self.automata.forward, &mut self.caches.forward);
        let input = Input::new(self.text).range(start..);
        let mut state = dfa.start_state_forward(cache, &input).map_err(given_up)?;
        ctx.passed(8)?;
        let mut next_look = start.saturating_add(self.stride);
        let (mut at, mut end) = (start, None);
        while let Some(byte) = self.text.get(at) {
            if at >= next_look {
                ctx.passed(LOOK)?;
                next_look = at.saturating_add(self.stride);
            }
            if state.is_start()
                && let Some(prefilter) = &self.automata.prefilter
            {
                let last = at.saturating_add(WINDOW).min(self.text.len());
                match prefilter.find(self.text, Span { start: at, end: last }) {
                    Some(found) if found.start > at => {
                        at = found.start;
                        continue;
                    }
                    Some(_) => {}
                    None if last == self.text.len() => return Ok(None),
                    // What begins in this window may end behind it.
                    None => {
                        let beyond = prefilter.max_needle_len().min(WINDOW / 2);
                        at = last.saturating_sub(beyond).max(at);
                        next_look = at;
                        continue;
                    }
                }
            }
            state = dfa.next_state(cache, state, *byte).map_err(given_up)?;
            if state.is_tagged() {
                if state.is_match() {
                    end = Some(at);
                    if earliest {
                        return Ok(end);
                    }
                } else if state.is_dead() {
                    return Ok(end);
                }
            }
            at += 1;
        }
        let last = dfa.next_eoi_state(cache, state).map_err(given_up)?;
        Ok(if last.is_match() { Some(self.text.len()) } else { end })
    }

    /// Where the match begins that ends at `end`: as far to the left as can be.
    fn begin(&mut self, ctx: &mut Context<'_>, start: usize, end: usize) -> Result<Option<usize>> {
        let (dfa, cache) = (&self.automata.backward, &mut self.caches.backward);
        let input = Input::new(self.text).range(start..end).anchored(Anchored::Yes);
        let mut state = dfa.start_state_reverse(cache, &input).map_err(given_up)?;
        let mut begin = None;
        let within = self.text.get(start..end).unwrap_or_default();
        for (at, byte) in within.iter().enumerate().rev() {
            if at % self.stride == 0 {
                ctx.passed(LOOK)?;
            }
            state = dfa.next_state(cache, state, *byte).map_err(given_up)?;
            if state.is_match() {
                begin = Some(start + at + 1);
            } else if state.is_dead() {
                return Ok(begin);
            }
        }
        let before = start.checked_sub(1).and_then(|at| self.text.get(at));
        let last = match before {
            Some(byte) => dfa.next_state(cache, state, *byte),
            None => dfa.next_eoi_state(cache, state),
        };
        Ok(if last.map_err(given_up)?.is_match() { Some(start) } else { begin })
    }
}

/// The work between two looks: enough for the clock to be looked at.
const LOOK: u32 = 2_048;

/// So many bytes are looked through at once for what a match can begin with.
const WINDOW: usize = 1 << 16;

/// The automata neither give up nor stop at a byte: they are not set up to.
fn given_up(error: impl std::fmt::Display) -> BuiltinError {
    BuiltinError::new(error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use referee_rego_builtin::{Cancelled, ErrorKind, Meter, NoHost, Value};
    use std::cell::Cell;
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::time::Duration;

    /// Finds everything by hand, whatever the length.
    fn by_hand<'p, 't>(pattern: &'p Pattern, text: &'t str) -> Search<'p, 't> {
        let mut search = Search::new(pattern, text.as_bytes());
        search.short = 0;
        search
    }

    #[test]
    fn what_is_found_by_hand_is_what_the_library_finds() {
        let clock = || Duration::ZERO;
        let meter = Meter::new(&clock, Duration::MAX, u64::MAX, u64::MAX, None);
        let mut ctx = Context::new(meter, 0, 0, &NoHost, &Value::Null);
        let expressions = [
            "",
            "a",
            "a*",
            "a*?",
            "a+b",
            "(a|ab)(c|bcd)(d*)",
            "^",
            "$",
            "^a",
            "a$",
            "(?m)^a*$",
            "\\b",
            "\\B",
            "\\ba",
            "a\\b",
            "[^a]",
            ".",
            "(?s).",
            ".*",
            ".*b",
            "é",
            "[é-ü]*",
            "x?",
            "abc",
            "abcabc|abd",
            "(?i)ABC",
            "needle",
            "(a|b)*a(a|b){5}",
            "a{2,3}",
            "a{2,3}?",
            "(^|b)a",
            "a($|b)",
            "\\pL+",
            "|a",
            "a|",
            "(?:)|é",
            "aé*",
        ];
        let long = format!("{}needle{}abc", "x".repeat(WINDOW - 3), "y".repeat(WINDOW - 4));
        let texts = [
            "",
            "a",
            "b",
            "aa",
            "aab",
            "abcd",
            "é",
            "éa",
            "aéüa",
            "\na\nab\n",
            "a b a",
            "abcabd",
            "aABCabc",
            "xxneedlexneedle",
            "bababbabaabab",
            "日本語 a",
            "ababab abab",
            &long,
        ];
        for expression in expressions {
            let pattern = Pattern::new(&mut ctx, expression).unwrap();
            for text in texts {
                let wanted: Vec<_> = pattern.regex.find_iter(text).map(|it| it.range()).collect();
                let (mut found, mut short) = (Vec::new(), Vec::new());
                let mut search = by_hand(&pattern, text);
                while let Some(next) = search.next(&mut ctx).unwrap() {
                    found.push(next.range());
                }
                let mut search = Search::new(&pattern, text.as_bytes());
                while let Some(next) = search.next(&mut ctx).unwrap() {
                    short.push(next.range());
                }
                assert_eq!(found, wanted, "{expression} in {text:.40}");
                assert_eq!(short, wanted, "{expression} in {text:.40}");
                let any = by_hand(&pattern, text).any(&mut ctx).unwrap();
                assert_eq!(any, !wanted.is_empty(), "{expression} in {text:.40}");
            }
        }
    }

    #[test]
    fn groups_of_what_is_found_by_hand_are_those_of_the_library() {
        let clock = || Duration::ZERO;
        let meter = Meter::new(&clock, Duration::MAX, u64::MAX, u64::MAX, None);
        let mut ctx = Context::new(meter, 0, 0, &NoHost, &Value::Null);
        for expression in ["(a*)(b|c)?", "(a|ab)(c|bcd)(d*)", "(x)|(a)$", "(?:(a)|b)*", "\\b(a+)"] {
            let pattern = Pattern::new(&mut ctx, expression).unwrap();
            for text in ["", "aab", "abcd abcd", "ba aba", "éaé"] {
                let groups = |captures: &Captures| {
                    (0..captures.group_len()).map(|at| captures.get_group(at)).collect::<Vec<_>>()
                };
                let wanted: Vec<_> =
                    pattern.regex.captures_iter(text).map(|it| groups(&it)).collect();
                let mut found = Vec::new();
                let mut search = by_hand(&pattern, text);
                while let Some(next) = search.next_captures(&mut ctx).unwrap() {
                    found.push(groups(&next));
                }
                assert_eq!(found, wanted, "{expression} in {text}");
            }
        }
    }

    #[test]
    fn one_search_through_a_long_text_is_cancelled_within_it() {
        let text = "abcdefg hijk aaaa".repeat(100_000);
        for expression in ["(a|b|c|d)*e(f|g)* (h.j|z)*q", "zzz", "(a|b)*a(a|b){9}z", ".*z"] {
            let (count, cancel) = (Cell::new(0), AtomicBool::new(false));
            let clock = || {
                count.set(count.get() + 1);
                cancel.store(count.get() >= 20, Ordering::Relaxed);
                Duration::ZERO
            };
            let meter = Meter::new(&clock, Duration::MAX, u64::MAX, u64::MAX, Some(&cancel));
            let mut ctx = Context::new(meter, 0, 0, &NoHost, &Value::Null);
            let pattern = Pattern::new(&mut ctx, expression).unwrap();
            let found = Search::new(&pattern, text.as_bytes()).any(&mut ctx);
            let kind = found.map_err(|error| error.kind);
            assert!(
                matches!(kind, Err(ErrorKind::Cancel(Cancelled::Caller))),
                "{expression}: {kind:?}"
            );
        }
    }
}
