# Helpers over the facts document as a whole.
package referee.facts

# The version of facts that this library reads.
supported if input.facts_version == 1

# Whether everything that was looked for was found and examined. Only then may a policy say that
# something is not there.
complete if input.complete == true

# What the artifact is called in messages.
default name := "the artifact"

name := input.request.reference

# The first few things that could not be had, for a message.
missing := concat("; ", array.concat(first, rest)) if {
	first := [text |
		some entry in array.slice(unavailable, 0, 5)
		text := sprintf("%s %s: %s", [entry.kind, entry.target, entry.code])
	]
	rest := [text |
		count(unavailable) > 5
		text := sprintf("and %d more", [count(unavailable) - 5])
	]
}

default unavailable := []

unavailable := input.unavailable if is_array(input.unavailable)

# Reasons to deny whatever the policy is about. Every pack begins with them.
problems contains problem if {
	not supported
	problem := {
		"code": "facts_unsupported",
		"message": "The input is no facts document of version 1.",
		"hint": "Evaluate this policy over facts that Referee gathered.",
	}
}

# Why a policy cannot say that something is missing. `wanted` says what it looked for.
undetermined(wanted) := {
	"code": "undetermined",
	"message": sprintf("Whether %s %s could not be determined: %s.", [name, wanted, cause]),
	"hint": "Not everything could be had in time. Ask again later.",
} if {
	not complete
	cause := undetermined_cause
}

default undetermined_cause := "the facts are not complete"

undetermined_cause := missing if count(unavailable) > 0

# Trusted roots that are past their time: a log or an authority that began since is missing, one
# that was withdrawn since is still trusted. Every pack warns of them.
expired_roots contains problem if {
	some root in input.trust_roots
	root.expired == true
	problem := {
		"code": "trust_root_expired",
		"message": sprintf("The trusted root of the Sigstore instance %s ended at %s.", [root.name, root.expires_at]),
		"hint": "It could not be renewed: `referee roots` says why.",
	}
}
