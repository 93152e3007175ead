//! The text of a number: how it is kept, read and written.

use super::Number;
use std::fmt;
use triomphe::ThinArc;

/// So many bytes of text need no allocation.
const SHORT: usize = 14;

/// The JSON text of a number that is no plain integer of 64 bits.
#[derive(Clone)]
pub struct NumberText(Kept);

#[derive(Clone)]
enum Kept {
    Short { length: u8, bytes: [u8; SHORT] },
    Long(ThinArc<(), u8>),
}

impl NumberText {
    fn new(text: &str) -> Self {
        let mut bytes = [0; SHORT];
        if let (Some(room), Ok(length)) = (bytes.get_mut(..text.len()), u8::try_from(text.len())) {
            room.copy_from_slice(text.as_bytes());
            return Self(Kept::Short { length, bytes });
        }
        Self(Kept::Long(ThinArc::from_header_and_slice((), text.as_bytes())))
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        // It is ASCII: it was a text.
        std::str::from_utf8(self.as_bytes()).unwrap_or_default()
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        match &self.0 {
            Kept::Short { length, bytes } => bytes.get(..usize::from(*length)).unwrap_or_default(),
            Kept::Long(text) => &text.slice,
        }
    }

    pub(crate) fn heap_size(&self) -> usize {
        match &self.0 {
            Kept::Short { .. } => 0,
            Kept::Long(text) => text.slice.len() + 2 * size_of::<usize>(),
        }
    }
}

impl fmt::Debug for NumberText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

fn digits(text: &[u8]) -> usize {
    text.iter().take_while(|byte| byte.is_ascii_digit()).count()
}

/// Whether a text is a number by JSON's grammar.
fn is_json(text: &[u8]) -> bool {
    let text = text.strip_prefix(b"-").unwrap_or(text);
    let (whole, mut rest) = text.split_at(digits(text));
    if whole.is_empty() || (whole.len() > 1 && whole.first() == Some(&b'0')) {
        return false;
    }
    if let Some(fraction) = rest.strip_prefix(b".") {
        let (fraction, after) = fraction.split_at(digits(fraction));
        if fraction.is_empty() {
            return false;
        }
        rest = after;
    }
    if let Some(exponent) = rest.strip_prefix(b"e").or_else(|| rest.strip_prefix(b"E")) {
        let signed = exponent.strip_prefix(b"+").or_else(|| exponent.strip_prefix(b"-"));
        let exponent = signed.unwrap_or(exponent);
        return !exponent.is_empty() && digits(exponent) == exponent.len();
    }
    rest.is_empty()
}

impl Number {
    /// Reads a number in JSON's writing. `None` where the text is no JSON number.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        is_json(text.as_bytes()).then(|| Self::of_valid(text))
    }

    /// Of a text that is a JSON number (or what Go prints as one).
    pub(crate) fn of_valid(text: &str) -> Self {
        let unsigned = text.strip_prefix('-').unwrap_or(text);
        if unsigned.len() <= 19
            && text != "-0"
            && unsigned.bytes().all(|byte| byte.is_ascii_digit())
            && let Ok(value) = text.parse::<i64>()
        {
            return Self::Int(value);
        }
        Self::Text(NumberText::new(text))
    }

    /// Of a text that is a JSON number with a fraction or an exponent.
    #[inline]
    pub(crate) fn of_fraction(text: &str) -> Self {
        Self::Text(NumberText::new(text))
    }

    /// Writes its text, without what a formatter would look at first.
    ///
    /// # Errors
    /// Those of the writer.
    pub(crate) fn write_to(&self, out: &mut (impl fmt::Write + ?Sized)) -> fmt::Result {
        match self {
            Self::Int(value) => out.write_str(itoa::Buffer::new().format(*value)),
            Self::Text(text) => out.write_str(text.as_str()),
        }
    }
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Int(value) => {
                f.pad_integral(*value >= 0, "", itoa::Buffer::new().format(value.unsigned_abs()))
            }
            Self::Text(text) => f.write_str(text.as_str()),
        }
    }
}
