# The artifact must carry at least so many trusted signatures.
package referee.packs.minimum_signatures

import data.referee.facts
import data.referee.parameters
import data.referee.signatures

minimum := parameters.value("minimum", 2)

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

found := count(trusted)

enough if {
	parameters.is_count(minimum)
	found >= minimum
}

invalid_parameters contains problem if some problem in parameters.problems({"minimum"})

invalid_parameters contains problem if {
	not parameters.is_count(minimum)
	problem := parameters.invalid("minimum must be a whole number of at least 1.")
}

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
	problem := facts.undetermined(sprintf("carries at least %v trusted signatures", [minimum]))
}

deny contains problem if {
	not allow
	not enough
	input.complete == true
	parameters.is_count(minimum)
	problem := {
		"code": "too_few_signatures",
		"message": sprintf(
			"%s carries %d trusted signatures, %v are required; signed by: %s.",
			[data.referee.facts.name, found, minimum, signatures.listed(signatures.names(trusted))],
		),
		"hint": sprintf("Signatures to add, by keys or identities of the trust document: %v.", [minimum - found]),
	}
}

# Why the others that were found do not count.
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
