//! Putting an SBOM together: what all formats have in common. Limits, licences read once each,
//! counts.

use crate::license;
use crate::limits::Limits;
use crate::problems::Problems;
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
    licenses: HashMap<SmolStr, LicenseFact>,
    types: HashMap<SmolStr, u64>,
    left_out: BTreeMap<&'static str, u64>,
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
            licenses: HashMap::new(),
            types: HashMap::new(),
            left_out: BTreeMap::new(),
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
        let time = crate::text::time(text);
        if time.is_none() {
            self.problem("document_time", || {
                format!("the {what} {:?} is not an RFC 3339 time", crate::text::shorten(text, 80))
            });
        }
        time
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
            self.leave_out("licences");
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

    /// Adds a package; its licences come from [`Builder::license`].
    pub(crate) fn package(&mut self, package: PackageFact) {
        self.sbom.package_count = self.sbom.package_count.saturating_add(1);
        if let Some(license) = declared_of(&mut self.licenses, package.license_declared.as_ref()) {
            license.declared = license.declared.saturating_add(1);
        }
        if let Some(license) = declared_of(&mut self.licenses, package.license_concluded.as_ref()) {
            license.concluded = license.concluded.saturating_add(1);
        }
        let kind = package.purl.as_deref().and_then(purl_type).unwrap_or_default();
        if let Some(count) = self.types.get_mut(kind) {
            *count = count.saturating_add(1);
        } else if self.types.len() < MAX_TYPES {
            self.types.insert(kind.into(), 1);
        }
        if self.sbom.packages.len() < self.limits.max_packages {
            self.sbom.packages.push(package);
        } else {
            self.leave_out("packages");
        }
    }

    /// Adds a relationship.
    pub(crate) fn relationship(&mut self, from: SmolStr, to: SmolStr, kind: SmolStr) {
        self.sbom.relationship_count = self.sbom.relationship_count.saturating_add(1);
        if self.sbom.relationships.len() < self.limits.max_relationships {
            self.sbom.relationships.push(RelationshipFact { from, to, kind });
        } else {
            self.leave_out("relationships");
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

    /// Counts something that is left out because of a limit.
    pub(crate) fn leave_out(&mut self, what: &'static str) {
        let count = self.left_out.entry(what).or_default();
        *count = count.saturating_add(1);
    }

    /// More than one package has this id.
    pub(crate) fn same_id(&mut self, id: &str) {
        let id = crate::text::shorten(id, 80);
        self.problem("document_duplicate_id", || {
            format!("more than one package has the id {id:?}")
        });
    }

    /// Whoever reads the document looks for ids that are there twice, so that nothing else has to.
    pub(crate) fn ids_are_looked_at(&mut self) {
        self.ids_are_looked_at = true;
    }

    /// Tells of the first id that is there twice.
    fn look_at_ids(&mut self) {
        let packages = std::mem::take(&mut self.sbom.packages);
        let mut ids = std::collections::HashSet::with_capacity(packages.len());
        if let Some(twice) = packages.iter().find(|package| !ids.insert(package.id.as_str())) {
            self.same_id(&twice.id);
        }
        drop(ids);
        self.sbom.packages = packages;
    }

    /// The SBOM.
    pub(crate) fn finish(mut self) -> Sbom {
        if !self.ids_are_looked_at {
            self.look_at_ids();
        }
        let mut problems: Vec<_> = self.problems.finish();
        for (what, count) in self.left_out {
            self.sbom.truncated = true;
            problems.push(referee_core::facts::Problem {
                code: "document_truncated".to_owned(),
                message: format!("{count} {what} are left out"),
                hint: None,
            });
        }
        self.sbom.packages.shrink_to_fit();
        self.sbom.relationships.shrink_to_fit();
        self.sbom.licenses = self.licenses.into_iter().collect();
        self.sbom.package_types = self.types.into_iter().collect();
        self.sbom.problems = problems;
        self.sbom
    }
}

fn declared_of<'l>(
    licenses: &'l mut HashMap<SmolStr, LicenseFact>,
    key: Option<&SmolStr>,
) -> Option<&'l mut LicenseFact> {
    licenses.get_mut(key?.as_str())
}

/// The type of a package URL (purl-spec, "Rules for each purl component": after the scheme, up to
/// the first `/`).
fn purl_type(purl: &str) -> Option<&str> {
    let rest = purl.strip_prefix("pkg:")?.trim_start_matches('/');
    rest.split_once('/').map(|(kind, _)| kind)
}
