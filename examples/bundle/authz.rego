# METADATA
# title: Who may reach a server
package authz

default allow := false

# METADATA
# description: Those who own it, from inside
# entrypoint: true
allow if {
	some server in data.servers.known
	server.name == input.server
	server.owner == input.user
}
