//! The packages of an SBOM: where they are put while it is read, and which is which at the end.

use referee_core::facts::{PackageFact, Sbom};
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
    by_id: HashMap<&'s str, (&'s PackageFact, bool)>,
    twice: Option<&'s str>,
    left_out: bool,
}

impl<'s> Packages<'s> {
    pub(super) fn new(sbom: &'s Sbom, left_out: bool) -> Self {
        let mut by_id = HashMap::with_capacity(sbom.packages.len());
        let mut twice = None;
        for package in &sbom.packages {
            let known = by_id.entry(package.id.as_str());
            known
                .and_modify(|(_, more)| {
                    *more = true;
                    twice = twice.or(Some(package.id.as_str()));
                })
                .or_insert((package, false));
        }
        Self { sbom, by_id, twice, left_out }
    }

    /// The first package with an id, and whether there are more with the same.
    pub(crate) fn get(&self, id: &str) -> Option<(&'s PackageFact, bool)> {
        self.by_id.get(id).copied()
    }

    /// An id that more than one package has.
    pub(crate) fn twice(&self) -> Option<&'s str> {
        self.twice
    }

    /// The SBOM so far.
    pub(crate) fn sbom(&self) -> &'s Sbom {
        self.sbom
    }

    /// Whether packages were left out, so that an id that is not known may be one of theirs.
    pub(crate) fn left_out(&self) -> bool {
        self.left_out
    }
}
