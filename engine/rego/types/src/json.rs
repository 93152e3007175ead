//! Types as OPA's JSON has them (`v1/types/decode.go`), in both directions.
//!
//! Reading tolerates fields it does not know, as OPA does, and refuses kinds of types that there
//! are not. Names of arguments are written but not read, as in OPA.

use crate::kind::MAX_DEPTH;
use crate::{DocumentError, Function, Type};
use referee_rego_value::{Object, Value};

impl Type {
    /// The type as a JSON document: `{"type": "array", "dynamic": {"type": "string"}}`.
    #[must_use]
    pub fn to_json(&self) -> Value {
        match self {
            // In Go it is no type at all.
            Self::Unknown => Value::Null,
            known => Value::object(known.fields()),
        }
    }

    fn fields(&self) -> Vec<(&'static str, Value)> {
        let list = |types: &[Self]| Value::array(types.iter().map(Self::to_json));
        let mut fields = match self {
            Self::Array(array) => {
                let items = (!array.items().is_empty()).then(|| ("static", list(array.items())));
                let rest = array.rest().map(|rest| ("dynamic", rest.to_json()));
                items.into_iter().chain(rest).collect()
            }
            Self::Object(object) => {
                let members = object.members().iter().map(|(key, value)| {
                    Value::object([("key", key.clone()), ("value", value.to_json())])
                });
                let members =
                    (!object.members().is_empty()).then(|| ("static", Value::array(members)));
                let rest = object.rest().map(|(key, value)| {
                    let pair = [("key", key.to_json()), ("value", value.to_json())];
                    ("dynamic", Value::object(pair))
                });
                members.into_iter().chain(rest).collect()
            }
            Self::Set(set) => vec![("of", set.of().to_json())],
            Self::Any(any) if !any.of().is_empty() => vec![("of", list(any.of()))],
            Self::Function(function) => function.fields(),
            Self::Recursive(recursive) => {
                return vec![("name", Value::from(recursive.name()))];
            }
            _ => Vec::new(),
        };
        fields.push(("type", Value::from(self.name())));
        fields
    }

    /// Reads a type.
    ///
    /// # Errors
    /// What is wrong with the document, in OPA's words where OPA has some.
    pub fn from_json(document: &Value) -> Result<Self, DocumentError> {
        read(document, MAX_DEPTH)
    }
}

impl Function {
    fn fields(&self) -> Vec<(&'static str, Value)> {
        let mut fields = Vec::new();
        if !self.args.is_empty() {
            let args = self.args.iter().map(|(name, ty)| named(*name, ty));
            fields.push(("args", Value::array(args)));
        }
        if let Some(result) = &self.result {
            fields.push(("result", named(self.result_name, result)));
        }
        if let Some(variadic) = &self.variadic {
            fields.push(("variadic", variadic.to_json()));
        }
        fields
    }

    /// What it takes and gives, as an error says what was wanted: its arguments, then its result.
    pub(crate) fn arguments_to_json(&self) -> Value {
        let args = self.args.iter().map(|(name, ty)| named(*name, ty));
        let result = self.result.iter().map(|ty| named(self.result_name, ty));
        let all: Vec<Value> = args.chain(result).collect();
        let all = (!all.is_empty()).then(|| ("args", Value::array(all)));
        let variadic = self.variadic.iter().map(|ty| ("variadic", ty.to_json()));
        Value::object(all.into_iter().chain(variadic))
    }

    /// The function as a JSON document.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let mut fields = self.fields();
        fields.push(("type", Value::from("function")));
        Value::object(fields)
    }

    /// Reads a function.
    ///
    /// # Errors
    /// What is wrong with the document, in OPA's words where OPA has some.
    pub fn from_json(document: &Value) -> Result<Self, DocumentError> {
        match read(document, MAX_DEPTH)? {
            Type::Function(function) => Ok(Self::clone(&function)),
            _ => Err(DocumentError::NoFunction),
        }
    }
}

fn named(name: Option<&'static str>, ty: &Type) -> Value {
    let mut fields = ty.fields();
    fields.extend(name.map(|name| ("name", Value::from(name))));
    Value::object(fields)
}

/// A member that may be missing; `null` counts as missing, as in Go.
fn member<'a>(object: &'a Object, name: &str) -> Option<&'a Value> {
    object.get_str(name).filter(|value| !matches!(value, Value::Null))
}

fn list(object: &Object, name: &str) -> Result<Vec<Value>, DocumentError> {
    match member(object, name) {
        None => Ok(Vec::new()),
        Some(Value::Array(array)) => Ok(array.as_slice().to_vec()),
        Some(other) => Err(DocumentError::member(name, "an array", other)),
    }
}

fn read(document: &Value, depth: u16) -> Result<Type, DocumentError> {
    let inner = depth.checked_sub(1).ok_or(DocumentError::TooDeep)?;
    let object = document.as_object().ok_or_else(|| no_object("a type", document))?;
    let types = |name: &str| -> Result<Vec<Type>, DocumentError> {
        list(object, name)?.iter().map(|ty| read(ty, inner)).collect()
    };
    let optional = |name: &str| member(object, name).map(|ty| read(ty, inner)).transpose();
    match member(object, "type").and_then(Value::as_str).unwrap_or_default() {
        "null" => Ok(Type::Null),
        "boolean" => Ok(Type::Boolean),
        "number" => Ok(Type::Number),
        "string" => Ok(Type::String),
        "array" => Ok(Type::array(types("static")?, optional("dynamic")?)),
        "object" => Ok(Type::object(members(object, inner)?, rest(object, inner)?)),
        "set" => optional("of")?.map(Type::set).ok_or_else(|| unsupported("")),
        "any" => types("of").map(Type::any_of),
        "function" => {
            let args = types("args")?.into_iter().map(|ty| (None, ty)).collect();
            let (result, variadic) = (optional("result")?, optional("variadic")?);
            if result.is_some() && variadic.is_some() {
                return Err(DocumentError::NonVoidVariadic);
            }
            let function = Function { args, variadic, result, result_name: None };
            Ok(Type::Function(function.into()))
        }
        other => Err(unsupported(other)),
    }
}

fn unsupported(name: &str) -> DocumentError {
    DocumentError::UnsupportedType { name: name.to_owned() }
}

fn no_object(what: &str, got: &Value) -> DocumentError {
    DocumentError::Kind { what: what.to_owned(), wanted: "an object", got: got.type_name() }
}

fn members(object: &Object, depth: u16) -> Result<Vec<(Value, Type)>, DocumentError> {
    let read_member = |member: &Value| {
        let member = member.as_object().ok_or_else(|| no_object("a static property", member))?;
        let key = member.get_str("key").cloned().unwrap_or(Value::Null);
        Ok((key, read(member.get_str("value").unwrap_or(&Value::Null), depth)?))
    };
    list(object, "static")?.iter().map(read_member).collect()
}

fn rest(object: &Object, depth: u16) -> Result<Option<(Type, Type)>, DocumentError> {
    let Some(pair) = member(object, "dynamic").and_then(Value::as_object) else {
        return Ok(None);
    };
    let Some(key) = member(pair, "key") else {
        return Ok(None);
    };
    let value = pair.get_str("value").unwrap_or(&Value::Null);
    Ok(Some((read(key, depth)?, read(value, depth)?)))
}
