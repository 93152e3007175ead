# Role-based access control: a user has roles, a role has grants.
package rbac

default allow := false

allow if user_is_admin

allow if {
	some grant in user_grants
	input.action == grant.action
	input.type == grant.type
}

user_is_admin if "admin" in data.user_roles[input.user]

user_grants contains grant if {
	some role in data.user_roles[input.user]
	some grant in data.role_grants[role]
}
