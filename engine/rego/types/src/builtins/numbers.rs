//! Numbers, bits and units.

use super::{Spec, builtin};

pub(super) const BUILTINS: &[Spec] = &[
    builtin("abs", "x: number => y: number").of(&["numbers"]),
    builtin("bits.and", "x: number, y: number => z: number"),
    builtin("bits.lsh", "x: number, s: number => z: number"),
    builtin("bits.negate", "x: number => z: number"),
    builtin("bits.or", "x: number, y: number => z: number"),
    builtin("bits.rsh", "x: number, s: number => z: number"),
    builtin("bits.xor", "x: number, y: number => z: number"),
    builtin("ceil", "x: number => y: number").of(&["numbers"]),
    builtin("floor", "x: number => y: number").of(&["numbers"]),
    builtin("numbers.range", "a: number, b: number => range: array[number]").contextual(),
    builtin("numbers.range_step", "a: number, b: number, step: number => range: array[number]")
        .contextual(),
    builtin("rand.intn", "str: string, n: number => y: number")
        .of(&["numbers"])
        .nondeterministic()
        .contextual(),
    builtin("round", "x: number => y: number").of(&["numbers"]),
    builtin("to_number", "value: any<null, boolean, number, string> => num: number")
        .of(&["conversions"]),
    builtin("units.parse", "x: string => y: number"),
    builtin("units.parse_bytes", "x: string => y: number"),
];
