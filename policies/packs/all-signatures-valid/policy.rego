# The artifact must carry a signature, and none that is not trusted.
package referee.packs.all_signatures_valid

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
	input.complete == true
	count(invalid_parameters) == 0
	count(trusted) >= 1
	count(not_trusted) == 0
}

invalid_parameters := parameters.problems(set())

deny contains problem if {
	not allow
	some problem in data.referee.facts.problems
}

deny contains problem if {
	not allow
	some problem in invalid_parameters
}

# What was not seen may be a signature that is wrong, however many were seen that are right.
deny contains facts.undetermined("carries only trusted signatures")

deny contains problem if {
	input.complete == true
	count(signatures.over(input.subject.digest)) == 0
	problem := {
		"code": "unsigned",
		"message": sprintf("%s carries no signature.", [data.referee.facts.name]),
		"hint": "Have it signed by a key or an identity of the trust document.",
	}
}

deny contains signatures.problem(signature) if some signature in not_trusted

warn contains problem if {
	some problem in data.referee.facts.expired_roots
}

# All of it at once, for a policy that puts packs together.
decision := {"allow": allow, "deny": deny, "warn": warn}
