package p["x-y"]

test_x if true

test_x if 1 == 1
