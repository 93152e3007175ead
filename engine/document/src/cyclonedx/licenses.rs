//! The licences of a component, as texts for the reader of licences.
//!
//! CycloneDX has a list of licences (by `id` or by `name`) and expressions, where SPDX has one
//! expression. Separate entries all apply (the specification gives no choice between them), so that
//! they are joined by ` AND `; each keeps its own meaning there:
//!
//! - An expression that is not one word stands in parentheses, and one whose own parentheses do not
//!   match stands in quotes, so that it cannot reach out to its neighbours.
//! - An `id` or `name` is the name of one licence. One word is read as such wherever it stands: `MIT`
//!   under `name` is MIT. Several words under `name` are never an expression, even if they look like
//!   one (`MIT OR GPL-2.0-only`): whoever wrote that there did not say that one may choose. They
//!   stand in quotes, which no expression has, and so are `unknown`.
//! - An entry that names nothing is `""`, which is `unknown` as well.
//!
//! `acknowledgement` (since 1.6) says whether a licence is declared or concluded; what has none is
//! declared. `evidence.licenses` is what a scanner saw in files, which nobody has concluded anything
//! from (1.7: "evidence"), and is not read.

use super::model::{Few, LicenseChoice, MAX_LICENSES, said};
use crate::license;
use crate::sbom::builder::{Builder, MAX_LICENSE_BYTES};
use referee_core::facts::LicenseStatus;
use smol_str::SmolStr;
use std::borrow::Cow;

/// The most entries of which those that say the same are found.
const MAX_COMPARED: usize = 64;

/// What is declared and what is concluded, as keys of the builder's licences.
pub(super) fn read(
    choices: &Few<LicenseChoice<'_>, MAX_LICENSES>,
    builder: &mut Builder,
) -> (Option<SmolStr>, Option<SmolStr>) {
    let (mut declared, mut concluded) = (Vec::new(), Vec::new());
    for choice in &choices.kept {
        let mut nothing = true;
        let license = choice.license.as_ref();
        let acknowledged = license.and_then(|license| license.acknowledgement.as_ref());
        let acknowledged = said(acknowledged.or(choice.acknowledgement.as_ref()));
        let into = match acknowledged {
            Some("concluded") => &mut concluded,
            None | Some("declared") => &mut declared,
            Some(other) => {
                let other = crate::text::shorten(other, 80);
                builder.problem("document_license", || {
                    format!("{other:?} is no acknowledgement of a licence; it is taken as declared")
                });
                &mut declared
            }
        };
        if let Some(license) = license {
            // Only one of the two is allowed; of both, both apply.
            for name in
                [&license.id, &license.name].into_iter().filter_map(|one| said(one.as_ref()))
            {
                into.push(Entry::Name(name));
                nothing = false;
            }
        }
        if let Some(expression) = said(choice.expression.as_ref()) {
            into.push(Entry::Expression(expression));
            nothing = false;
        }
        if nothing {
            into.push(Entry::Nothing);
            builder.problem("document_license", || "a licence has neither id nor name".to_owned());
        }
    }
    if choices.left_out > 0 {
        // Those that are left out may forbid what the others permit.
        builder.leave_out("licences of components", choices.left_out);
        let key = builder.license_unread("a component has too many licences");
        return (Some(key.clone()), (!concluded.is_empty()).then_some(key));
    }
    (text(&declared, builder), text(&concluded, builder))
}

/// One entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Entry<'a> {
    Name(&'a str),
    Expression(&'a str),
    Nothing,
}

/// The key of the text that entries are together.
fn text(entries: &[Entry<'_>], builder: &mut Builder) -> Option<SmolStr> {
    if let [one] = entries {
        return builder.license(&one.alone());
    }
    let mut joined = String::new();
    for (position, entry) in entries.iter().enumerate() {
        let before = entries.get(..position).unwrap_or_default();
        if position < MAX_COMPARED && before.contains(entry) {
            continue;
        }
        if !joined.is_empty() {
            joined.push_str(" AND ");
        }
        joined.push_str(&entry.among_others());
        if joined.len() > MAX_LICENSE_BYTES {
            // What is longer is not read; the text need not be whole to be `unknown`.
            break;
        }
    }
    builder.license(&joined)
}

impl<'a> Entry<'a> {
    /// As the only licence of a component: as it is written, unless a name would be read as an
    /// expression.
    fn alone(self) -> Cow<'a, str> {
        match self {
            Self::Expression(text) => Cow::Borrowed(text),
            Self::Name(name) if is_word(name) || !reads_as_expression(name) => Cow::Borrowed(name),
            Self::Name(name) => quoted(name),
            Self::Nothing => Cow::Borrowed("\"\""),
        }
    }

    /// As one of several.
    fn among_others(self) -> Cow<'a, str> {
        match self {
            Self::Name(text) | Self::Expression(text) if is_word(text) => Cow::Borrowed(text),
            Self::Expression(text) if is_balanced(text) => Cow::Owned(format!("({text})")),
            Self::Name(text) | Self::Expression(text) => quoted(text),
            Self::Nothing => Cow::Borrowed("\"\""),
        }
    }
}

/// Whether a text is one word of an expression: an identifier of SPDX's list, a reference.
fn is_word(text: &str) -> bool {
    text.bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'+' | b':'))
}

/// Whether the reader of licences would take a name of several words for an expression. (It is asked
/// only where there is something that joins: most names are `Apache Software License`.)
fn reads_as_expression(name: &str) -> bool {
    let joins = |word: &str| {
        ["and", "or", "with"].iter().any(|operator| word.eq_ignore_ascii_case(operator))
    };
    let signs = |letter: char| letter.is_ascii_punctuation() && !matches!(letter, '.' | '-' | '+');
    (name.contains(signs) || name.split_whitespace().any(joins))
        && license::read(name).status != LicenseStatus::Unknown
}

/// Whether parentheses match.
fn is_balanced(text: &str) -> bool {
    let depth = text.bytes().try_fold(0_u32, |depth, byte| match byte {
        b'(' => depth.checked_add(1),
        b')' => depth.checked_sub(1),
        _ => Some(depth),
    });
    depth == Some(0)
}

/// In quotes, of which it then has no others.
fn quoted(text: &str) -> Cow<'_, str> {
    Cow::Owned(format!("\"{}\"", text.replace('"', "'")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Limits;
    use crate::cyclonedx::model::License;
    use crate::json::Text;
    use referee_core::facts::{Sbom, SbomEncoding, SbomFormat};

    fn id(id: &'static str) -> LicenseChoice<'static> {
        let license = License { id: Some(Text(id.into())), ..License::default() };
        LicenseChoice { license: Some(license), ..LicenseChoice::default() }
    }

    fn name(name: &'static str) -> LicenseChoice<'static> {
        let license = License { name: Some(Text(name.into())), ..License::default() };
        LicenseChoice { license: Some(license), ..LicenseChoice::default() }
    }

    fn expression(text: &'static str) -> LicenseChoice<'static> {
        LicenseChoice { expression: Some(Text(text.into())), ..LicenseChoice::default() }
    }

    fn concluded(mut choice: LicenseChoice<'static>) -> LicenseChoice<'static> {
        choice.acknowledgement = Some(Text("concluded".into()));
        choice
    }

    fn keys(choices: Vec<LicenseChoice<'static>>) -> (Option<SmolStr>, Option<SmolStr>, Sbom) {
        let mut builder =
            Builder::new(SbomFormat::CycloneDx, "1.7", SbomEncoding::Json, &Limits::DEFAULT);
        let mut few = Few::default();
        choices.into_iter().for_each(|choice| few.push(choice));
        let (declared, concluded) = read(&few, &mut builder);
        (declared, concluded, builder.finish())
    }

    fn declared(choices: Vec<LicenseChoice<'static>>) -> (String, LicenseStatus) {
        let (key, none, sbom) = keys(choices);
        assert_eq!(none, None);
        let key = key.unwrap();
        (key.to_string(), sbom.licenses[&key].status)
    }

    #[test]
    fn one_word_is_the_licence_of_that_name_wherever_it_stands() {
        for choice in [id("MIT"), name("MIT"), expression("MIT")] {
            assert_eq!(declared(vec![choice]), ("MIT".to_owned(), LicenseStatus::Expression));
        }
    }

    #[test]
    fn a_name_is_never_read_as_an_expression() {
        for text in ["MIT OR GPL-2.0-only", "(MIT)", "MIT and ISC", "GPL-2.0-only WITH x"] {
            for choice in [id(text), name(text)] {
                let (key, status) = declared(vec![choice]);
                assert_eq!(status, LicenseStatus::Unknown, "{key}");
            }
            let expression = declared(vec![expression(text)]);
            assert_eq!(expression.0, text);
        }
        assert_eq!(declared(vec![name("MIT OR ISC")]).0, "\"MIT OR ISC\"");
    }

    #[test]
    fn a_name_that_is_no_expression_stands_as_it_is_written() {
        let (key, status) = declared(vec![name("Apache Software License")]);
        assert_eq!((key.as_str(), status), ("Apache Software License", LicenseStatus::Unknown));
        let (key, status) = declared(vec![name("the \"ISC or so\" License")]);
        assert_eq!(key, "the \"ISC or so\" License");
        assert_eq!(status, LicenseStatus::Unknown);
    }

    #[test]
    fn several_apply_together_and_each_keeps_its_meaning() {
        let (key, status) = declared(vec![expression("MIT OR ISC"), id("GPL-2.0-only")]);
        assert_eq!(key, "(MIT OR ISC) AND GPL-2.0-only");
        assert_eq!(status, LicenseStatus::Expression);
        let (key, status) = declared(vec![id("GPL-2.0-only"), name("ISC OR MIT")]);
        assert_eq!(key, "GPL-2.0-only AND \"ISC OR MIT\"");
        assert_eq!(status, LicenseStatus::Unknown);
        let (key, status) = declared(vec![id("GPL-2.0-only"), expression("ISC) OR (MIT")]);
        assert_eq!(key, "GPL-2.0-only AND \"ISC) OR (MIT\"");
        assert_eq!(status, LicenseStatus::Unknown);
        assert_eq!(declared(vec![id("MIT"), name("MIT"), id("ISC")]).0, "MIT AND ISC");
    }

    #[test]
    fn what_is_concluded_stands_apart() {
        let choices = vec![id("MIT"), concluded(expression("ISC OR MIT")), name("X License")];
        let (declared, concluded, sbom) = keys(choices);
        assert_eq!(declared.unwrap(), "MIT AND \"X License\"");
        assert_eq!(concluded.unwrap(), "ISC OR MIT");
        assert_eq!(sbom.problems, []);
    }

    #[test]
    fn an_entry_that_names_nothing_is_unknown() {
        let (key, none, sbom) = keys(vec![LicenseChoice::default()]);
        assert_eq!((key.as_deref(), none), (Some("\"\""), None));
        assert_eq!(sbom.licenses["\"\""].status, LicenseStatus::Unknown);
        assert_eq!(sbom.problems[0].code, "document_license");
        assert_eq!(declared(vec![LicenseChoice::default(), id("MIT")]).1, LicenseStatus::Unknown);
    }

    #[test]
    fn too_many_are_unknown() {
        let (key, none, sbom) = keys(vec![id("MIT"); MAX_LICENSES + 1]);
        assert_eq!(none, None);
        assert_eq!(sbom.licenses[&key.unwrap()].status, LicenseStatus::Unknown);
        assert!(sbom.truncated);
    }

    #[test]
    fn a_text_that_is_too_long_is_unknown() {
        let long = "MIT AND ".repeat(MAX_LICENSE_BYTES / 8) + "ISC";
        let long: &'static str = Box::leak(long.into_boxed_str());
        let (key, status) = declared(vec![expression(long)]);
        assert!(key.starts_with("sha256:"), "{key}");
        assert_eq!(status, LicenseStatus::Unknown);
        assert_eq!(declared(vec![expression(long), id("MIT")]).1, LicenseStatus::Unknown);
    }
}
