# The artifact must carry a trusted signature.
package referee.packs.signed

import data.referee.facts
import data.referee.parameters
import data.referee.signatures

default allow := false

allow if {
	facts.supported
	count(invalid_parameters) == 0
	enough
}

enough if count(signatures.trusted) >= 1

invalid_parameters := parameters.problems(set())

deny contains problem if some problem in facts.problems

deny contains problem if some problem in invalid_parameters

deny contains problem if {
	not enough
	problem := facts.undetermined("carries a trusted signature")
}

deny contains problem if {
	not enough
	facts.complete
	problem := {
		"code": "unsigned",
		"message": sprintf(
			"%s carries no trusted signature; signatures found: %d.",
			[facts.name, count(signatures.all)],
		),
		"hint": "Sign it with a key of the trust document, or add the signer's key there.",
	}
}

# Why those that were found do not count.
deny contains signatures.problem(signature) if {
	not enough
	some signature in signatures.not_trusted
}

warn contains signatures.problem(signature) if {
	enough
	some signature in signatures.not_trusted
}
