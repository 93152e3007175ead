package disagree

p if {
	some x in [1, 2]
	x > 0
	q == 1
}

q := 1 if input.list

q := 2 if input.list[0]
