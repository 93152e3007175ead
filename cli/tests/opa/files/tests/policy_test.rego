package policy_test

import data.policy

test_few if {
	print("looking at", 1)
	policy.deny == {"few"} with input as {"n": 1}
}

test_wrong if {
	x := 3
	print("n is", x)
	policy.deny == {"few"} with input as {"n": x}
}

test_error if {
	{"a": x | some x in [1, 2]} == {}
}

todo_test_later if false

test_cases[note] if {
	some note, tc in {
		"one": {"n": 1, "want": {"few"}},
		"zero": {"n": 0, "want": {"few"}},
	}
	policy.deny == tc.want with input as {"n": tc.n}
}
