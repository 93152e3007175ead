//! DER as Go's `encoding/asn1` unmarshals it into structures: which element is expected next, and
//! the words of its errors. Certificates are read by the stricter reader in `der`.

use crate::der::{self, Bits, Oid};

/// Reads the members of a structure one after another.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Fields<'a> {
    bytes: &'a [u8],
    offset: usize,
}

/// What Go's type of a member expects.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wanted {
    tag: u8,
    compound: bool,
    /// Go's name of the type, empty for pointers and slices.
    name: &'static str,
    parameters: Parameters,
}

#[derive(Clone, Copy, Debug, Default)]
struct Parameters {
    optional: bool,
    /// A context-specific tag instead of the universal one.
    context: Option<u8>,
    set: bool,
}

#[derive(Clone, Copy, Debug)]
struct Header {
    class: u8,
    compound: bool,
    tag: u32,
    length: usize,
}

/// An element: its content and all of it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Raw<'a> {
    pub(crate) content: &'a [u8],
    pub(crate) whole: &'a [u8],
}

impl Wanted {
    const fn new(tag: u8, compound: bool, name: &'static str) -> Self {
        let parameters = Parameters { optional: false, context: None, set: false };
        Self { tag, compound, name, parameters }
    }

    pub(crate) const INT: Self = Self::new(2, false, "int");
    pub(crate) const BIG: Self = Self::new(2, false, "");
    pub(crate) const BYTES: Self = Self::new(4, false, "");
    pub(crate) const OID: Self = Self::new(6, false, "ObjectIdentifier");
    pub(crate) const BITS: Self = Self::new(3, false, "BitString");
    pub(crate) const BOOL: Self = Self::new(1, false, "bool");

    /// A structure of a name.
    pub(crate) const fn structure(name: &'static str) -> Self {
        Self::new(16, true, name)
    }

    /// A slice: a sequence without a name.
    pub(crate) const LIST: Self = Self::new(16, true, "");

    pub(crate) const fn optional(mut self) -> Self {
        self.parameters.optional = true;
        self
    }

    /// With a context-specific tag instead of its own.
    pub(crate) const fn tagged(mut self, tag: u8) -> Self {
        self.parameters.context = Some(tag);
        self
    }

    /// A set instead of a sequence.
    pub(crate) const fn set(mut self) -> Self {
        self.parameters.set = true;
        self.tag = 17;
        self
    }
}

fn syntax(message: &str) -> String {
    format!("asn1: syntax error: {message}")
}

fn structural(message: &str) -> String {
    format!("asn1: structure error: {message}")
}

/// What Go says of characters that do not belong into a string.
pub(crate) fn invalid_character(kind: &str) -> String {
    syntax(&format!("{kind} contains invalid character"))
}

/// What Go says of bytes behind the last structure.
pub(crate) fn trailing_data() -> String {
    syntax("trailing data")
}

impl<'a> Fields<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, offset: 0 }
    }

    /// What is left.
    pub(crate) fn rest(&self) -> &'a [u8] {
        self.bytes.get(self.offset..).unwrap_or_default()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.offset >= self.bytes.len()
    }

    fn byte(&self, at: usize) -> Option<u8> {
        self.bytes.get(at).copied()
    }

    /// The tag and the length at a place, and where the content begins.
    fn header(&self, mut at: usize) -> Result<(Header, usize), String> {
        let first = self.byte(at).ok_or_else(|| syntax("sequence truncated"))?;
        at += 1;
        let mut tag = u32::from(first & 0x1f);
        if tag == 0x1f {
            (tag, at) = self.base128(at)?;
            if tag < 0x1f {
                return Err(syntax("non-minimal tag"));
            }
        }
        let truncated = || syntax("truncated tag or length");
        let byte = self.byte(at).ok_or_else(truncated)?;
        at += 1;
        let mut length = usize::from(byte & 0x7f);
        if byte & 0x80 != 0 {
            if length == 0 {
                return Err(syntax("indefinite length found (not DER)"));
            }
            let count = length;
            length = 0;
            for _ in 0..count {
                let byte = self.byte(at).ok_or_else(truncated)?;
                at += 1;
                if length >= 1 << 23 {
                    return Err(structural("length too large"));
                }
                length = length << 8 | usize::from(byte);
                if length == 0 {
                    return Err(structural("superfluous leading zeros in length"));
                }
            }
            if length < 0x80 {
                return Err(structural("non-minimal length"));
            }
        }
        Ok((Header { class: first >> 6, compound: first & 0x20 != 0, tag, length }, at))
    }

    fn base128(&self, mut at: usize) -> Result<(u32, usize), String> {
        let mut value = 0_u64;
        for shifted in 0.. {
            let Some(byte) = self.byte(at) else { break };
            if shifted == 5 {
                return Err(structural("base 128 integer too large"));
            }
            if shifted == 0 && byte == 0x80 {
                return Err(syntax("integer is not minimally encoded"));
            }
            value = value << 7 | u64::from(byte & 0x7f);
            at += 1;
            if byte & 0x80 == 0 {
                return match i32::try_from(value) {
                    Ok(value) => Ok((value.unsigned_abs(), at)),
                    Err(_) => Err(structural("base 128 integer too large")),
                };
            }
        }
        Err(syntax("truncated base 128 integer"))
    }

    /// The next element, whatever it is.
    pub(crate) fn raw(&mut self) -> Result<Raw<'a>, String> {
        let (header, at) = self.header(self.offset)?;
        self.take(header, at)
    }

    fn take(&mut self, header: Header, at: usize) -> Result<Raw<'a>, String> {
        let end = at.checked_add(header.length).filter(|end| *end <= self.bytes.len());
        let end = end.ok_or_else(|| syntax("data truncated"))?;
        let whole = self.bytes.get(self.offset..end).unwrap_or_default();
        let content = self.bytes.get(at..end).unwrap_or_default();
        self.offset = end;
        Ok(Raw { content, whole })
    }

    /// The next member; `None` where it is optional and missing.
    fn member(&mut self, wanted: Wanted) -> Result<Option<Raw<'a>>, String> {
        let parameters = wanted.parameters;
        if self.is_empty() {
            let missing = if parameters.optional { Ok(None) } else { Err(()) };
            return missing.map_err(|()| syntax("sequence truncated"));
        }
        let (header, at) = self.header(self.offset)?;
        let (class, tag) = match parameters.context {
            Some(tag) => (2, tag),
            None => (0, wanted.tag),
        };
        let fits = header.class == class
            && header.tag == u32::from(tag)
            && header.compound == wanted.compound;
        if fits {
            return self.take(header, at).map(Some);
        }
        if parameters.optional {
            return Ok(None);
        }
        Err(structural(&format!(
            "tags don't match ({tag} vs {{class:{} tag:{} length:{} isCompound:{}}}) \
             {{optional:false explicit:false application:false private:false \
             defaultValue:<nil> tag:{} stringType:0 timeType:0 set:{} omitEmpty:false}} {} @{at}",
            header.class,
            header.tag,
            header.length,
            header.compound,
            // Go prints the address of the tag, which is never the same.
            parameters.context.map_or_else(|| "<nil>".to_owned(), |tag| tag.to_string()),
            parameters.set,
            wanted.name,
        )))
    }

    fn required(&mut self, wanted: Wanted) -> Result<Raw<'a>, String> {
        self.member(wanted)?.ok_or_else(|| syntax("sequence truncated"))
    }

    /// A structure or a list: a reader of what is in it.
    pub(crate) fn structure(&mut self, wanted: Wanted) -> Result<(Fields<'a>, Raw<'a>), String> {
        let raw = self.required(wanted)?;
        Ok((Fields::new(raw.content), raw))
    }

    /// A list whose elements all have the type that is wanted (any, where there is none): Go looks
    /// at their tags and lengths before it reads the first.
    pub(crate) fn list(
        &mut self,
        list: Wanted,
        element: Option<Wanted>,
    ) -> Result<Fields<'a>, String> {
        let (fields, _) = self.structure(list)?;
        fields.check_elements(element)?;
        Ok(fields)
    }

    /// Looks at the tags and lengths of the elements of a list.
    pub(crate) fn check_elements(&self, element: Option<Wanted>) -> Result<(), String> {
        let mut ahead = *self;
        while !ahead.is_empty() {
            let (header, at) = ahead.header(ahead.offset)?;
            let fits = element.is_none_or(|wanted| {
                header.class == 0
                    && header.compound == wanted.compound
                    && header.tag == u32::from(wanted.tag)
            });
            if !fits {
                return Err(structural("sequence tag mismatch"));
            }
            let end = at.checked_add(header.length).filter(|end| *end <= ahead.bytes.len());
            ahead.offset = end.ok_or_else(|| syntax("truncated sequence"))?;
        }
        Ok(())
    }

    /// A structure or a list that may be missing.
    pub(crate) fn optional_list(&mut self, wanted: Wanted) -> Result<Option<Fields<'a>>, String> {
        Ok(self.member(wanted.optional())?.map(|raw| Fields::new(raw.content)))
    }

    pub(crate) fn int(&mut self) -> Result<i64, String> {
        let content = self.required(Wanted::INT)?.content;
        check_integer(content)?;
        der::to_i64(content).ok_or_else(|| structural("integer too large"))
    }

    pub(crate) fn big(&mut self) -> Result<&'a [u8], String> {
        let content = self.required(Wanted::BIG)?.content;
        check_integer(content)?;
        Ok(content)
    }

    pub(crate) fn optional_big(&mut self) -> Result<Option<&'a [u8]>, String> {
        let Some(raw) = self.member(Wanted::BIG.optional())? else { return Ok(None) };
        check_integer(raw.content)?;
        Ok(Some(raw.content))
    }

    pub(crate) fn optional_bool(&mut self) -> Result<bool, String> {
        match self.member(Wanted::BOOL.optional())?.map(|raw| raw.content) {
            None | Some([0]) => Ok(false),
            Some([0xff]) => Ok(true),
            Some(_) => Err(syntax("invalid boolean")),
        }
    }

    pub(crate) fn bytes(&mut self) -> Result<&'a [u8], String> {
        Ok(self.required(Wanted::BYTES)?.content)
    }

    pub(crate) fn oid(&mut self) -> Result<Oid, String> {
        parse_oid(self.required(Wanted::OID)?.content)
    }

    pub(crate) fn bits(&mut self) -> Result<Bits, String> {
        let content = self.required(Wanted::BITS)?.content;
        let Some((&unused, bytes)) = content.split_first() else {
            return Err(syntax("zero length BIT STRING"));
        };
        let last = bytes.last().copied();
        let fine = unused <= 7
            && match last {
                None => unused == 0,
                Some(last) => u32::from(last) & ((1 << unused) - 1) == 0,
            };
        if fine {
            Ok(Bits { bytes: bytes.to_vec(), unused })
        } else {
            Err(syntax("invalid padding bits in BIT STRING"))
        }
    }

    /// A member within an explicit context-specific tag that may be missing.
    pub(crate) fn explicit(&mut self, tag: u8) -> Result<Option<Fields<'a>>, String> {
        if self.is_empty() {
            return Ok(None);
        }
        let (header, at) = self.header(self.offset)?;
        if at == self.bytes.len() {
            return Err(structural("explicit tag has no child"));
        }
        if header.class != 2
            || header.tag != u32::from(tag)
            || !(header.compound || header.length == 0)
        {
            return Ok(None);
        }
        if header.length == 0 {
            return Err(structural("zero length explicit tag was not an asn1.Flag"));
        }
        let raw = self.take(header, at)?;
        Ok(Some(Fields::new(raw.content)))
    }

    /// `AlgorithmIdentifier`: the algorithm and its parameters, whole.
    pub(crate) fn algorithm(&mut self) -> Result<(Oid, &'a [u8]), String> {
        let (mut fields, _) = self.structure(Wanted::structure("AlgorithmIdentifier"))?;
        let oid = fields.oid()?;
        let parameters = if fields.is_empty() { &[][..] } else { fields.raw()?.whole };
        Ok((oid, parameters))
    }
}

fn check_integer(content: &[u8]) -> Result<(), String> {
    if content.is_empty() {
        Err(structural("empty integer"))
    } else if der::is_minimal(content) {
        Ok(())
    } else {
        Err(structural("integer not minimally-encoded"))
    }
}

/// The numbers of an identifier.
pub(crate) fn parse_oid(content: &[u8]) -> Result<Oid, String> {
    if content.is_empty() {
        return Err(syntax("zero length OBJECT IDENTIFIER"));
    }
    let fields = Fields::new(content);
    let (first, mut at) = fields.base128(0)?;
    let root = (first / 40).min(2);
    let mut numbers = vec![root, first - root * 40];
    while at < content.len() {
        let (number, next) = fields.base128(at)?;
        numbers.push(number);
        at = next;
    }
    Ok(numbers)
}
