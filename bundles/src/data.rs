//! The data of a bundle: put together from its files, and held to its roots.

use crate::error::BundleError;
use crate::path;
use crate::roots::Roots;
use referee_rego::{DataTree, Value};
use std::borrow::Cow;

/// Data that is being put together.
#[derive(Debug, Default)]
pub(crate) struct BundleData(DataTree);

impl BundleData {
    /// Puts the content of a file where its folders say.
    pub(crate) fn insert(
        &mut self,
        file: &str,
        value: Value,
        roots: &Roots,
        delivered: bool,
    ) -> Result<(), BundleError> {
        let at = path::folders(file);
        let value = match delivered {
            false => value,
            // OPA's server holds data.yml to no roots, and takes of it what is within them.
            true if path::base(file) == "data.yml" => {
                let Some(value) = within(&value, &mut at.clone(), roots) else { return Ok(()) };
                value
            }
            // It brings nothing, wherever it stands.
            true if value.entries().is_some_and(|members| members.is_empty())
                && !roots.contain(&at) =>
            {
                return Ok(());
            }
            true => value,
        };
        if at.is_empty() && value.entries().is_none() {
            return Err(BundleError::DataNoObject { path: file.to_owned() });
        }
        if let Some(outside) = outside(&value, &mut at.clone(), roots) {
            let (path, roots) = (file.to_owned(), roots.to_string());
            return Err(BundleError::DataOutside { path, roots, at: outside.join("/") });
        }
        self.0.insert(&at, value).map_err(|at| {
            let at = std::iter::once("data".to_owned()).chain(at).collect::<Vec<_>>().join(".");
            BundleError::DataConflict { path: file.to_owned(), at }
        })
    }

    /// The whole.
    pub(crate) fn into_value(self) -> Value {
        self.0.into_value().unwrap_or_else(|| Value::object([]))
    }
}

/// What of a value at a path is within the roots.
fn within(value: &Value, at: &mut Vec<String>, roots: &Roots) -> Option<Value> {
    if roots.contain(at) {
        return Some(value.clone());
    }
    let members = value.entries().filter(|_| roots.lead_from(at))?;
    let mut kept = Vec::new();
    for (name, member) in members {
        let name = name.as_str().map(Cow::into_owned).unwrap_or_default();
        at.push(name.clone());
        kept.extend(within(&member, at, roots).map(|member| (name, member)));
        at.pop();
    }
    let members = kept.iter().map(|(name, member)| (name.as_str(), member.clone()));
    (!kept.is_empty()).then(|| Value::object(members))
}

/// The first place of a value at a path that no root permits. An empty object above a root is fine.
pub(crate) fn outside(value: &Value, at: &mut Vec<String>, roots: &Roots) -> Option<Vec<String>> {
    if roots.contain(at) {
        return None;
    }
    let members = value.entries().filter(|_| roots.lead_from(at));
    let Some(members) = members else { return Some(at.clone()) };
    for (name, member) in members {
        at.push(name.as_str().map(Cow::into_owned).unwrap_or_default());
        if let Some(found) = outside(&member, at, roots) {
            return Some(found);
        }
        at.pop();
    }
    None
}
