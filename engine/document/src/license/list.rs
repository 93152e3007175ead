//! SPDX's lists of licences and exceptions: identifiers in any case to the list's spelling, and
//! deprecated ones to what the list says replaces them.

use std::collections::HashMap;
use std::sync::LazyLock;

/// A licence on the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Listed {
    /// The identifier in the list's spelling.
    pub(super) id: &'static str,
    /// What replaces it, where it is deprecated and the list says by what.
    pub(super) replacement: Option<Replacement>,
}

/// What replaces a deprecated identifier.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Replacement {
    /// The licence.
    pub(super) license: &'static str,
    /// The licence where a `+` follows; without it the `+` is kept.
    pub(super) or_later: Option<&'static str>,
    /// The exception that belongs to it.
    pub(super) exception: Option<&'static str>,
}

/// An exception on the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Exception {
    /// The identifier in the list's spelling.
    pub(super) id: &'static str,
    /// What replaces it, where it is deprecated.
    pub(super) replacement: Option<&'static str>,
}

/// Deprecated licences whose replacement does not follow from their name (spdx/license-list-XML,
/// `obsoletedBy`, and `notes` of `BSD-2-Clause-FreeBSD` and `bzip2-1.0.5`): the identifier, the licence,
/// the licence with `+`, the exception. `Net-SNMP` stood for nine licences, and nothing replaces it.
const REPLACED: &[(&str, &str, Option<&str>, Option<&str>)] = &[
    ("BSD-2-Clause-FreeBSD", "BSD-2-Clause-Views", None, None),
    ("BSD-2-Clause-NetBSD", "BSD-2-Clause", None, None),
    (
        "GPL-2.0-with-GCC-exception",
        "GPL-2.0-only",
        Some("GPL-2.0-or-later"),
        Some("GCC-exception-2.0"),
    ),
    (
        "GPL-2.0-with-autoconf-exception",
        "GPL-2.0-only",
        Some("GPL-2.0-or-later"),
        Some("Autoconf-exception-2.0"),
    ),
    (
        "GPL-2.0-with-bison-exception",
        "GPL-2.0-only",
        Some("GPL-2.0-or-later"),
        Some("Bison-exception-2.2"),
    ),
    (
        "GPL-2.0-with-classpath-exception",
        "GPL-2.0-only",
        Some("GPL-2.0-or-later"),
        Some("Classpath-exception-2.0"),
    ),
    (
        "GPL-2.0-with-font-exception",
        "GPL-2.0-only",
        Some("GPL-2.0-or-later"),
        Some("Font-exception-2.0"),
    ),
    (
        "GPL-3.0-with-GCC-exception",
        "GPL-3.0-only",
        Some("GPL-3.0-or-later"),
        Some("GCC-exception-3.1"),
    ),
    (
        "GPL-3.0-with-autoconf-exception",
        "GPL-3.0-only",
        Some("GPL-3.0-or-later"),
        Some("Autoconf-exception-3.0"),
    ),
    ("Nunit", "zlib-acknowledgement", None, None),
    ("StandardML-NJ", "SMLNJ", None, None),
    ("bzip2-1.0.5", "bzip2-1.0.6", None, None),
    ("eCos-2.0", "GPL-2.0-or-later", Some("GPL-2.0-or-later"), Some("eCos-exception-2.0")),
    ("wxWindows", "GPL-2.0-or-later", Some("GPL-2.0-or-later"), Some("WxWindows-exception-3.1")),
];

/// Deprecated exceptions and what replaces them.
const REPLACED_EXCEPTIONS: &[(&str, &str)] = &[("Nokia-Qt-exception-1.1", "Qt-LGPL-exception-1.1")];

/// The longest identifier on either list has 56 characters; anything longer is not looked up.
const LONGEST: usize = 128;

/// The licence of that identifier, without a `+`, in any case of letters.
pub(super) fn license(id: &str) -> Option<Listed> {
    find(&LICENSES, id)
}

/// The exception of that identifier, in any case of letters.
pub(super) fn exception(id: &str) -> Option<Exception> {
    find(&EXCEPTIONS, id)
}

fn find<T: Copy>(list: &HashMap<String, T>, id: &str) -> Option<T> {
    if id.len() > LONGEST {
        return None;
    }
    list.get(&id.to_ascii_lowercase()).copied()
}

/// Whether an entry of the crate's list is a licence by itself. Those that end with `+` (`GPL-2.0+`) are
/// others with an operator, `NOASSERTION` is none, and `GFDL-1.2-invariants` and the like, without
/// `-only` or `-or-later`, are on no list but the crate's.
fn is_license(license: &&spdx::License) -> bool {
    !license.name.ends_with('+')
        && !license.name.ends_with("-invariants")
        && !matches!(license.name, "NONE" | "NOASSERTION")
}

/// The licences by their lower-case identifiers.
static LICENSES: LazyLock<HashMap<String, Listed>> = LazyLock::new(|| {
    spdx::identifiers::LICENSES
        .iter()
        .filter(is_license)
        .map(|license| {
            let deprecated = license.flags & spdx::flags::IS_DEPRECATED != 0;
            let replacement = if deprecated { replacement(license.name) } else { None };
            (license.name.to_ascii_lowercase(), Listed { id: license.name, replacement })
        })
        .collect()
});

/// The exceptions by their lower-case identifiers.
static EXCEPTIONS: LazyLock<HashMap<String, Exception>> = LazyLock::new(|| {
    spdx::identifiers::EXCEPTIONS
        .iter()
        .map(|exception| {
            let id = exception.name;
            let replaced = REPLACED_EXCEPTIONS.iter().find(|(from, _)| *from == id);
            let replacement = replaced.map(|(_, to)| *to);
            (id.to_ascii_lowercase(), Exception { id, replacement })
        })
        .collect()
});

/// What replaces a deprecated licence: by the table, or GNU's `-only` and `-or-later` of it.
fn replacement(id: &'static str) -> Option<Replacement> {
    if let Some((_, license, or_later, exception)) = REPLACED.iter().find(|(from, ..)| *from == id)
    {
        return Some(Replacement { license, or_later: *or_later, exception: *exception });
    }
    let of = |suffix: &str| spdx::license_id(&format!("{id}{suffix}")).map(|found| found.name);
    Some(Replacement { license: of("-only")?, or_later: of("-or-later"), exception: None })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_deprecated_licence_but_net_snmp_has_a_replacement_that_is_listed_and_not_deprecated() {
        let mut without = Vec::new();
        for listed in LICENSES.values() {
            let entry = spdx::license_id(listed.id).unwrap();
            let Some(replacement) = listed.replacement else {
                if entry.is_deprecated() {
                    without.push(listed.id);
                }
                continue;
            };
            assert!(entry.is_deprecated(), "{}", listed.id);
            for id in [Some(replacement.license), replacement.or_later].into_iter().flatten() {
                let found = spdx::license_id(id).unwrap();
                assert!(found.name == id && !found.is_deprecated(), "{id}");
            }
            if let Some(id) = replacement.exception {
                assert!(!spdx::exception_id(id).unwrap().is_deprecated(), "{id}");
            }
        }
        assert_eq!(without, ["Net-SNMP"]);
    }

    #[test]
    fn every_deprecated_exception_has_a_replacement_that_is_listed_and_not_deprecated() {
        for exception in spdx::identifiers::EXCEPTIONS {
            let deprecated = spdx::exception_id(exception.name).unwrap().is_deprecated();
            let replacement = super::exception(exception.name).unwrap().replacement;
            assert_eq!(deprecated, replacement.is_some(), "{}", exception.name);
            if let Some(id) = replacement {
                assert!(!spdx::exception_id(id).unwrap().is_deprecated(), "{id}");
            }
        }
    }

    #[test]
    fn every_entry_of_the_table_is_deprecated_on_the_list() {
        for (id, ..) in REPLACED {
            assert!(spdx::license_id(id).unwrap().is_deprecated(), "{id}");
        }
    }

    #[test]
    fn what_only_the_crate_lists_is_no_licence() {
        for id in ["GFDL-1.1-invariants", "GFDL-1.3-no-invariants", "NOASSERTION", "GPL-2.0+"] {
            assert!(spdx::identifiers::LICENSES.iter().any(|entry| entry.name == id), "{id}");
            assert_eq!(license(id), None, "{id}");
        }
        assert!(license("GFDL-1.1-invariants-only").is_some());
    }

    #[test]
    fn identifiers_are_found_in_any_case_and_no_two_differ_by_case_only() {
        assert_eq!(license("APACHE-2.0").unwrap().id, "Apache-2.0");
        assert_eq!(exception("classpath-EXCEPTION-2.0").unwrap().id, "Classpath-exception-2.0");
        let plain = spdx::identifiers::LICENSES.iter().filter(is_license);
        assert_eq!(LICENSES.len(), plain.count());
        assert_eq!(EXCEPTIONS.len(), spdx::identifiers::EXCEPTIONS.len());
        let longest = LICENSES.keys().chain(EXCEPTIONS.keys()).map(String::len).max().unwrap();
        assert!(longest < LONGEST, "{longest}");
    }
}
