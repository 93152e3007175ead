//! The ids of an SBOM, each held once: a package has one, and relationships name it again and again.
//! Whether packages share one, and whether one is named that no package has, is known on the way.

use smol_str::SmolStr;
use std::cell::Cell;
use std::collections::HashMap;

/// The ids that have been met.
#[derive(Debug, Default)]
pub(super) struct Ids {
    met: HashMap<SmolStr, Met>,
    twice: Option<SmolStr>,
}

/// What has an id, or names it.
#[derive(Debug, Default)]
struct Met {
    package: Cell<bool>,
    relationship: Cell<bool>,
}

impl Ids {
    /// The id of a package.
    pub(super) fn of_package(&mut self, text: &str) -> SmolStr {
        if let Some((id, met)) = self.met.get_key_value(text) {
            if met.package.replace(true) {
                self.twice = self.twice.take().or_else(|| Some(id.clone()));
            }
            return id.clone();
        }
        self.add(text, Met { package: true.into(), ..Met::default() })
    }

    /// An id that a relationship names.
    pub(super) fn of_end(&mut self, text: &str) -> SmolStr {
        if let Some((id, met)) = self.met.get_key_value(text) {
            met.relationship.set(true);
            return id.clone();
        }
        self.add(text, Met { relationship: true.into(), ..Met::default() })
    }

    fn add(&mut self, text: &str, met: Met) -> SmolStr {
        let id = SmolStr::from(text);
        self.met.insert(id.clone(), met);
        id
    }

    /// An id that more than one package has.
    pub(super) fn twice(&self) -> Option<&str> {
        self.twice.as_deref()
    }

    /// Whether a relationship names what no package has.
    pub(super) fn lead_nowhere(&self) -> bool {
        self.met.values().any(|met| met.relationship.get() && !met.package.get())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_held_once_however_often_it_is_named() {
        let mut ids = Ids::default();
        let long = "pkg:npm/%40scope/package@1.0.0";
        let package = ids.of_package(long);
        assert_eq!(ids.of_end(long).as_ptr(), package.as_ptr());
        assert_eq!((ids.twice(), ids.lead_nowhere()), (None, false));
    }

    #[test]
    fn what_packages_share_and_what_none_has_is_known() {
        let mut ids = Ids::default();
        ids.of_end("a");
        assert!(ids.lead_nowhere());
        ids.of_package("a");
        assert_eq!((ids.twice(), ids.lead_nowhere()), (None, false));
        ids.of_package("b");
        ids.of_package("a");
        ids.of_package("b");
        assert_eq!(ids.twice(), Some("a"));
    }
}
