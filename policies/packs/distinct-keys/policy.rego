# The artifact must carry trusted signatures by at least so many different signers.
package referee.packs.distinct_keys

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

found := count(signatures.signers(trusted))

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
	problem := facts.undetermined(sprintf("is signed by at least %v different signers", [minimum]))
}

deny contains problem if {
	not allow
	not enough
	input.complete == true
	parameters.is_count(minimum)
	problem := {
		"code": "too_few_keys",
		"message": sprintf(
			"%s is signed by %d different signers, %v are required; signed by: %s; trusted signatures: %d.",
			[data.referee.facts.name, found, minimum, signatures.listed(signatures.names(trusted)), count(trusted)],
		),
		"hint": sprintf("Other keys or identities of the trust document that must sign it: %v.", [minimum - found]),
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
