//! A text that is searched, as Go sees it: each byte that is no character is U+FFFD, and what is
//! found is cut from the bytes as they are.

use referee_rego_value::bytes::{has_bytes, runes, shown};
use std::borrow::Cow;
use std::ops::Range;

/// A text to search.
#[derive(Debug)]
pub(super) struct Subject<'a> {
    text: &'a str,
    shown: Cow<'a, str>,
    /// Where its characters begin in what is shown and in the text, where the two differ.
    places: Vec<(usize, usize)>,
}

impl<'a> Subject<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        let shown = shown(text);
        let mut places = Vec::new();
        if has_bytes(text) {
            let (mut seen, mut held) = (0, 0);
            for rune in runes(text) {
                places.push((seen, held));
                seen += self::shown(rune).len();
                held += rune.len();
            }
        }
        Self { text, shown, places }
    }

    /// What is searched.
    pub(super) fn bytes(&self) -> &[u8] {
        self.shown.as_bytes()
    }

    fn place(&self, seen: usize) -> usize {
        if self.places.is_empty() {
            return seen;
        }
        let at = self.places.partition_point(|(shown, _)| *shown < seen);
        self.places.get(at).map_or(self.text.len(), |(_, held)| *held)
    }

    /// The part of the text for a part of what is searched.
    pub(super) fn part(&self, seen: Range<usize>) -> &'a str {
        self.text.get(self.place(seen.start)..self.place(seen.end)).unwrap_or_default()
    }

    /// The part from a place on.
    pub(super) fn rest(&self, seen: usize) -> &'a str {
        self.text.get(self.place(seen)..).unwrap_or_default()
    }

    /// How long what is searched is.
    pub(super) fn len(&self) -> usize {
        self.shown.len()
    }
}
