//! What an evaluation can tell while it goes on.
//!
//! An evaluation is generic over its probe: with [`NoProbe`] nothing of this is compiled in.

use crate::steps::{Reader, Step};
use referee_rego_syntax::Location;
use referee_rego_value::Value;
use std::collections::BTreeMap;
use std::time::Duration;

/// Someone who is told what an evaluation does.
pub trait Probe {
    /// Whether anything is told at all.
    const ON: bool;

    /// Whether each step is told; the program must be a watched one.
    const STEPS: bool = false;

    /// A step.
    fn step(&mut self, _step: Step<'_>, _read: Reader<'_>) {}

    /// An expression begins to be evaluated.
    fn expression(&mut self, _location: &Location) {}

    /// An expression is gone back to, because it may hold in another way.
    fn again(&mut self, _location: &Location) {}

    /// The body of a definition held. `path` is the rule's: `data.a.b`.
    fn rule(&mut self, _path: &str, _location: &Location) {}

    /// A definition of a partial rule gave an element (of a set) or a value (of an object).
    fn element(&mut self, _path: &str, _location: &Location, _element: &Value) {}
}

/// Nobody is told anything.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoProbe;

impl Probe for NoProbe {
    const ON: bool = false;
}

impl<P: Probe> Probe for &mut P {
    const ON: bool = P::ON;
    const STEPS: bool = P::STEPS;

    fn step(&mut self, step: Step<'_>, read: Reader<'_>) {
        (**self).step(step, read);
    }

    fn expression(&mut self, location: &Location) {
        (**self).expression(location);
    }

    fn again(&mut self, location: &Location) {
        (**self).again(location);
    }

    fn rule(&mut self, path: &str, location: &Location) {
        (**self).rule(path, location);
    }

    fn element(&mut self, path: &str, location: &Location, element: &Value) {
        (**self).element(path, location, element);
    }
}

/// Where an expression or rule stands, in an order: file, row, column.
pub type Place = (String, u32, u32);

fn place(location: &Location) -> Place {
    (location.file().to_owned(), location.row, location.col)
}

/// Which expressions were evaluated, and the bodies of which definitions held.
#[derive(Clone, Debug, Default)]
pub struct Coverage {
    /// The expressions.
    pub expressions: std::collections::BTreeSet<Place>,
    /// The definitions.
    pub rules: std::collections::BTreeSet<Place>,
}

impl Probe for Coverage {
    const ON: bool = true;

    fn expression(&mut self, location: &Location) {
        self.expressions.insert(place(location));
    }

    fn rule(&mut self, _path: &str, location: &Location) {
        self.rules.insert(place(location));
    }
}

/// What one expression took.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Spent {
    /// How often it was evaluated.
    pub evaluated: u64,
    /// How often it was gone back to.
    pub again: u64,
    /// How long it took, without other expressions.
    pub time: Duration,
}

/// What each expression took. Time is told by a clock that is handed in.
pub struct Profile<'c> {
    clock: &'c dyn Fn() -> Duration,
    since: Duration,
    current: Option<Place>,
    spent: BTreeMap<Place, Spent>,
}

impl std::fmt::Debug for Profile<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Profile").field("spent", &self.spent).finish_non_exhaustive()
    }
}

impl<'c> Profile<'c> {
    /// A profile; `clock` is a monotonic time since any moment.
    pub fn new(clock: &'c dyn Fn() -> Duration) -> Self {
        Self { clock, since: clock(), current: None, spent: BTreeMap::new() }
    }

    /// What each expression took, until now.
    pub fn finish(mut self) -> BTreeMap<Place, Spent> {
        self.turn(None);
        self.spent
    }

    /// The time until now was that of the expression so far; from now on it is another's.
    fn turn(&mut self, next: Option<Place>) {
        let now = (self.clock)();
        if let Some(current) = self.current.take() {
            self.spent.entry(current).or_default().time += now.saturating_sub(self.since);
        }
        self.since = now;
        self.current = next;
    }
}

impl Probe for Profile<'_> {
    const ON: bool = true;

    fn expression(&mut self, location: &Location) {
        let place = place(location);
        self.spent.entry(place.clone()).or_default().evaluated += 1;
        self.turn(Some(place));
    }

    fn again(&mut self, location: &Location) {
        let place = place(location);
        self.spent.entry(place.clone()).or_default().again += 1;
        self.turn(Some(place));
    }
}

/// Which definition gave which element of which partial rule, in the order of evaluation.
#[derive(Clone, Debug, Default)]
pub struct Producers {
    /// The path of the rule, where the definition stands, and the element.
    pub elements: Vec<(String, Location, Value)>,
}

impl Probe for Producers {
    const ON: bool = true;

    fn element(&mut self, path: &str, location: &Location, element: &Value) {
        self.elements.push((path.to_owned(), location.clone(), element.clone()));
    }
}
