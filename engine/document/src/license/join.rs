//! Several licence texts as one: `A AND (B OR C)`.

use super::Expression;
use std::collections::HashSet;
use std::fmt::Write as _;

/// The expression of which all parts, or one of them, must be kept to. A part that is no expression
/// by itself makes the whole none, whatever it would read as beside the others (`MIT) OR (MIT`).
pub(crate) fn join<'a>(parts: impl IntoIterator<Item = &'a str>, operator: Operator) -> String {
    let mut known = HashSet::new();
    let seen: Vec<&str> = parts.into_iter().filter(|part| known.insert(*part)).collect();
    if let [only] = seen.as_slice() {
        return (*only).to_owned();
    }
    let mut text = String::new();
    for part in seen {
        if !text.is_empty() {
            text.push_str(match operator {
                Operator::And => " AND ",
                Operator::Or => " OR ",
            });
        }
        let bare = part.bytes().all(|byte| !byte.is_ascii_whitespace() && byte != b'(');
        let written = if matches!(part, "NONE" | "NOASSERTION") {
            write!(text, "{part}")
        } else if Expression::parse(part).is_err() {
            write!(text, "{part:?}")
        } else if bare {
            write!(text, "{part}")
        } else {
            write!(text, "({part})")
        };
        // Writing into a string does not fail.
        written.unwrap_or_default();
    }
    text
}

/// What joins the parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Operator {
    /// All of them.
    And,
    /// One of them.
    Or,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::license::read;
    use referee_core::facts::LicenseStatus;

    #[test]
    fn parts_keep_their_meaning_and_what_is_none_spoils_the_whole() {
        let and = |parts: &[&str]| join(parts.iter().copied(), Operator::And);
        assert_eq!(and(&["MIT"]), "MIT");
        assert_eq!(and(&["MIT", "A OR B", "MIT"]).matches("MIT").count(), 1);
        assert_eq!(and(&["MIT", "ISC OR Zlib"]), "MIT AND (ISC OR Zlib)");
        assert_eq!(join(["MIT", "ISC AND Zlib"], Operator::Or), "MIT OR (ISC AND Zlib)");
        for hostile in
            [["(MIT", "ISC)"], ["MIT) OR (MIT", "ISC"], ["NOASSERTION", "MIT"], ["", "MIT"]]
        {
            assert_eq!(read(&and(&hostile)).status, LicenseStatus::Unknown, "{hostile:?}");
        }
    }
}
