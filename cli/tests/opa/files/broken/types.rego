package broken

f(x) := x + 1

a := f("a")

b := 1 + "a"

c := count(true)

d if nothing(1)
