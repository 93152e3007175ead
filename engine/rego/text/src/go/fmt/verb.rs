//! One argument by one verb.

use super::{Argument, Flags, push_mistake};
use crate::go::float;
use crate::go::quote::quoted_with;
use num_bigint::{BigInt, Sign};
use referee_rego_value::bytes::{bytes_of, has_bytes, lone_byte, runes, taken};

/// Where an argument is written, and how.
pub(super) struct Printer<'a> {
    pub(super) out: &'a mut String,
    pub(super) flags: Flags,
}

impl Printer<'_> {
    pub(super) fn argument(&mut self, argument: &Argument<'_>, verb: char) {
        if verb == 'T' {
            return self.string(argument.type_name());
        }

        let written = match argument {
            Argument::Int(value) => self.integer(*value, verb),
            Argument::Float(value) => self.float(*value, verb),
            Argument::Text(text) | Argument::Named(_, text) => self.text(text, verb),
            Argument::Big(value) => {
                self.big(value, verb);
                true
            }
            Argument::Bool(value) => {
                let written = matches!(verb, 't' | 'v');
                if written {
                    self.pad(if *value { "true" } else { "false" });
                }
                written
            }
            Argument::Other(_, text) => {
                let written = matches!(verb, 's' | 'v' | 'd');
                if written {
                    self.pad(text);
                }
                written
            }
        };
        if !written {
            self.bad(argument, verb);
        }
    }

    /// `%!d(string=x)`: a verb that the argument does not have.
    fn bad(&mut self, argument: &Argument<'_>, verb: char) {
        push_mistake(self.out, verb);
        self.out.push('(');
        self.out.push_str(argument.type_name());
        self.out.push('=');
        self.argument(argument, 'v');
        self.out.push(')');
    }

    fn fill(&mut self, count: usize) {
        let filler = if self.flags.zero && !self.flags.minus { '0' } else { ' ' };
        self.out.extend(std::iter::repeat_n(filler, count));
    }

    fn pad(&mut self, text: &str) {
        let missing = self.flags.width.map_or(0, |it| it.saturating_sub(rune_count(text)));
        if !self.flags.minus {
            self.fill(missing);
        }
        self.out.push_str(text);
        if self.flags.minus {
            self.fill(missing);
        }
    }

    /// Pads with spaces, whatever the flags say.
    fn pad_with_spaces(&mut self, text: &str) {
        let zero = std::mem::take(&mut self.flags.zero);
        self.pad(text);
        self.flags.zero = zero;
    }

    /// The text up to the precision.
    fn truncated<'t>(&self, text: &'t str) -> &'t str {
        let Some(precision) = self.flags.precision else {
            return text;
        };
        let end = if has_bytes(text) {
            runes(text).take(precision).map(str::len).sum()
        } else {
            text.char_indices().nth(precision).map_or(text.len(), |(at, _)| at)
        };
        text.get(..end).unwrap_or(text)
    }

    fn string(&mut self, text: &str) {
        let text = self.truncated(text);
        self.pad(text);
    }

    fn text(&mut self, text: &str, verb: char) -> bool {
        match verb {
            'v' if self.flags.sharp_v => self.quoted(text),
            'v' | 's' => self.string(text),
            'x' => self.bytes(text, false),
            'X' => self.bytes(text, true),
            'q' => self.quoted(text),
            _ => return false,
        }
        true
    }

    fn quoted(&mut self, text: &str) {
        let text = self.truncated(text);
        let raw = |c: char| c != '`' && c != '\u{7f}' && c != '\u{feff}' && (c == '\t' || c >= ' ');
        let is_text = || runes(text).all(|rune| lone_byte(rune).is_none());
        if self.flags.sharp && text.chars().all(raw) && is_text() {
            let raw = format!("`{text}`");
            return self.pad(&raw);
        }
        let quoted = quoted_with(text, '"', self.flags.plus);
        self.pad(&quoted);
    }

    /// The bytes in hexadecimal.
    fn bytes(&mut self, text: &str, upper: bool) {
        let text = bytes_of(text);
        let length = self.flags.precision.map_or(text.len(), |most| most.min(text.len()));
        if length == 0 {
            return self.fill(self.flags.width.unwrap_or(0));
        }
        let prefix = if upper { "0X" } else { "0x" };
        let mut written = String::new();
        for (index, byte) in text.iter().take(length).enumerate() {
            if index > 0 && self.flags.space {
                written.push(' ');
            }
            if self.flags.sharp && (index == 0 || self.flags.space) {
                written.push_str(prefix);
            }
            written.push_str(&if upper { format!("{byte:02X}") } else { format!("{byte:02x}") });
        }
        self.pad(&written);
    }

    fn integer(&mut self, value: i64, verb: char) -> bool {
        match verb {
            'v' | 'd' => self.digits(value, verb, value.unsigned_abs().to_string()),
            'b' => self.digits(value, verb, format!("{:b}", value.unsigned_abs())),
            'o' | 'O' => self.digits(value, verb, format!("{:o}", value.unsigned_abs())),
            'x' => self.digits(value, verb, format!("{:x}", value.unsigned_abs())),
            'X' => self.digits(value, verb, format!("{:X}", value.unsigned_abs())),
            'c' => self.pad(&taken(&character(value).to_string())),
            'q' => {
                let text = character(value).to_string();
                let quoted = quoted_with(&taken(&text), '\'', self.flags.plus);
                self.pad(&quoted);
            }
            'U' => self.code_point(value),
            _ => return false,
        }
        true
    }

    fn digits(&mut self, value: i64, verb: char, digits: String) {
        let flags = self.flags;
        let sign = match () {
            () if value < 0 => "-",
            () if flags.plus => "+",
            () if flags.space => " ",
            () => "",
        };
        let least = match flags.precision {
            Some(0) if value == 0 => {
                return self.pad_with_spaces("");
            }
            Some(precision) => precision,
            None if flags.zero && !flags.minus => {
                flags.width.unwrap_or(0).saturating_sub(sign.len())
            }
            None => 0,
        };
        let mut digits = zeros_before(digits, least);
        if flags.sharp {
            match verb {
                'b' => digits.insert_str(0, "0b"),
                'o' | 'O' if !digits.starts_with('0') => digits.insert(0, '0'),
                'x' => digits.insert_str(0, "0x"),
                'X' => digits.insert_str(0, "0X"),
                _ => {}
            }
        }
        if verb == 'O' {
            digits.insert_str(0, "0o");
        }
        digits.insert_str(0, sign);
        self.pad_with_spaces(&digits);
    }

    /// `U+0078 'x'`.
    fn code_point(&mut self, value: i64) {
        // A negative number is one of 64 bits without a sign.
        let bits = u64::from_ne_bytes(value.to_ne_bytes());
        let least = self.flags.precision.unwrap_or(4).max(4);
        let digits = zeros_before(format!("{bits:X}"), least);
        let shown = u32::try_from(bits).ok().and_then(char::from_u32);
        let text = match shown.filter(|c| self.flags.sharp && referee_rego_value::is_printable(*c))
        {
            Some(c) => format!("U+{digits} '{c}'"),
            None => format!("U+{digits}"),
        };
        self.pad_with_spaces(&text);
    }

    fn float(&mut self, value: f64, verb: char) -> bool {
        let (format, default) = match verb {
            'v' => ('g', None),
            'b' | 'g' | 'G' | 'x' | 'X' => (verb, None),
            'f' | 'e' | 'E' => (verb, Some(6)),
            'F' => ('f', Some(6)),
            _ => return false,
        };
        let precision = self.flags.precision.or(default);
        let text = float::format(value.abs(), format, precision);
        let text = if self.flags.sharp && format != 'b' {
            with_point(&text, format, precision)
        } else {
            text
        };
        let sign = match () {
            () if value.is_sign_negative() => "-",
            () if self.flags.plus => "+",
            () if self.flags.space => " ",
            () => "",
        };
        let length = text.len() + sign.len();
        let width = self.flags.width.unwrap_or(0);
        if !sign.is_empty() && self.flags.zero && !self.flags.minus && width > length {
            self.out.push_str(sign);
            self.fill(width - length);
            self.out.push_str(&text);
        } else {
            self.pad(&format!("{sign}{text}"));
        }
        true
    }

    /// A whole number of any size, which has its own rules.
    fn big(&mut self, value: &BigInt, verb: char) {
        let magnitude = value.magnitude();
        let digits = match verb {
            'b' => magnitude.to_str_radix(2),
            'o' | 'O' => magnitude.to_str_radix(8),
            'd' | 's' | 'v' => magnitude.to_str_radix(10),
            'x' => magnitude.to_str_radix(16),
            'X' => magnitude.to_str_radix(16).to_uppercase(),
            _ => {
                push_mistake(self.out, verb);
                self.out.push_str(&format!("(big.Int={value})"));
                return;
            }
        };
        let flags = self.flags;
        let sign = match () {
            () if value.sign() == Sign::Minus => "-",
            () if flags.plus => "+",
            () if flags.space => " ",
            () => "",
        };
        let prefix = match verb {
            'O' => "0o",
            'b' if flags.sharp => "0b",
            'o' if flags.sharp => "0",
            'x' if flags.sharp => "0x",
            'X' if flags.sharp => "0X",
            _ => "",
        };
        let mut zeros = flags.precision.unwrap_or(0).saturating_sub(digits.len());
        let length = sign.len() + prefix.len() + zeros + digits.len();
        let missing = flags.width.unwrap_or(0).saturating_sub(length);
        let (mut left, mut right) = (0, 0);
        if flags.minus {
            right = missing;
        } else if flags.zero && flags.precision.is_none() {
            zeros += missing;
        } else {
            left = missing;
        }
        self.out.extend(std::iter::repeat_n(' ', left));
        self.out.push_str(sign);
        self.out.push_str(prefix);
        self.out.extend(std::iter::repeat_n('0', zeros));
        self.out.push_str(&digits);
        self.out.extend(std::iter::repeat_n(' ', right));
    }
}

fn rune_count(text: &str) -> usize {
    if has_bytes(text) { runes(text).count() } else { text.chars().count() }
}

fn zeros_before(digits: String, least: usize) -> String {
    let missing = least.saturating_sub(digits.len());
    if missing == 0 { digits } else { ["0".repeat(missing), digits].concat() }
}

/// The character of a code point; of what is none U+FFFD.
fn character(value: i64) -> char {
    u32::try_from(value).ok().and_then(char::from_u32).unwrap_or(char::REPLACEMENT_CHARACTER)
}

/// The number always with a point; of `g` and `x` the zeros at the end stay.
fn with_point(text: &str, format: char, precision: Option<usize>) -> String {
    let mark = if matches!(format, 'x' | 'X') { ['p', 'P'] } else { ['e', 'E'] };
    let at = text.find(mark).unwrap_or(text.len());
    let (number, tail) = text.split_at_checked(at).unwrap_or((text, ""));
    let mut number = number.to_owned();
    let mut missing = match format {
        'g' | 'G' | 'x' => i64::try_from(precision.unwrap_or(6)).unwrap_or(i64::MAX),
        _ => 0,
    };
    let counted = number.bytes().filter(|byte| *byte != b'.').skip_while(|byte| *byte == b'0');
    missing = missing.saturating_sub(i64::try_from(counted.count()).unwrap_or(0));
    if !number.contains('.') {
        if number == "0" {
            missing -= 1;
        }
        number.push('.');
    }
    number.extend(std::iter::repeat_n('0', usize::try_from(missing).unwrap_or(0)));
    number.push_str(tail);
    number
}
