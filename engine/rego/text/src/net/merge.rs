//! `net.cidr_merge`: the fewest networks that hold the same addresses.

use super::{Network, mask};
use crate::give::{Given, collection, give, units};
use referee_rego_builtin::{BuiltinError, Context, Result, operand};
use referee_rego_go::netip;
use referee_rego_value::{SetBuilder, Value};

/// Addresses from one to another.
struct Range {
    first: u128,
    last: u128,
    /// The text of the network that it is, where it was merged with no other.
    text: Option<String>,
}

pub(super) fn merge(ctx: &mut Context<'_>, operands: &[Value]) -> Given {
    let elements = operand::elements(operand::value(operands, 1)?)
        .ok_or_else(|| BuiltinError::new("operand must be an array"))?;
    collection(ctx, elements.len().saturating_mul(4))?;
    ctx.work(units(elements.len().saturating_mul(8)))?;
    let mut ranges = Vec::with_capacity(elements.len());
    for element in elements {
        ctx.passed(32)?;
        ranges.push(range(element)?);
    }
    ranges.sort_by_key(|range| (range.last, range.first));
    let mut merged: Vec<Range> = Vec::new();
    // From the last on: what touches the one before it becomes one with that.
    while let Some(range) = ranges.pop() {
        ctx.passed(4)?;
        match ranges.last_mut() {
            Some(before) if previous(range.first) <= before.last => {
                before.first = before.first.min(range.first);
                before.last = range.last;
                before.text = None;
            }
            _ => merged.push(range),
        }
    }
    let mut networks = Vec::new();
    for range in merged {
        ctx.passed(4)?;
        match range.text {
            Some(text) => networks.push(Value::from(text)),
            None => split(ctx, range.first, range.last, &mut networks)?,
        }
    }
    let mut set = SetBuilder::with_capacity(networks.len());
    for network in networks {
        set.insert_within(network, &mut |units| ctx.passed(units))?;
    }
    give(set.build_within(&mut |units| ctx.passed(units))?)
}

/// The address before another; before the first of a version there is none.
fn previous(address: u128) -> u128 {
    if address == netip::mapped(0) { address } else { address.saturating_sub(1) }
}

fn range(element: &Value) -> Result<Range> {
    let Value::String(text) = element else {
        return Err(BuiltinError::new("element must be string"));
    };
    let address = netip::parse(text).ok().filter(|address| !address.has_zone);
    let (shown, network) = match address {
        None => {
            let network = Network::parse(text)?;
            (network.first, network)
        }
        Some(address) => {
            let Some(v4) = netip::to_v4(address.bits) else {
                return Err(BuiltinError::new("IPv6 invalid: needs prefix length"));
            };
            // An address alone stands for the network of its class, as Go has it.
            let [class, ..] = v4.to_be_bytes();
            let fixed = match class {
                0..0x80 => 104,
                0x80..0xc0 => 112,
                _ => 120,
            };
            (address.bits, Network { first: address.bits & mask(fixed), fixed })
        }
    };
    let text = Some(written(shown, network.fixed));
    Ok(Range { first: network.first, last: network.last(), text })
}

fn written(address: u128, fixed: u32) -> String {
    let length = if netip::to_v4(address).is_some() { fixed.saturating_sub(96) } else { fixed };
    format!("{}/{length}", netip::text(address))
}

/// The fewest networks between two addresses.
fn split(ctx: &mut Context<'_>, first: u128, last: u128, networks: &mut Vec<Value>) -> Result<()> {
    let mut next = first;
    loop {
        collection(ctx, 1)?;
        // The largest network that begins here and does not go too far.
        let size = (last - next).checked_add(1).map_or(128, u128::ilog2);
        let most =
            if netip::to_v4(next).is_some() && netip::to_v4(last).is_some() { 32 } else { 128 };
        let free = size.min(next.trailing_zeros()).min(most);
        networks.push(Value::from(written(next, 128 - free)));
        let end = next | !mask(128 - free);
        match end.checked_add(1).filter(|next| *next <= last) {
            Some(following) => next = following,
            None => return Ok(()),
        }
    }
}
