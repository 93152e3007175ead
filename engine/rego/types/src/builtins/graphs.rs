//! Graphs, Rego itself, tracing and tests.

use super::{Spec, builtin};

pub(super) const BUILTINS: &[Spec] = &[
    builtin(
        "graph.reachable",
        "graph: object[any: any<array[any], set[any]>], initial: any<array[any], set[any]> => output: set[any]",
    ),
    builtin(
        "graph.reachable_paths",
        "graph: object[any: any<array[any], set[any]>], initial: any<array[any], set[any]> => output: set[array[any]]",
    ),
    builtin("opa.runtime", "=> output: object[string: any]").nondeterministic().contextual(),
    builtin("rego.metadata.chain", "=> chain: array[any]"),
    builtin("rego.metadata.rule", "=> output: any"),
    builtin("rego.parse_module", "filename: string, rego: string => output: object[string: any]"),
    builtin("trace", "note: string => result: boolean").of(&["tracing"]).contextual(),
    builtin("walk", "x: any => output: array<array[any], any>").of(&["graph"]).relation(),
];
