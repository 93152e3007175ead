# The artifact must carry a trusted signature by each of the named keys.
package referee.packs.required_keys

import data.referee.facts
import data.referee.parameters
import data.referee.signatures

keys := parameters.value("keys", [])

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

found := signatures.key_names(trusted)

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

deny contains problem if {
	not allow
	some problem in data.referee.facts.problems
}

deny contains problem if {
	not allow
	some problem in invalid_parameters
}

deny contains problem if {
	some key in missing
	problem := facts.undetermined(sprintf("is signed by the key %s", [key]))
}

deny contains problem if {
	input.complete == true
	some key in missing
	problem := {
		"code": "missing_key",
		"message": sprintf(
			"%s carries no trusted signature by the key %s; signed by: %s.",
			[data.referee.facts.name, key, signatures.listed(signatures.names(trusted))],
		),
		"hint": sprintf("Sign it with the key that the trust document names %s.", [key]),
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
