//! What a document refers to: by `bom-ref` in itself, or by BOM-Link (`urn:cdx:serial/version#ref`,
//! RFC 8141) in itself or in another document.

use super::assemble::ServiceName;
use crate::problems::Problems;
use crate::purl::is_purl;
use crate::sbom::packages::Packages;
use crate::text::percent_decoded;
use crate::text::shorten;
use referee_core::facts::{PackageFact, Sbom};
use smol_str::SmolStr;
use std::borrow::Cow;
use std::collections::HashMap;

/// What a BOM-Link calls the document itself.
#[derive(Clone, Copy, Debug)]
pub(super) struct Own<'d> {
    pub(super) serial_number: Option<&'d str>,
    pub(super) revision: u64,
}

/// What a document has that can be referred to.
#[derive(Debug)]
pub(super) struct Known<'k> {
    packages: &'k Packages<'k>,
    services: &'k HashMap<SmolStr, ServiceName>,
    own: Own<'k>,
}

/// What a reference leads to.
#[derive(Debug)]
pub(super) enum Target<'k> {
    /// A package; where more than one has the id, the first.
    Package { package: &'k PackageFact, more: bool },
    /// A service.
    Service(&'k ServiceName),
    /// Something in another document. Its `bom-ref` there may be a package URL.
    Elsewhere { purl: Option<SmolStr> },
    /// Nothing that is known. It may be a package URL all the same: tools write VEX documents that
    /// name packages of an SBOM elsewhere without a BOM-Link.
    Nothing { purl: Option<SmolStr> },
}

impl<'k> Known<'k> {
    pub(super) fn new(
        packages: &'k Packages<'k>,
        services: &'k HashMap<SmolStr, ServiceName>,
        own: Own<'k>,
    ) -> Self {
        Self { packages, services, own }
    }

    /// The SBOM.
    pub(super) fn sbom(&self) -> &'k Sbom {
        self.packages.sbom()
    }

    /// The document's revision.
    pub(super) fn revision(&self) -> u64 {
        self.own.revision
    }

    /// What a reference leads to.
    pub(super) fn target(&self, reference: &str) -> Target<'k> {
        if let Some(target) = self.local(reference) {
            return target;
        }
        match bom_link(reference) {
            Some(link) if self.is_own(&link) => {
                self.local(&link.reference).unwrap_or(Target::Nothing { purl: None })
            }
            Some(link) => Target::Elsewhere { purl: purl(&link.reference) },
            None => Target::Nothing { purl: purl(reference) },
        }
    }

    fn local(&self, id: &str) -> Option<Target<'k>> {
        let package = self.packages.get(id);
        let package = package.map(|(package, more)| Target::Package { package, more });
        package.or_else(|| self.services.get(id).map(Target::Service))
    }

    fn is_own(&self, link: &Link<'_>) -> bool {
        let own = self.own.serial_number.map(|serial| {
            let prefix = serial.get(..9).filter(|start| start.eq_ignore_ascii_case("urn:uuid:"));
            prefix.map_or(serial, |prefix| serial.get(prefix.len()..).unwrap_or_default())
        });
        own.is_some_and(|own| own.eq_ignore_ascii_case(link.serial))
            && link.revision == Some(self.own.revision)
    }

    /// Tells of relationships that lead nowhere. Where packages are left out they may lead there.
    pub(super) fn check(&self, problems: &mut Problems) {
        if self.packages.left_out() || !self.packages.lead_nowhere() {
            return;
        }
        let mut last = None;
        for relationship in &self.sbom().relationships {
            if last != Some(&relationship.from) {
                self.tell(&relationship.from, "a relationship", problems);
                last = Some(&relationship.from);
            }
            self.tell(&relationship.to, "a relationship", problems);
        }
    }

    /// Tells where a reference leads nowhere.
    fn tell(&self, reference: &str, what: &'static str, problems: &mut Problems) {
        let known = self.packages.get(reference).is_some() || self.services.contains_key(reference);
        if !known && matches!(self.target(reference), Target::Nothing { .. }) {
            self.tell_of(reference, what, problems);
        }
    }

    /// Tells that a reference leads nowhere, unless it may lead to a package that is left out.
    pub(super) fn tell_of(&self, reference: &str, what: &'static str, problems: &mut Problems) {
        if !self.packages.left_out() {
            problems.add("document_reference", || {
                let reference = shorten(reference, 80);
                format!("{what} refers to {reference:?}, which the document does not have")
            });
        }
    }
}

fn purl(reference: &str) -> Option<SmolStr> {
    is_purl(reference).then(|| reference.into())
}

/// A BOM-Link to an element.
struct Link<'r> {
    serial: &'r str,
    revision: Option<u64>,
    reference: Cow<'r, str>,
}

fn bom_link(text: &str) -> Option<Link<'_>> {
    let start = text.get(..8).filter(|start| start.eq_ignore_ascii_case("urn:cdx:"))?;
    let (document, reference) = text.get(start.len()..)?.split_once('#')?;
    let (serial, revision) = document.split_once('/')?;
    // What is not percent-encoding is taken as it is written.
    let reference = percent_decoded(reference).unwrap_or(Cow::Borrowed(reference));
    Some(Link { serial, revision: revision.parse().ok(), reference })
}
