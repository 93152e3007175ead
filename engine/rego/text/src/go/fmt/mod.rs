//! Formatting by a format text, as Go's `fmt.Sprintf`: verbs, flags, width, precision, argument
//! indices, and what stands for a mistake (`%!d(string=x)`, `%!s(MISSING)`).

mod verb;

use crate::give;
use num_bigint::BigInt;
use referee_rego_builtin::{Context, Result};
use referee_rego_value::bytes::{rune_len, shown, taken};
use std::borrow::Cow;
use verb::Printer;

/// What is formatted.
#[derive(Clone, Debug)]
pub(crate) enum Argument<'a> {
    /// `int64`.
    Int(i64),
    /// `float64`.
    Float(f64),
    /// `*big.Int`.
    Big(BigInt),
    /// `string`.
    Text(Cow<'a, str>),
    /// `bool`.
    Bool(bool),
    /// A string with a type of its own: the name of that, and the text.
    Named(&'static str, Cow<'a, str>),
    /// A value of another type: its name in Go, and how it is written.
    Other(&'static str, String),
}

impl Argument<'_> {
    fn type_name(&self) -> &'static str {
        match self {
            Self::Int(_) => "int64",
            Self::Float(_) => "float64",
            Self::Big(_) => "*big.Int",
            Self::Text(_) => "string",
            Self::Bool(_) => "bool",
            Self::Named(name, _) | Self::Other(name, _) => name,
        }
    }
}

/// The largest width, precision or index that a format may name.
const MOST: i64 = 1_000_000;

/// The flags before a verb.
#[derive(Clone, Copy, Debug, Default)]
struct Flags {
    sharp: bool,
    /// `#` before `v`: Go's own syntax.
    sharp_v: bool,
    zero: bool,
    plus: bool,
    minus: bool,
    space: bool,
    width: Option<usize>,
    precision: Option<usize>,
}

/// Formats arguments.
///
/// # Errors
/// Where the text becomes larger than the budget.
pub(crate) fn sprintf(
    ctx: &mut Context<'_>,
    format: &str,
    arguments: &[Argument<'_>],
) -> Result<String> {
    give::text(ctx, format.len())?;
    let mut state = State {
        rest: format,
        arguments,
        next: 0,
        reordered: false,
        good_index: true,
        after_index: false,
    };
    let mut out = String::with_capacity(format.len());
    while let Some((before, after)) = state.rest.split_once('%') {
        out.push_str(before);
        state.rest = after;
        if !state.verb(ctx, &mut out)? {
            break;
        }
    }
    out.push_str(state.rest);
    state.extra(ctx, &mut out)?;
    Ok(out)
}

/// Where the formatting is.
struct State<'a> {
    rest: &'a str,
    arguments: &'a [Argument<'a>],
    /// The argument that comes next.
    next: usize,
    /// Whether an argument was asked for by its index.
    reordered: bool,
    good_index: bool,
    /// Whether what stands before is an index.
    after_index: bool,
}

impl State<'_> {
    fn peek(&self) -> Option<u8> {
        self.rest.bytes().next()
    }

    fn skip(&mut self, bytes: usize) {
        self.rest = self.rest.get(bytes..).unwrap_or_default();
    }

    /// A verb with all that belongs to it; false where the format ends before the verb.
    fn verb(&mut self, ctx: &mut Context<'_>, out: &mut String) -> Result<bool> {
        self.good_index = true;
        self.after_index = false;
        let mut flags = self.flags();
        self.index();
        self.width(&mut flags, out);
        self.precision(&mut flags, out);
        if !self.after_index {
            self.index();
        }
        let (rune, after) = self.rest.split_at_checked(rune_len(self.rest)).unwrap_or_default();
        let Some(verb) = shown(rune).chars().next() else {
            out.push_str("%!(NOVERB)");
            return Ok(false);
        };
        self.rest = after;
        if verb == '%' {
            out.push('%');
        } else if !self.good_index {
            push_mistake(out, verb);
            out.push_str("(BADINDEX)");
        } else if let Some(argument) = self.arguments.get(self.next) {
            if verb == 'v' || verb == 'w' {
                flags.sharp_v = std::mem::take(&mut flags.sharp);
                // `%+v` names the fields of structures: there are none.
                if !matches!(argument, Argument::Big(_)) {
                    flags.plus = false;
                }
            }
            print(ctx, out, flags, argument, verb)?;
            self.next += 1;
        } else {
            push_mistake(out, verb);
            out.push_str("(MISSING)");
        }
        Ok(true)
    }

    fn flags(&mut self) -> Flags {
        let mut flags = Flags::default();
        while let Some(byte) = self.peek() {
            match byte {
                b'#' => flags.sharp = true,
                b'0' => flags.zero = true,
                b'+' => flags.plus = true,
                b'-' => flags.minus = true,
                b' ' => flags.space = true,
                _ => break,
            }
            self.skip(1);
        }
        flags
    }

    /// `[3]`: the argument that comes next.
    fn index(&mut self) {
        self.after_index = false;
        if self.peek() != Some(b'[') {
            return;
        }
        self.reordered = true;
        let Some((index, after)) = self.rest.split_once(']').filter(|_| self.rest.len() >= 3)
        else {
            self.skip(1);
            self.good_index = false;
            return;
        };
        let digits = index.get(1..).unwrap_or_default();
        self.rest = after;
        let number = (!digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit()))
            .then(|| number(digits))
            .flatten();
        let Some(number) = number else {
            self.good_index = false;
            return;
        };
        self.after_index = true;
        match number.checked_sub(1).filter(|index| *index < self.arguments.len()) {
            Some(index) => self.next = index,
            None => self.good_index = false,
        }
    }

    /// A width or precision that is an argument.
    fn starred(&mut self) -> Option<i64> {
        let argument = self.arguments.get(self.next)?;
        self.next += 1;
        match argument {
            Argument::Int(value) if (-MOST..=MOST).contains(value) => Some(*value),
            _ => None,
        }
    }

    fn width(&mut self, flags: &mut Flags, out: &mut String) {
        if self.peek() == Some(b'*') {
            self.skip(1);
            match self.starred() {
                Some(width) => {
                    flags.width = usize::try_from(width.unsigned_abs()).ok();
                    if width < 0 {
                        flags.minus = true;
                        flags.zero = false;
                    }
                }
                None => out.push_str("%!(BADWIDTH)"),
            }
            self.after_index = false;
            return;
        }
        flags.width = self.digits();
        if self.after_index && flags.width.is_some() {
            self.good_index = false;
        }
    }

    fn precision(&mut self, flags: &mut Flags, out: &mut String) {
        // A point that ends the format is no precision but the verb.
        if self.peek() != Some(b'.') || self.rest.len() < 2 {
            return;
        }
        self.skip(1);
        if self.after_index {
            self.good_index = false;
        }
        self.index();
        if self.peek() == Some(b'*') {
            self.skip(1);
            let precision = self.starred();
            flags.precision = precision.and_then(|value| usize::try_from(value).ok());
            if flags.precision.is_none() {
                out.push_str("%!(BADPREC)");
            }
            self.after_index = false;
        } else {
            flags.precision = Some(self.digits().unwrap_or(0));
        }
    }

    /// The number that stands here. Where it is too large the whole format counts as read.
    fn digits(&mut self) -> Option<usize> {
        let length = self.rest.bytes().take_while(u8::is_ascii_digit).count();
        let digits = self.rest.get(..length).filter(|digits| !digits.is_empty())?;
        let value = number(digits);
        if value.is_none() {
            self.rest = "";
        } else {
            self.skip(length);
        }
        value
    }

    /// The arguments that no verb asked for.
    fn extra(&self, ctx: &mut Context<'_>, out: &mut String) -> Result<()> {
        let extra = self.arguments.get(self.next..).unwrap_or_default();
        if self.reordered || extra.is_empty() {
            return Ok(());
        }
        out.push_str("%!(EXTRA ");
        for (index, argument) in extra.iter().enumerate() {
            if index > 0 {
                out.push_str(", ");
            }
            out.push_str(argument.type_name());
            out.push('=');
            print(ctx, out, Flags::default(), argument, 'v')?;
        }
        out.push(')');
        Ok(())
    }
}

/// The number of digits; `None` where one more digit follows what is too large already.
fn number(digits: &str) -> Option<usize> {
    let most = usize::try_from(MOST).unwrap_or(usize::MAX);
    digits.bytes().try_fold(0usize, |value, digit| {
        (value <= most).then(|| value * 10 + usize::from(digit - b'0'))
    })
}

/// What stands for a verb that is a mistake.
fn push_mistake(out: &mut String, verb: char) {
    out.push_str("%!");
    out.push_str(&taken(verb.encode_utf8(&mut [0; 4])));
}

fn print(
    ctx: &mut Context<'_>,
    out: &mut String,
    flags: Flags,
    argument: &Argument<'_>,
    verb: char,
) -> Result<()> {
    let size = match argument {
        Argument::Text(text) | Argument::Named(_, text) => text.len().saturating_mul(2),
        Argument::Other(_, text) => text.len(),
        Argument::Big(value) => usize::try_from(value.bits()).unwrap_or(usize::MAX),
        _ => 0,
    };
    let padding = flags.width.unwrap_or(0).saturating_add(flags.precision.unwrap_or(0));
    give::text(ctx, size.saturating_add(padding).saturating_add(32))?;
    Printer { out, flags }.argument(argument, verb);
    Ok(())
}
