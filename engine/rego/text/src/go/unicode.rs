//! What Go's `unicode` package says of characters.

use unicode_general_category::{GeneralCategory as G, get_general_category};

/// Whether it is a letter.
pub(crate) fn is_letter(c: char) -> bool {
    c.is_ascii_alphabetic()
        || !c.is_ascii()
            && matches!(
                get_general_category(c),
                G::UppercaseLetter
                    | G::LowercaseLetter
                    | G::TitlecaseLetter
                    | G::ModifierLetter
                    | G::OtherLetter
            )
}

/// Whether it is a decimal digit.
pub(crate) fn is_digit(c: char) -> bool {
    c.is_ascii_digit() || !c.is_ascii() && get_general_category(c) == G::DecimalNumber
}
