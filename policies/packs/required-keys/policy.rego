# The artifact must carry a trusted signature by each of the named keys.
package referee.packs.required_keys

import data.referee.facts
import data.referee.parameters
import data.referee.signatures

keys := parameters.value("keys", [])

default allow := false

allow if {
	facts.supported
	count(invalid_parameters) == 0
	enough
}

found := signatures.key_names(signatures.trusted)

missing := {key |
	parameters.is_names(keys)
	some key in keys
	not key in found
}

enough if {
	parameters.is_names(keys)
	count(missing) == 0
}

invalid_parameters contains problem if some problem in parameters.problems({"keys"})

invalid_parameters contains problem if {
	not parameters.is_names(keys)
	problem := parameters.invalid("keys must be a list of at least one name of a key.")
}

deny contains problem if some problem in facts.problems

deny contains problem if some problem in invalid_parameters

deny contains problem if {
	some key in missing
	problem := facts.undetermined(sprintf("is signed by the key %s", [key]))
}

deny contains problem if {
	facts.complete
	some key in missing
	problem := {
		"code": "missing_key",
		"message": sprintf(
			"%s carries no trusted signature by the key %s; signed by: %s.",
			[facts.name, key, signatures.listed(signatures.names(signatures.trusted))],
		),
		"hint": sprintf("Sign it with the key that the trust document names %s.", [key]),
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
