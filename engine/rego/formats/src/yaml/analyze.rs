//! How a text can be written in YAML (go-yaml v2: `emitterc.go`, `yaml_emitter_analyze_scalar`).

use super::resolve::{Tag, plain};

/// The styles of scalars.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Style {
    Plain,
    SingleQuoted,
    DoubleQuoted,
    Literal,
}

/// What a text allows.
#[derive(Clone, Copy, Debug)]
pub(super) struct Analysis {
    pub(super) multiline: bool,
    plain: bool,
    single_quoted: bool,
    literal: bool,
}

/// A character at which a line ends.
pub(super) const fn is_break(character: char) -> bool {
    matches!(character, '\r' | '\n' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

/// A character that is written as it is. Those beyond the first plane are not.
pub(super) const fn is_printable(character: char) -> bool {
    matches!(character,
        '\n' | ' '..='~' | '\u{a0}'..='\u{d7ff}' | '\u{e000}'..='\u{fefe}'
        | '\u{ff00}'..='\u{fffd}')
}

const fn is_blank(character: char) -> bool {
    matches!(character, ' ' | '\t')
}

pub(super) fn analyze(text: &str) -> Analysis {
    if text.is_empty() {
        return Analysis { multiline: false, plain: true, single_quoted: true, literal: false };
    }
    let mut indicators = text.starts_with("---") || text.starts_with("...");
    let mut breaks = false;
    let mut special = false;
    let mut break_space = false;
    let mut space_break = false;
    let mut before = None;
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        let spaced = characters.peek().is_none_or(|next| is_blank(*next));
        indicators |= match (before, character) {
            (
                None,
                '#' | ',' | '[' | ']' | '{' | '}' | '&' | '*' | '!' | '|' | '>' | '\'' | '"',
            )
            | (None, '%' | '@' | '`') => true,
            (None, '?' | '-') | (_, ':') => spaced,
            (Some(before), '#') => is_blank(before) || is_break(before),
            _ => false,
        };
        special |= !is_printable(character);
        if character == ' ' {
            break_space |= before.is_some_and(is_break);
        } else if is_break(character) {
            breaks = true;
            space_break |= before == Some(' ');
        }
        before = Some(character);
    }
    let edge = |character: Option<char>| character.is_some_and(|it| it == ' ' || is_break(it));
    let edges = edge(text.chars().next()) || edge(before);
    let strict = space_break || special;
    Analysis {
        multiline: breaks,
        plain: !(edges || break_space || strict || breaks || indicators),
        single_quoted: !(break_space || strict),
        literal: !(before == Some(' ') || strict),
    }
}

/// Whether a text is a number of base 60 in YAML 1.1, which other readers may take it for.
fn is_base_60(text: &str) -> bool {
    let text = text.strip_prefix(['+', '-']).unwrap_or(text);
    let mut parts = text.split(':');
    let first = parts.next().unwrap_or_default();
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'_');
    if !first.starts_with(|first: char| first.is_ascii_digit()) || !digits(first) {
        return false;
    }
    let rest: Vec<&str> = parts.collect();
    let Some((last, inner)) = rest.split_last() else { return false };
    let (last, fraction) = last.split_once('.').unwrap_or((last, ""));
    let sixtieth =
        |part: &&str| matches!(part.as_bytes(), [b'0'..=b'9'] | [b'0'..=b'5', b'0'..=b'9']);
    digits(fraction) && inner.iter().chain([&last]).all(sixtieth)
}

/// The style in which a text is written.
pub(super) fn style(text: &str, analysis: Analysis, key: bool) -> Style {
    let as_text = plain(text).0 == Tag::Text && !is_base_60(text);
    let wanted = if text.contains('\n') {
        Style::Literal
    } else if as_text {
        Style::Plain
    } else {
        Style::DoubleQuoted
    };
    match wanted {
        _ if key && analysis.multiline => Style::DoubleQuoted,
        Style::Plain if !analysis.plain && analysis.single_quoted => Style::SingleQuoted,
        Style::Plain if !analysis.plain => Style::DoubleQuoted,
        Style::Literal if !analysis.literal || key => Style::DoubleQuoted,
        style => style,
    }
}
