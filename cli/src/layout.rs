//! Lines that fit the reader's terminal: wrapping with a hanging indent, and aligned columns.

use unicode_width::UnicodeWidthStr as _;

/// The narrowest text column: in a terminal that has less the lines are left to it.
const NARROWEST: usize = 20;

/// How many columns a text takes.
pub(crate) fn columns(text: &str) -> usize {
    text.width()
}

/// The text and enough spaces to fill `width` columns.
pub(crate) fn pad(text: &str, width: usize) -> String {
    let mut padded = text.to_owned();
    padded.extend(std::iter::repeat_n(' ', width.saturating_sub(columns(text))));
    padded
}

/// Breaks a text into lines at its spaces: the first of at most `first` columns, the others of at
/// most `rest`.
///
/// A word that is longer than a line stays whole: a digest or an address that is split cannot be
/// copied.
pub(crate) fn wrap(text: &str, first: Option<usize>, rest: Option<usize>) -> Vec<String> {
    let (Some(first), Some(rest)) = (first, rest) else {
        return vec![text.to_owned()];
    };
    let mut room = first.max(NARROWEST);
    let mut lines = Vec::new();
    let mut line = String::new();
    for word in text.split(' ') {
        if line.is_empty() {
            line.push_str(word);
        } else if columns(&line) + 1 + columns(word) <= room {
            line.push(' ');
            line.push_str(word);
        } else {
            lines.push(std::mem::replace(&mut line, word.to_owned()));
            room = rest.max(NARROWEST);
        }
    }
    lines.push(line);
    lines
}

/// How wide each column must be for all rows, at most `limit`.
pub(crate) fn column_widths<const N: usize>(rows: &[[String; N]], limit: usize) -> [usize; N] {
    let mut widths = [0; N];
    for row in rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(columns(cell)).min(limit);
        }
    }
    widths
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_broken_at_spaces_and_a_digest_is_not_broken() {
        let text = "the image sha256:0123456789012345678901234567890123456789 has no signature";
        assert_eq!(
            wrap(text, Some(30), Some(30)),
            ["the image", "sha256:0123456789012345678901234567890123456789", "has no signature"]
        );
        assert_eq!(wrap(text, None, None), [text]);
    }

    #[test]
    fn the_lines_after_the_first_have_their_own_width() {
        let text = "one two three four five six seven eight nine ten";
        assert_eq!(
            wrap(text, Some(20), Some(30)),
            ["one two three four", "five six seven eight nine ten"]
        );
    }

    #[test]
    fn wide_characters_count_as_two_columns() {
        assert_eq!(pad("署名", 6), "署名  ");
        assert_eq!(column_widths(&[["署名".into()], ["a".into()]], 40), [4]);
    }
}
