package every_member

all_small if every x in input.list { x < 4 }

none if every x in [] { x > 0 }

nested if every x in [[1], [2, 3]] { every y in x { y > 0 } }

by_key if every k, v in {"a": 1} { k == "a"; v == 1 }

of_rule if every x in parts { x in parts }

with_input if every x in [1, 2] { x < input.n } with input.n as 5

no_collection if every x in 5 { x > 0 }

parts contains 1

parts contains 2
