package old

allow { input.x }

names[n] { n := input.list[_] }
