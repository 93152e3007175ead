//! Time.

use super::{Spec, builtin};

pub(super) const BUILTINS: &[Spec] = &[
    builtin(
        "time.add_date",
        "ns: number, years: number, months: number, days: number => output: number",
    ),
    builtin(
        "time.clock",
        "x: any<number, array<number, string>> => output: array<number, number, number>",
    ),
    builtin(
        "time.date",
        "x: any<number, array<number, string>> => date: array<number, number, number>",
    ),
    builtin(
        "time.diff",
        "ns1: any<number, array<number, string>>, ns2: any<number, array<number, string>> => output: array<number, number, number, number, number, number>",
    ),
    builtin(
        "time.format",
        "x: any<number, array<number, string>, array<number, string, string>> => formatted timestamp: string",
    ),
    builtin("time.now_ns", "=> now: number").nondeterministic().contextual(),
    builtin("time.parse_duration_ns", "duration: string => ns: number"),
    builtin("time.parse_ns", "layout: string, value: string => ns: number"),
    builtin("time.parse_rfc3339_ns", "value: string => ns: number"),
    builtin("time.weekday", "x: any<number, array<number, string>> => day: string"),
];
