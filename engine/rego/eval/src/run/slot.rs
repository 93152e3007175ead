//! Slots and frames.

use super::Evaluation;
use crate::error::Eval;
use crate::plan::ops::{SlotId, Src};
use crate::probe::Probe;
use referee_rego_value::Value;

/// What has no value reads as this.
static NULL: Value = Value::Null;

/// A place for a value: collections are always borrowed, from input, data, the program or the
/// arena; scalars may stand in it.
#[derive(Clone, Debug, Default)]
pub(super) enum Slot<'a> {
    /// Nothing yet.
    #[default]
    Unset,
    /// A value that lives as long as the evaluation.
    Ref(&'a Value),
    /// A scalar.
    Own(Value),
}

impl Slot<'_> {
    /// The value in it.
    #[inline]
    pub(super) fn value(&self) -> &Value {
        match self {
            Self::Ref(value) => value,
            Self::Own(value) => value,
            Self::Unset => &NULL,
        }
    }
}

/// Whether a value is no collection.
#[inline]
pub(super) fn is_scalar(value: &Value) -> bool {
    matches!(value, Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_))
}

impl<'a, P: Probe> Evaluation<'a, '_, '_, P> {
    /// Which slot of all it is.
    #[inline]
    fn at(base: usize, slot: SlotId) -> usize {
        base.saturating_add(usize::try_from(slot).unwrap_or(usize::MAX))
    }

    /// An operand.
    #[inline]
    pub(super) fn read<'s>(&'s self, base: usize, src: &'a Src) -> &'s Value {
        match src {
            Src::Const(value) => value,
            Src::Slot(slot) => self.slots.get(Self::at(base, *slot)).map_or(&NULL, Slot::value),
        }
    }

    /// An operand that lives as long as the evaluation; `None` where it is a scalar of its own.
    #[inline]
    pub(super) fn borrowed(&self, base: usize, src: &'a Src) -> Option<&'a Value> {
        match src {
            Src::Const(value) => Some(value),
            Src::Slot(slot) => match self.slots.get(Self::at(base, *slot)) {
                Some(Slot::Ref(value)) => Some(value),
                _ => None,
            },
        }
    }

    /// An operand as a slot of its own.
    #[inline]
    pub(super) fn taken(&self, base: usize, src: &'a Src) -> Slot<'a> {
        match src {
            Src::Const(value) => Slot::Ref(value),
            Src::Slot(slot) => self.slots.get(Self::at(base, *slot)).cloned().unwrap_or_default(),
        }
    }

    /// An operand that is made to live as long as the evaluation.
    pub(super) fn fixed(&mut self, base: usize, src: &'a Src) -> Eval<&'a Value> {
        match self.taken(base, src) {
            Slot::Ref(value) => Ok(value),
            Slot::Own(value) => self.keep(value),
            Slot::Unset => Ok(&NULL),
        }
    }

    /// A slot that is made to live as long as the evaluation.
    pub(super) fn fix(&mut self, slot: Slot<'a>) -> Eval<&'a Value> {
        match slot {
            Slot::Ref(value) => Ok(value),
            Slot::Own(value) => self.keep(value),
            Slot::Unset => Ok(&NULL),
        }
    }

    /// Writes a slot.
    #[inline]
    pub(super) fn write(&mut self, base: usize, slot: SlotId, value: Slot<'a>) {
        if let Some(place) = self.slots.get_mut(Self::at(base, slot)) {
            *place = value;
        }
    }

    /// Writes a slot with a value that was computed: collections go to the arena.
    #[inline]
    pub(super) fn store(&mut self, base: usize, slot: SlotId, value: Value) -> Eval<()> {
        let value = if is_scalar(&value) { Slot::Own(value) } else { Slot::Ref(self.keep(value)?) };
        self.write(base, slot, value);
        Ok(())
    }

    /// A slot.
    pub(super) fn slot(&self, base: usize, slot: SlotId) -> Slot<'a> {
        self.slots.get(Self::at(base, slot)).cloned().unwrap_or_default()
    }

    /// A frame of so many slots: where it begins.
    #[inline]
    pub(super) fn push_frame(&mut self, slots: SlotId) -> usize {
        let base = self.slots.len();
        self.slots.resize_with(Self::at(base, slots), Slot::default);
        base
    }

    /// Makes what begins there a frame of so many slots.
    #[inline]
    pub(super) fn fill_frame(&mut self, base: usize, slots: SlotId) {
        self.slots.resize_with(Self::at(base, slots), Slot::default);
    }

    /// Gives a frame back.
    #[inline]
    pub(super) fn pop_frame(&mut self, base: usize) {
        self.slots.truncate(base);
    }
}
