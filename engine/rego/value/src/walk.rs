//! A walk over a value without recursion, for writers.

use crate::Value;
use std::slice;

/// What a writer meets.
pub(crate) enum Event<'a> {
    /// A scalar or an empty collection.
    Scalar(&'a Value),
    /// The beginning of a collection that is not empty.
    Open(&'a Value),
    /// Between two elements or members.
    Comma,
    /// Between a key and its value.
    Colon,
    /// The end of a collection.
    Close(&'a Value),
}

enum Rest<'a> {
    Elements(slice::Iter<'a, Value>),
    Members(slice::Iter<'a, (Value, Value)>),
    /// A key has been given, then the colon, now its value is due.
    Value(&'a Value),
}

struct Frame<'a> {
    whole: Option<&'a Value>,
    rest: Rest<'a>,
    first: bool,
}

/// A walk in progress.
pub(crate) struct Walk<'a> {
    start: Option<&'a Value>,
    frames: Vec<Frame<'a>>,
    due: Option<&'a Value>,
}

impl<'a> Walk<'a> {
    pub(crate) fn of(value: &'a Value) -> Self {
        Self { start: Some(value), frames: Vec::new(), due: None }
    }

    fn enter(&mut self, value: &'a Value) -> Event<'a> {
        let rest = match value {
            Value::Array(array) if !array.is_empty() => Rest::Elements(array.iter()),
            Value::Set(set) if !set.is_empty() => Rest::Elements(set.iter()),
            Value::Object(object) if !object.is_empty() => Rest::Members(object.iter()),
            _ => return Event::Scalar(value),
        };
        self.frames.push(Frame { whole: Some(value), rest, first: true });
        Event::Open(value)
    }

    pub(crate) fn next(&mut self) -> Option<Event<'a>> {
        if let Some(value) = self.start.take().or_else(|| self.due.take()) {
            return Some(self.enter(value));
        }
        let frame = self.frames.last_mut()?;
        match &mut frame.rest {
            Rest::Value(value) => {
                self.due = Some(value);
                self.frames.pop();
                Some(Event::Colon)
            }
            Rest::Elements(elements) => match elements.next() {
                Some(element) => {
                    let first = std::mem::take(&mut frame.first);
                    if first {
                        Some(self.enter(element))
                    } else {
                        self.due = Some(element);
                        Some(Event::Comma)
                    }
                }
                None => self.frames.pop().and_then(|frame| frame.whole).map(Event::Close),
            },
            Rest::Members(members) => match members.next() {
                Some((key, value)) => {
                    let first = std::mem::take(&mut frame.first);
                    self.frames.push(Frame { whole: None, rest: Rest::Value(value), first: false });
                    if first {
                        Some(self.enter(key))
                    } else {
                        self.due = Some(key);
                        Some(Event::Comma)
                    }
                }
                None => self.frames.pop().and_then(|frame| frame.whole).map(Event::Close),
            },
        }
    }
}
