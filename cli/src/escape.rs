//! Text from outside, made safe to show.
//!
//! Annotations, media types, error details and policy messages are written by strangers. In a
//! terminal a control character moves the cursor or changes colours, a bidirectional control
//! makes `deny` read as `allow`, and an invisible character makes two different names look the
//! same (Unicode TR 36, section 2). Every one of them is shown as its escape instead; there is no
//! other way for such text to reach the terminal.

use std::fmt;

/// How many characters of one text are shown. The longest message of our own is under 500.
const SHOWN: usize = 2_000;

/// A text that is shown escaped and cut to a length that a reader can take in.
pub(crate) struct Safe<'a>(pub(crate) &'a str);

impl fmt::Display for Safe<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        use fmt::Write as _;
        let mut characters = self.0.chars();
        for character in characters.by_ref().take(SHOWN) {
            match character {
                '\n' => f.write_str("\\n")?,
                '\r' => f.write_str("\\r")?,
                '\t' => f.write_str("\\t")?,
                _ if is_deceptive(character) => write!(f, "{}", character.escape_unicode())?,
                _ => f.write_char(character)?,
            }
        }
        match characters.count() {
            0 => Ok(()),
            more => write!(f, "… ({more} more characters)"),
        }
    }
}

/// The text, escaped.
pub(crate) fn escape(text: &str) -> String {
    Safe(text).to_string()
}

/// The text, escaped but not cut: for what is read to its end.
pub(crate) fn escape_whole(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        if is_deceptive(character) {
            escaped.extend(character.escape_default());
        } else {
            escaped.push(character);
        }
    }
    escaped
}

/// Whether a character does something other than show itself.
pub(crate) fn is_deceptive(character: char) -> bool {
    character.is_control()
        || matches!(character,
            // Bidirectional controls.
            '\u{061c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
            // Invisible: soft hyphen, joiners, zero-width and invisible operators, fillers, BOM.
            | '\u{00ad}' | '\u{034f}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
            | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200d}' | '\u{2060}'..='\u{2065}'
            | '\u{206a}'..='\u{206f}' | '\u{3164}' | '\u{feff}' | '\u{ffa0}'
            // Line and paragraph separators.
            | '\u{2028}' | '\u{2029}'
            // Interlinear annotation, tags and the rest of plane 14, variation selectors.
            | '\u{fe00}'..='\u{fe0f}' | '\u{fff0}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}'
        )
}

/// JSON text with what could deceive a reader as JSON's own escapes: it can stand in strings only.
pub(crate) fn json_escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        if character != '\n' && is_deceptive(character) {
            for unit in character.encode_utf16(&mut [0; 2]) {
                escaped.push_str(&format!("\\u{unit:04x}"));
            }
        } else {
            escaped.push(character);
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_moves_the_cursor_reorders_or_hides_is_shown_as_its_escape() {
        let cases = [
            ("\u{1b}[2J\u{1b}[31mALLOW", "\\u{1b}[2J\\u{1b}[31mALLOW"),
            ("a\nb\tc\r", "a\\nb\\tc\\r"),
            ("\u{202e}wolla", "\\u{202e}wolla"),
            ("re\u{200b}lease", "re\\u{200b}lease"),
            ("\u{9b}31m\u{7f}", "\\u{9b}31m\\u{7f}"),
            ("\u{2028}x\u{feff}\u{e0041}", "\\u{2028}x\\u{feff}\\u{e0041}"),
        ];
        for (text, expected) in cases {
            assert_eq!(escape(text), expected);
        }
    }

    #[test]
    fn letters_of_any_script_are_shown_as_they_are() {
        for text in ["grün", "署名", "подпись", "a\"b\\c", "✓ …"] {
            assert_eq!(escape(text), text);
        }
    }

    #[test]
    fn a_text_without_end_is_cut_and_says_so() {
        let shown = escape(&"x".repeat(SHOWN + 7));
        assert!(shown.ends_with("x… (7 more characters)"), "{shown}");
    }
}
