//! What is asked of a value itself: its number, its length, its text, its choices.

use super::{Walk, fatal};
use crate::schema::canonical::canonical;
use crate::schema::model::{Bounds, Node};
use crate::schema::number::{has_value, is_multiple};
use referee_rego_builtin::Result;
use referee_rego_value::{Number, Object, Value};
use std::cmp::Ordering;
use std::collections::HashMap;

/// Which of its bounds a length breaks.
fn broken(bounds: Bounds, length: usize) -> (Option<i64>, Option<i64>) {
    let length = i64::try_from(length).unwrap_or(i64::MAX);
    let below = bounds.least.filter(|least| length < *least);
    (below, bounds.most.filter(|most| length > *most))
}

impl Walk<'_, '_, '_> {
    pub(super) fn number(&mut self, node: &Node, number: &Number) -> Result<()> {
        self.score();
        let Some(asked) = &node.numeric else {
            return Ok(());
        };
        if !has_value(number) {
            return fatal(format!("number {number} is out of range"));
        }
        if let Some(of) = &asked.multiple_of {
            // Long numbers take far more than short ones.
            let digits = number.to_string().len() + of.number.to_string().len();
            self.ctx.work(u32::try_from(digits * digits / 256).unwrap_or(u32::MAX))?;
            match is_multiple(number, &of.number) {
                Ok(true) => {}
                Ok(false) => {
                    let words = format!("Must be a multiple of {}", of.shown);
                    self.fault("multiple_of", words)?;
                }
                Err(_) => return fatal(format!("number {number} is too long")),
            }
        }
        let bounds = [
            (&asked.maximum, "number_lte", "less than or equal to"),
            (&asked.exclusive_maximum, "number_lt", "less than"),
            (&asked.minimum, "number_gte", "greater than or equal to"),
            (&asked.exclusive_minimum, "number_gt", "greater than"),
        ];
        for (bound, kind, words) in bounds {
            let Some(bound) = bound else {
                continue;
            };
            let order = number.cmp(&bound.number);
            let breaks = match kind {
                "number_lte" => order == Ordering::Greater,
                "number_lt" => order != Ordering::Less,
                "number_gte" => order == Ordering::Less,
                _ => order != Ordering::Greater,
            };
            if breaks {
                self.fault(kind, format!("Must be {words} {}", bound.shown))?;
            }
        }
        Ok(())
    }

    pub(super) fn text(&mut self, node: &Node, text: &str) -> Result<()> {
        if node.characters.least.is_some() || node.characters.most.is_some() {
            self.ctx.work(u32::try_from(text.len() / 16).unwrap_or(u32::MAX))?;
            let (below, above) = broken(node.characters, text.chars().count());
            if let Some(least) = below {
                let words = format!("String length must be greater than or equal to {least}");
                self.fault("string_gte", words)?;
            }
            if let Some(most) = above {
                let words = format!("String length must be less than or equal to {most}");
                self.fault("string_lte", words)?;
            }
        }
        if let Some(pattern) = &node.pattern
            && !pattern.is_in(self.ctx, text)?
        {
            self.fault("pattern", format!("Does not match pattern '{}'", pattern.as_str()))?;
        }
        self.score();
        Ok(())
    }

    /// What is asked of any value.
    pub(super) fn common(&mut self, node: &Node, value: &Value) -> Result<()> {
        if node.constant.is_some() || node.choices.is_some() {
            let text = self.canonical(value)?;
            if let Some(constant) = &node.constant
                && *constant != text
            {
                self.fault_with("const", |field| format!("{field} does not match: {constant}"))?;
            }
            if let Some(choices) = &node.choices
                && choices.sorted.binary_search(&text).is_err()
            {
                let shown = &choices.shown;
                self.fault_with("enum", |field| {
                    format!("{field} must be one of the following: {shown}")
                })?;
            }
        }
        if let (Some(format), Value::String(text)) = (node.format, value)
            && !format.holds(self.ctx, text)?
        {
            self.fault("format", format!("Does not match format '{}'", format.name()))?;
        }
        self.score();
        Ok(())
    }

    /// What a value is compared by.
    fn canonical(&mut self, value: &Value) -> Result<String> {
        match canonical(value) {
            Ok(text) => {
                self.ctx.work(u32::try_from(text.len() / 4).unwrap_or(u32::MAX))?;
                Ok(text)
            }
            Err(refused) => fatal(refused.to_string()),
        }
    }

    pub(super) fn bounds_of_members(&mut self, node: &Node, members: &Object) -> Result<()> {
        let (below, above) = broken(node.members, members.len());
        if let Some(least) = below {
            let words = format!("Must have at least {least} properties");
            self.fault("array_min_properties", words)?;
        }
        if let Some(most) = above {
            let words = format!("Must have at most {most} properties");
            self.fault("array_max_properties", words)?;
        }
        for name in &node.required {
            self.ctx.work(1)?;
            if members.get_str(name).is_some() {
                self.score();
            } else {
                self.fault("required", format!("{name} is required"))?;
            }
        }
        Ok(())
    }

    pub(super) fn bounds_of_elements(&mut self, node: &Node, elements: &[Value]) -> Result<()> {
        let (below, above) = broken(node.elements, elements.len());
        if let Some(least) = below {
            let words = format!("Array must have at least {least} items");
            self.fault("array_min_items", words)?;
        }
        if let Some(most) = above {
            let words = format!("Array must have at most {most} items");
            self.fault("array_max_items", words)?;
        }
        if node.unique {
            let mut seen = HashMap::new();
            for (at, element) in elements.iter().enumerate() {
                let text = self.canonical(element)?;
                self.ctx.reserve(text.len())?;
                if let Some(earlier) = seen.insert(text, at) {
                    let words = format!("array items[{earlier},{at}] must be unique");
                    self.fault("unique", words)?;
                }
            }
        }
        Ok(())
    }
}
