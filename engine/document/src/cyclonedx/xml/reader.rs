//! XML as CycloneDX needs it: elements of one namespace, their attributes and their text.
//!
//! Namespaces in XML 1.0: elements of other namespaces and attributes with a prefix are passed over.
//! There is no document type declaration, so that the only entities are the five of XML and
//! characters by number. What nests too deep, has too many attributes or declares too many prefixes
//! is refused: looking a prefix up takes time by the number of those that are declared.

use super::super::FORMAT;
use crate::error::DocumentError;
use crate::text::shorten;
use quick_xml::events::{BytesDecl, BytesRef, BytesStart, Event};
use smol_str::SmolStr;
use std::borrow::Cow;

/// How deep elements may nest: as deep as JSON may.
const MAX_DEPTH: usize = 128;

/// The most attributes of an element; CycloneDX has at most six.
const MAX_ATTRIBUTES: usize = 64;

/// The most prefixes that are declared at one place.
const MAX_PREFIXES: usize = 64;

/// The namespace of CycloneDX, before its version.
const NAMESPACE: &str = "http://cyclonedx.org/schema/bom/";

/// A reader of elements.
pub(super) struct Reader<'a> {
    events: quick_xml::Reader<&'a [u8]>,
    depth: usize,
    prefixes: Vec<Prefix>,
    /// The version in the namespace of the root element.
    version: SmolStr,
}

/// A prefix (empty for what has none) and the namespace that it stands for from some depth on.
struct Prefix {
    name: SmolStr,
    space: Space,
    depth: usize,
}

/// A namespace.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Space {
    /// CycloneDX of a version.
    Own(SmolStr),
    /// Any other, or none.
    Other,
}

/// The start of an element of CycloneDX. Whoever has it reads to its end: its children, its text, or
/// nothing ([`Reader::skip`]).
pub(super) struct Element<'a>(BytesStart<'a>);

impl Element<'_> {
    /// The name without prefix.
    pub(super) fn name(&self) -> &str {
        let name = self.0.name().into_inner();
        std::str::from_utf8(local(name)).unwrap_or_default()
    }

    /// An attribute.
    pub(super) fn attribute(&self, name: &str) -> Option<Cow<'static, str>> {
        // All attributes have been read once, and have no errors.
        let attribute = self.0.try_get_attribute(name).ok().flatten()?;
        attribute.unescape_value().ok().map(|value| Cow::Owned(value.into_owned()))
    }
}

impl<'a> Reader<'a> {
    /// Begins a document; gives the version of its root element, which is CycloneDX's `bom`.
    pub(super) fn begin(text: &'a str) -> Result<(Self, Element<'a>), DocumentError> {
        let mut events = quick_xml::Reader::from_str(text);
        events.config_mut().expand_empty_elements = true;
        events.config_mut().check_comments = true;
        let mut reader =
            Self { events, depth: 0, prefixes: Vec::new(), version: SmolStr::default() };
        let mut first = true;
        loop {
            match reader.event()? {
                Event::Start(start) => {
                    let element = Element(start);
                    match reader.space(&element)? {
                        Space::Own(version) if element.name() == "bom" => {
                            reader.version = version;
                            return Ok((reader, element));
                        }
                        _ => {
                            return Err(DocumentError::UnknownFormat {
                                expected: "CycloneDX in XML",
                            });
                        }
                    }
                }
                Event::Decl(declaration) if first => reader.encoding(&declaration)?,
                other => reader.outside(&other)?,
            }
            first = false;
        }
    }

    /// The version in the root element's namespace.
    pub(super) fn version(&self) -> &str {
        &self.version
    }

    /// The next child of the element that is being read; `None` at its end.
    pub(super) fn next(&mut self) -> Result<Option<Element<'a>>, DocumentError> {
        loop {
            match self.event()? {
                Event::Start(start) => {
                    let element = Element(start);
                    if self.is_own(&element)? {
                        return Ok(Some(element));
                    }
                    self.skip()?;
                }
                Event::End(_) => return Ok(None),
                Event::Eof => return Err(self.malformed("it ends inside an element")),
                Event::GeneralRef(reference) => drop(self.character(&reference)?),
                _ => {}
            }
        }
    }

    /// Hands each child on.
    pub(super) fn children(
        &mut self,
        mut take: impl FnMut(&mut Self, Element<'a>) -> Result<(), DocumentError>,
    ) -> Result<(), DocumentError> {
        while let Some(child) = self.next()? {
            take(self, child)?;
        }
        Ok(())
    }

    /// Reads to the end of the element that is being read.
    pub(super) fn skip(&mut self) -> Result<(), DocumentError> {
        let outside = self.depth.saturating_sub(1);
        loop {
            match self.event()? {
                Event::Start(start) => drop(self.is_own(&Element(start))?),
                Event::End(_) if self.depth == outside => return Ok(()),
                Event::Eof => return Err(self.malformed("it ends inside an element")),
                Event::GeneralRef(reference) => drop(self.character(&reference)?),
                _ => {}
            }
        }
    }

    /// The text of the element that is being read, to its end.
    pub(super) fn text(&mut self) -> Result<Cow<'a, str>, DocumentError> {
        let mut text = Cow::Borrowed("");
        let mut add = |more: Cow<'a, str>| {
            if text.is_empty() {
                text = more;
            } else {
                text.to_mut().push_str(&more);
            }
        };
        loop {
            match self.event()? {
                Event::Text(piece) => {
                    let piece = piece.xml10_content();
                    add(piece.map_err(|_| self.malformed("a text is not UTF-8"))?);
                }
                Event::CData(piece) => {
                    let piece = piece.xml10_content();
                    add(piece.map_err(|_| self.malformed("a text is not UTF-8"))?);
                }
                Event::GeneralRef(reference) => {
                    add(Cow::Owned(self.character(&reference)?.to_string()));
                }
                Event::Start(start) => {
                    let element = Element(start);
                    if self.is_own(&element)? {
                        let name = shorten(element.name(), 80);
                        return Err(self.not_as_demanded(&format!("{name:?} stands inside a text")));
                    }
                    self.skip()?;
                }
                Event::End(_) => return Ok(text),
                Event::Eof => return Err(self.malformed("it ends inside an element")),
                _ => {}
            }
        }
    }

    /// Reads what stands behind the root element, which is nothing of consequence.
    pub(super) fn end(mut self) -> Result<(), DocumentError> {
        loop {
            match self.event()? {
                Event::Eof => return Ok(()),
                other => self.outside(&other)?,
            }
        }
    }

    /// An error at this place.
    pub(super) fn malformed(&self, what: &str) -> DocumentError {
        DocumentError::Xml { position: self.events.buffer_position(), what: shorten(what, 200) }
    }

    /// An error at this place in what is well-formed.
    pub(super) fn not_as_demanded(&self, what: &str) -> DocumentError {
        DocumentError::Element {
            format: FORMAT,
            position: self.events.buffer_position(),
            what: shorten(what, 200),
        }
    }

    /// The next event; depth and prefixes are as they are after it.
    fn event(&mut self) -> Result<Event<'a>, DocumentError> {
        let before = self.events.buffer_position();
        let event = match self.events.read_event() {
            Ok(event) => event,
            Err(error) => {
                let position = self.events.error_position();
                return Err(DocumentError::Xml {
                    position,
                    what: shorten(&error.to_string(), 200),
                });
            }
        };
        match &event {
            Event::Start(start) => self.open(start)?,
            Event::End(_) => {
                while self.prefixes.last().is_some_and(|prefix| prefix.depth >= self.depth) {
                    self.prefixes.pop();
                }
                self.depth = self.depth.saturating_sub(1);
            }
            Event::DocType(_) => return Err(DocumentError::DocumentType { position: before }),
            Event::Decl(_) if before > 0 => {
                return Err(self.malformed("an XML declaration stands behind the start"));
            }
            _ => {}
        }
        Ok(event)
    }

    fn open(&mut self, start: &BytesStart<'a>) -> Result<(), DocumentError> {
        self.depth = self.depth.saturating_add(1);
        if self.depth > MAX_DEPTH {
            return Err(self.malformed("its elements nest too deep"));
        }
        for (position, attribute) in start.attributes().enumerate() {
            if position >= MAX_ATTRIBUTES {
                return Err(self.malformed("an element has too many attributes"));
            }
            let attribute = attribute.map_err(|error| self.malformed(&error.to_string()))?;
            let value = attribute.unescape_value();
            let value = value.map_err(|error| self.malformed(&error.to_string()))?;
            let name = attribute.key.into_inner();
            let prefix =
                if name == b"xmlns" { Some(&b""[..]) } else { name.strip_prefix(b"xmlns:") };
            if let Some(prefix) = prefix {
                let space = value
                    .strip_prefix(NAMESPACE)
                    .map_or(Space::Other, |version| Space::Own(version.into()));
                let name = std::str::from_utf8(prefix).unwrap_or_default().into();
                self.prefixes.push(Prefix { name, space, depth: self.depth });
            }
        }
        if self.prefixes.len() > MAX_PREFIXES {
            return Err(self.malformed("it declares too many namespaces"));
        }
        Ok(())
    }

    /// The namespace of an element.
    fn space(&self, element: &Element<'a>) -> Result<Space, DocumentError> {
        let name = element.0.name().into_inner();
        let prefix = name.iter().position(|byte| *byte == b':');
        let prefix = prefix.and_then(|end| name.get(..end)).unwrap_or_default();
        let known = self.prefixes.iter().rev().find(|known| known.name.as_bytes() == prefix);
        match known {
            Some(known) => Ok(known.space.clone()),
            None if prefix.is_empty() || prefix == b"xml" => Ok(Space::Other),
            None => Err(self.malformed("an element has a prefix that is not declared")),
        }
    }

    /// Whether an element is CycloneDX's. One of another version than the root is refused: who reads
    /// by names alone would see it, and who reads by namespaces would not.
    fn is_own(&self, element: &Element<'a>) -> Result<bool, DocumentError> {
        match self.space(element)? {
            Space::Own(version) if version == self.version => Ok(true),
            Space::Own(_) => {
                Err(self.not_as_demanded("an element is CycloneDX of another version"))
            }
            Space::Other => Ok(false),
        }
    }

    /// What may stand before and behind the root element.
    fn outside(&self, event: &Event<'a>) -> Result<(), DocumentError> {
        match event {
            Event::Comment(_) | Event::PI(_) => Ok(()),
            Event::Text(text) if text.iter().all(u8::is_ascii_whitespace) => Ok(()),
            Event::Eof => Err(self.malformed("it has no root element")),
            Event::Start(_) => Err(self.malformed("it has more than one root element")),
            _ => Err(self.malformed("text stands outside of the root element")),
        }
    }

    fn encoding(&self, declaration: &BytesDecl<'a>) -> Result<(), DocumentError> {
        match declaration.encoding() {
            None => Ok(()),
            Some(Ok(name))
                if [&b"utf-8"[..], b"us-ascii"]
                    .iter()
                    .any(|known| name.eq_ignore_ascii_case(known)) =>
            {
                Ok(())
            }
            Some(Ok(_)) => Err(DocumentError::Encoding { expected: "UTF-8 text" }),
            Some(Err(error)) => Err(self.malformed(&error.to_string())),
        }
    }

    /// The character that a reference stands for.
    fn character(&self, reference: &BytesRef<'a>) -> Result<char, DocumentError> {
        let named = match &**reference {
            b"lt" => Some('<'),
            b"gt" => Some('>'),
            b"amp" => Some('&'),
            b"apos" => Some('\''),
            b"quot" => Some('"'),
            _ => reference.resolve_char_ref().ok().flatten(),
        };
        // XML 1.0, production 2.
        let named = named.filter(|character| {
            !character.is_control() || matches!(character, '\t' | '\n' | '\r' | '\u{7f}'..)
        });
        named.ok_or_else(|| {
            let name = shorten(&String::from_utf8_lossy(reference), 80);
            self.malformed(&format!("the entity {name:?} is not known to {FORMAT}"))
        })
    }
}

/// A name without prefix.
fn local(name: &[u8]) -> &[u8] {
    match name.iter().position(|byte| *byte == b':') {
        Some(end) => name.get(end.saturating_add(1)..).unwrap_or_default(),
        None => name,
    }
}
