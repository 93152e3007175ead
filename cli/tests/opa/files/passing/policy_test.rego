package policy_test

import data.policy

test_few if policy.deny == {"few"} with input as {"n": 1}

todo_test_later if false
