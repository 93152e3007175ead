package steps

allow if {
	trace("here")
	some x in [1, 2]
	x > 1
	print("x is", x)
}

deny contains x if {
	some x in input.list
	not good(x)
}

good(x) if x < 3
