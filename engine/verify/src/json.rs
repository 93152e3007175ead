//! What the readers of signed JSON share.
//!
//! Derived readers refuse a field that occurs twice; maps do not by themselves. Two readers that
//! take different ones of two equal keys see different documents under one signature, so maps
//! refuse them too.

use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use std::collections::BTreeMap;
use std::fmt;
use std::marker::PhantomData;

/// Derived readers take a list of the fields' values for the object; nobody writes one so, and
/// other readers refuse it.
///
/// # Errors
/// Where the text of some JSON does not start an object.
pub(crate) fn object(bytes: &[u8]) -> Result<(), serde_json::Error> {
    match bytes.trim_ascii_start().first() {
        Some(b'{') => Ok(()),
        _ => Err(Error::custom("it is not a JSON object")),
    }
}

/// Reads a map in which no key occurs twice; `null` is an empty one, as Go writes it.
pub(crate) fn unique_map<'de, D, V>(deserializer: D) -> Result<BTreeMap<String, V>, D::Error>
where
    D: Deserializer<'de>,
    V: Deserialize<'de>,
{
    struct Unique<V>(PhantomData<V>);

    impl<'de, V: Deserialize<'de>> Visitor<'de> for Unique<V> {
        type Value = BTreeMap<String, V>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a map without duplicate keys")
        }

        fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
            Ok(BTreeMap::new())
        }

        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
            let mut members = BTreeMap::new();
            while let Some((key, value)) = map.next_entry::<String, V>()? {
                if members.insert(key, value).is_some() {
                    return Err(A::Error::custom("a key occurs twice in one map"));
                }
            }
            Ok(members)
        }
    }

    deserializer.deserialize_any(Unique(PhantomData))
}

/// Reads a list of at most `MOST` items; `null` is an empty one. An item of three bytes may become
/// a hundred in memory, and again in each fact that repeats it.
pub(crate) fn at_most<'de, const MOST: usize, D, T>(deserializer: D) -> Result<Vec<T>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    struct Bounded<T, const MOST: usize>(PhantomData<T>);

    impl<'de, T: Deserialize<'de>, const MOST: usize> Visitor<'de> for Bounded<T, MOST> {
        type Value = Vec<T>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            write!(f, "a list of at most {MOST} items")
        }

        fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
            Ok(Vec::new())
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
            let mut items = Vec::new();
            while let Some(item) = list.next_element()? {
                if items.len() >= MOST {
                    return Err(A::Error::custom(format_args!("a list of more than {MOST} items")));
                }
                items.push(item);
            }
            Ok(items)
        }
    }

    deserializer.deserialize_any(Bounded::<T, MOST>(PhantomData))
}

/// Reads `null` as the default.
pub(crate) fn null_as_default<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Default + Deserialize<'de>,
{
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}
