package broken

allow if {
	x := := 1
}
