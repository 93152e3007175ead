//! Putting an SBOM together: what all formats have in common. Limits, licences read once each,
//! counts.

use super::ids::Ids;
use super::packages::{Packages, Place};
use crate::license;
use crate::limits::Limits;
use crate::problems::Problems;
use crate::purl;
use data_encoding::HEXLOWER;
use referee_core::Timestamp;
use referee_core::facts::{
    LicenseFact, LicenseStatus, PackageFact, RelationshipFact, Sbom, SbomEncoding, SbomFormat,
};
use sha2::{Digest as _, Sha256};
use smol_str::{SmolStr, format_smolstr};
use std::collections::{BTreeMap, HashMap};

/// The longest licence text that is read, in bytes.
pub(crate) const MAX_LICENSE_BYTES: usize = license::MAX_EXPRESSION_BYTES;

/// The most purl types that are counted. There are some 40 in the purl specification.
const MAX_TYPES: usize = 256;

/// An SBOM in the making.
#[derive(Debug)]
pub(crate) struct Builder {
    limits: Limits,
    sbom: Sbom,
    front: Vec<PackageFact>,
    licenses: HashMap<SmolStr, LicenseFact>,
    types: HashMap<SmolStr, u64>,
    ids: Ids,
    problems: Problems,
    ids_are_looked_at: bool,
}

impl Builder {
    /// An empty one.
    pub(crate) fn new(
        format: SbomFormat,
        spec_version: &str,
        encoding: SbomEncoding,
        limits: &Limits,
    ) -> Self {
        Self {
            limits: *limits,
            sbom: Sbom {
                format,
                spec_version: spec_version.into(),
                encoding,
                name: None,
                document_id: None,
                created_at: None,
                tools: Vec::new(),
                authors: Vec::new(),
                describes: Vec::new(),
                packages: Vec::new(),
                package_count: 0,
                relationships: Vec::new(),
                relationship_count: 0,
                licenses: BTreeMap::new(),
                package_types: BTreeMap::new(),
                truncated: false,
                problems: Vec::new(),
            },
            front: Vec::new(),
            licenses: HashMap::new(),
            types: HashMap::new(),
            ids: Ids::default(),
            problems: Problems::new(limits.max_problems),
            ids_are_looked_at: false,
        }
    }

    /// The document's own members: name, id, time, tools, authors, what it describes.
    pub(crate) fn document(&mut self) -> &mut Sbom {
        &mut self.sbom
    }

    /// The time at which it says that it was made, as it is written.
    pub(crate) fn created_at(&mut self, text: &str) {
        self.sbom.created_at = self.time("creation time", text);
    }

    /// A time; one that cannot be read is a problem.
    pub(crate) fn time(&mut self, what: &'static str, text: &str) -> Option<Timestamp> {
        self.problems.time(what, Some(text))
    }

    /// Something that is wrong with a part.
    pub(crate) fn problem(&mut self, code: &'static str, message: impl FnOnce() -> String) {
        self.problems.add(code, message);
    }

    /// The key under which a licence text stands in `licenses`; `None` where it is empty. A text that
    /// is too long to be read, or beyond the most that are kept, stands there by its hash and is
    /// `unknown`, so that no policy takes it for a licence that it knows.
    pub(crate) fn license(&mut self, text: &str) -> Option<SmolStr> {
        let text = text.trim();
        if text.is_empty() {
            return None;
        }
        if let Some((key, _)) = self.licenses.get_key_value(text) {
            return Some(key.clone());
        }
        if self.licenses.len() >= self.limits.max_licenses {
            self.leave_out("licences", 1);
            return Some(self.unread("(not read)".into(), "there are too many licence texts"));
        }
        if text.len() > MAX_LICENSE_BYTES {
            let hash = HEXLOWER.encode(&Sha256::digest(text));
            return Some(self.unread(format_smolstr!("sha256:{hash}"), "the text is too long"));
        }
        let key = SmolStr::from(text);
        self.licenses.insert(key.clone(), license::read(text));
        Some(key)
    }

    fn unread(&mut self, key: SmolStr, why: &str) -> SmolStr {
        self.licenses.entry(key.clone()).or_insert_with(|| LicenseFact {
            status: LicenseStatus::Unknown,
            error: Some(why.to_owned()),
            ..license::read("NOASSERTION")
        });
        key
    }

    /// The key of a licence that is not read: a policy that asks for it finds it `unknown`.
    pub(crate) fn license_unread(&mut self, why: &'static str) -> SmolStr {
        self.unread("(not read)".into(), why)
    }

    /// Adds a package; its licences come from [`Builder::license`].
    pub(crate) fn package(&mut self, package: PackageFact) {
        let place = self.place();
        self.put(place, package);
    }

    /// Keeps a place for a package, so that it stands before those that are read inside it.
    pub(crate) fn place(&mut self) -> Place {
        Self::keep(&mut self.sbom.packages, &self.limits).map_or(Place::None, Place::Among)
    }

    /// The same before all others, wherever in the document it is met: for what the document is about.
    pub(crate) fn place_in_front(&mut self) -> Place {
        Self::keep(&mut self.front, &self.limits).map_or(Place::None, Place::Front)
    }

    fn keep(packages: &mut Vec<PackageFact>, limits: &Limits) -> Option<usize> {
        let position = packages.len();
        (position < limits.max_packages).then(|| {
            packages.push(PackageFact::default());
            position
        })
    }

    /// Puts a package where a place was kept for it.
    pub(crate) fn put(&mut self, place: Place, package: PackageFact) {
        self.count(&package);
        match self.at(place) {
            Some(kept) => *kept = package,
            None => self.leave_out("packages", 1),
        }
    }

    /// The package at a place, where one was kept.
    pub(crate) fn at(&mut self, place: Place) -> Option<&mut PackageFact> {
        match place {
            Place::Among(position) => self.sbom.packages.get_mut(position),
            Place::Front(position) => self.front.get_mut(position),
            Place::None => None,
        }
    }

    fn count(&mut self, package: &PackageFact) {
        self.sbom.package_count = self.sbom.package_count.saturating_add(1);
        if let Some(license) = declared_of(&mut self.licenses, package.license_declared.as_ref()) {
            license.declared = license.declared.saturating_add(1);
        }
        if let Some(license) = declared_of(&mut self.licenses, package.license_concluded.as_ref()) {
            license.concluded = license.concluded.saturating_add(1);
        }
        self.count_type(package.purl.as_deref());
    }

    fn count_type(&mut self, purl: Option<&str>) {
        let kind = purl.and_then(purl::kind).unwrap_or_default();
        if let Some(count) = self.types.get_mut(&*kind) {
            *count = count.saturating_add(1);
        } else if self.types.len() < MAX_TYPES {
            self.types.insert(kind.as_ref().into(), 1);
        } else {
            self.leave_out("counts of purl types", 1);
        }
    }

    /// The id of a package, where [`Builder::finish_with`] ends the SBOM.
    pub(crate) fn package_id(&mut self, text: &str) -> SmolStr {
        self.ids.of_package(text)
    }

    /// The id that relationships go from, likewise.
    pub(crate) fn end_id(&mut self, text: &str) -> SmolStr {
        self.ids.of_end(text)
    }

    /// Adds a relationship to an id that is not kept yet.
    pub(crate) fn relate(&mut self, from: &SmolStr, to: &str, kind: SmolStr) {
        let room = self.sbom.relationships.len() < self.limits.max_relationships;
        let to = if room { self.ids.of_end(to) } else { SmolStr::default() };
        self.relationship(from.clone(), to, kind);
    }

    /// Adds a relationship.
    pub(crate) fn relationship(&mut self, from: SmolStr, to: SmolStr, kind: SmolStr) {
        self.sbom.relationship_count = self.sbom.relationship_count.saturating_add(1);
        if self.sbom.relationships.len() < self.limits.max_relationships {
            self.sbom.relationships.push(RelationshipFact { from, to, kind });
        } else {
            self.leave_out("relationships", 1);
        }
    }

    /// Sets the licences of the package that was added at this position, where a document tells them
    /// apart from the package; of one that is left out they are counted all the same.
    pub(crate) fn set_licenses(
        &mut self,
        position: usize,
        declared: Option<SmolStr>,
        concluded: Option<SmolStr>,
    ) {
        if let Some(license) = declared_of(&mut self.licenses, declared.as_ref()) {
            license.declared = license.declared.saturating_add(1);
        }
        if let Some(license) = declared_of(&mut self.licenses, concluded.as_ref()) {
            license.concluded = license.concluded.saturating_add(1);
        }
        if let Some(package) = self.sbom.packages.get_mut(position) {
            package.license_declared = declared;
            package.license_concluded = concluded;
        }
    }

    /// Sets the package URL of the package that was added without one at this position, where a
    /// document tells it apart from the package.
    pub(crate) fn set_purl(&mut self, position: usize, purl: SmolStr) {
        if let Some(without) = self.types.get_mut("") {
            *without = without.saturating_sub(1);
            if *without == 0 {
                self.types.remove("");
            }
        }
        self.count_type(Some(&purl));
        if let Some(package) = self.sbom.packages.get_mut(position) {
            package.purl = Some(purl);
        }
    }

    /// Tells that so many of something are left out.
    pub(crate) fn leave_out(&mut self, what: &'static str, count: u64) {
        self.problems.leave_out(what, count);
    }

    /// More than one package has this id.
    pub(crate) fn same_id(&mut self, id: &str) {
        tell_same_id(&mut self.problems, id);
    }

    /// Whoever reads the document looks for ids that are there twice, so that nothing else has to.
    pub(crate) fn ids_are_looked_at(&mut self) {
        self.ids_are_looked_at = true;
    }

    /// The SBOM.
    pub(crate) fn finish(mut self) -> Sbom {
        self.front_first();
        if !self.ids_are_looked_at
            && let Some(twice) = Packages::new(&self.sbom, false, false).twice()
        {
            tell_same_id(&mut self.problems, twice);
        }
        self.end()
    }

    /// The SBOM, after a look at the packages by their ids, all of which were got from here.
    pub(crate) fn finish_with(mut self, look: impl FnOnce(&Packages<'_>, &mut Problems)) -> Sbom {
        self.front_first();
        if let Some(twice) = self.ids.twice() {
            tell_same_id(&mut self.problems, twice);
        }
        let left_out = self.problems.left_out().any(|what| what == "packages");
        let packages = Packages::new(&self.sbom, left_out, self.ids.lead_nowhere());
        look(&packages, &mut self.problems);
        drop(packages);
        self.end()
    }

    fn end(mut self) -> Sbom {
        self.sbom.truncated |= self.problems.left_out().next().is_some();
        self.sbom.problems = self.problems.finish();
        self.sbom.packages.shrink_to_fit();
        self.sbom.relationships.shrink_to_fit();
        self.sbom.licenses = self.licenses.into_iter().collect();
        self.sbom.package_types = self.types.into_iter().collect();
        self.sbom
    }

    /// Those that stand in front move there; what is over the limit then is left out at the end.
    fn front_first(&mut self) {
        if self.front.is_empty() {
            return;
        }
        let all = self.front.len().saturating_add(self.sbom.packages.len());
        let over = all.saturating_sub(self.limits.max_packages);
        self.sbom.packages.truncate(self.sbom.packages.len().saturating_sub(over));
        self.leave_out("packages", u64::try_from(over).unwrap_or(u64::MAX));
        self.sbom.packages.splice(0..0, std::mem::take(&mut self.front));
    }
}

fn tell_same_id(problems: &mut Problems, id: &str) {
    let id = crate::text::shorten(id, 80);
    problems.add("document_duplicate_id", || format!("more than one package has the id {id:?}"));
}

fn declared_of<'l>(
    licenses: &'l mut HashMap<SmolStr, LicenseFact>,
    key: Option<&SmolStr>,
) -> Option<&'l mut LicenseFact> {
    licenses.get_mut(key?.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn builder(limits: &Limits) -> Builder {
        Builder::new(SbomFormat::Spdx, "2.3", SbomEncoding::Json, limits)
    }

    fn package(id: &str) -> PackageFact {
        PackageFact { id: id.into(), name: id.into(), ..PackageFact::default() }
    }

    fn ids(sbom: &Sbom) -> Vec<&str> {
        sbom.packages.iter().map(|package| package.id.as_str()).collect()
    }

    fn told(sbom: &Sbom) -> Vec<&str> {
        sbom.problems.iter().map(|problem| problem.message.as_str()).collect()
    }

    #[test]
    fn a_licence_is_read_once_and_counted_for_each_package() {
        let mut builder = builder(&Limits::DEFAULT);
        let key = builder.license(" MIT ");
        assert_eq!(builder.license("MIT"), key);
        assert_eq!(builder.license("  "), None);
        let licensed = PackageFact { license_declared: key.clone(), ..package("a") };
        builder.package(licensed.clone());
        builder.package(PackageFact { license_concluded: key, ..licensed });
        let sbom = builder.finish();
        assert_eq!(sbom.licenses.len(), 1);
        let mit = &sbom.licenses["MIT"];
        assert_eq!((mit.status, mit.declared, mit.concluded), (LicenseStatus::Expression, 2, 1));
    }

    #[test]
    fn a_licence_beyond_the_limit_or_too_long_is_unknown() {
        let mut builder = builder(&Limits { max_licenses: 1, ..Limits::DEFAULT });
        let long = "MIT AND ".repeat(MAX_LICENSE_BYTES);
        let long = builder.license(&long).unwrap();
        assert!(long.starts_with("sha256:"));
        let over = builder.license("MIT").unwrap();
        assert_eq!(over, "(not read)");
        builder.package(PackageFact { license_declared: Some(over), ..package("a") });
        let sbom = builder.finish();
        assert_eq!(sbom.licenses[&long].status, LicenseStatus::Unknown);
        assert_eq!(sbom.licenses["(not read)"].declared, 1);
        assert_eq!((told(&sbom), sbom.truncated), (vec!["1 licences are left out"], true));
    }

    #[test]
    fn a_place_is_kept_for_what_is_known_later() {
        let mut builder = builder(&Limits::DEFAULT);
        let outer = builder.place();
        builder.package(package("inner"));
        builder.put(outer, package("outer"));
        let front = builder.place_in_front();
        builder.put(front, package("front"));
        builder.at(outer).unwrap().version = Some("1".into());
        let sbom = builder.finish();
        assert_eq!(ids(&sbom), ["front", "outer", "inner"]);
        assert_eq!((sbom.package_count, sbom.packages[1].version.as_deref()), (3, Some("1")));
    }

    #[test]
    fn what_is_over_a_limit_is_left_out_and_counted() {
        let limits = Limits { max_packages: 2, max_relationships: 1, ..Limits::DEFAULT };
        let mut builder = builder(&limits);
        for id in ["a", "b", "c"] {
            builder.package(package(id));
            builder.relationship(id.into(), "a".into(), "contains".into());
        }
        let front = builder.place_in_front();
        builder.put(front, package("front"));
        let sbom = builder.finish();
        assert_eq!(ids(&sbom), ["front", "a"]);
        assert_eq!((sbom.package_count, sbom.relationship_count, sbom.truncated), (4, 3, true));
        assert_eq!(told(&sbom), ["2 packages are left out", "2 relationships are left out"]);
    }

    #[test]
    fn packages_are_counted_by_the_type_of_their_purl() {
        let mut builder = builder(&Limits::DEFAULT);
        for purl in ["pkg:npm/a@1", "PKG:NPM/b", "pkg://deb/debian/c", "pkg:d", "npm/e", ""] {
            builder.package(PackageFact { purl: Some(purl.into()), ..package(purl) });
        }
        let types = builder.finish().package_types;
        let expected = [("".into(), 3), ("deb".into(), 1), ("npm".into(), 2)];
        assert_eq!(types, BTreeMap::from(expected));
    }

    #[test]
    fn no_more_types_are_counted_than_there_may_be() {
        let mut builder = builder(&Limits::DEFAULT);
        for number in 0..=MAX_TYPES {
            let purl = format_smolstr!("pkg:t{number}/a");
            builder.package(PackageFact { purl: Some(purl.clone()), ..package(&purl) });
        }
        let sbom = builder.finish();
        assert_eq!(sbom.package_types.len(), MAX_TYPES);
        assert_eq!(told(&sbom), ["1 counts of purl types are left out"]);
    }

    #[test]
    fn times_that_cannot_be_read_are_told() {
        let mut builder = builder(&Limits::DEFAULT);
        builder.created_at("yesterday");
        let sbom = builder.finish();
        assert_eq!(sbom.created_at, None);
        assert_eq!(told(&sbom), ["the creation time \"yesterday\" is not an RFC 3339 time"]);
    }
}
