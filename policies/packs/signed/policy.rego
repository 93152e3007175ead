# The artifact must carry a trusted signature.
package referee.packs.signed

import data.referee.facts
import data.referee.parameters
import data.referee.signatures

default trusted := []

trusted := signatures.trusted_over(input.subject.digest)

default not_trusted := []

not_trusted := signatures.not_trusted_over(input.subject.digest)

default allow := false

allow if {
	input.facts_version == 1
	count(invalid_parameters) == 0
	enough
}

enough if count(trusted) >= 1

invalid_parameters := parameters.problems(set())

deny contains problem if {
	not allow
	some problem in data.referee.facts.problems
}

deny contains problem if {
	not allow
	some problem in invalid_parameters
}

deny contains problem if {
	not allow
	not enough
	problem := facts.undetermined("carries a trusted signature")
}

deny contains problem if {
	not allow
	not enough
	input.complete == true
	problem := {
		"code": "unsigned",
		"message": sprintf(
			"%s carries no trusted signature; signatures found: %d.",
			[data.referee.facts.name, count(signatures.over(input.subject.digest))],
		),
		"hint": "Have it signed by a key or an identity of the trust document, or add the signer there.",
	}
}

# Why those that were found do not count.
deny contains signatures.problem(signature) if {
	not allow
	not enough
	some signature in not_trusted
}

warn contains signatures.problem(signature) if {
	allow
	some signature in not_trusted
}

warn contains problem if {
	some problem in data.referee.facts.expired_roots
}

# All of it at once, for a policy that puts packs together.
decision := {"allow": allow, "deny": deny, "warn": warn}
