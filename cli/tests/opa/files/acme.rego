package acme

v := acme.lookup("a")

mock(_) := "b"

w := x if {
	x := v with acme.lookup as mock
}
