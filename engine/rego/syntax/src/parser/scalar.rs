//! Numbers, strings and template strings.

use super::Parser;
use super::arena::{ExprKind, Kind, Part, TermId};
use crate::scanner::Mode;
use crate::token::Token;
use referee_rego_value::bytes::taken;
use referee_rego_value::{Number, Str};
use std::borrow::Cow;

/// The greatest binary exponent of a number, either way: OPA's bound.
const MAX_BINARY_EXPONENT: f64 = 1e5;

impl Parser<'_> {
    pub(super) fn number(&mut self) -> Option<TermId> {
        let loc = self.here();
        let mut text = String::new();
        if self.state.token == Token::Sub {
            text.push('-');
            self.scan();
            if !matches!(self.state.token, Token::Number | Token::Dot) {
                self.illegal("expected number");
                return None;
            }
        }
        if self.state.token == Token::Dot {
            text.push('.');
            self.scan();
            if self.state.token != Token::Number {
                self.illegal("expected number");
                return None;
            }
        }
        let literal = self.literal_lossy();
        let zero_first = matches!(literal.as_bytes(), [b'0', second, ..] if *second != b'.');
        let exponent = matches!(literal.as_bytes(), [b'0', b'e' | b'E', _, ..]);
        if !text.ends_with('.') && zero_first && !exponent {
            self.illegal("expected number without leading zero");
            return None;
        }
        text.push_str(&literal);
        match binary_exponent(&text) {
            None => {
                self.illegal("invalid float");
                None
            }
            Some(exponent) if exponent.abs() > MAX_BINARY_EXPONENT => {
                self.error(self.here(), "number too big");
                None
            }
            Some(_) => {
                let number = json_number(&text)?;
                Some(self.arena.add(Kind::Number(number), loc))
            }
        }
    }

    pub(super) fn string(&mut self) -> Option<TermId> {
        let loc = self.here();
        let literal = self.literal_lossy();
        let inner = inner(&literal)?;
        let text = if literal.starts_with('"') && inner.contains('\\') {
            let Some(text) = unescape(inner) else {
                self.error(loc, format!("illegal string literal: {literal}"));
                return None;
            };
            held(&text)
        } else {
            held(inner)
        };
        Some(self.arena.add(Kind::String(text), loc))
    }

    /// A template string; the current token is its first part.
    pub(super) fn template(&mut self, raw: bool) -> Option<TermId> {
        let mut loc = self.here();
        if !self.features.template_strings {
            self.error(loc, "template strings are not supported by current capabilities");
            return None;
        }
        let mut parts = Vec::new();
        loop {
            let text = self.template_text()?;
            if !text.is_empty() {
                let here = self.here();
                parts.push(Part::Term(self.arena.add(Kind::String(text), here)));
            }
            if matches!(self.state.token, Token::TemplateEnd | Token::RawTemplateEnd) {
                break;
            }
            parts.push(self.template_expression()?);
            if self.state.token != Token::RBrace {
                self.error(self.here(), "expected } to end template string expression");
                return None;
            }
            self.advance(false, Mode::Template { raw });
        }
        let start = super::large(loc.offset);
        self.span(&mut loc, start, self.state.end);
        let parts = self.arena.add_parts(&parts);
        self.checked(Kind::Template(parts, raw), loc)
    }

    /// The text of the current part of a template string.
    fn template_text(&mut self) -> Option<Str> {
        let literal = self.literal_lossy();
        let message = match self.state.token {
            Token::TemplatePart | Token::TemplateEnd => {
                let literal = without_escaped_braces(&literal, false);
                let inner = inner(&literal)?;
                if !inner.contains('\\') {
                    return Some(held(inner));
                }
                match unescape(inner) {
                    Some(text) => return Some(held(&text)),
                    None => format!("illegal template-string part: {literal}"),
                }
            }
            Token::RawTemplatePart | Token::RawTemplateEnd => {
                return inner(&without_escaped_braces(&literal, true)).map(held);
            }
            _ => "expected template-string part".to_owned(),
        };
        self.error(self.here(), message);
        None
    }

    fn template_expression(&mut self) -> Option<Part> {
        let comments = self.state.comments;
        self.scan();
        let commented = self.state.comments != comments;
        let Some(id) = self.literal_expr() else {
            self.error(self.here(), "invalid template-string expression");
            return None;
        };
        let expr = self.arena.expr(id)?;
        let (kind, loc) = (expr.kind, expr.loc);
        let refused = if expr.negated {
            Some("unexpected negation ('not') in template-string expression")
        } else {
            match kind {
                ExprKind::Call(terms) => match self.global_operator(terms) {
                    Some("eq") => {
                        Some("unexpected unification ('=') in template-string expression")
                    }
                    Some("assign") => {
                        Some("unexpected assignment (':=') in template-string expression")
                    }
                    _ => None,
                },
                ExprKind::Every { .. } => Some("unexpected 'every' in template-string expression"),
                ExprKind::Some(..) => Some("unexpected 'some' in template-string expression"),
                _ => None,
            }
        };
        if let Some(message) = refused {
            self.error(loc, message);
            return None;
        }
        if let ExprKind::Term(term) = kind
            && !commented
            && matches!(
                self.arena.kind(term),
                Kind::Null | Kind::Bool(_) | Kind::Number(_) | Kind::String(_)
            )
        {
            return Some(Part::Term(term));
        }
        Some(Part::Expr(id))
    }
}

/// The text of a string as values hold it.
fn held(text: &str) -> Str {
    Str::new(taken(text))
}

/// A number of the text. `.5` is none in JSON, which OPA keeps as it is: here it is `0.5`.
fn json_number(text: &str) -> Option<Number> {
    Number::parse(text).or_else(|| match text.strip_prefix("-.") {
        Some(fraction) => Number::parse(&format!("-0.{fraction}")),
        None => Number::parse(&format!("0{text}")),
    })
}

/// What stands between the first and the last byte of a literal.
fn inner(literal: &str) -> Option<&str> {
    let mut chars = literal.chars();
    chars.next()?;
    chars.next_back()?;
    Some(chars.as_str())
}

/// A literal of a template string with `{` for `\{`.
fn without_escaped_braces(literal: &str, raw: bool) -> Cow<'_, str> {
    if !literal.contains("\\{") {
        return Cow::Borrowed(literal);
    }
    let mut result = String::with_capacity(literal.len());
    let mut chars = literal.chars().peekable();
    while let Some(char) = chars.next() {
        match (char, chars.peek()) {
            ('\\', Some('{')) => result.extend(chars.next()),
            ('\\', Some(_)) if !raw => {
                result.push(char);
                result.extend(chars.next());
            }
            _ => result.push(char),
        }
    }
    Cow::Owned(result)
}

/// The text behind a JSON string without its quotes; `None` where it is not JSON. Half a
/// surrogate pair becomes U+FFFD, as Go's decoder has it.
fn unescape(inner: &str) -> Option<String> {
    let mut result = String::with_capacity(inner.len());
    let mut rest = inner;
    while let Some(char) = rest.chars().next() {
        rest = rest.get(char.len_utf8()..)?;
        if char < ' ' || char == '"' {
            return None;
        }
        if char != '\\' {
            result.push(char);
            continue;
        }
        let escape = rest.chars().next()?;
        rest = rest.get(escape.len_utf8()..)?;
        result.push(match escape {
            '"' | '\\' | '/' => escape,
            'b' => '\u{8}',
            'f' => '\u{c}',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'u' => {
                let unit = hex(rest)?;
                rest = rest.get(4..)?;
                let next = rest.strip_prefix("\\u").and_then(hex);
                match (unit, next) {
                    (0xD800..=0xDBFF, Some(low @ 0xDC00..=0xDFFF)) => {
                        rest = rest.get(6..)?;
                        let code = 0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00);
                        char::from_u32(code).unwrap_or('\u{FFFD}')
                    }
                    _ => char::from_u32(unit).unwrap_or('\u{FFFD}'),
                }
            }
            _ => return None,
        });
    }
    Some(result)
}

fn hex(text: &str) -> Option<u32> {
    let digits = text.get(..4)?;
    if !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    u32::from_str_radix(digits, 16).ok()
}

/// About the binary exponent of a number, as Go's `big.Float` has it; 0 for zero. `None` where it is
/// no number, its decimal exponent is none of 64 bits, or the exponent of its power of two none of 32.
fn binary_exponent(text: &str) -> Option<f64> {
    let text = text.trim_start_matches('-');
    let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((text, ""));
    let exponent = exponent.strip_prefix('+').unwrap_or(exponent);
    let exponent: i64 = if exponent.is_empty() { 0 } else { exponent.parse().ok()? };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = || whole.bytes().chain(fraction.bytes());
    if !digits().all(|digit| digit.is_ascii_digit()) {
        return None;
    }
    if exponent == 0 && mantissa.len() < 300 {
        // Far within the bounds, as nearly every number is.
        return Some(1.0);
    }
    let Some(zeros) = digits().position(|digit| digit != b'0') else { return Some(0.0) };
    let leading = digits().skip(zeros).take(17);
    let (value, scale) = leading.fold((0.0_f64, 0.1_f64), |(value, scale), digit| {
        (value + f64::from(digit - b'0') * scale, scale / 10.0)
    });
    let _ = scale;
    let bits =
        f64::log2(10.0) * f64::from(u32::try_from(whole.len() + fraction.len() - zeros).ok()?);
    let places = i64::try_from(fraction.len()).ok()?;
    #[expect(clippy::cast_possible_truncation, reason = "a float becomes the nearest integer")]
    i32::try_from(exponent.saturating_sub(places).saturating_add(bits as i64)).ok()?;
    let shift = i64::try_from(whole.len()).ok()? - i64::try_from(zeros).ok()?;
    let exponent = exponent.saturating_add(shift).clamp(-10_000_000, 10_000_000);
    let exponent = f64::from(i32::try_from(exponent).ok()?);
    Some((value.log2() + exponent * std::f64::consts::LOG2_10).floor() + 1.0)
}
