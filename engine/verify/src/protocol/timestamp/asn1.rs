//! Reading DER field by field, without copying: what is signed has to be at hand exactly as it
//! was written, and what is not looked at needs no decoding.
//!
//! Refused: BER (indefinite and overlong lengths, tags of several bytes), bytes after the last
//! field, and fields that are not where the structure has them.

use super::TimestampError;
use der::asn1::ObjectIdentifier;
use der::{Decode as _, Header, Reader as _, SliceReader, Tag, TagNumber};

/// The fields of one structure, one after the other.
#[derive(Clone)]
pub(super) struct Fields<'a> {
    reader: SliceReader<'a>,
    structure: &'static str,
}

/// One field: its tag, its content, and all of its bytes.
#[derive(Clone, Copy)]
pub(super) struct Field<'a> {
    pub(super) tag: Tag,
    pub(super) value: &'a [u8],
    pub(super) whole: &'a [u8],
}

/// The tag `[number]` of a constructed field.
pub(super) const fn context(number: TagNumber) -> Tag {
    Tag::ContextSpecific { constructed: true, number }
}

/// The tag `[number]` of a primitive field.
pub(super) const fn primitive(number: TagNumber) -> Tag {
    Tag::ContextSpecific { constructed: false, number }
}

impl<'a> Fields<'a> {
    /// The fields that these bytes consist of. `structure` is how errors name them.
    pub(super) fn new(bytes: &'a [u8], structure: &'static str) -> Result<Self, TimestampError> {
        let reader =
            SliceReader::new(bytes).map_err(|_| TimestampError::Malformed { structure })?;
        Ok(Self { reader, structure })
    }

    /// The fields of the one SEQUENCE that these bytes are.
    pub(super) fn sequence(
        bytes: &'a [u8],
        structure: &'static str,
    ) -> Result<Self, TimestampError> {
        let mut outer = Self::new(bytes, structure)?;
        let inner = outer.take(Tag::Sequence)?;
        outer.end()?;
        Self::new(inner, structure)
    }

    /// The error that says that this structure is malformed.
    pub(super) fn malformed(&self) -> TimestampError {
        TimestampError::Malformed { structure: self.structure }
    }

    /// The tag of the next field. `None` at the end, and where a tag is not one of DER's: only
    /// [`Fields::end`] says that there is nothing more.
    pub(super) fn peek(&self) -> Option<Tag> {
        self.reader.peek_tag().ok()
    }

    /// The next field, whatever it is.
    pub(super) fn next(&mut self) -> Result<Field<'a>, TimestampError> {
        let malformed = self.malformed();
        let whole = self.reader.tlv_bytes().map_err(|_| malformed.clone())?;
        let mut reader = SliceReader::new(whole).map_err(|_| malformed.clone())?;
        let header = Header::decode(&mut reader).map_err(|_| malformed.clone())?;
        let value = reader.read_slice(header.length).map_err(|_| malformed)?;
        Ok(Field { tag: header.tag, value, whole })
    }

    /// The content of the next field, which has this tag.
    pub(super) fn take(&mut self, tag: Tag) -> Result<&'a [u8], TimestampError> {
        let field = self.next()?;
        if field.tag == tag { Ok(field.value) } else { Err(self.malformed()) }
    }

    /// The content of the next field if it has this tag.
    pub(super) fn optional(&mut self, tag: Tag) -> Result<Option<&'a [u8]>, TimestampError> {
        if self.peek() == Some(tag) { self.take(tag).map(Some) } else { Ok(None) }
    }

    /// The fields of the next field, which is a SEQUENCE.
    pub(super) fn open(&mut self, structure: &'static str) -> Result<Self, TimestampError> {
        Fields::new(self.take(Tag::Sequence)?, structure)
    }

    /// An object identifier.
    pub(super) fn oid(&mut self) -> Result<ObjectIdentifier, TimestampError> {
        let field = self.next()?;
        ObjectIdentifier::from_der(field.whole).map_err(|_| self.malformed())
    }

    /// A small INTEGER that is not negative, in its shortest form.
    pub(super) fn number(&mut self) -> Result<u64, TimestampError> {
        let value = self.take(Tag::Integer)?;
        to_u64(value).ok_or_else(|| self.malformed())
    }

    /// An AlgorithmIdentifier (RFC 5280 section 4.1.1.2): its algorithm, and its parameters.
    pub(super) fn algorithm(&mut self) -> Result<Algorithm<'a>, TimestampError> {
        let mut fields = Fields::new(self.take(Tag::Sequence)?, self.structure)?;
        let oid = fields.oid()?;
        let parameters = if fields.end().is_ok() { None } else { Some(fields.next()?) };
        fields.end()?;
        Ok(Algorithm { oid, parameters })
    }

    /// That there are no more fields.
    pub(super) fn end(&self) -> Result<(), TimestampError> {
        if self.reader.is_finished() { Ok(()) } else { Err(self.malformed()) }
    }

    /// The remaining fields, no more than the limit.
    pub(super) fn rest(
        mut self,
        items: &'static str,
        limit: usize,
    ) -> Result<Vec<Field<'a>>, TimestampError> {
        let mut fields = Vec::new();
        while !self.reader.is_finished() {
            if fields.len() == limit {
                return Err(TimestampError::TooMany { items, limit });
            }
            fields.push(self.next()?);
        }
        Ok(fields)
    }
}

/// An algorithm and its parameters.
#[derive(Clone, Copy)]
pub(super) struct Algorithm<'a> {
    pub(super) oid: ObjectIdentifier,
    pub(super) parameters: Option<Field<'a>>,
}

impl Algorithm<'_> {
    /// Whether there are no parameters, or NULL, which the two generations of RFCs have in the
    /// place of none.
    pub(super) fn is_plain(&self) -> bool {
        self.parameters.is_none_or(|p| p.tag == Tag::Null && p.value.is_empty())
    }
}

/// The content of an INTEGER that is not negative, as a number.
pub(super) fn to_u64(value: &[u8]) -> Option<u64> {
    natural(value)?;
    value
        .iter()
        .try_fold(0u64, |number, byte| number.checked_mul(256)?.checked_add(u64::from(*byte)))
}

/// The content of an INTEGER without the byte that only holds the sign.
pub(super) fn unsigned(value: &[u8]) -> &[u8] {
    match value {
        [0, rest @ ..] if !rest.is_empty() => rest,
        all => all,
    }
}

/// That the content of an INTEGER is not negative and in its shortest form (X.690 section 8.3).
fn natural(value: &[u8]) -> Option<()> {
    let (first, rest) = value.split_first()?;
    let padded = *first == 0 && rest.first().is_some_and(|second| *second < 0x80);
    (*first < 0x80 && !padded).then_some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const MALFORMED: TimestampError = TimestampError::Malformed { structure: "thing" };

    #[test]
    fn lengths_that_are_not_der_are_refused() {
        let forms: [&[u8]; 4] = [
            &[0x30, 0x80, 0x02, 0x01, 0x01, 0x00, 0x00], // indefinite
            &[0x30, 0x81, 0x03, 0x02, 0x01, 0x01],       // longer than needed
            &[0x30, 0x04, 0x02, 0x01, 0x01],             // more than there is
            &[0x30, 0x03, 0x02, 0x01, 0x01, 0x00],       // less than there is
        ];
        for form in forms {
            assert_eq!(Fields::sequence(form, "thing").err(), Some(MALFORMED), "{form:02x?}");
        }
        let mut fields = Fields::sequence(&[0x30, 0x03, 0x02, 0x01, 0x01], "thing").unwrap();
        assert_eq!((fields.number(), fields.end()), (Ok(1), Ok(())));
    }

    #[test]
    fn integers_are_natural_and_in_their_shortest_form() {
        let cases: [(&[u8], Option<u64>); 7] = [
            (&[], None),
            (&[0], Some(0)),
            (&[0x7f], Some(127)),
            (&[0x80], None),
            (&[0, 0x7f], None),
            (&[0, 0x80], Some(128)),
            (&[0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff], Some(u64::MAX)),
        ];
        for (value, number) in cases {
            assert_eq!(to_u64(value), number, "{value:02x?}");
        }
        assert_eq!(to_u64(&[1, 0, 0, 0, 0, 0, 0, 0, 0]), None);
    }

    #[test]
    fn no_more_items_are_read_than_the_limit() {
        let items = [0x05, 0x00].repeat(3);
        let read = |limit| Fields::new(&items, "thing").unwrap().rest("nothings", limit);
        assert_eq!(read(3).unwrap().len(), 3);
        assert_eq!(read(2).err(), Some(TimestampError::TooMany { items: "nothings", limit: 2 }));
    }
}
