//! From parts of a document to facts, one part at a time, whatever encoding they come from and in
//! whatever order.

use super::analysis::Statements;
use super::finding::Findings;
use super::model::{Component, Dependency, Metadata, Service, Vulnerability, said};
use super::reference::{Known, Own};
use super::{Bom, WITHOUT_VULNERABILITIES, licenses};
use crate::error::DocumentError;
use crate::hashes::Hashes;
use crate::limits::Limits;
use crate::purl::is_purl;
use crate::sbom::builder::Builder;
use crate::sbom::packages::Place;
use crate::text::shorten;
use referee_core::facts::{PackageFact, SbomEncoding, SbomFormat};
use smol_str::{SmolStr, format_smolstr};
use std::collections::HashMap;

/// A document in the making.
#[derive(Debug)]
pub(super) struct Assembler {
    builder: Builder,
    findings: Findings,
    statements: Statements,
    /// Whether the document has a list of vulnerabilities.
    scanned: bool,
    services: HashMap<SmolStr, ServiceName>,
    max_services: usize,
    about: Option<Place>,
    about_supplier: Option<SmolStr>,
    /// How many components have been met: those nested in what the document is about, and the others.
    positions: (u64, u64),
}

/// What a service is called.
#[derive(Debug)]
pub(super) struct ServiceName {
    pub(super) name: Option<SmolStr>,
    pub(super) version: Option<SmolStr>,
}

/// A component that is being read.
#[derive(Clone, Copy, Debug)]
pub(super) struct Opened {
    place: Place,
    in_front: bool,
    position: u64,
}

impl Opened {
    /// What stands for a `bom-ref` where there is none: `#0` for what the document is about, `#0.1`
    /// and so on for what is nested in it, `#1` and so on for the others.
    fn id(self) -> SmolStr {
        match (self.in_front, self.position) {
            (true, 0) => "#0".into(),
            (true, position) => format_smolstr!("#0.{position}"),
            (false, position) => format_smolstr!("#{position}"),
        }
    }
}

impl Assembler {
    pub(super) fn new(encoding: SbomEncoding, limits: &Limits) -> Self {
        Self {
            // The version is known at the end: members come in any order.
            builder: Builder::new(SbomFormat::CycloneDx, "", encoding, limits),
            findings: Findings::new(limits),
            statements: Statements::new(limits),
            scanned: false,
            services: HashMap::new(),
            max_services: limits.max_packages,
            about: None,
            about_supplier: None,
            positions: (0, 0),
        }
    }

    /// Begins a component, before those that are nested in it.
    pub(super) fn open(&mut self, in_front: bool) -> Opened {
        let position = if in_front {
            let position = self.positions.0;
            self.positions.0 = position.saturating_add(1);
            position
        } else {
            self.positions.1 = self.positions.1.saturating_add(1);
            self.positions.1
        };
        let place = if in_front { self.builder.place_in_front() } else { self.builder.place() };
        if in_front && position == 0 {
            self.about = Some(place);
        }
        Opened { place, in_front, position }
    }

    /// Ends a component in which those with the ids `nested` are nested; gives its id.
    pub(super) fn component(
        &mut self,
        opened: Opened,
        component: &Component<'_>,
        nested: Vec<SmolStr>,
    ) -> SmolStr {
        let id = match said(component.bom_ref.as_ref()) {
            Some(reference) => self.builder.package_id(reference),
            None => self.builder.package_id(&opened.id()),
        };
        let name = said(component.name.as_ref());
        if name.is_none() {
            self.builder.problem("document_name", || {
                format!("the component {:?} has no name", shorten(&id, 80))
            });
        }
        let purl = said(component.purl.as_ref());
        if let Some(purl) = purl.filter(|purl| !is_purl(purl)) {
            self.builder.problem("document_purl", || {
                format!("{:?} of {:?} is no package URL", shorten(purl, 80), shorten(&id, 80))
            });
        }
        let (license_declared, license_concluded) =
            licenses::read(&component.licenses, &mut self.builder);
        let package = PackageFact {
            name: joined(said(component.group.as_ref()), name.unwrap_or_default()),
            version: said(component.version.as_ref()).map(SmolStr::from),
            // Many tools take the purl for the id.
            purl: purl.map(|purl| if purl == id { id.clone() } else { purl.into() }),
            kind: said(component.kind.as_ref()).map(lower_case),
            supplier: component
                .supplier
                .as_ref()
                .and_then(|supplier| said(supplier.name.as_ref()))
                .map(SmolStr::from),
            hashes: self.hashes(component, &id),
            license_declared,
            license_concluded,
            id: id.clone(),
        };
        self.builder.put(opened.place, package);
        for inner in nested {
            self.builder.relationship(id.clone(), inner, "contains".into());
        }
        id
    }

    fn hashes(
        &mut self,
        component: &Component<'_>,
        id: &str,
    ) -> std::collections::BTreeMap<SmolStr, SmolStr> {
        let mut hashes = Hashes::default();
        for hash in &component.hashes.kept {
            let algorithm = said(hash.alg.as_ref()).unwrap_or_default();
            let content = said(hash.content.as_ref()).unwrap_or_default();
            if let Err(problem) = hashes.add(algorithm, content) {
                self.builder.problem("document_hash", || {
                    let (algorithm, id) = (shorten(algorithm, 80), shorten(id, 80));
                    format!("the {algorithm:?} hash of {id:?} {}", problem.what())
                });
            }
        }
        self.builder.leave_out("hashes", component.hashes.left_out);
        hashes.finish()
    }

    /// What the document is about, by its id.
    pub(super) fn describes(&mut self, id: SmolStr) {
        self.builder.document().describes.push(id);
    }

    /// What the document says of itself.
    pub(super) fn metadata(&mut self, metadata: &Metadata<'_>) {
        if let Some(time) = said(metadata.timestamp.as_ref()) {
            self.builder.created_at(time);
        }
        let mut left_out = 0;
        if let Some(tools) = &metadata.tools {
            let names = tools.0.kept.iter().filter_map(|tool| {
                let name = said(tool.name.as_ref())?;
                let version = said(tool.version.as_ref());
                Some(version.map_or_else(|| name.to_owned(), |version| format!("{name} {version}")))
            });
            self.builder.document().tools = names.collect();
            left_out = tools.0.left_out;
            self.findings.scanner(tools);
        }
        self.builder.leave_out("tools", left_out);
        let people = metadata.authors.kept.iter().chain(&metadata.manufacturer);
        let names = people.filter_map(|entity| {
            said(entity.name.as_ref()).or_else(|| said(entity.email.as_ref())).map(str::to_owned)
        });
        self.builder.document().authors = names.collect();
        self.builder.leave_out("authors", metadata.authors.left_out);
        let supplier = metadata.supplier.as_ref();
        self.about_supplier =
            supplier.and_then(|supplier| said(supplier.name.as_ref())).map(SmolStr::from);
    }

    /// A service: it is no package, but dependencies and vulnerabilities may name it.
    pub(super) fn service(&mut self, service: &Service<'_>) {
        let Some(id) = said(service.bom_ref.as_ref()) else { return };
        if self.services.len() < self.max_services {
            let name = said(service.name.as_ref());
            let name = name.map(|name| joined(said(service.group.as_ref()), name));
            let version = said(service.version.as_ref()).map(SmolStr::from);
            self.services.insert(id.into(), ServiceName { name, version });
        }
    }

    /// What something depends on and what it provides.
    pub(super) fn dependency(&mut self, dependency: &Dependency<'_>) {
        let Some(from) = said(dependency.reference.as_ref()) else {
            self.builder.problem("document_reference", || "a dependency has no ref".to_owned());
            return;
        };
        let from = self.builder.end_id(from);
        for (list, kind) in
            [(&dependency.depends_on, "depends_on"), (&dependency.provides, "provides")]
        {
            for to in list.kept.iter().filter_map(|to| said(Some(to))) {
                self.builder.relate(&from, to, kind.into());
            }
            self.builder.leave_out("relationships", list.left_out);
        }
    }

    /// The document has a list of vulnerabilities.
    pub(super) fn has_vulnerabilities(&mut self) {
        self.scanned = true;
    }

    /// A vulnerability.
    pub(super) fn vulnerability(&mut self, vulnerability: &Vulnerability<'_>) {
        self.findings.add(vulnerability);
        self.statements.add(vulnerability);
    }

    /// The facts. `version` is the specification's, `revision` the document's own.
    pub(super) fn finish(
        mut self,
        version: &'static str,
        serial_number: Option<&str>,
        revision: Option<u64>,
    ) -> Result<Bom, DocumentError> {
        let serial_number = serial_number.map(str::trim).filter(|serial| !serial.is_empty());
        let document = self.builder.document();
        document.spec_version = version.into();
        document.document_id = serial_number.map(str::to_owned);
        if WITHOUT_VULNERABILITIES.contains(&version) && self.scanned {
            // Whoever wrote it cannot have meant what the later versions mean.
            self.scanned = false;
            self.builder.problem("document_member", || {
                format!("CycloneDX {version} has no vulnerabilities; they are not read")
            });
        }
        if let Some(about) = self.about.and_then(|place| self.builder.at(place)) {
            about.supplier = about.supplier.take().or(self.about_supplier);
        }
        let name = self.about.and_then(|place| self.builder.at(place));
        let name = name.map(|about| about.name.to_string()).filter(|name| !name.is_empty());
        self.builder.document().name = name;
        let own = Own { serial_number, revision: revision.unwrap_or(1) };
        let (services, scanned) = (self.services, self.scanned);
        let (findings, statements) = (self.findings, self.statements);
        // Nobody looked for anything where there is nothing to look at: that is VEX and no scan.
        let only_vex = findings.all_judged() && self.positions.0 <= 1 && self.positions.1 == 0;
        let (mut report, mut vex) = (None, None);
        let sbom = self.builder.finish_with(|packages, problems| {
            let known = Known::new(packages, &services, own);
            known.check(problems);
            if scanned {
                report = (!only_vex).then(|| findings.finish(&known));
                vex = statements.finish(&known);
            }
        });
        Ok(Bom { sbom, report, vex })
    }
}

/// A name with its group before it.
fn joined(group: Option<&str>, name: &str) -> SmolStr {
    group.map_or_else(|| name.into(), |group| format_smolstr!("{group}/{name}"))
}

fn lower_case(text: &str) -> SmolStr {
    if text.bytes().any(|byte| byte.is_ascii_uppercase()) {
        text.to_ascii_lowercase().into()
    } else {
        text.into()
    }
}
