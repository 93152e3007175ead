//! The built-in policies and the rule library, as the engine takes them.

use crate::error::CliError;
use referee_policies::{Module, Pack};
use serde_json::Value;

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

/// The data of a pack: its defaults, and over them what is given.
///
/// # Errors
/// [`CliError::PackData`] where the defaults are no JSON, which a test rules out.
pub(crate) fn data(pack: &Pack, given: Value) -> Result<Value, CliError> {
    let defaults = serde_json::from_str(pack.default_data)
        .map_err(|source| CliError::PackData { name: pack.name, source })?;
    Ok(laid_over(defaults, given))
}

/// The rule library, which is at hand for every policy.
pub(crate) fn library() -> Vec<(String, String)> {
    owned(referee_policies::library())
}

fn owned(modules: &[Module]) -> Vec<(String, String)> {
    modules.iter().map(|module| (module.name.to_owned(), module.text.to_owned())).collect()
}

/// One document over another: objects member by member, anything else as a whole.
pub(crate) fn laid_over(under: Value, over: Value) -> Value {
    match (under, over) {
        (Value::Object(mut under), Value::Object(over)) => {
            for (name, value) in over {
                let merged = match under.remove(&name) {
                    Some(present) => laid_over(present, value),
                    None => value,
                };
                under.insert(name, merged);
            }
            Value::Object(under)
        }
        (_, over) => over,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_is_given_is_laid_over_the_defaults_member_by_member() {
        let under = json!({"parameters": {"minimum": 2, "keys": ["a"]}});
        let over = json!({"parameters": {"keys": ["b", "c"]}, "x": 1});
        let expected = json!({"parameters": {"minimum": 2, "keys": ["b", "c"]}, "x": 1});
        assert_eq!(laid_over(under, over), expected);
    }

    #[test]
    fn every_pack_has_data_and_the_default_of_the_configuration_is_one() {
        for pack in referee_policies::packs() {
            assert!(data(pack, json!({})).is_ok(), "{}", pack.name);
            assert_eq!(name_of(pack.package), Some(pack.name));
        }
        assert_eq!(names().first().map(String::as_str), Some(referee_policies::DEFAULT_PACK));
    }
}
