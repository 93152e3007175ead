//! Where a text stands in a text, looked for in portions, with a look at the clock between them.

use crate::give::{PORTION, passed};
use memchr::memmem::Finder;
use referee_rego_builtin::{Context, Result};

/// A search for one text in another. It was charged before.
#[derive(Debug)]
pub(crate) struct Search<'a> {
    base: &'a [u8],
    finder: Finder<'a>,
    /// A portion is no shorter than what is looked for, so that no part is searched many times.
    portion: usize,
}

impl<'a> Search<'a> {
    pub(crate) fn new(base: &'a [u8], wanted: &'a [u8]) -> Self {
        let portion = PORTION.max(wanted.len());
        Self { base, finder: Finder::new(wanted), portion }
    }

    /// The first place from `from` on where it stands. Where both are UTF-8 that is where a
    /// character begins.
    pub(crate) fn next(&self, ctx: &mut Context<'_>, mut from: usize) -> Result<Option<usize>> {
        let beyond = self.finder.needle().len().saturating_sub(1);
        loop {
            let last = from.saturating_add(self.portion).saturating_add(beyond);
            let Some(window) = self.base.get(from..last.min(self.base.len())) else {
                return Ok(None);
            };
            let found = self.finder.find(window);
            passed(ctx, found.unwrap_or(window.len()))?;
            match found {
                Some(at) => return Ok(Some(from + at)),
                None if last >= self.base.len() => return Ok(None),
                None => from = from.saturating_add(self.portion),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use referee_rego_builtin::{Meter, NoHost, Value};
    use std::time::Duration;

    #[test]
    fn a_text_is_found_across_the_ends_of_portions() {
        let clock = || Duration::ZERO;
        let meter = Meter::new(&clock, Duration::MAX, u64::MAX, u64::MAX, None);
        let mut ctx = Context::new(meter, 0, 0, &NoHost, &Value::Null);
        for length in [1, 2, 3, 100, PORTION, PORTION + 1] {
            let wanted = format!("{}b", "a".repeat(length - 1));
            for place in [0, 1, PORTION - 1, PORTION, PORTION + 1, 2 * PORTION - 2, 3 * PORTION] {
                let base = format!("{}{wanted}{}", "x".repeat(place), "y".repeat(77));
                let search = Search::new(base.as_bytes(), wanted.as_bytes());
                assert_eq!(search.next(&mut ctx, 0).unwrap(), Some(place), "{length} {place}");
                assert_eq!(search.next(&mut ctx, place + 1).unwrap(), None, "{length} {place}");
            }
        }
        assert_eq!(Search::new(b"", b"a").next(&mut ctx, 0).unwrap(), None);
        assert_eq!(Search::new(b"", b"").next(&mut ctx, 0).unwrap(), Some(0));
    }
}
