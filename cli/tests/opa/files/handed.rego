package handed

f(x) := x > 1

refused if f(0)

kept if f(0) == false

given := f(5)

s contains x if some x in [1, 2, 3]

early if s[_] > 1

a.b.c := 1

a.b[x] := 3 if x := "e"
