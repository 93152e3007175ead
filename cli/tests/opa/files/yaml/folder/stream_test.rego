package stream

import data.kind

test_kind if kind == "List"
