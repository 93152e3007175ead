package acme_test

import data.acme

test_w if acme.w == "b"

test_v if acme.v == "b"
