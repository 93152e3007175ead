package wide

# first
import data.roles as r

# METADATA
# title: x
p[x].y contains z if {
	some x, z in r # here
	every v in z { v != "a" }
	not r.q with input as {"a": 1, "b": {2, 3}}
}

f(a, [b, _]) := {"k": a, b: $"n{a}"} if a in {1.5, 2e3}

q := [x | some x in [1, null, true]; x]

default d := {}
