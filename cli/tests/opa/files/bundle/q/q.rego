package q

v := data.q.n + 1
