//! Heavy values: compared and hashed with a stack of their own, each shared part once.
//!
//! Values that share their parts can weigh exponentially more than the memory they take. Two parts
//! that have been found equal are never compared again, and the hash of a heavy part is kept with
//! it, so the effort is linear in the memory. It is counted on the way, so that it can be stopped.

use crate::order::rank;
use crate::{Value, bytes};
use foldhash::SharedSeed;
use foldhash::fast::SeedableRandomState;
use hashbrown::HashMap;
use std::cmp::Ordering;
use std::hash::{BuildHasher, Hash, Hasher};
use std::slice;
use std::sync::atomic::{AtomicU64, Ordering as Atomic};

/// Up to this weight values are compared and hashed by recursion, each time anew.
pub(crate) const LIGHT: u32 = 128;

/// So much work is reported at once.
const PORTION: u32 = 256;

/// Strings are compared by so many bytes at a time.
const BLOCK: usize = 1 << 16;

/// What is told how much is done, and can put an end to it.
pub(crate) trait Effort {
    /// So much has been done: whether to go on. Once told not to, it stays so.
    fn spend(&mut self, units: u32) -> bool;

    /// Whether it has been told not to go on.
    fn is_stopped(&self) -> bool;

    /// How one value stands to another; of no meaning once stopped.
    fn order(&mut self, a: &Value, b: &Value) -> Ordering;

    /// Whether two values are equal; of no meaning once stopped.
    fn equal(&mut self, a: &Value, b: &Value) -> bool;

    /// Makes sure that a value can be hashed at once.
    fn prepare(&mut self, value: &Value);
}

/// Nobody is told.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Unbounded;

impl Effort for Unbounded {
    #[inline]
    fn spend(&mut self, _: u32) -> bool {
        true
    }

    #[inline]
    fn is_stopped(&self) -> bool {
        false
    }

    #[inline]
    fn order(&mut self, a: &Value, b: &Value) -> Ordering {
        a.cmp(b)
    }

    #[inline]
    fn equal(&mut self, a: &Value, b: &Value) -> bool {
        a == b
    }

    #[inline]
    fn prepare(&mut self, _: &Value) {}
}

/// Whoever counts is told, in portions.
pub(crate) struct Metered<'f, E> {
    tell: &'f mut dyn FnMut(u32) -> Result<(), E>,
    untold: u32,
    stopped: Option<E>,
}

impl<'f, E> Metered<'f, E> {
    pub(crate) fn new(tell: &'f mut dyn FnMut(u32) -> Result<(), E>) -> Self {
        Self { tell, untold: 0, stopped: None }
    }

    /// What came of it, unless it was stopped.
    pub(crate) fn finish<T>(mut self, result: T) -> Result<T, E> {
        if self.stopped.is_none() && self.untold > 0 {
            self.stopped = (self.tell)(self.untold).err();
        }
        self.stopped.map_or(Ok(result), Err)
    }
}

impl<E> Effort for Metered<'_, E> {
    #[inline]
    fn spend(&mut self, units: u32) -> bool {
        self.untold = self.untold.saturating_add(units);
        if self.untold >= PORTION && self.stopped.is_none() {
            self.stopped = (self.tell)(self.untold).err();
            self.untold = 0;
        }
        self.stopped.is_none()
    }

    #[inline]
    fn is_stopped(&self) -> bool {
        self.stopped.is_some()
    }

    #[inline]
    fn order(&mut self, a: &Value, b: &Value) -> Ordering {
        match lighter(a, b) {
            Some(weight) if self.spend(weight / 4 + 1) => a.cmp(b),
            Some(_) => Ordering::Equal,
            None => order(a, b, self),
        }
    }

    #[inline]
    fn equal(&mut self, a: &Value, b: &Value) -> bool {
        match lighter(a, b) {
            Some(weight) if self.spend(weight / 4 + 1) => a == b,
            Some(_) => true,
            None => equal(a, b, self),
        }
    }

    fn prepare(&mut self, value: &Value) {
        let weight = value.weight();
        if self.spend(weight.min(LIGHT) / 4 + 1) && weight > LIGHT {
            digest(value, self);
        }
    }
}

/// The weight of the lighter of two values, where that is light.
#[inline]
fn lighter(a: &Value, b: &Value) -> Option<u32> {
    let weight = a.weight().min(b.weight());
    (weight <= LIGHT).then_some(weight)
}

/// The hash of a heavy collection, kept with it once it is known; 0 until then.
#[derive(Debug, Default)]
pub(crate) struct Digest(AtomicU64);

impl Digest {
    fn get(&self) -> Option<u64> {
        Some(self.0.load(Atomic::Relaxed)).filter(|digest| *digest != 0)
    }

    fn set(&self, digest: u64) {
        self.0.store(digest, Atomic::Relaxed);
    }
}

fn known(value: &Value) -> Option<u64> {
    value.digest().and_then(Digest::get)
}

/// The parts of a collection, one after another.
pub(crate) enum Parts<'a> {
    Elements(slice::Iter<'a, Value>),
    /// The members, and the value of the one whose key has been given.
    Members(slice::Iter<'a, (Value, Value)>, Option<&'a Value>),
}

impl<'a> Parts<'a> {
    /// Of an array, an object or a set; else none.
    pub(crate) fn of(value: &'a Value) -> Self {
        match value {
            Value::Array(array) => Self::Elements(array.iter()),
            Value::Set(set) => Self::Elements(set.iter()),
            Value::Object(object) => Self::Members(object.iter(), None),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {
                Self::Elements([].iter())
            }
        }
    }
}

impl<'a> Iterator for Parts<'a> {
    type Item = &'a Value;

    #[inline]
    fn next(&mut self) -> Option<&'a Value> {
        match self {
            Self::Elements(elements) => elements.next(),
            Self::Members(members, due) => due.take().or_else(|| {
                let (key, value) = members.next()?;
                *due = Some(value);
                Some(key)
            }),
        }
    }
}

/// The hash of a heavy collection: computed once, with those of its heavy parts.
pub(crate) fn digest(value: &Value, effort: &mut (impl Effort + ?Sized)) -> u64 {
    let mut waiting = vec![value];
    while let Some(top) = waiting.last().copied() {
        if known(top).is_some() {
            waiting.pop();
            continue;
        }
        let before = waiting.len();
        let mut hasher = state().build_hasher();
        hasher.write_u8(rank(top));
        hasher.write_u32(top.weight());
        for part in Parts::of(top) {
            if !effort.spend(1) {
                return 0;
            }
            if part.weight() > LIGHT && part.digest().is_some() && known(part).is_none() {
                waiting.push(part);
            } else if waiting.len() == before {
                part.hash(&mut hasher);
            }
        }
        if waiting.len() == before {
            if let Some(place) = top.digest() {
                place.set(hasher.finish().max(1));
            }
            waiting.pop();
        }
    }
    known(value).unwrap_or_default()
}

/// One for the whole process, or digests could not be compared; random, or they could be guessed.
fn state() -> SeedableRandomState {
    SeedableRandomState::with_seed(0, SharedSeed::global_random())
}

/// Sets of collections that are equal if all that is still to be compared is: a forest, each named
/// by the address of its allocation.
#[derive(Default)]
struct Alike(HashMap<usize, usize, foldhash::fast::RandomState>);

impl Alike {
    fn root(&mut self, mut place: usize) -> usize {
        while let Some(above) = self.0.get(&place).copied() {
            if let Some(next) = self.0.get(&above).copied() {
                self.0.insert(place, next);
            }
            place = above;
        }
        place
    }

    /// Takes two for equal; whether that is new.
    fn join(&mut self, a: &Value, b: &Value) -> bool {
        let (a, b) = (self.root(place(a)), self.root(place(b)));
        if a != b {
            self.0.insert(a, b);
        }
        a != b
    }
}

fn place(value: &Value) -> usize {
    match value {
        Value::Array(array) => array.as_slice().as_ptr().addr(),
        Value::Set(set) => set.as_slice().as_ptr().addr(),
        Value::Object(object) => object.as_slice().as_ptr().addr(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => 0,
    }
}

fn len(value: &Value) -> usize {
    match value {
        Value::Array(array) => array.len(),
        Value::Set(set) => set.len(),
        Value::Object(object) => object.len(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => 0,
    }
}

/// Whether both are collections of one kind, and not the same one.
fn comparable(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Array(a), Value::Array(b)) => !a.same(b),
        (Value::Object(a), Value::Object(b)) => !a.same(b),
        (Value::Set(a), Value::Set(b)) => !a.same(b),
        _ => false,
    }
}

/// Compares two strings block by block.
fn order_texts(a: &str, b: &str, effort: &mut (impl Effort + ?Sized)) -> Ordering {
    if bytes::has_bytes(a) || bytes::has_bytes(b) {
        return bytes::compare(a, b);
    }
    let blocks = a.as_bytes().chunks(BLOCK).zip(b.as_bytes().chunks(BLOCK));
    for (a, b) in blocks {
        let order = a.cmp(b);
        if order.is_ne() || !effort.spend(PORTION) {
            return order;
        }
    }
    a.len().cmp(&b.len())
}

/// The order of two values, without recursion over what is heavy in both.
pub(crate) fn order(a: &Value, b: &Value, effort: &mut (impl Effort + ?Sized)) -> Ordering {
    let mut alike = Alike::default();
    let mut frames = vec![(
        Parts::Elements(slice::from_ref(a).iter()),
        Parts::Elements(slice::from_ref(b).iter()),
    )];
    while let Some((left, right)) = frames.last_mut() {
        let (a, b) = match (left.next(), right.next()) {
            (Some(a), Some(b)) => (a, b),
            (None, None) => {
                frames.pop();
                continue;
            }
            (None, Some(_)) => return Ordering::Less,
            (Some(_), None) => return Ordering::Greater,
        };
        let light = a.weight().min(b.weight());
        if !effort.spend(light.min(LIGHT) / 4 + 1) {
            return Ordering::Equal;
        }
        let order = match (a, b) {
            (Value::String(a), Value::String(b)) if light > LIGHT => order_texts(a, b, effort),
            _ if light <= LIGHT || !comparable(a, b) => a.cmp(b),
            _ => {
                // Only what is equally deep can be equal, and nothing in it is as deep.
                if a.depth() != b.depth() || alike.join(a, b) {
                    frames.push((Parts::of(a), Parts::of(b)));
                }
                Ordering::Equal
            }
        };
        if order.is_ne() {
            return order;
        }
    }
    Ordering::Equal
}

/// Whether two values are equal, without recursion over what is heavy in both.
pub(crate) fn equal(a: &Value, b: &Value, effort: &mut (impl Effort + ?Sized)) -> bool {
    let mut alike = Alike::default();
    let mut frames = vec![(
        Parts::Elements(slice::from_ref(a).iter()),
        Parts::Elements(slice::from_ref(b).iter()),
    )];
    while let Some((left, right)) = frames.last_mut() {
        let (Some(a), Some(b)) = (left.next(), right.next()) else {
            frames.pop();
            continue;
        };
        let (weight, other) = (a.weight(), b.weight());
        if weight != other {
            return false;
        }
        if !effort.spend(weight.min(LIGHT) / 4 + 1) {
            return true;
        }
        match (a, b) {
            (Value::String(a), Value::String(b)) if weight > LIGHT => {
                if a.len() != b.len() || order_texts(a, b, effort).is_ne() {
                    return false;
                }
            }
            _ if weight <= LIGHT || !comparable(a, b) => {
                if a != b {
                    return false;
                }
            }
            _ => {
                let differ = known(a).zip(known(b)).is_some_and(|(a, b)| a != b);
                if differ || len(a) != len(b) || a.depth() != b.depth() {
                    return false;
                }
                if alike.join(a, b) {
                    frames.push((Parts::of(a), Parts::of(b)));
                }
            }
        }
    }
    true
}

impl Value {
    /// As [`Ord::cmp`]: `spend` is told of the effort on the way, and can put an end to it.
    ///
    /// # Errors
    /// Those of `spend`.
    pub fn cmp_within<E>(
        &self,
        other: &Self,
        spend: &mut dyn FnMut(u32) -> Result<(), E>,
    ) -> Result<Ordering, E> {
        let mut effort = Metered::new(spend);
        let order = effort.order(self, other);
        effort.finish(order)
    }

    /// As [`PartialEq::eq`]: `spend` is told of the effort on the way, and can put an end to it.
    ///
    /// # Errors
    /// Those of `spend`.
    pub fn eq_within<E>(
        &self,
        other: &Self,
        spend: &mut dyn FnMut(u32) -> Result<(), E>,
    ) -> Result<bool, E> {
        let mut effort = Metered::new(spend);
        let equal = effort.equal(self, other);
        effort.finish(equal)
    }

    /// Finds the hash of what is heavy in it, so that hashing it takes no time afterwards: `spend`
    /// is told of the effort on the way, and can put an end to it.
    ///
    /// # Errors
    /// Those of `spend`.
    pub fn prepare_hash<E>(&self, spend: &mut dyn FnMut(u32) -> Result<(), E>) -> Result<(), E> {
        let mut effort = Metered::new(spend);
        effort.prepare(self);
        effort.finish(())
    }

    /// Where the hash of a heavy collection is kept.
    fn digest(&self) -> Option<&Digest> {
        match self {
            Self::Array(array) => array.0.as_ref().and_then(|node| node.header.header.digest()),
            Self::Object(object) => object.0.as_ref().and_then(|node| node.header.header.digest()),
            Self::Set(set) => set.0.as_ref().and_then(|node| node.header.header.digest()),
            Self::Null | Self::Bool(_) | Self::Number(_) | Self::String(_) => None,
        }
    }
}
