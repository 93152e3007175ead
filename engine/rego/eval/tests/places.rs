//! Where an error of a builtin stands: at the call, row and column, wherever the call is. What is
//! wanted is what `opa eval --strict-builtin-errors` says.

mod support;

use referee_rego_value::{JsonLimits, Value};
use support::{Failure, Question, rows};

const MODULE: &str = r#"package t
bad := "2020-13-01"
a if {
	not time.parse_rfc3339_ns(bad)
}
b := [x |
	some x in [1]
	y := time.parse_rfc3339_ns(bad)
]
c if {
	every x in [1] {
		x == 1
		time.parse_rfc3339_ns(bad) == x
	}
}
d if {
	time.parse_rfc3339_ns(input.x) with input.x as bad
}
f(x) := time.parse_rfc3339_ns(x)
e if f(bad) > 1
g(x) := units.parse(json.marshal(f(json.marshal(x))))
h if {
	true
	   g(f(concat("", ["a", bad]))) == 3
}
i if { not f(bad) }
j := {k: v | some k, v in {"a": bad}; v != time.parse_rfc3339_ns(v)}
k contains x if { x := time.parse_rfc3339_ns(bad) }
l if not k[1]
m if { not n.a }
n[x] := time.parse_rfc3339_ns(y) if some x, y in {"a": bad}
o if { every x in [time.parse_rfc3339_ns(bad)] { x } }
q if { not units.parse(sprintf("%s", [time.parse_rfc3339_ns(bad)])) == 2 }
r := {"a": [time.parse_rfc3339_ns(bad)]}
s := input[time.parse_rfc3339_ns(bad)]
u if { x := [1,2]; x[_] == time.parse_rfc3339_ns(bad) }
v if { not x } 
x if { not time.parse_rfc3339_ns(bad) with input as {} }
y := $"{time.parse_rfc3339_ns(bad)} is"
z if { 1 / 0 == 2 }
za if { not 1 / 0 == 2 }
zb := 1 % 0
zc if { not to_number("x") > 2 }
zd if { some q in [to_number("x")] }
ze := w if w := [to_number("x")][0]
zf := object.get({}, to_number("x"), 1)
zg if startswith(json.marshal(to_number("x")), "y")
zh := x if { x := count(input.n) } 
zi if { not count(input.n) == 2 }
"#;

/// Each rule, with the row and the column of the call that fails.
const PLACES: &[(&str, u32, u32)] = &[
    ("a", 4, 2),
    ("b", 8, 7),
    ("c", 13, 3),
    ("d", 17, 2),
    ("e", 19, 9),
    ("h", 19, 9),
    ("i", 19, 9),
    ("j", 27, 44),
    ("k", 28, 24),
    ("l", 28, 24),
    ("m", 31, 9),
    ("n", 31, 9),
    ("o", 32, 20),
    ("q", 33, 39),
    ("r", 34, 13),
    ("s", 35, 12),
    ("u", 36, 28),
    ("v", 38, 8),
    ("x", 38, 8),
    ("z", 40, 8),
    ("za", 41, 13),
    ("zb", 42, 7),
    ("zc", 43, 13),
    ("zd", 44, 20),
    ("ze", 45, 18),
    ("zf", 46, 22),
    ("zg", 47, 31),
    ("zh", 48, 19),
    ("zi", 49, 13),
];

#[test]
fn an_error_of_a_builtin_stands_where_the_call_does() {
    for (rule, row, column) in PLACES {
        let query = format!("data.t.{rule}");
        let modules = [MODULE];
        let mut question = Question::new(&modules, &query);
        question.strict = true;
        question.input = Some(Value::from_json(r#"{"n": 1}"#, &JsonLimits::DEFAULT).unwrap());
        let error = match rows(&question) {
            Err(Failure::Eval(error)) => error,
            other => panic!("{rule}: no error of the evaluation: {other:?}"),
        };
        let place = (error.location.file(), error.location.row, error.location.col);
        assert_eq!(place, ("test-0.rego", *row, *column), "{rule}: {error}");
    }
}
