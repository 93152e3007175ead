//! The built-in policies and the rule library, as the engine takes them.

use crate::error::CliError;
use referee_policies::{Module, Pack};
use referee_rego::Value;

/// The names of all packs, the default first.
pub(crate) fn names() -> Vec<String> {
    referee_policies::packs().iter().map(|pack| pack.name.to_owned()).collect()
}

/// The name of the pack that a package belongs to.
pub(crate) fn name_of(package: &str) -> Option<&'static str> {
    referee_policies::packs().iter().find(|pack| pack.package == package).map(|pack| pack.name)
}

/// The modules of a pack, name and text.
pub(crate) fn modules(pack: &Pack) -> Vec<(String, String)> {
    owned(pack.modules)
}

/// The tests of a pack.
pub(crate) fn tests(pack: &Pack) -> Vec<(String, String)> {
    owned(pack.tests)
}

/// The data of a pack.
///
/// # Errors
/// [`CliError::PackData`] where they are no JSON, which a test rules out.
pub(crate) fn default_data(pack: &Pack) -> Result<Value, CliError> {
    Value::from_json_str(pack.default_data)
        .map_err(|source| CliError::PackData { name: pack.name, source })
}

/// The rule library, which is at hand for every policy.
pub(crate) fn library() -> Vec<(String, String)> {
    owned(referee_policies::library())
}

/// The packs that texts of modules name, as the engine takes them: whoever writes a policy may import
/// any. A pack that they hold themselves is left out.
pub(crate) fn named<'t>(texts: impl Iterator<Item = &'t str> + Clone) -> Vec<(String, String)> {
    let named = |pack: &&Pack| texts.clone().any(|text| text.contains(pack.package));
    let held = |pack: &&Pack| texts.clone().any(|text| holds(text, pack.package));
    let packs = referee_policies::packs().iter();
    packs.filter(named).filter(|pack| !held(pack)).flat_map(modules).collect()
}

/// Whether a module is of a package.
fn holds(text: &str, package: &str) -> bool {
    text.lines().any(|line| {
        line.trim_start()
            .strip_prefix("package")
            .and_then(|rest| rest.trim_start().strip_prefix(package))
            .is_some_and(|rest| rest.is_empty() || rest.starts_with(char::is_whitespace))
    })
}

fn owned(modules: &[Module]) -> Vec<(String, String)> {
    modules.iter().map(|module| (module.name.to_owned(), module.text.to_owned())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pack_is_at_hand_where_it_is_named_and_not_held() {
        let names = |texts: &[&str]| -> Vec<String> {
            named(texts.iter().copied()).into_iter().map(|(name, _)| name).collect()
        };
        let import = "package p\n\nimport data.referee.packs.sbom\n";
        assert_eq!(names(&[import]), ["referee/packs/sbom/policy.rego"]);
        assert_eq!(names(&[import, "package  referee.packs.sbom # mine\n"]), [""; 0]);
        assert_eq!(names(&["package referee.packs.sbom_test\n", import]).len(), 1);
        assert_eq!(names(&["package p\n\nimport data.referee.licenses\n"]), [""; 0]);
    }

    #[test]
    fn every_pack_has_data_and_the_default_of_the_configuration_is_one() {
        for pack in referee_policies::packs() {
            assert!(default_data(pack).is_ok(), "{}", pack.name);
            assert_eq!(name_of(pack.package), Some(pack.name));
        }
        assert_eq!(names().first().map(String::as_str), Some(referee_policies::DEFAULT_PACK));
    }
}
