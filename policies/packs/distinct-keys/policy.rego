# The artifact must carry trusted signatures by at least so many different signers.
package referee.packs.distinct_keys

import data.referee.facts
import data.referee.parameters
import data.referee.signatures

minimum := parameters.value("minimum", 2)

default allow := false

allow if {
	facts.supported
	count(invalid_parameters) == 0
	enough
}

found := count(signatures.signers(signatures.trusted))

enough if {
	parameters.is_count(minimum)
	found >= minimum
}

invalid_parameters contains problem if some problem in parameters.problems({"minimum"})

invalid_parameters contains problem if {
	not parameters.is_count(minimum)
	problem := parameters.invalid("minimum must be a whole number of at least 1.")
}

deny contains problem if some problem in facts.problems

deny contains problem if some problem in invalid_parameters

deny contains problem if {
	not enough
	problem := facts.undetermined(sprintf("is signed by at least %v different keys", [minimum]))
}

deny contains problem if {
	not enough
	facts.complete
	parameters.is_count(minimum)
	problem := {
		"code": "too_few_keys",
		"message": sprintf(
			"%s is signed by %d different keys, %v are required; signed by: %s; trusted signatures: %d.",
			[facts.name, found, minimum, signatures.listed(signatures.names(signatures.trusted)), count(signatures.trusted)],
		),
		"hint": sprintf("Other keys of the trust document that must sign it: %v.", [minimum - found]),
	}
}

# Why the others that were found do not count.
deny contains signatures.problem(signature) if {
	not enough
	some signature in signatures.not_trusted
}

warn contains signatures.problem(signature) if {
	enough
	some signature in signatures.not_trusted
}
