//! Kinds of relationships: 3.0's by the names that 2.3 has for them (3.0 annex "Differences from
//! previous editions"), so that a policy reads both alike.

use smol_str::SmolStr;
use std::borrow::Cow;

/// A kind as the context has it: sbom-tool writes `HAS_DECLARED_LICENSE` for `hasDeclaredLicense`.
pub(super) fn word(kind: Cow<'_, str>) -> Cow<'_, str> {
    let upper = |one: u8| one.is_ascii_uppercase() || one == b'_';
    if kind.is_empty() || !kind.bytes().all(upper) {
        return kind;
    }
    let mut word = String::with_capacity(kind.len());
    let mut begins = false;
    for one in kind.chars() {
        match one {
            '_' => begins = true,
            one if std::mem::take(&mut begins) => word.push(one),
            one => word.push(one.to_ascii_lowercase()),
        }
    }
    word.into()
}

/// A kind of 2.x, and whether the relationship goes the other way round there.
pub(super) fn of_2<'a>(kind: &str, scope: Option<&str>) -> (Cow<'a, str>, bool) {
    let scoped = match (kind, scope) {
        ("dependsOn", Some("build")) => Some("build_dependency_of"),
        ("dependsOn", Some("development")) => Some("dev_dependency_of"),
        ("dependsOn", Some("runtime")) => Some("runtime_dependency_of"),
        ("dependsOn", Some("test")) => Some("test_dependency_of"),
        ("usesTool", Some("build")) => Some("build_tool_of"),
        ("usesTool", Some("development")) => Some("dev_tool_of"),
        ("usesTool", Some("test")) => Some("test_tool_of"),
        _ => None,
    };
    if let Some(scoped) = scoped {
        return (Cow::Borrowed(scoped), true);
    }
    if let Some((_, name)) = REVERSED.iter().find(|(from, _)| *from == kind) {
        return (Cow::Borrowed(name), true);
    }
    if let Some((_, name)) = RENAMED.iter().find(|(from, _)| *from == kind) {
        return (Cow::Borrowed(name), false);
    }
    (Cow::Owned(separated(kind, '_').into()), false)
}

const REVERSED: &[(&str, &str)] = &[
    ("amendedBy", "amends"),
    ("copiedTo", "copy_of"),
    ("expandsTo", "expanded_from_archive"),
    ("hasAddedFile", "file_added"),
    ("hasDataFile", "data_file_of"),
    ("hasDeletedFile", "file_deleted"),
    ("hasDependencyManifest", "dependency_manifest_of"),
    ("hasDocumentation", "documentation_of"),
    ("hasExample", "example_of"),
    ("hasMetadata", "metafile_of"),
    ("hasOptionalComponent", "optional_component_of"),
    ("hasOptionalDependency", "optional_dependency_of"),
    ("hasProvidedDependency", "provided_dependency_of"),
    ("hasRequirement", "requirement_description_for"),
    ("hasSpecification", "specification_for"),
    ("hasTest", "test_of"),
    ("hasTestCase", "test_case_of"),
    ("hasVariant", "variant_of"),
    ("modifiedBy", "file_modified"),
    ("packagedBy", "package_of"),
    ("patchedBy", "patch_for"),
];

const RENAMED: &[(&str, &str)] = &[
    ("hasDistributionArtifact", "distribution_artifact"),
    ("hasDynamicLink", "dynamic_link"),
    ("hasStaticLink", "static_link"),
];

/// `dependsOn` as `depends_on`.
pub(super) fn separated(name: &str, separator: char) -> SmolStr {
    let mut text = String::new();
    for character in name.trim().chars() {
        if character.is_ascii_uppercase() && !text.is_empty() {
            text.push(separator);
        }
        text.push(character.to_ascii_lowercase());
    }
    text.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_have_the_names_and_the_direction_of_2_3() {
        let of = |kind, scope| {
            let (name, reversed) = of_2(kind, scope);
            (name.into_owned(), reversed)
        };
        assert_eq!(of("dependsOn", None), ("depends_on".to_owned(), false));
        assert_eq!(of("dependsOn", Some("build")), ("build_dependency_of".to_owned(), true));
        assert_eq!(of("dependsOn", Some("design")), ("depends_on".to_owned(), false));
        assert_eq!(of("hasOptionalDependency", None), ("optional_dependency_of".to_owned(), true));
        assert_eq!(of("hasStaticLink", Some("build")), ("static_link".to_owned(), false));
        assert_eq!(of("usesTool", None), ("uses_tool".to_owned(), false));
        assert_eq!(of("contains", None), ("contains".to_owned(), false));
        assert_eq!(separated("operatingSystem", '-'), "operating-system");
    }
}
