//! What was read as a value of Rego, as `sigs.k8s.io/yaml` turns it into JSON: keys become texts.

use super::{Datum, Failure};
use referee_rego_builtin::Context;
use referee_rego_value::{FloatFormat, Number, ObjectBuilder, Value, format_f64, write_quoted};
use std::collections::HashMap;

/// What is left to be done, the last first.
enum Step {
    Visit(Datum),
    /// So many values are the elements of an array.
    Sequence(usize),
    /// The last values have these names in an object.
    Mapping(Vec<String>),
}

/// The names of the members that count, and their values.
fn last_members(
    context: &mut Context<'_>,
    members: Vec<(Datum, Datum)>,
) -> Result<(Vec<String>, Vec<Datum>), Failure> {
    let mut places = HashMap::with_capacity(members.len());
    let mut kept: Vec<(Datum, Datum)> = Vec::with_capacity(members.len());
    for (key, value) in members {
        context.passed(8)?;
        let name = key.name().ok_or_else(|| key.go());
        match places.get(&name).and_then(|place| kept.get_mut(*place)) {
            Some(place) => *place = (key, value),
            None => {
                places.insert(name, kept.len());
                kept.push((key, value));
            }
        }
    }
    let mut names = Vec::with_capacity(kept.len());
    let mut values = Vec::with_capacity(kept.len());
    for (key, value) in kept {
        context.passed(4)?;
        names.push(key.name().ok_or_else(|| key.refused(&value))?);
        values.push(value);
    }
    Ok((names, values))
}

impl Datum {
    /// The value, or why there is none.
    pub(super) fn into_value(self, context: &mut Context<'_>) -> Result<Value, Failure> {
        // What JSON cannot say about keys comes before what it cannot say about numbers.
        let mut unsupported = None;
        let mut steps = vec![Step::Visit(self)];
        let mut values = Vec::new();
        while let Some(step) = steps.pop() {
            context.passed(8)?;
            let value = match step {
                Step::Visit(Self::Sequence(elements)) => {
                    steps.push(Step::Sequence(elements.len()));
                    steps.extend(elements.into_iter().rev().map(Step::Visit));
                    continue;
                }
                Step::Visit(Self::Mapping(members)) => {
                    let (names, members) = last_members(context, members)?;
                    steps.push(Step::Mapping(names));
                    steps.extend(members.into_iter().rev().map(Step::Visit));
                    continue;
                }
                Step::Visit(scalar) => scalar.scalar(&mut unsupported),
                Step::Sequence(count) => {
                    Value::array(values.split_off(values.len().saturating_sub(count)))
                }
                Step::Mapping(names) => {
                    let members = values.split_off(values.len().saturating_sub(names.len()));
                    let mut object = ObjectBuilder::with_capacity(names.len());
                    for (name, value) in names.into_iter().zip(members) {
                        context.passed(4)?;
                        object.insert(Value::text(&name), value);
                    }
                    Value::Object(object.build_within(&mut |units| context.passed(units))?)
                }
            };
            values.push(value);
        }
        match unsupported {
            Some(number) => {
                Err(Failure::Json(format!("json: unsupported value: {}", infinite(number))))
            }
            None => Ok(values.pop().unwrap_or(Value::Null)),
        }
    }

    fn scalar(self, unsupported: &mut Option<f64>) -> Value {
        match self {
            Self::Bool(value) => Value::from(value),
            Self::Int(value) => Value::from(value),
            Self::Uint(value) => Value::Number(Number::from(value)),
            Self::Float(value) if !value.is_finite() => {
                unsupported.get_or_insert(value);
                Value::Null
            }
            Self::Float(value) => {
                Value::Number(Number::parse(&json_float(value)).unwrap_or_else(|| 0.into()))
            }
            Self::Text(text) => Value::text(&text),
            Self::Null | Self::Sequence(_) | Self::Mapping(_) => Value::Null,
        }
    }

    /// The name that a key becomes, where it may be one.
    fn name(&self) -> Option<String> {
        match self {
            Self::Text(text) => Some(text.clone()),
            Self::Int(key) => Some(key.to_string()),
            Self::Bool(key) => Some(key.to_string()),
            Self::Float(key) => Some(short_float(*key)),
            Self::Null | Self::Uint(_) | Self::Sequence(_) | Self::Mapping(_) => None,
        }
    }

    fn refused(&self, value: &Self) -> Failure {
        let kind = if matches!(self, Self::Uint(_)) { "uint64" } else { "%!s(<nil>)" };
        let (key, value) = (self.go_top(), value.go_top());
        let front = "unsupported map key of type";
        Failure::Json(format!("{front}: {kind}, key: {key}, value: {value}"))
    }

    /// As Go shows it with `%#v`.
    pub(super) fn go(&self) -> String {
        let mut text = String::new();
        self.show(&mut text);
        text
    }

    fn go_top(&self) -> String {
        match self {
            Self::Null => "<nil>".to_owned(),
            other => other.go(),
        }
    }

    fn show(&self, into: &mut String) {
        match self {
            Self::Null => into.push_str("interface {}(nil)"),
            Self::Bool(value) => into.push_str(&value.to_string()),
            Self::Int(value) => into.push_str(&value.to_string()),
            Self::Uint(value) => into.push_str(&format!("{value:#x}")),
            Self::Float(value) if value.is_finite() => {
                into.push_str(&format_f64(*value, FloatFormat::G, None));
            }
            Self::Float(value) => into.push_str(infinite(*value)),
            Self::Text(text) => {
                // Writing into a string does not fail.
                let _ = write_quoted(text, into);
            }
            Self::Sequence(elements) => {
                into.push_str("[]interface {}{");
                for (place, element) in elements.iter().enumerate() {
                    into.push_str(if place > 0 { ", " } else { "" });
                    element.show(into);
                }
                into.push('}');
            }
            Self::Mapping(members) => {
                let mut shown: Vec<_> =
                    members.iter().map(|(key, value)| (key.go(), value)).collect();
                shown.sort_by(|(left, _), (right, _)| left.cmp(right));
                into.push_str("map[interface {}]interface {}{");
                for (place, (key, value)) in shown.iter().enumerate() {
                    into.push_str(if place > 0 { ", " } else { "" });
                    into.push_str(key);
                    into.push(':');
                    value.show(into);
                }
                into.push('}');
            }
        }
    }
}

const fn infinite(value: f64) -> &'static str {
    if value.is_nan() {
        "NaN"
    } else if value > 0.0 {
        "+Inf"
    } else {
        "-Inf"
    }
}

/// A float as Go's `json.Marshal` writes it.
fn json_float(value: f64) -> String {
    let size = value.abs();
    if size == 0.0 || (1e-6..1e21).contains(&size) {
        return format_f64(value, FloatFormat::F, None);
    }
    let text = format_f64(value, FloatFormat::E, None);
    // `e-09` is written `e-9`.
    match text.split_once("e-0") {
        Some((front, digit)) => format!("{front}e-{digit}"),
        None => text,
    }
}

/// A key that is a float: rounded to 32 bits.
fn short_float(value: f64) -> String {
    #[expect(clippy::cast_possible_truncation, reason = "as the library rounds such keys")]
    let short = value as f32;
    if !short.is_finite() {
        return match infinite(short.into()) {
            "NaN" => ".nan".to_owned(),
            "+Inf" => ".inf".to_owned(),
            _ => "-.inf".to_owned(),
        };
    }
    // The shortest digits of 32 bits are digits of a float of 64 bits, too.
    let value = short.to_string().parse().unwrap_or(value);
    format_f64(value, FloatFormat::G, None)
}
