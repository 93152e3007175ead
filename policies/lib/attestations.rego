# Helpers over `input.attestations`: signed statements about the artifact.
#
# A statement counts only where a signature over it is trusted, and where it is about the artifact
# itself (its subject is the artifact's digest, not a platform's). An unsigned one never does,
# whatever it says.
package referee.attestations

import data.referee.signatures

default listed := []

listed := input.attestations

# The attestations of a type over a digest, signed or not.
of_type(type, digest) := [attestation |
	some attestation in listed
	attestation.predicate_type == type
	attestation.subject == digest
]

# The signatures over an attestation.
over(attestation) := [signature |
	some id in attestation.signed_by
	some signature in input.signatures
	signature.id == id
	signature.purpose == "attestation"
	signature.predicate_type == attestation.predicate_type
	signature.subject == attestation.subject
	signature.referrer == attestation.referrer
]

# Those of them that are trusted. None where the attestation is not verified, or
# something is wrong with what it says.
trusted_over(attestation) := [signature |
	attestation.verified == true
	count(object.get(attestation, "errors", [])) == 0
	some signature in over(attestation)
	signatures.is_trusted(signature)
]

# The verified attestations over the artifact itself.
default verified := []

verified := [attestation |
	some attestation in listed
	attestation.subject == input.subject.digest
	count(trusted_over(attestation)) > 0
]
