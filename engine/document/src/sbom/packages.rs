//! The packages of an SBOM: where they are put while it is read, and which is which at the end.

use referee_core::facts::{PackageFact, Sbom};
use smol_str::SmolStr;
use std::cell::OnceCell;
use std::collections::HashMap;

/// Where a package is put.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// Before all others.
    Front(usize),
    /// In the document's order.
    Among(usize),
    /// Nowhere: there are too many.
    None,
}

/// The packages of an SBOM by their ids.
#[derive(Debug)]
pub(crate) struct Packages<'s> {
    sbom: &'s Sbom,
    /// Made where somebody asks: most documents name nothing but their packages.
    by_id: OnceCell<ById>,
    left_out: bool,
    lead_nowhere: bool,
}

/// The position of the first package with an id, and whether there are more with the same.
type ById = HashMap<SmolStr, (usize, bool)>;

impl<'s> Packages<'s> {
    pub(super) fn new(sbom: &'s Sbom, left_out: bool, lead_nowhere: bool) -> Self {
        Self { sbom, by_id: OnceCell::new(), left_out, lead_nowhere }
    }

    fn by_id(&self) -> &ById {
        self.by_id.get_or_init(|| {
            let mut by_id = HashMap::with_capacity(self.sbom.packages.len());
            for (position, package) in self.sbom.packages.iter().enumerate() {
                let known = by_id.entry(package.id.clone());
                known.and_modify(|(_, more)| *more = true).or_insert((position, false));
            }
            by_id
        })
    }

    /// The first package with an id, and whether there are more with the same.
    pub(crate) fn get(&self, id: &str) -> Option<(&'s PackageFact, bool)> {
        let (position, more) = self.by_id().get(id)?;
        Some((self.sbom.packages.get(*position)?, *more))
    }

    /// The first id that more than one package has.
    pub(super) fn twice(&self) -> Option<&'s str> {
        let mut ids = self.sbom.packages.iter().map(|package| package.id.as_str());
        ids.find(|id| self.get(id).is_some_and(|(_, more)| more))
    }

    /// The SBOM so far.
    pub(crate) fn sbom(&self) -> &'s Sbom {
        self.sbom
    }

    /// Whether packages were left out, so that an id that is not known may be one of theirs.
    pub(crate) fn left_out(&self) -> bool {
        self.left_out
    }

    /// Whether a relationship names what no package has.
    pub(crate) fn lead_nowhere(&self) -> bool {
        self.lead_nowhere
    }
}
