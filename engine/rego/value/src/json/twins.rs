//! What is in a large text again and again is there once as a value.
//!
//! Documents of many megabytes are lists of things of a kind: the same roles, labels, addresses and
//! long names stand in them thousands of times. Values are shared anyway, so of those that were
//! read a while ago the last ones are kept, and one that is written with the same parts again is
//! the same one. `1` and `1.0` are equal and written differently: they stay two.
//!
//! It costs a look into a table of one place for each hash; nothing is looked for elsewhere, so a
//! text can at worst make it useless. Where it has been of little use it is given up.

use crate::{Number, Str, Value};
use foldhash::fast::FixedState;
use std::hash::{BuildHasher, Hash, Hasher};

/// Of texts below this size nothing is shared: what comes with a request is read once and let go,
/// and reading takes up to a third longer with it.
const LARGE: usize = 1 << 20;

/// Collections with more elements are not alike often enough.
const FEW: usize = 8;

/// Strings up to this length stand in their value; longer ones are allocated.
const INLINE: usize = 23;

/// Longer strings are not hashed.
const LONG: usize = 256;

/// For so many bytes of text there is a place in the table, up to [`PLACES`].
const BYTES_A_PLACE: usize = 256;

/// The most places in the table: 8 MiB, for as long as the text is read.
const PLACES: usize = 1 << 18;

/// After so many looks it is asked whether it is of use: whether one in [`USE`] has found anything.
const LOOKS: u32 = 1 << 14;

/// See [`LOOKS`].
const USE: u32 = 16;

/// What was read last.
#[derive(Default)]
pub(super) struct Twins {
    /// By their hashes; none where nothing is shared.
    places: Vec<Option<Value>>,
    hasher: FixedState,
    looks: u32,
    found: u32,
}

/// Parts of a collection that are written alike.
fn alike(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Number(Number::Int(a)), Value::Number(Number::Int(b))) => a == b,
        (Value::Number(Number::Text(a)), Value::Number(Number::Text(b))) => {
            a.as_bytes() == b.as_bytes()
        }
        (Value::Number(_), Value::Number(_)) => false,
        _ => a == b,
    }
}

fn hash_part(part: &Value, hasher: &mut impl Hasher) {
    match part {
        Value::Null => hasher.write_u8(0),
        Value::Bool(truth) => hasher.write_u8(1 + u8::from(*truth)),
        Value::Number(Number::Int(number)) => number.hash(hasher),
        Value::Number(Number::Text(text)) => text.as_bytes().hash(hasher),
        Value::String(text) => text.as_str().hash(hasher),
        // There are none within those that are looked for, but empty ones.
        Value::Array(_) => hasher.write_u8(3),
        Value::Object(_) | Value::Set(_) => hasher.write_u8(4),
    }
}

impl Twins {
    /// For a text of so many bytes.
    pub(super) fn for_text(bytes: usize) -> Self {
        if bytes < LARGE {
            return Self::default();
        }
        let places = (bytes / BYTES_A_PLACE).next_power_of_two().min(PLACES);
        Self { places: vec![None; places], ..Self::default() }
    }

    /// Whether a collection of that depth and size is looked for.
    #[inline]
    pub(super) fn wants(&self, depth: u32, count: usize) -> bool {
        !self.places.is_empty() && depth == 1 && count <= FEW
    }

    /// Where something with a hash stands or is to stand. The table is given up where it was of
    /// little use.
    fn place(&mut self, hash: u64) -> Option<&mut Option<Value>> {
        self.looks += 1;
        if self.looks == LOOKS {
            if self.found < LOOKS / USE {
                self.places = Vec::new();
            }
            (self.looks, self.found) = (0, 0);
        }
        let count = u64::try_from(self.places.len()).unwrap_or(u64::MAX);
        let at = usize::try_from(hash.checked_rem(count)?).ok()?;
        self.places.get_mut(at)
    }

    /// The value that is there already, or the one that is made; that is remembered.
    fn one(
        &mut self,
        hash: u64,
        is: impl FnOnce(&Value) -> bool,
        make: impl FnOnce() -> Value,
    ) -> Value {
        let Some(place) = self.place(hash) else { return make() };
        if let Some(known) = place
            && is(known)
        {
            let known = known.clone();
            self.found += 1;
            return known;
        }
        place.insert(make()).clone()
    }

    /// The array of these elements, made where it is not there yet.
    pub(super) fn array(&mut self, elements: &[Value], make: impl FnOnce() -> Value) -> Value {
        let mut hasher = self.hasher.build_hasher();
        elements.iter().for_each(|element| hash_part(element, &mut hasher));
        let is = |known: &Value| match known {
            Value::Array(known) => {
                known.len() == elements.len()
                    && known.iter().zip(elements).all(|(a, b)| alike(a, b))
            }
            _ => false,
        };
        self.one(hasher.finish(), is, make)
    }

    /// The object of these members, made where it is not there yet.
    pub(super) fn object(
        &mut self,
        members: &[(Value, Value)],
        make: impl FnOnce() -> Value,
    ) -> Value {
        let mut hasher = self.hasher.build_hasher();
        for (key, value) in members {
            hash_part(key, &mut hasher);
            hash_part(value, &mut hasher);
        }
        let is = |known: &Value| match known {
            Value::Object(known) => {
                let pairs = || known.iter().zip(members);
                known.len() == members.len()
                    && pairs().all(|((_, a), (_, b))| alike(a, b))
                    && pairs().all(|((a, _), (b, _))| a == b)
            }
            _ => false,
        };
        self.one(hasher.finish(), is, make)
    }

    /// The string of a text.
    #[inline]
    pub(super) fn string(&mut self, text: &str) -> Str {
        if text.len() <= INLINE || text.len() > LONG || self.places.is_empty() {
            return Str::new(text);
        }
        let hash = self.hasher.hash_one(text);
        let is = |known: &Value| known.as_str() == Some(text);
        match self.one(hash, is, || Value::String(Str::new(text))) {
            Value::String(text) => text,
            // It is nothing else.
            _ => Str::new(text),
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::{JsonLimits, Value};

    fn large(element: impl Fn(usize) -> String) -> Value {
        let elements: Vec<String> = (0..200_000).map(element).collect();
        Value::from_json(format!("[{}]", elements.join(",")), &JsonLimits::default()).unwrap()
    }

    fn elements(value: &Value) -> &[Value] {
        value.as_array().unwrap().as_slice()
    }

    #[test]
    fn what_is_written_alike_is_one_value() {
        let value =
            large(|at| format!(r#"{{"n": {at}, "roles": ["reader", "writer-{}"]}}"#, at % 3));
        let roles = |at: usize| {
            elements(&value)[at].as_object().unwrap().get_str("roles").unwrap().as_array().unwrap()
        };
        assert!(roles(10_000).same(roles(10_003)));
        assert!(!roles(10_000).same(roles(10_001)));
        assert_eq!(roles(10_000).as_slice()[1], Value::from("writer-1"));
    }

    #[test]
    fn numbers_keep_their_text() {
        let texts =
            ["[1]", "[1.0]", "[1e0]", "[\"1\"]", "{\"a\":1}", "{\"a\":1.0}", "[null]", "[0]"];
        let value = large(|at| texts[at % texts.len()].to_owned());
        for (at, element) in elements(&value).iter().enumerate() {
            assert_eq!(element.to_string().replace(' ', ""), texts[at % texts.len()]);
        }
    }

    #[test]
    fn what_differs_each_time_stays_what_it_is() {
        let value = large(|at| format!(r#"[{at}, "{at} is the number of this very element"]"#));
        for (at, element) in elements(&value).iter().enumerate() {
            assert_eq!(
                element.as_array().unwrap().as_slice()[0],
                Value::from(i64::try_from(at).unwrap())
            );
        }
    }
}
