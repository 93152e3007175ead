package schema

a if input.usr == "bob"

b if input.request.knd == "Pod"

c if some r in input.rols

d := input.user + 1
