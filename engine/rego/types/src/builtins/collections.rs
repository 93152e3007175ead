//! Arrays, sets, objects and aggregates.

use super::{Spec, builtin};

pub(super) const BUILTINS: &[Spec] = &[
    builtin("all", "any<array[any], set[any]> => boolean").deprecated(),
    builtin("any", "any<array[any], set[any]> => boolean").deprecated(),
    builtin("array.concat", "x: array[any], y: array[any] => z: array[any]"),
    builtin("array.flatten", "arr: array[any] => flattened: array[any]"),
    builtin("array.reverse", "arr: array[any] => rev: array[any]"),
    builtin("array.slice", "arr: array[any], start: number, stop: number => slice: array[any]"),
    builtin(
        "count",
        "collection: any<string, array[any], object[any: any], set[any]> => n: number",
    )
    .of(&["aggregates"]),
    builtin("intersection", "xs: set[set[any]] => y: set[any]").of(&["sets"]),
    builtin("max", "collection: any<array[any], set[any]> => n: any").of(&["aggregates"]),
    builtin("min", "collection: any<array[any], set[any]> => n: any").of(&["aggregates"]),
    builtin(
        "object.filter",
        "object: object[any: any], keys: any<array[any], object[any: any], set[any]> => filtered: object[any: any]",
    ),
    builtin("object.get", "object: object[any: any], key: any, default: any => value: any"),
    builtin("object.keys", "object: object[any: any] => value: set[any]"),
    builtin(
        "object.remove",
        "object: object[any: any], keys: any<array[any], object[any: any], set[any]> => output: object[any: any]",
    ),
    builtin(
        "object.subset",
        "super: any<array[any], object[any: any], set[any]>, sub: any<array[any], object[any: any], set[any]> => result: boolean",
    ),
    builtin("object.union", "a: object[any: any], b: object[any: any] => output: object[any: any]"),
    builtin("object.union_n", "objects: array[object[any: any]] => output: object[any: any]"),
    builtin("product", "collection: any<array[number], set[number]> => n: number")
        .of(&["aggregates"]),
    builtin("set_diff", "set[any], set[any] => set[any]").deprecated(),
    builtin("sort", "collection: any<array[any], set[any]> => n: array[any]").of(&["aggregates"]),
    builtin("sum", "collection: any<array[number], set[number]> => n: number").of(&["aggregates"]),
    builtin("union", "xs: set[set[any]] => y: set[any]").of(&["sets"]),
];
