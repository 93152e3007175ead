# The artifact must carry a verified attestation of each of the wanted types.
package referee.packs.attested

import data.referee.attestations
import data.referee.facts
import data.referee.parameters
import data.referee.signatures

types := parameters.value("predicate_types", [])

signers := parameters.value("signed_by", [])

default allow := false

allow if {
	input.facts_version == 1
	count(invalid_parameters) == 0
	enough
}

# The attestations of each type, signed or not.
candidates[type] := attestations.of_type(type, input.subject.digest) if {
	parameters.is_names(types)
	some type in types
}

missing := {type |
	parameters.is_names(types)
	some type in types
	not is_attested(type)
}

is_attested(type) if {
	some attestation in candidates[type]
	some signature in attestations.trusted_over(attestation)
	counts(signature)
}

# Whether a trusted signature is by one of those whose word is wanted: anybody whom the trust
# document vouches for, where nobody is named.
counts(_) if signers == []

counts(signature) if {
	is_array(signers)
	some name in signers
	name in signature.trusted_by
}

enough if {
	parameters.is_names(types)
	count(missing) == 0
}

invalid_parameters contains problem if {
	some problem in parameters.problems({"predicate_types", "signed_by"})
}

invalid_parameters contains problem if {
	not parameters.is_names(types)
	problem := parameters.invalid("predicate_types must be a list of at least one type of a predicate.")
}

invalid_parameters contains problem if {
	not valid_signers
	problem := parameters.invalid("signed_by must be a list of names of keys and identities.")
}

valid_signers if signers == []

valid_signers if parameters.is_names(signers)

deny contains problem if {
	not allow
	some problem in data.referee.facts.problems
}

deny contains problem if {
	not allow
	some problem in invalid_parameters
}

deny contains problem if {
	count(invalid_parameters) == 0
	some type in missing
	problem := facts.undetermined(sprintf("carries a verified attestation of the type %s%s", [type, by]))
}

deny contains problem if {
	input.complete == true
	count(invalid_parameters) == 0
	some type in missing
	problem := {
		"code": "not_attested",
		"message": sprintf(
			"%s carries no verified attestation of the type %s%s; attestations of that type: %d.",
			[data.referee.facts.name, type, by, count(candidates[type])],
		),
		"hint": "Have such a statement about this very digest signed and attached.",
	}
}

default by := ""

by := sprintf(" signed by %s", [concat(" or ", signers)]) if count(signers) > 0

# Why those that were found do not count.
deny contains problem if {
	not allow
	count(invalid_parameters) == 0
	some type in missing
	some attestation in candidates[type]
	some problem in shortcomings(attestation)
}

# What it says cannot be read, or is about something else.
deny contains problem if {
	not allow
	count(invalid_parameters) == 0
	some type in missing
	some attestation in candidates[type]
	some error in attestation.errors
	problem := {
		"code": "attestation_invalid",
		"message": sprintf("Attestation %v is wrong: %s", [attestation.id, error.message]),
		"referrer": attestation.referrer,
	}
}

# Nobody signed it.
shortcomings(attestation) := {{
	"code": "attestation_unsigned",
	"message": sprintf("Attestation %v is signed by nobody: anybody who may push can have written it.", [attestation.id]),
	"referrer": attestation.referrer,
}} if {
	signed_by_nobody(attestation)
}

signed_by_nobody(attestation) if count(attestation.signed_by) == 0

# A signature over what holds it is not one over it: the pack asks who says what it says.
signed_by_nobody(attestation) if object.get(attestation, "signed_through", null) != null

# Others signed it.
shortcomings(attestation) := {{
	"code": "attestation_signer",
	"message": sprintf("Attestation %v is signed by %s.", [attestation.id, signatures.listed(signatures.names(trusted))]),
	"referrer": attestation.referrer,
}} if {
	not signed_by_nobody(attestation)
	trusted := attestations.trusted_over(attestation)
	count(trusted) > 0
}

# Those who signed it are not trusted.
shortcomings(attestation) := {signatures.problem(signature) |
	some signature in attestations.over(attestation)
	not signatures.is_trusted(signature)
} if {
	not signed_by_nobody(attestation)
	count(attestations.trusted_over(attestation)) == 0
}

# Signatures that could not be read so far that their statement is known: it may be the wanted one.
deny contains signatures.problem(signature) if {
	not allow
	count(invalid_parameters) == 0
	not enough
	some signature in input.signatures
	signature.subject == input.subject.digest
	signature.status in {"invalid", "unavailable", "unsupported"}
	signature.format != "simple-signing"
	not is_string(signature.predicate_type)
}

warn contains problem if {
	some problem in data.referee.facts.expired_roots
}

# All of it at once, for a policy that puts packs together.
decision := {"allow": allow, "deny": deny, "warn": warn}
