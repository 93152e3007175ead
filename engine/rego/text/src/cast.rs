//! The types of values, and casts; `topdown/type.go`, `topdown/type_name.go`, `topdown/casts.go`.

use crate::give::{Given, collection, give};
use referee_rego_builtin::Implementation::Function as F;
use referee_rego_builtin::{BuiltinError, Context, Table, operand};
use referee_rego_value::Value;

pub(crate) const TABLE: Table = &[
    ("type_name", F(type_name)),
    ("is_number", F(is_number)),
    ("is_string", F(is_string)),
    ("is_boolean", F(is_boolean)),
    ("is_array", F(is_array)),
    ("is_set", F(is_set)),
    ("is_object", F(is_object)),
    ("is_null", F(is_null)),
    ("cast_array", F(cast_array)),
    ("cast_set", F(cast_set)),
    ("cast_string", F(cast_string)),
    ("cast_boolean", F(cast_boolean)),
    ("cast_null", F(cast_null)),
    ("cast_object", F(cast_object)),
];

fn type_name(_: &mut Context<'_>, operands: &[Value]) -> Given {
    give(operand::value(operands, 1)?.type_name())
}

macro_rules! is {
    ($($name:ident, $variant:ident;)*) => {$(
        fn $name(_: &mut Context<'_>, operands: &[Value]) -> Given {
            give(matches!(operand::value(operands, 1)?, Value::$variant { .. }))
        }
    )*};
}

is! {
    is_number, Number;
    is_string, String;
    is_boolean, Bool;
    is_array, Array;
    is_set, Set;
    is_object, Object;
    is_null, Null;
}

const COLLECTIONS: &[&str] = &["array", "set"];

fn cast_array(ctx: &mut Context<'_>, operands: &[Value]) -> Given {
    match operand::value(operands, 1)? {
        Value::Array(array) => give(array.clone()),
        Value::Set(set) => {
            collection(ctx, set.len())?;
            give(Value::array(set.iter().cloned()))
        }
        other => Err(operand::one_of(1, other, COLLECTIONS)),
    }
}

fn cast_set(ctx: &mut Context<'_>, operands: &[Value]) -> Given {
    match operand::value(operands, 1)? {
        Value::Set(set) => give(set.clone()),
        Value::Array(array) => {
            collection(ctx, array.len())?;
            give(Value::set(array.iter().cloned()))
        }
        other => Err(operand::one_of(1, other, COLLECTIONS)),
    }
}

fn cast_string(_: &mut Context<'_>, operands: &[Value]) -> Given {
    give(operand::string(operands, 1)?.clone())
}

fn cast_boolean(_: &mut Context<'_>, operands: &[Value]) -> Given {
    give(*operand::boolean(operands, 1)?)
}

fn cast_null(_: &mut Context<'_>, operands: &[Value]) -> Given {
    match operand::value(operands, 1)? {
        Value::Null => give(Value::Null),
        other => Err(BuiltinError::operand(1, "null", other.type_name())),
    }
}

fn cast_object(_: &mut Context<'_>, operands: &[Value]) -> Given {
    give(operand::object(operands, 1)?.clone())
}
