package clash

v := 1

v := 2 if input.clash

f(x) := 1 if x

f(x) := 2 if x

g := f(true)

div := 1 / input.zero

obj[k] := n if some k, n in {["a", 1], ["a", 2]}
