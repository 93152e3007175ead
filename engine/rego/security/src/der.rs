//! A reader of DER (X.690): definite lengths in the fewest bytes, tags below 31, numbers in the
//! fewest bytes. Whatever else is no answer; it never reads beyond what it was given.

/// Class bits of a context-specific tag.
pub(crate) const CONTEXT: u8 = 0x80;
/// The bit of a constructed element.
pub(crate) const CONSTRUCTED: u8 = 0x20;

/// Tags of the universal class.
pub(crate) mod tag {
    pub(crate) const BOOLEAN: u8 = 1;
    pub(crate) const INTEGER: u8 = 2;
    pub(crate) const BIT_STRING: u8 = 3;
    pub(crate) const OCTET_STRING: u8 = 4;
    pub(crate) const OBJECT_IDENTIFIER: u8 = 6;
    pub(crate) const UTF8_STRING: u8 = 12;
    pub(crate) const NUMERIC_STRING: u8 = 18;
    pub(crate) const PRINTABLE_STRING: u8 = 19;
    pub(crate) const T61_STRING: u8 = 20;
    pub(crate) const IA5_STRING: u8 = 22;
    pub(crate) const UTC_TIME: u8 = 23;
    pub(crate) const GENERALIZED_TIME: u8 = 24;
    pub(crate) const BMP_STRING: u8 = 30;
    pub(crate) const SEQUENCE: u8 = 0x30;
    pub(crate) const SET: u8 = 0x31;
}

/// `NULL`, whole.
pub(crate) const NULL: &[u8] = &[5, 0];

/// An object identifier, by its numbers.
pub(crate) type Oid = Vec<u32>;

/// An identifier in dotted form.
pub(crate) fn dotted(oid: &[u32]) -> String {
    oid.iter().map(u32::to_string).collect::<Vec<_>>().join(".")
}

/// A string of bits.
#[derive(Clone, Debug, Default)]
pub(crate) struct Bits {
    /// The bytes, bits from the left.
    pub(crate) bytes: Vec<u8>,
    /// How many bits of the last byte do not count.
    pub(crate) unused: u8,
}

impl Bits {
    /// Whether a bit is set; bits are counted from the left.
    pub(crate) fn at(&self, index: usize) -> bool {
        let length = self.bytes.len() * 8 - usize::from(self.unused);
        index < length
            && self.bytes.get(index / 8).is_some_and(|byte| byte >> (7 - index % 8) & 1 == 1)
    }

    /// The bytes, moved so that the last bit is the last of a byte.
    pub(crate) fn right_aligned(&self) -> Vec<u8> {
        if self.unused == 0 {
            return self.bytes.clone();
        }
        let mut carry = 0;
        let shift = u32::from(self.unused);
        self.bytes
            .iter()
            .map(|&byte| {
                let moved = carry | byte >> shift;
                carry = byte.checked_shl(8 - shift).unwrap_or(0);
                moved
            })
            .collect()
    }
}

/// An element: its tag, its content, and all of it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Element<'a> {
    pub(crate) tag: u8,
    pub(crate) content: &'a [u8],
    pub(crate) whole: &'a [u8],
}

/// Reads elements one after another.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether the next element has a tag.
    pub(crate) fn next_is(&self, tag: u8) -> bool {
        self.0.first() == Some(&tag)
    }

    /// The next element, whatever it is.
    pub(crate) fn any(&mut self) -> Option<Element<'a>> {
        let (&tag, rest) = self.0.split_first()?;
        let (&first, rest) = rest.split_first()?;
        if tag & 0x1f == 0x1f {
            return None;
        }
        let (header, length) = if first & 0x80 == 0 {
            (2, usize::from(first))
        } else {
            let count = usize::from(first & 0x7f);
            if count == 0 || count > 4 {
                return None;
            }
            let bytes = rest.get(..count)?;
            let length = bytes.iter().fold(0_u32, |sum, &byte| sum << 8 | u32::from(byte));
            // Not in the fewest bytes.
            if length < 128 || bytes.first() == Some(&0) {
                return None;
            }
            (2 + count, usize::try_from(length).ok()?)
        };
        let end = header.checked_add(length)?;
        let whole = self.0.get(..end)?;
        let content = whole.get(header..)?;
        self.0 = self.0.get(end..)?;
        Some(Element { tag, content, whole })
    }

    /// The next element, if it has a tag; what is no such element stays.
    pub(crate) fn element(&mut self, tag: u8) -> Option<Element<'a>> {
        let mut ahead = *self;
        let element = ahead.any().filter(|element| element.tag == tag)?;
        *self = ahead;
        Some(element)
    }

    /// The content of the next element, if it has a tag.
    pub(crate) fn content(&mut self, tag: u8) -> Option<&'a [u8]> {
        self.element(tag).map(|element| element.content)
    }

    /// A reader of the content of the next element, if it has a tag.
    pub(crate) fn inside(&mut self, tag: u8) -> Option<Reader<'a>> {
        self.content(tag).map(Reader)
    }

    /// The content of an element that may be missing. The outer `None` is malformed.
    pub(crate) fn optional(&mut self, tag: u8) -> Option<Option<&'a [u8]>> {
        if self.next_is(tag) { self.content(tag).map(Some) } else { Some(None) }
    }

    pub(crate) fn boolean(&mut self) -> Option<bool> {
        match self.content(tag::BOOLEAN)? {
            [0] => Some(false),
            [0xff] => Some(true),
            _ => None,
        }
    }

    /// An integer in two's complement, in the fewest bytes.
    pub(crate) fn integer(&mut self) -> Option<&'a [u8]> {
        let bytes = self.content(tag::INTEGER)?;
        is_minimal(bytes).then_some(bytes)
    }

    /// An integer that fits.
    pub(crate) fn int64(&mut self) -> Option<i64> {
        to_i64(self.integer()?)
    }

    pub(crate) fn oid(&mut self) -> Option<Oid> {
        parse_oid(self.content(tag::OBJECT_IDENTIFIER)?)
    }

    pub(crate) fn bits(&mut self) -> Option<Bits> {
        let (&unused, bytes) = self.content(tag::BIT_STRING)?.split_first()?;
        let last = bytes.last().copied();
        let padding_is_zero = match last {
            None => unused == 0,
            Some(last) => unused <= 7 && u32::from(last) & ((1 << unused) - 1) == 0,
        };
        padding_is_zero.then(|| Bits { bytes: bytes.to_vec(), unused })
    }
}

/// Whether an integer is written in the fewest bytes.
pub(crate) fn is_minimal(bytes: &[u8]) -> bool {
    match bytes {
        [] => false,
        [0, second, ..] => second & 0x80 != 0,
        [0xff, second, ..] => second & 0x80 == 0,
        _ => true,
    }
}

/// The value of an integer in two's complement, where it fits.
pub(crate) fn to_i64(bytes: &[u8]) -> Option<i64> {
    if bytes.len() > 8 {
        return None;
    }
    let sign = if bytes.first().is_some_and(|byte| byte & 0x80 != 0) { -1 } else { 0 };
    Some(bytes.iter().fold(sign, |value: i64, &byte| value << 8 | i64::from(byte)))
}

/// The numbers of an identifier; each below 2^31, in the fewest bytes.
pub(crate) fn parse_oid(bytes: &[u8]) -> Option<Oid> {
    let mut numbers = Vec::with_capacity(bytes.len() + 1);
    let mut value = 0_u32;
    let mut within = false;
    for &byte in bytes {
        if (!within && byte == 0x80) || value >= 1 << 24 {
            return None;
        }
        value = value << 7 | u32::from(byte & 0x7f);
        within = byte & 0x80 != 0;
        if within {
            continue;
        }
        if numbers.is_empty() {
            let first = (value / 40).min(2);
            numbers.push(first);
            value -= first * 40;
        }
        numbers.push(value);
        value = 0;
    }
    (!within && !numbers.is_empty()).then_some(numbers)
}

/// An element with a tag.
pub(crate) fn wrap(tag: u8, content: &[u8]) -> Vec<u8> {
    let mut bytes = vec![tag];
    match u8::try_from(content.len()) {
        Ok(length) if length < 128 => bytes.push(length),
        _ => {
            let length = content.len().to_be_bytes();
            let length: Vec<u8> = length.into_iter().skip_while(|&byte| byte == 0).collect();
            bytes.push(0x80 | u8::try_from(length.len()).unwrap_or(0));
            bytes.extend(length);
        }
    }
    bytes.extend_from_slice(content);
    bytes
}

/// A positive integer from its bytes without a sign.
pub(crate) fn wrap_unsigned(magnitude: &[u8]) -> Vec<u8> {
    let mut content: Vec<u8> = magnitude.iter().copied().skip_while(|&byte| byte == 0).collect();
    if content.first().is_none_or(|byte| byte & 0x80 != 0) {
        content.insert(0, 0);
    }
    wrap(tag::INTEGER, &content)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_definite_and_short() {
        for bytes in
            [&[0x30, 0x80, 0, 0][..], &[0x30, 0x81, 1, 0], &[0x30, 0x82, 0, 200], &[0x30, 5, 0]]
        {
            assert!(Reader::new(bytes).any().is_none(), "{bytes:?}");
        }
    }

    #[test]
    fn identifiers_are_read_and_overlong_ones_refused() {
        assert_eq!(parse_oid(&[0x2a, 0x86, 0x48]), Some(vec![1, 2, 840]));
        assert_eq!(parse_oid(&[0x80, 1]), None);
        assert_eq!(parse_oid(&[0x2a, 0x86]), None);
        assert_eq!(parse_oid(&[0x2a, 0x90, 0x80, 0x80, 0x80, 0]), None);
    }

    #[test]
    fn bits_move_to_the_right() {
        let bits = Bits { bytes: vec![0xaa, 0xf0], unused: 4 };
        assert_eq!(bits.right_aligned(), [0x0a, 0xaf]);
        assert!(bits.at(0) && !bits.at(1) && !bits.at(12));
    }
}
