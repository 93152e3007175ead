package broken

import data.unused

a if {
	y := 1
	input.z == 2
}

b(input) := 1
