package tree

sum := data.x + count(data.a.y.z)
