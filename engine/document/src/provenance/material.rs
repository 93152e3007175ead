//! Materials (SLSA 1: `resolvedDependencies`; in-toto's resource descriptors) and sets of digests.
//! Read one by one, so that no more is kept than the limit; what stands in their `content` is not
//! read.

use crate::problems::Problems;
use crate::strict::Strict;
use crate::text::shorten;
use data_encoding::HEXLOWER_PERMISSIVE;
use referee_core::facts::MaterialFact;
use serde::de::{
    Deserialize, DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor,
};
use serde_json::value::RawValue;
use smol_str::SmolStr;
use std::collections::BTreeMap;
use std::fmt;

/// The most digests that are read of one thing. in-toto's list of algorithms has 20.
const MAX_DIGESTS: usize = 32;

/// The longest digest, in hex digits: 512 bits are 128.
const MAX_HEX: usize = 256;

/// A set of digests as it is read: those that are hex, and one that is not.
#[derive(Clone, Debug, Default)]
pub(super) struct Digests {
    /// By algorithm, lower-case hex.
    pub(super) hex: BTreeMap<SmolStr, SmolStr>,
    /// One that is not hex, is given twice or is one too many, shortened.
    pub(super) bad: Option<String>,
    contradictory: bool,
}

impl Digests {
    /// Whether nothing is said, not even something wrong.
    pub(super) fn are_none(&self) -> bool {
        self.hex.is_empty() && self.bad.is_none()
    }

    /// The digests; what is wrong is a problem.
    pub(super) fn take(self, what: &str, problems: &mut Problems) -> BTreeMap<SmolStr, SmolStr> {
        if let Some(bad) = self.bad {
            problems.add("document_digest", || {
                format!("a digest of {what} is not hex, is given twice or is one too many: {bad}")
            });
        }
        self.hex
    }
}

impl<'de> Deserialize<'de> for Digests {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Set;

        impl<'de> Visitor<'de> for Set {
            type Value = Digests;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object of digests")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Digests, A::Error> {
                let mut digests = Digests::default();
                while let Some(algorithm) = map.next_key::<SmolStr>()? {
                    let Some(value) = map.next_value::<Option<SmolStr>>()? else { continue };
                    if !value.is_empty() {
                        digests.add(algorithm, value);
                    }
                }
                Ok(digests)
            }
        }

        deserializer.deserialize_map(Set)
    }
}

impl Digests {
    fn add(&mut self, algorithm: SmolStr, value: SmolStr) {
        let hex = value.len() <= MAX_HEX
            && value.len().is_multiple_of(2)
            && HEXLOWER_PERMISSIVE.decode(value.as_bytes()).is_ok();
        let value = if hex { SmolStr::from(value.to_ascii_lowercase()) } else { value };
        let other = self.hex.get(&algorithm).is_some_and(|other| *other != value);
        if other {
            // One of the two is a lie, and nobody knows which: the set says nothing.
            self.contradictory = true;
            self.hex.clear();
        }
        if !hex || self.contradictory || self.hex.len() >= MAX_DIGESTS {
            let bad = format!("{}:{}", shorten(&algorithm, 40), shorten(&value, 80));
            self.bad.get_or_insert(bad);
        } else {
            self.hex.insert(algorithm, value);
        }
    }
}

/// A material as it is written.
#[derive(Debug, serde::Deserialize)]
pub(super) struct Descriptor {
    #[serde(default)]
    uri: Option<String>,
    #[serde(default)]
    name: Option<String>,
    #[serde(default)]
    digest: Option<Digests>,
}

impl Descriptor {
    /// The fact; a digest that cannot be read is a problem.
    pub(super) fn fact(self, what: &str, problems: &mut Problems) -> MaterialFact {
        let uri = self.uri.filter(|uri| !uri.is_empty());
        let name = self.name.filter(|name| !name.is_empty());
        let bad = |problems: &mut Problems, digests: Digests| {
            let name = uri.as_deref().or(name.as_deref()).unwrap_or(what);
            digests.take(&format!("{:?}", shorten(name, 80)), problems)
        };
        let digest = self.digest.map(|digests| bad(problems, digests)).unwrap_or_default();
        MaterialFact { uri, name, digest }
    }
}

/// A list of descriptors that is read only for what is wrong with it.
#[derive(Debug)]
pub(super) struct Checked;

impl<'de> Deserialize<'de> for Checked {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut ignored = Problems::new(0);
        let list = List { most: usize::MAX, what: "", keep: false, problems: &mut ignored };
        list.deserialize(deserializer).map(|_| Self)
    }
}

/// What is kept of a list of descriptors, and how many there are.
#[derive(Debug, Default)]
pub(super) struct Materials {
    /// The first of them.
    pub(super) kept: Vec<MaterialFact>,
    /// How many there are.
    pub(super) count: u64,
}

impl Materials {
    /// Reads a list; `null` is an empty one.
    ///
    /// # Errors
    /// Where something in it, up to the limit, is of a wrong type. Positions count from the list's
    /// beginning.
    pub(super) fn read(
        list: Option<&RawValue>,
        what: &'static str,
        most: usize,
        problems: &mut Problems,
    ) -> Result<Self, serde_json::Error> {
        let Some(list) = list else { return Ok(Self::default()) };
        let mut reader = serde_json::Deserializer::from_str(list.get());
        List { most, what, keep: true, problems }.deserialize(Strict(&mut reader))
    }

    /// How many are left out.
    pub(super) fn left_out(&self) -> u64 {
        let kept = u64::try_from(self.kept.len()).unwrap_or(u64::MAX);
        self.count.saturating_sub(kept)
    }
}

struct List<'p> {
    most: usize,
    what: &'static str,
    keep: bool,
    problems: &'p mut Problems,
}

impl<'de> DeserializeSeed<'de> for List<'_> {
    type Value = Materials;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Materials, D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for List<'_> {
    type Value = Materials;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Materials, A::Error> {
        let mut read = Materials::default();
        loop {
            if read.kept.len() < self.most {
                let Some(descriptor) = list.next_element::<Descriptor>()? else {
                    break;
                };
                if self.keep {
                    read.kept.push(descriptor.fact(self.what, self.problems));
                }
            } else if list.next_element::<IgnoredAny>()?.is_none() {
                break;
            }
            read.count = read.count.saturating_add(1);
        }
        read.kept.shrink_to_fit();
        Ok(read)
    }
}
