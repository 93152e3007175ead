# The artifact must carry a trusted signature by each of the named keys and other signers.
package referee.packs.required_keys

import data.referee.facts
import data.referee.parameters
import data.referee.signatures

# Keys alone; and keys or identities.
keys := parameters.value("keys", [])

signers := parameters.value("signers", [])

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

missing_keys := {key |
	named
	some key in keys
	not key in signatures.key_names(trusted)
}

missing_signers := {signer |
	named
	some signer in signers
	not signer in signatures.trusted_names(trusted)
}

# Lists of names, and one name at least.
named if {
	every list in [keys, signers] {
		list_of_names(list)
	}
	count(keys) + count(signers) > 0
}

list_of_names(list) if list == []

list_of_names(list) if parameters.is_names(list)

enough if {
	named
	count(missing_keys) == 0
	count(missing_signers) == 0
}

invalid_parameters contains problem if some problem in parameters.problems({"keys", "signers"})

invalid_parameters contains problem if {
	not named
	problem := parameters.invalid("keys and signers must be lists of names, with at least one name in one of them.")
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
	some key in missing_keys
	problem := facts.undetermined(sprintf("is signed by the key %s", [key]))
}

deny contains problem if {
	some signer in missing_signers
	problem := facts.undetermined(sprintf("is signed by %s", [signer]))
}

deny contains problem if {
	input.complete == true
	some key in missing_keys
	problem := {
		"code": "missing_key",
		"message": sprintf(
			"%s carries no trusted signature by the key %s; signed by: %s.",
			[data.referee.facts.name, key, signatures.listed(signatures.names(trusted))],
		),
		"hint": hint(key),
	}
}

default hint(_) := "Sign it with the key that the trust document has under that name."

hint(key) := "That is the name of an identity, which signed it: demand it by `signers`." if {
	key in signatures.trusted_names(trusted)
}

deny contains problem if {
	input.complete == true
	some signer in missing_signers
	problem := {
		"code": "missing_signer",
		"message": sprintf(
			"%s carries no trusted signature by %s; signed by: %s.",
			[data.referee.facts.name, signer, signatures.listed(signatures.names(trusted))],
		),
		"hint": "Have it signed by the key or the identity that the trust document has under that name.",
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
