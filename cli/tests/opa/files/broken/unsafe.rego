package broken

a if {
	x == 1
}

b if {
	y == 1
	count(1, 2, 3)
}

c := nowhere.z
