//! Comparisons, types and casts.

use super::{Spec, builtin};

pub(super) const BUILTINS: &[Spec] = &[
    builtin("cast_array", "any => array[any]").deprecated(),
    builtin("cast_boolean", "any => boolean").deprecated(),
    builtin("cast_null", "any => null").deprecated(),
    builtin("cast_object", "any => object[any: any]").deprecated(),
    builtin("cast_set", "any => set[any]").deprecated(),
    builtin("cast_string", "any => string").deprecated(),
    builtin("is_array", "x: any => result: boolean").of(&["types"]),
    builtin("is_boolean", "x: any => result: boolean").of(&["types"]),
    builtin("is_null", "x: any => result: boolean").of(&["types"]),
    builtin("is_number", "x: any => result: boolean").of(&["types"]),
    builtin("is_object", "x: any => result: boolean").of(&["types"]),
    builtin("is_set", "x: any => result: boolean").of(&["types"]),
    builtin("is_string", "x: any => result: boolean").of(&["types"]),
    builtin("type_name", "x: any => type: string").of(&["types"]),
];
