//! `net.*`: networks, addresses and names; `topdown/cidr.go`, `topdown/net.go`.
//!
//! Networks are kept in 128 bits, those of version 4 as `::ffff:a.b.c.d`, as Go does it.

mod merge;

use crate::give::{Given, VALUE_BYTES, collection, give, units};
use referee_rego_builtin::Implementation::Function as F;
use referee_rego_builtin::{
    BuiltinError, Cancelled, Context, ErrorKind, HostError, Result, Table, operand,
};
use referee_rego_go::netip;
use referee_rego_value::bytes::shown;
use referee_rego_value::{SetBuilder, Value};
use std::collections::HashMap;

pub(crate) const TABLE: Table = &[
    ("net.cidr_contains", F(contains)),
    ("net.cidr_overlap", F(contains)),
    ("net.cidr_intersects", F(intersects)),
    ("net.cidr_contains_matches", F(contains_matches)),
    ("net.cidr_expand", F(expand)),
    ("net.cidr_is_valid", F(is_valid)),
    ("net.cidr_merge", F(merge::merge)),
    ("net.lookup_ip_addr", F(lookup)),
];

/// A network: its first address, and how many of the 128 bits are fixed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Network {
    first: u128,
    fixed: u32,
}

fn mask(fixed: u32) -> u128 {
    u128::MAX.checked_shl(128 - fixed).unwrap_or(0)
}

impl Network {
    fn parse(text: &str) -> Result<Self> {
        Self::read(text).ok_or_else(|| BuiltinError::new(format!("invalid CIDR address: {text}")))
    }

    fn read(text: &str) -> Option<Self> {
        let (address, length) = text.split_once('/')?;
        let address = netip::parse_ip(address)?;
        let bits = if address.is_v4 { 32 } else { 128 };
        if length.is_empty() || !length.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let length: u32 = length.parse().ok().filter(|length| *length <= bits)?;
        let fixed = 128 - bits + length;
        Some(Self { first: address.bits & mask(fixed), fixed })
    }

    /// A network of version 4 holds no addresses of version 6, nor the other way round.
    fn holds(self, address: u128) -> bool {
        netip::to_v4(self.first).is_some() == netip::to_v4(address).is_some()
            && address & mask(self.fixed) == self.first & mask(self.fixed)
    }

    fn last(self) -> u128 {
        self.first | !mask(self.fixed)
    }
}

/// The network of an operand: wherever it stands, OPA's errors speak of the first.
fn network(value: &Value) -> Result<Network> {
    match value {
        Value::String(text) => Network::parse(text),
        other => Err(BuiltinError::operand(1, "string", other.type_name())),
    }
}

/// An address or a network.
#[derive(Clone, Copy)]
enum Inner {
    Address(u128),
    Network(Network),
}

fn inner(value: &Value) -> Result<Inner> {
    let Value::String(text) = value else {
        return Err(BuiltinError::operand(1, "string", value.type_name()));
    };
    if let Some(address) = netip::parse_ip(text) {
        return Ok(Inner::Address(address.bits));
    }
    Network::read(text).map(Inner::Network).ok_or_else(|| {
        BuiltinError::new(format!(
            "not a valid textual representation of an IP address or CIDR: {text}"
        ))
    })
}

fn holds(outer: Network, inner: Inner) -> bool {
    match inner {
        Inner::Address(address) => outer.holds(address),
        Inner::Network(inner) => outer.holds(inner.first) && outer.holds(inner.last()),
    }
}

fn contains(_: &mut Context<'_>, operands: &[Value]) -> Given {
    let outer = network(operand::value(operands, 1)?)?;
    give(holds(outer, inner(operand::value(operands, 2)?)?))
}

fn intersects(_: &mut Context<'_>, operands: &[Value]) -> Given {
    let first = network(operand::value(operands, 1)?)?;
    let second = network(operand::value(operands, 2)?)?;
    give(first.holds(second.first) || second.holds(first.first))
}

/// The networks of an operand with what names each: its index, its key, or itself.
fn named<'a>(position: usize, value: &'a Value) -> Vec<(Result<&'a Value>, Value)> {
    // An array begins with the network; what else it holds is the caller's.
    let of = |value: &'a Value| match value {
        Value::String(_) => Ok(value),
        Value::Array(array) if !array.is_empty() => Ok(array.get(0).unwrap_or(value)),
        _ => Err(BuiltinError::new(format!(
            "operand {position}: element must be string or non-empty array"
        ))),
    };
    match value {
        Value::String(_) => vec![(Ok(value), value.clone())],
        Value::Array(array) => array
            .iter()
            .enumerate()
            .map(|(index, element)| (of(element), crate::give::size(index)))
            .collect(),
        Value::Set(set) => set.iter().map(|element| (of(element), element.clone())).collect(),
        Value::Object(object) => {
            object.iter().map(|(key, element)| (of(element), key.clone())).collect()
        }
        _ => Vec::new(),
    }
}

fn contains_matches(ctx: &mut Context<'_>, operands: &[Value]) -> Given {
    let outers = named(1, operand::value(operands, 1)?);
    let inners = named(2, operand::value(operands, 2)?);
    collection(ctx, outers.len().saturating_add(inners.len()))?;
    let mut found = Vec::new();
    // Each is read once; what cannot be read is an error where its turn comes.
    let mut read: Vec<Inner> = Vec::with_capacity(inners.len());
    for (outer, name) in &outers {
        let outer = outer.as_ref().map_err(Clone::clone)?;
        let mut network_of_outer = None;
        for (index, (value, inner_name)) in inners.iter().enumerate() {
            ctx.work(units(1))?;
            let value = value.as_ref().map_err(Clone::clone)?;
            let outer = match network_of_outer {
                Some(known) => known,
                None => *network_of_outer.insert(network(outer)?),
            };
            let inner = match read.get(index) {
                Some(known) => *known,
                None => {
                    let inner = inner(value)?;
                    read.push(inner);
                    inner
                }
            };
            if holds(outer, inner) {
                ctx.reserve(VALUE_BYTES.saturating_mul(3))?;
                found.push(Value::array([name.clone(), inner_name.clone()]));
            }
        }
    }
    give(Value::set(found))
}

/// The bytes that an address takes in a set.
const ADDRESS_BYTES: u128 = 64;

fn expand(ctx: &mut Context<'_>, operands: &[Value]) -> Given {
    let network = network(operand::value(operands, 1)?)?;
    let size = 1u128.checked_shl(128 - network.fixed).unwrap_or(u128::MAX);
    let bytes =
        usize::try_from(size.saturating_mul(ADDRESS_BYTES)).map_err(|_| Cancelled::Memory)?;
    ctx.reserve(bytes)?;
    let mut addresses = SetBuilder::default();
    let mut next = network.first;
    loop {
        ctx.work(8)?;
        let address = Value::from(netip::text(next));
        addresses.insert_within(address, &mut |units| ctx.passed(units))?;
        match next.checked_add(1).filter(|next| *next <= network.last()) {
            Some(following) => next = following,
            None => return give(addresses.build_within(&mut |units| ctx.passed(units))?),
        }
    }
}

fn is_valid(_: &mut Context<'_>, operands: &[Value]) -> Given {
    let text = operand::value(operands, 1)?.as_str();
    give(text.is_some_and(|text| Network::read(text).is_some()))
}

/// The names that were looked up, for the length of a query.
#[derive(Default)]
struct Lookups(HashMap<String, Value>);

fn lookup(ctx: &mut Context<'_>, operands: &[Value]) -> Given {
    let name = operand::string(operands, 1)?;
    ctx.reserve(name.len())?;
    // An address is its own, with its zone.
    if let Ok(address) = netip::parse(name) {
        let zone = name.find('%').and_then(|at| name.get(at..)).unwrap_or_default();
        let text = format!("{}{zone}", netip::text(address.bits));
        return give(Value::set([Value::from(text)]));
    }
    if name.is_empty() {
        return Err(BuiltinError::new("lookup : no such host"));
    }
    if let Some(known) = ctx.cache::<Lookups>().0.get(name.as_str()) {
        return give(known.clone());
    }
    let (host, meter) = (ctx.host, &ctx.meter);
    let found = host.lookup_until(&shown(name), &|| meter.check().is_err());
    meter.check()?;
    let addresses = found.map_err(|error| match error {
        HostError::Timeout => {
            let kind = ErrorKind::Cancel(Cancelled::Time);
            BuiltinError { kind, message: format!("lookup {name}: i/o timeout") }
        }
        other => BuiltinError::new(other.to_string()),
    })?;
    let texts = addresses.into_iter().map(|address| Value::from(address.to_string()));
    let found = Value::set(texts);
    ctx.cache::<Lookups>().0.insert(name.to_string(), found.clone());
    give(found)
}
