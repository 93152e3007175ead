//! Regular expressions and globs.

use super::{Spec, builtin};

pub(super) const BUILTINS: &[Spec] = &[
    builtin(
        "glob.match",
        "pattern: string, delimiters: any<null, array[string]>, match: string => result: boolean",
    )
    .contextual(),
    builtin("glob.quote_meta", "pattern: string => output: string"),
    builtin("re_match", "string, string => boolean").deprecated().contextual(),
    builtin(
        "regex.find_all_string_submatch_n",
        "pattern: string, value: string, number: number => output: array[array[string]]",
    )
    .contextual(),
    builtin(
        "regex.find_n",
        "pattern: string, value: string, number: number => output: array[string]",
    )
    .contextual(),
    builtin("regex.globs_match", "glob1: string, glob2: string => result: boolean"),
    builtin("regex.is_valid", "pattern: string => result: boolean"),
    builtin("regex.match", "pattern: string, value: string => result: boolean").contextual(),
    builtin("regex.replace", "s: string, pattern: string, value: string => output: string")
        .contextual(),
    builtin("regex.split", "pattern: string, value: string => output: array[string]").contextual(),
    builtin(
        "regex.template_match",
        "template: string, value: string, delimiter_start: string, delimiter_end: string => result: boolean",
    ),
];
