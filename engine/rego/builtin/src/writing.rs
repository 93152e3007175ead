//! Values as text, counted while it grows.
//!
//! Values share their parts, so a small one can have a text without end. A text is therefore made
//! only here: it takes its room as it grows, and ends where there is none left.

use crate::context::{Cancelled, Context};
use referee_rego_value::{JsonStyle, Value};
use std::cell::RefCell;
use std::fmt::{self, Write};

/// Room is taken by so many bytes.
const ROOM: usize = 4_096;

/// What is taken by a text that is being made.
struct Growth<'c, 'a> {
    context: &'c mut Context<'a>,
    /// For so many bytes more there is room.
    room: usize,
    taken: usize,
    stopped: Option<Cancelled>,
}

impl Growth<'_, '_> {
    /// Whether there is room for so many bytes more.
    fn take(&mut self, by: usize) -> bool {
        if self.stopped.is_none() {
            self.stopped = self.grow(by).err();
        }
        self.stopped.is_none()
    }

    fn grow(&mut self, by: usize) -> Result<(), Cancelled> {
        let units = u32::try_from(by / 16).unwrap_or(u32::MAX).saturating_add(1);
        self.context.work(units)?;
        if by > self.room {
            let more = by.max(ROOM).max(self.taken / 2);
            self.context.reserve(more)?;
            self.room = self.room.saturating_add(more);
        }
        self.room = self.room.saturating_sub(by);
        self.taken = self.taken.saturating_add(by);
        Ok(())
    }
}

/// A text that is being made.
struct Growing<'g, 'c, 'a> {
    growth: &'g RefCell<Growth<'c, 'a>>,
    text: String,
}

impl Write for Growing<'_, '_, '_> {
    fn write_str(&mut self, part: &str) -> fmt::Result {
        if !self.growth.borrow_mut().take(part.len()) {
            return Err(fmt::Error);
        }
        self.text.push_str(part);
        Ok(())
    }
}

impl Context<'_> {
    /// What is written, as far as there is time and room for it. What is written can ask for room
    /// beside the text.
    ///
    /// # Errors
    /// Where there is not enough.
    pub fn written(
        &mut self,
        write: impl FnOnce(&mut dyn Write, &dyn Fn(usize) -> bool) -> fmt::Result,
    ) -> Result<String, Cancelled> {
        let growth = Growth { context: self, room: 0, taken: 0, stopped: None };
        let growth = RefCell::new(growth);
        let mut growing = Growing { growth: &growth, text: String::new() };
        // The one error that a writer can have is that it was stopped.
        let _ = write(&mut growing, &|bytes| growth.borrow_mut().take(bytes));
        let text = growing.text;
        growth.into_inner().stopped.map_or(Ok(text), Err)
    }

    /// The JSON text of a value.
    ///
    /// # Errors
    /// Where it takes more time or memory than there is.
    pub fn json(&mut self, value: &Value, style: JsonStyle<'_>) -> Result<String, Cancelled> {
        self.written(|out, room| value.write_json_within(out, style, room))
    }

    /// Takes room for the JSON text of a value that others write, about as long as it is.
    ///
    /// # Errors
    /// Where it takes more time or memory than there is.
    pub fn room_for(&mut self, value: &Value) -> Result<(), Cancelled> {
        let left = self.meter.memory_left();
        let size = value.json_size_within(left, &mut |units| self.meter.work(units))?;
        let size = size.and_then(|size| usize::try_from(size).ok());
        self.reserve(size.ok_or(Cancelled::Memory)?)
    }

    /// A value as Rego text.
    ///
    /// # Errors
    /// Where it takes more time or memory than there is.
    pub fn text(&mut self, value: &Value) -> Result<String, Cancelled> {
        self.written(|out, _| write!(out, "{value}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Meter, NoHost};
    use std::time::Duration;

    #[test]
    fn a_text_without_end_takes_no_more_than_there_is() {
        let value = (0..60).fold(Value::from("x"), |inner, _| Value::array([inner.clone(), inner]));
        let clock = || Duration::ZERO;
        let meter = Meter::new(&clock, Duration::MAX, u64::MAX, 1 << 20, None);
        let mut context = Context::new(meter, 0, 0, &NoHost, &Value::Null);
        assert_eq!(context.json(&value, JsonStyle::GO), Err(Cancelled::Memory));
        assert_eq!(context.room_for(&value), Err(Cancelled::Memory));
        let meter = Meter::new(&clock, Duration::MAX, 100_000, u64::MAX, None);
        let mut context = Context::new(meter, 0, 0, &NoHost, &Value::Null);
        assert_eq!(context.text(&value), Err(Cancelled::Steps));
    }

    #[test]
    fn keys_whose_texts_have_no_end_take_no_more_either() {
        let key = (0..60).fold(Value::from("x"), |inner, _| {
            Value::object([(Value::array([inner.clone(), inner]), Value::Null)])
        });
        let value = Value::object([(key, Value::Null)]);
        let clock = || Duration::ZERO;
        let meter = Meter::new(&clock, Duration::MAX, u64::MAX, 1 << 20, None);
        let mut context = Context::new(meter, 0, 0, &NoHost, &Value::Null);
        // Deeper keys in keys have no text of their own.
        assert!(context.json(&value, JsonStyle::GO).is_ok());
        let inner = (0..60).fold(Value::from("x"), |inner, _| Value::array([inner.clone(), inner]));
        let value = Value::object([(inner, Value::Null)]);
        assert_eq!(context.json(&value, JsonStyle::GO), Err(Cancelled::Memory));
    }

    #[test]
    fn a_text_that_fits_is_whole() {
        let clock = || Duration::ZERO;
        let meter = Meter::new(&clock, Duration::MAX, u64::MAX, 1 << 20, None);
        let mut context = Context::new(meter, 0, 0, &NoHost, &Value::Null);
        let value = Value::set([Value::from(1), Value::from("a".repeat(10_000))]);
        assert_eq!(context.text(&value).ok(), Some(value.to_string()));
        assert_eq!(context.json(&value, JsonStyle::GO).ok(), Some(value.to_json()));
    }
}
