//! Which characters Go prints as they are: `strconv.IsPrint` with the tables of Unicode 15.0, which
//! Go 1.26 has.

use unicode_general_category::{GeneralCategory, get_general_category};

/// Characters that our tables (Unicode 16) assign and Unicode 15.0 does not.
const LATER: [(char, char); 50] = [
    ('\u{897}', '\u{897}'),
    ('\u{1b4e}', '\u{1b4f}'),
    ('\u{1b7f}', '\u{1b7f}'),
    ('\u{1c89}', '\u{1c8a}'),
    ('\u{2427}', '\u{2429}'),
    ('\u{2ffc}', '\u{2fff}'),
    ('\u{31e4}', '\u{31e5}'),
    ('\u{31ef}', '\u{31ef}'),
    ('\u{a7cb}', '\u{a7cd}'),
    ('\u{a7da}', '\u{a7dc}'),
    ('\u{105c0}', '\u{105f3}'),
    ('\u{10d40}', '\u{10d65}'),
    ('\u{10d69}', '\u{10d85}'),
    ('\u{10d8e}', '\u{10d8f}'),
    ('\u{10ec2}', '\u{10ec4}'),
    ('\u{10efc}', '\u{10efc}'),
    ('\u{11380}', '\u{11389}'),
    ('\u{1138b}', '\u{1138b}'),
    ('\u{1138e}', '\u{1138e}'),
    ('\u{11390}', '\u{113b5}'),
    ('\u{113b7}', '\u{113c0}'),
    ('\u{113c2}', '\u{113c2}'),
    ('\u{113c5}', '\u{113c5}'),
    ('\u{113c7}', '\u{113ca}'),
    ('\u{113cc}', '\u{113d5}'),
    ('\u{113d7}', '\u{113d8}'),
    ('\u{113e1}', '\u{113e2}'),
    ('\u{116d0}', '\u{116e3}'),
    ('\u{11bc0}', '\u{11be1}'),
    ('\u{11bf0}', '\u{11bf9}'),
    ('\u{11f5a}', '\u{11f5a}'),
    ('\u{13460}', '\u{143fa}'),
    ('\u{16100}', '\u{16139}'),
    ('\u{16d40}', '\u{16d79}'),
    ('\u{18cff}', '\u{18cff}'),
    ('\u{1cc00}', '\u{1ccf9}'),
    ('\u{1cd00}', '\u{1ceb3}'),
    ('\u{1e5d0}', '\u{1e5fa}'),
    ('\u{1e5ff}', '\u{1e5ff}'),
    ('\u{1f8b2}', '\u{1f8bb}'),
    ('\u{1f8c0}', '\u{1f8c1}'),
    ('\u{1fa89}', '\u{1fa89}'),
    ('\u{1fa8f}', '\u{1fa8f}'),
    ('\u{1fabe}', '\u{1fabe}'),
    ('\u{1fac6}', '\u{1fac6}'),
    ('\u{1fadc}', '\u{1fadc}'),
    ('\u{1fadf}', '\u{1fadf}'),
    ('\u{1fae9}', '\u{1fae9}'),
    ('\u{1fbcb}', '\u{1fbef}'),
    ('\u{2ebf0}', '\u{2ee5d}'),
];

/// Whether Go's `strconv.IsPrint` says that a character can be printed as it is: letters, marks,
/// numbers, punctuation, symbols and the ASCII space.
#[must_use]
pub fn is_printable(character: char) -> bool {
    if character.is_ascii() {
        return matches!(character, ' '..='~');
    }
    let assigned = !matches!(
        get_general_category(character),
        GeneralCategory::Control
            | GeneralCategory::Format
            | GeneralCategory::LineSeparator
            | GeneralCategory::ParagraphSeparator
            | GeneralCategory::PrivateUse
            | GeneralCategory::SpaceSeparator
            | GeneralCategory::Surrogate
            | GeneralCategory::Unassigned
    );
    let at = LATER.partition_point(|(_, last)| *last < character);
    assigned && LATER.get(at).is_none_or(|(first, _)| *first > character)
}
