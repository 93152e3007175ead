//! What a program reads besides its own data: found from its text, before anything is evaluated.

use std::collections::BTreeSet;

/// How many keys of a path are told.
pub(crate) const KEYS: usize = 2;

/// What the modules of a program read of the input and of the world.
///
/// Where it cannot be told, more is said to be read than is: who keeps a result for as long as
/// what was read stays the same keeps it too short, never too long.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reads {
    /// Whether `input` is used other than by a member that stands in the text: bare, with a key
    /// that is computed, or as the target of a `with`.
    pub whole_input: bool,
    /// Whether any builtin is mentioned whose value differs from one evaluation to the next, or
    /// that must run each time: `time.now_ns`, `rand.intn`, `uuid.rfc4122`, `opa.runtime`,
    /// `http.send`, `net.lookup_ip_addr`, `trace`.
    pub volatile: bool,
    /// The members of the input that are read, as paths of at most two keys: `["subject",
    /// "digest"]`. A path stands for all that is under it.
    pub input: BTreeSet<Vec<String>>,
}

impl Reads {
    /// Whether anything at or under this path of the input is read, or a value that holds it.
    #[must_use]
    pub fn touches(&self, path: &[&str]) -> bool {
        let along = |read: &Vec<String>| read.iter().zip(path).all(|(read, key)| read == key);
        self.whole_input || self.input.iter().any(along)
    }
}

impl<'a> std::iter::Sum<&'a Self> for Reads {
    /// What all of them read together.
    fn sum<I: Iterator<Item = &'a Self>>(all: I) -> Self {
        let mut sum = Self::default();
        for one in all {
            sum.whole_input |= one.whole_input;
            sum.volatile |= one.volatile;
            // The same paths are read by many.
            let new = one.input.iter().filter(|path| !sum.input.contains(*path));
            let new: Vec<_> = new.cloned().collect();
            sum.input.extend(new);
        }
        sum
    }
}
