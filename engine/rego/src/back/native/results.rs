//! What an evaluation gives, before it leaves: it can be written as JSON and read again, and is no
//! larger than it may be.
//!
//! Values share their parts: sixty arrays of twice the array before are a kilobyte in memory and a
//! text that fills no disk. So results are measured while the budget still holds.

use crate::error::{RegoCode, RegoError};
use crate::value::{MAX_DEPTH, depth_exceeds};
use referee_rego_builtin::{Cancelled, Meter};
use referee_rego_eval::Row;
use referee_rego_value::Value;

/// Values that an evaluation gives.
pub(super) trait Results {
    /// All of them.
    fn values(&self) -> impl Iterator<Item = &Value>;
}

impl Results for () {
    fn values(&self) -> impl Iterator<Item = &Value> {
        std::iter::empty()
    }
}

impl Results for Vec<Option<Value>> {
    fn values(&self) -> impl Iterator<Item = &Value> {
        self.iter().flatten()
    }
}

impl Results for Vec<Row> {
    fn values(&self) -> impl Iterator<Item = &Value> {
        self.iter().flat_map(|row| {
            let bindings = row.bindings.iter().map(|(_, value)| value);
            row.expressions.iter().map(|expression| &expression.value).chain(bindings)
        })
    }
}

/// Results of at most so many bytes.
pub(super) fn bounded<T: Results>(
    results: T,
    output: u64,
    meter: &mut Meter<'_>,
) -> Result<T, RegoError> {
    let mut left = output;
    for value in results.values() {
        if depth_exceeds(value, MAX_DEPTH) {
            return Err(RegoError::new(RegoCode::EvalType, "the result is nested too deep"));
        }
        let size = value.json_size_within(left, &mut |units| meter.work(units));
        let size = size.map_err(RegoError::cancelled)?;
        let rest = size.and_then(|size| left.checked_sub(size));
        left = rest.ok_or_else(|| RegoError::cancelled(Cancelled::Output))?;
    }
    Ok(results)
}
