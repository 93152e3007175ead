//! SPDX 2.2 and 2.3 as tags and values (specification 2.3 clause 4.4 and the tags of each field).
//!
//! A line is a tag, `:` and a value; a value between `<text>` and `</text>` can have several lines. A
//! field that a package can have once and has twice is refused, and a line that is neither a field
//! nor a comment.

use super::part;
use super::v2::{Document, FORMAT, Package};
use crate::error::DocumentError;
use crate::json::text;
use crate::limits::Limits;
use crate::text::shorten;
use referee_core::facts::{Sbom, SbomEncoding};
use std::borrow::Cow;

/// Reads a document.
///
/// # Errors
/// Where it cannot be read, is of another version, or does not say of which.
pub fn read(bytes: &[u8], limits: &Limits) -> Result<Sbom, DocumentError> {
    let mut reader = Reader {
        document: Document::new(SbomEncoding::TagValue, limits),
        section: Section::Document,
        package: Package::default(),
        once: Once::default(),
    };
    let mut fields = Fields { rest: text(bytes, limits)?, line: 0 };
    while let Some(field) = fields.next_field()? {
        reader.field(&field)?;
    }
    reader.end_package();
    reader.document.finish()
}

/// A tag and its value.
struct Field<'a> {
    tag: &'a str,
    value: &'a str,
    line: usize,
}

impl Field<'_> {
    fn error(&self, what: &str) -> DocumentError {
        DocumentError::Line { format: FORMAT, line: self.line, what: shorten(what, 200) }
    }
}

/// The fields of a text.
struct Fields<'a> {
    rest: &'a str,
    line: usize,
}

impl<'a> Fields<'a> {
    fn next_field(&mut self) -> Result<Option<Field<'a>>, DocumentError> {
        while !self.rest.is_empty() {
            self.line = self.line.saturating_add(1);
            let (line, rest) = self.rest.split_once('\n').unwrap_or((self.rest, ""));
            let trimmed = line.trim();
            if trimmed.is_empty() || trimmed.starts_with('#') {
                self.rest = rest;
                continue;
            }
            let line_number = self.line;
            let error =
                |what: String| DocumentError::Line { format: FORMAT, line: line_number, what };
            let Some((tag, value)) = trimmed.split_once(':') else {
                return Err(error(format!("{:?} has no tag", shorten(trimmed, 80))));
            };
            let tag = tag.trim_end();
            if tag.is_empty() || !tag.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
                return Err(error(format!("{:?} is no tag", shorten(tag, 80))));
            }
            let value = value.trim_start();
            let Some(text) = value.strip_prefix("<text>") else {
                self.rest = rest;
                return Ok(Some(Field { tag, value, line: line_number }));
            };
            // From the opening of the text in this line to its end, lines below.
            let opened = self.rest.find("<text>").unwrap_or_default();
            let inside = self.rest.get(opened..).and_then(|from| from.strip_prefix("<text>"));
            let Some((text, after)) = inside.unwrap_or(text).split_once("</text>") else {
                return Err(error("a <text> is never closed".to_owned()));
            };
            let breaks = text.bytes().filter(|byte| *byte == b'\n').count();
            self.line = self.line.saturating_add(breaks);
            let (beside, rest) = after.split_once('\n').unwrap_or((after, ""));
            if !beside.trim().is_empty() {
                return Err(error(format!("{:?} after </text>", shorten(beside.trim(), 80))));
            }
            self.rest = rest;
            return Ok(Some(Field { tag, value: text.trim(), line: line_number }));
        }
        Ok(None)
    }
}

/// What the fields belong to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Section {
    Document,
    Package,
    /// A file, a snippet, a licence.
    Other,
}

/// Fields of the document that were there.
#[derive(Debug, Default)]
struct Once {
    version: bool,
    name: bool,
    namespace: bool,
    created: bool,
    id: bool,
}

struct Reader<'a> {
    document: Document<'a>,
    section: Section,
    package: Package<'a>,
    once: Once,
}

impl<'a> Reader<'a> {
    fn field(&mut self, field: &Field<'a>) -> Result<(), DocumentError> {
        let value = Cow::Borrowed(field.value);
        match field.tag {
            "PackageName" => {
                self.end_package();
                self.section = Section::Package;
                self.package.name = Some(value);
                Ok(())
            }
            "FileName" | "SnippetName" | "LicenseName" => {
                self.other();
                Ok(())
            }
            "SnippetSPDXID" | "SnippetSPDXIdentifier" | "LicenseID" => {
                self.other();
                self.document.other(value);
                Ok(())
            }
            "SPDXID" => self.id(field),
            "Relationship" => self.relationship(field),
            "ExternalRef" if self.section == Section::Package => self.external_ref(field),
            "PackageChecksum" => self.checksum(field),
            "SPDXVersion" => {
                first(&mut self.once.version, field)?;
                self.document.version(value);
                Ok(())
            }
            "DocumentName" => {
                first(&mut self.once.name, field)?;
                self.document.builder.document().name = Some(field.value.to_owned());
                Ok(())
            }
            "DocumentNamespace" => {
                first(&mut self.once.namespace, field)?;
                self.document.builder.document().document_id = Some(field.value.to_owned());
                Ok(())
            }
            "Created" => {
                first(&mut self.once.created, field)?;
                self.document.builder.created_at(field.value);
                Ok(())
            }
            "Creator" => {
                part::creator(&mut self.document.builder, field.value);
                Ok(())
            }
            _ => self.package_field(field),
        }
    }

    /// A field that a package can have once.
    fn package_field(&mut self, field: &Field<'a>) -> Result<(), DocumentError> {
        let place = match field.tag {
            "PackageVersion" => &mut self.package.version,
            "PackageSupplier" => &mut self.package.supplier,
            "PackageLicenseDeclared" => &mut self.package.declared,
            "PackageLicenseConcluded" => &mut self.package.concluded,
            "PrimaryPackagePurpose" => &mut self.package.purpose,
            _ => return Ok(()),
        };
        set(self.section, place, field)
    }

    fn id(&mut self, field: &Field<'a>) -> Result<(), DocumentError> {
        let value = Cow::Borrowed(field.value);
        match self.section {
            Section::Document => {
                first(&mut self.once.id, field)?;
                self.document.id(value);
            }
            Section::Package => set(self.section, &mut self.package.id, field)?,
            Section::Other => self.document.other(value),
        }
        Ok(())
    }

    fn relationship(&mut self, field: &Field<'a>) -> Result<(), DocumentError> {
        let mut words = field.value.split_ascii_whitespace();
        let (Some(from), Some(kind), Some(to), None) =
            (words.next(), words.next(), words.next(), words.next())
        else {
            return Err(field.error("a relationship is an identifier, a kind, an identifier"));
        };
        self.document.relationship(from.into(), kind.into(), to.into());
        Ok(())
    }

    fn external_ref(&mut self, field: &Field<'a>) -> Result<(), DocumentError> {
        let mut words = field.value.split_ascii_whitespace();
        let (Some(_), Some(kind), Some(locator)) = (words.next(), words.next(), words.next())
        else {
            return Err(field.error("an external reference is a category, a type, a locator"));
        };
        if part::is_purl_type(kind) {
            self.package.purls.push(locator.into());
        }
        Ok(())
    }

    fn checksum(&mut self, field: &Field<'a>) -> Result<(), DocumentError> {
        if self.section != Section::Package {
            return Err(field.error("PackageChecksum outside a package"));
        }
        let Some((algorithm, value)) = field.value.split_once(':') else {
            return Err(field.error("a checksum is an algorithm, a colon, a value"));
        };
        self.package.hashes.push((algorithm.into(), value.into()));
        Ok(())
    }

    fn other(&mut self) {
        self.end_package();
        self.section = Section::Other;
    }

    fn end_package(&mut self) {
        if self.section == Section::Package {
            self.document.package(std::mem::take(&mut self.package));
        }
    }
}

fn set<'a>(
    section: Section,
    place: &mut Option<Cow<'a, str>>,
    field: &Field<'a>,
) -> Result<(), DocumentError> {
    if section != Section::Package {
        return Err(field.error(&format!("{} outside a package", field.tag)));
    }
    if place.is_some() {
        return Err(field.error(&format!("a second {} of one package", field.tag)));
    }
    *place = Some(Cow::Borrowed(field.value));
    Ok(())
}

fn first(seen: &mut bool, field: &Field<'_>) -> Result<(), DocumentError> {
    if std::mem::replace(seen, true) {
        return Err(field.error(&format!("a second {}", field.tag)));
    }
    Ok(())
}
