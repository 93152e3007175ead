# The artifact must carry a signature, and none that is not trusted.
package referee.packs.all_signatures_valid

import data.referee.facts
import data.referee.parameters
import data.referee.signatures

default allow := false

allow if {
	facts.supported
	facts.complete
	count(invalid_parameters) == 0
	count(signatures.trusted) >= 1
	count(signatures.not_trusted) == 0
}

invalid_parameters := parameters.problems(set())

deny contains problem if some problem in facts.problems

deny contains problem if some problem in invalid_parameters

# What was not seen may be a signature that is wrong, however many were seen that are right.
deny contains facts.undetermined("carries only trusted signatures")

deny contains problem if {
	facts.complete
	count(signatures.all) == 0
	problem := {
		"code": "unsigned",
		"message": sprintf("%s carries no signature.", [facts.name]),
		"hint": "Sign it with a key of the trust document.",
	}
}

deny contains signatures.problem(signature) if some signature in signatures.not_trusted
