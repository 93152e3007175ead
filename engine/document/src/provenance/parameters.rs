//! Parameters of a build: any JSON, kept as it is written up to a size.

use crate::problems::Problems;
use crate::text::shorten;
use serde::de::{Deserializer as _, MapAccess, Visitor};
use serde_json::value::RawValue;
use serde_json::{Map, Value};
use std::fmt;

/// The most that is kept of either kind of parameters, in bytes of JSON. The event of a large GitHub
/// repository has 30 KB; BuildKit's definition of a build can have megabytes.
pub(super) const MAX_BYTES: usize = 256 * 1024;

/// The parameters that a starter may set: whole or not at all, since a policy that looks for what it
/// does not expect must not be shown a part.
pub(super) fn whole(
    raw: Option<&RawValue>,
    truncated: &mut bool,
    problems: &mut Problems,
) -> Value {
    let Some(raw) = raw else { return Value::Null };
    let size = raw.get().len();
    if size > MAX_BYTES {
        *truncated = true;
        problems.add("document_truncated", || {
            format!("the parameters have {size} bytes and are left out")
        });
        return Value::Null;
    }
    serde_json::from_str(raw.get()).unwrap_or_else(|_| {
        *truncated = true;
        problems.add("document_truncated", || {
            "the parameters are nested too deep and are left out".to_owned()
        });
        Value::Null
    })
}

/// The parameters that the builder sets: without the members that are too large.
pub(super) fn bounded(
    raw: Option<&RawValue>,
    truncated: &mut bool,
    problems: &mut Problems,
) -> Value {
    let Some(raw) = raw else { return Value::Null };
    if raw.get().len() <= MAX_BYTES {
        let read = serde_json::from_str(raw.get());
        if let Ok(value) = read {
            return value;
        }
    }
    let mut reader = serde_json::Deserializer::from_str(raw.get());
    let (value, left_out, first) =
        reader.deserialize_map(Members).unwrap_or((Value::Null, 1, None));
    *truncated = true;
    problems.add("document_truncated", || match first {
        Some(first) => format!(
            "{left_out} of the builder's parameters are too large or nested too deep and are left \
             out, {:?} among them",
            shorten(&first, 80)
        ),
        None => "the builder's parameters are too large and are left out".to_owned(),
    });
    value
}

struct Members;

impl<'de> Visitor<'de> for Members {
    type Value = (Value, u64, Option<String>);

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let (mut kept, mut size, mut left_out, mut first) = (Map::new(), 0_usize, 0_u64, None);
        while let Some(name) = map.next_key::<String>()? {
            let raw = map.next_value::<&RawValue>()?.get();
            let with = size.saturating_add(name.len()).saturating_add(raw.len());
            let small = (with <= MAX_BYTES).then_some(raw);
            match small.and_then(|raw| serde_json::from_str(raw).ok()) {
                Some(value) => {
                    size = with;
                    kept.insert(name, value);
                }
                None => {
                    left_out = left_out.saturating_add(1);
                    first.get_or_insert(name);
                }
            }
        }
        Ok((Value::Object(kept), left_out, first))
    }
}
