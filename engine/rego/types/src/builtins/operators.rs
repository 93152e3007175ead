//! The builtins behind operators and keywords.

use super::{Spec, builtin};

pub(super) const BUILTINS: &[Spec] = &[
    builtin("and", "x: set[any], y: set[any] => z: set[any]").infix("&").of(&["sets"]),
    builtin("assign", "any, any => boolean").infix(":="),
    builtin("div", "x: number, y: number => z: number").infix("/").of(&["numbers"]),
    builtin("eq", "any, any => boolean").infix("="),
    builtin("equal", "x: any, y: any => result: boolean").infix("==").of(&["comparison"]),
    builtin("gt", "x: any, y: any => result: boolean").infix(">").of(&["comparison"]),
    builtin("gte", "x: any, y: any => result: boolean").infix(">=").of(&["comparison"]),
    builtin("internal.member_2", "any, any => boolean").infix("in"),
    builtin("internal.member_3", "any, any, any => boolean").infix("in"),
    builtin("internal.print", "array[set[any]] =>").contextual(),
    builtin("internal.template_string", "array[any] => string"),
    builtin("internal.test_case", "array[any] =>").contextual(),
    builtin("lt", "x: any, y: any => result: boolean").infix("<").of(&["comparison"]),
    builtin("lte", "x: any, y: any => result: boolean").infix("<=").of(&["comparison"]),
    builtin(
        "minus",
        "x: any<number, set[any]>, y: any<number, set[any]> => z: any<number, set[any]>",
    )
    .infix("-")
    .of(&["sets", "numbers"]),
    builtin("mul", "x: number, y: number => z: number").infix("*").of(&["numbers"]),
    builtin("neq", "x: any, y: any => result: boolean").infix("!=").of(&["comparison"]),
    builtin("or", "x: set[any], y: set[any] => z: set[any]").infix("|").of(&["sets"]),
    builtin("plus", "x: number, y: number => z: number").infix("+").of(&["numbers"]),
    builtin("print", "any... =>").contextual(),
    builtin("rem", "x: number, y: number => z: number").infix("%").of(&["numbers"]),
];
