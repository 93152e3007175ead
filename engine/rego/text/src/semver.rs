//! `semver.*`: versions of three numbers, pre-release and build; `topdown/semver.go`.

use crate::give::{Given, give, scan};
use referee_rego_builtin::Implementation::Function as F;
use referee_rego_builtin::{BuiltinError, Context, Result, Table, operand};
use referee_rego_value::Value;
use std::cmp::Ordering;

pub(crate) const TABLE: Table = &[("semver.compare", F(compare)), ("semver.is_valid", F(is_valid))];

fn is_valid(ctx: &mut Context<'_>, operands: &[Value]) -> Given {
    let Value::String(text) = operand::value(operands, 1)? else {
        return give(false);
    };
    scan(ctx, text.len())?;
    give(Version::parse(text).is_some())
}

fn compare(ctx: &mut Context<'_>, operands: &[Value]) -> Given {
    let first = operand::string(operands, 1)?;
    let second = operand::string(operands, 2)?;
    scan(ctx, first.len().saturating_add(second.len()))?;
    let first = version(operands, 1, first)?;
    let second = version(operands, 2, second)?;
    give(match first.compare(&second) {
        Ordering::Less => -1,
        Ordering::Equal => 0,
        Ordering::Greater => 1,
    })
}

fn version<'a>(operands: &[Value], position: usize, text: &'a str) -> Result<Version<'a>> {
    let shown = operand::value(operands, position)?;
    Version::parse(text).ok_or_else(|| {
        BuiltinError::new(format!("operand {position}: string {shown} is not a valid SemVer"))
    })
}

struct Version<'a> {
    numbers: [i64; 3],
    pre_release: &'a str,
}

impl<'a> Version<'a> {
    fn parse(text: &'a str) -> Option<Self> {
        let text = text.strip_prefix('v').unwrap_or(text);
        let (text, build) = text.split_once('+').unwrap_or((text, ""));
        let (text, pre_release) = text.split_once('-').unwrap_or((text, ""));
        if !are_identifiers(build) || !are_identifiers(pre_release) {
            return None;
        }
        let mut parts = text.split('.').map(number);
        let numbers = [parts.next()??, parts.next()??, parts.next()??];
        parts.next().is_none().then_some(Self { numbers, pre_release })
    }

    /// What was built of it does not count; a pre-release is before its release.
    fn compare(&self, other: &Self) -> Ordering {
        self.numbers.cmp(&other.numbers).then_with(|| match (self.pre_release, other.pre_release) {
            (a, b) if a == b => Ordering::Equal,
            ("", _) => Ordering::Greater,
            (_, "") => Ordering::Less,
            (a, b) => pre_releases(a, b),
        })
    }
}

fn number(text: &str) -> Option<i64> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok()).flatten()
}

/// Identifiers between points, or nothing.
fn are_identifiers(text: &str) -> bool {
    let valid = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    text.is_empty() || text.split('.').all(|part| !part.is_empty() && part.bytes().all(valid))
}

fn pre_releases(first: &str, second: &str) -> Ordering {
    let (mut first, mut second) = (first.split('.'), second.split('.'));
    loop {
        let order = match (first.next(), second.next()) {
            (None, None) => return Ordering::Equal,
            (None, Some(_)) => Ordering::Less,
            (Some(_), None) => Ordering::Greater,
            (Some(a), Some(b)) => identifiers(a, b),
        };
        if order.is_ne() {
            return order;
        }
    }
}

/// Numbers are before names.
fn identifiers(first: &str, second: &str) -> Ordering {
    let number = |text: &str| {
        let digits = text.bytes().all(|byte| byte.is_ascii_digit());
        digits.then(|| text.parse().unwrap_or(i64::MAX))
    };
    match (number(first), number(second)) {
        (Some(a), Some(b)) => a.cmp(&b),
        (Some(_), None) => Ordering::Less,
        (None, Some(_)) => Ordering::Greater,
        (None, None) => first.cmp(second),
    }
}
