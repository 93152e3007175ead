//! `uuid.*`; `topdown/uuid.go`.

use crate::give::{Given, give};
use crate::go::random::Random;
use referee_rego_builtin::Implementation::Function as F;
use referee_rego_builtin::{Context, Table, operand};
use referee_rego_value::Value;
use std::collections::HashMap;

pub(crate) const TABLE: Table = &[("uuid.parse", F(parse)), ("uuid.rfc4122", F(random))];

/// The identifiers that were given: the same for the same operand within a query.
#[derive(Default)]
struct Identifiers {
    given: HashMap<Value, Value>,
    random: Option<Random>,
}

fn random(ctx: &mut Context<'_>, operands: &[Value]) -> Given {
    let name = operand::value(operands, 1)?;
    ctx.reserve(256)?;
    // Another stream than that of `rand.intn`.
    let seed = ctx.seed.rotate_left(32) ^ 0x7575_6964;
    let cache = ctx.cache::<Identifiers>();
    if let Some(given) = cache.given.get(name) {
        return give(given.clone());
    }
    let random = cache.random.get_or_insert_with(|| Random::new(seed));
    let bits = u128::from(random.next()) << 64 | u128::from(random.next());
    // Version 4, variant of RFC 4122.
    let bits = bits & !(0xf << 76) & !(3 << 62) | 4 << 76 | 2 << 62;
    let digits = format!("{bits:032x}");
    let mut text = String::with_capacity(36);
    for (at, digit) in digits.chars().enumerate() {
        if matches!(at, 8 | 12 | 16 | 20) {
            text.push('-');
        }
        text.push(digit);
    }
    let value = Value::from(text);
    cache.given.insert(name.clone(), value.clone());
    give(value)
}

/// The 128 bits of an identifier: plain, after `urn:uuid:`, in braces (any two characters will
/// do), or without hyphens.
fn bits(text: &str) -> Option<u128> {
    let plain = match text.len() {
        32 => return hexadecimal(text),
        36 => text,
        38 => text.get(1..37)?,
        45 => {
            let (prefix, rest) = text.split_at_checked(9)?;
            prefix.eq_ignore_ascii_case("urn:uuid:").then_some(rest)?
        }
        _ => return None,
    };
    let mut groups = plain.split('-');
    let mut digits = String::with_capacity(32);
    for length in [8, 4, 4, 4, 12] {
        digits.push_str(groups.next().filter(|group| group.len() == length)?);
    }
    if groups.next().is_some() { None } else { hexadecimal(&digits) }
}

fn hexadecimal(digits: &str) -> Option<u128> {
    let valid = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    valid.then(|| u128::from_str_radix(digits, 16).ok()).flatten()
}

/// The bits of an identifier from a place on.
fn field(bits: u128, shift: u32, width: u32) -> i64 {
    i64::try_from((bits >> shift) & ((1 << width) - 1)).unwrap_or(0)
}

/// From October 15, 1582 to 1970, in units of 100 ns.
const EPOCH: i64 = 122_192_928_000_000_000;

fn parse(_: &mut Context<'_>, operands: &[Value]) -> Given {
    let Some(bits) = bits(operand::string(operands, 1)?) else {
        return Ok(None);
    };
    let version = field(bits, 76, 4);
    let variant = match field(bits, 61, 3) {
        4 | 5 => "RFC4122",
        6 => "Microsoft",
        7 => "Future",
        _ => "Reserved",
    };
    let mut members = vec![("version", Value::from(version)), ("variant", Value::from(variant))];
    if version == 1 || version == 2 {
        let low = field(bits, 96, 32);
        let ticks = field(bits, 64, 12) << 48 | field(bits, 80, 16) << 32 | low;
        let ticks = ticks - EPOCH;
        let time =
            (ticks / 10_000_000).wrapping_mul(1_000_000_000).wrapping_add(ticks % 10_000_000 * 100);
        let [.., a, b, c, d, e, f] = bits.to_be_bytes();
        let node = format!("{a:02x}-{b:02x}-{c:02x}-{d:02x}-{e:02x}-{f:02x}");
        let address = match a & 3 {
            0 => "global:unicast",
            1 => "global:multicast",
            2 => "local:unicast",
            _ => "local:multicast",
        };
        members.extend([
            ("time", Value::from(time)),
            ("nodeid", Value::from(node)),
            ("macvariables", Value::from(address)),
            ("clocksequence", Value::from(field(bits, 48, 14))),
        ]);
        if version == 2 {
            let domain = match field(bits, 48, 8) {
                0 => "Person".to_owned(),
                1 => "Group".to_owned(),
                2 => "Org".to_owned(),
                other => format!("Domain{other}"),
            };
            members.extend([("id", Value::from(low)), ("domain", Value::from(domain))]);
        }
    }
    give(Value::object(members))
}
