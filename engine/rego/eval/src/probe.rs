//! What an evaluation can tell while it goes on.
//!
//! An evaluation is generic over its probe: with [`NoProbe`] nothing of this is compiled in.

use referee_rego_syntax::Location;
use referee_rego_value::Value;

/// Someone who is told what an evaluation does.
pub trait Probe {
    /// Whether anything is told at all.
    const ON: bool;

    /// An expression begins to be evaluated.
    fn expression(&mut self, _location: &Location) {}

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

    fn expression(&mut self, location: &Location) {
        (**self).expression(location);
    }

    fn rule(&mut self, path: &str, location: &Location) {
        (**self).rule(path, location);
    }

    fn element(&mut self, path: &str, location: &Location, element: &Value) {
        (**self).element(path, location, element);
    }
}
