# METADATA
# title: Who may do what
package authz

import data.roles

default allow := false

allow if {
	some role in roles[input.user]
	role == "admin"
}

allow if {
	input.method == "GET"
	startswith(input.path, "/public/")
}

deny contains msg if {
	not allow
	msg := sprintf("%s may not %s", [input.user, input.method])
}

deny contains "suspended" if input.user in data.suspended

# a function over its argument
level(role) := 3 if role == "admin"

level(role) := 1 if role != "admin"

levels[user] := max([level(role) | some role in roles[user]]) if some user, _ in roles
