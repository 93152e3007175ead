//! Strings.

use super::{Spec, builtin};

pub(super) const BUILTINS: &[Spec] = &[
    builtin("concat", "delimiter: string, collection: any<array[string], set[string]> => output: string").of(&["strings"]).contextual(),
    builtin("contains", "haystack: string, needle: string => result: boolean").of(&["strings"]),
    builtin("endswith", "search: string, base: string => result: boolean").of(&["strings"]),
    builtin("format_int", "number: number, base: number => output: string").of(&["strings"]),
    builtin("indexof", "haystack: string, needle: string => output: number").of(&["strings"]),
    builtin("indexof_n", "haystack: string, needle: string => output: array[number]").of(&["strings"]),
    builtin("lower", "x: string => y: string").of(&["strings"]),
    builtin("replace", "x: string, old: string, new: string => y: string").of(&["strings"]).contextual(),
    builtin("split", "x: string, delimiter: string => ys: array[string]").of(&["strings"]),
    builtin("sprintf", "format: string, values: array[any] => output: string").of(&["strings"]),
    builtin("startswith", "search: string, base: string => result: boolean").of(&["strings"]),
    builtin("strings.any_prefix_match", "search: any<string, array[string], set[string]>, base: any<string, array[string], set[string]> => result: boolean").of(&["strings"]),
    builtin("strings.any_suffix_match", "search: any<string, array[string], set[string]>, base: any<string, array[string], set[string]> => result: boolean").of(&["strings"]),
    builtin("strings.count", "search: string, substring: string => output: number").of(&["strings"]),
    builtin("strings.render_template", "value: string, vars: object[string: any] => result: string").of(&["strings"]),
    builtin("strings.replace_n", "patterns: object[string: string], value: string => output: string").contextual(),
    builtin("strings.reverse", "x: string => y: string").of(&["strings"]),
    builtin("strings.split_n", "x: string, delimiter: string, n: number => ys: array[string]").of(&["strings"]),
    builtin("substring", "value: string, offset: number, length: number => output: string").of(&["strings"]),
    builtin("trim", "value: string, cutset: string => output: string").of(&["strings"]),
    builtin("trim_left", "value: string, cutset: string => output: string").of(&["strings"]),
    builtin("trim_prefix", "value: string, prefix: string => output: string").of(&["strings"]),
    builtin("trim_right", "value: string, cutset: string => output: string").of(&["strings"]),
    builtin("trim_space", "value: string => output: string").of(&["strings"]),
    builtin("trim_suffix", "value: string, suffix: string => output: string").of(&["strings"]),
    builtin("upper", "x: string => y: string").of(&["strings"]),
];
