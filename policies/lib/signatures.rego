# Helpers over `input.signatures`.
#
# A signature counts only where it is over the artifact itself: its purpose is `signature` (one
# over a statement about the artifact is none of the artifact) and its subject is the artifact's
# digest (not a platform's, and not another referrer's).
package referee.signatures

# The signatures over a digest.
over(digest) := [signature |
	some signature in input.signatures
	signature.purpose == "signature"
	signature.subject == digest
]

# Those of them that are trusted, and those that are not.
trusted_over(digest) := [signature |
	some signature in input.signatures
	signature.subject == digest
	signature.purpose == "signature"
	signature.status == "trusted"
	signature.trusted == true
	signature.valid == true
]

not_trusted_over(digest) := [signature |
	some signature in over(digest)
	not is_trusted(signature)
]

# The signatures over the artifact; those that are trusted, and those that are not.
default all := []

all := over(input.subject.digest)

default trusted := []

trusted := trusted_over(input.subject.digest)

default not_trusted := []

not_trusted := not_trusted_over(input.subject.digest)

# Valid, and made by a key or an identity that the trust document vouches for here.
is_trusted(signature) if {
	signature.status == "trusted"
	signature.trusted == true
	signature.valid == true
}

# Who made a signature: the digest of the key, or the identity in the certificate.
signer(signature) := signature.key.id

signer(signature) := sprintf("%s (%v)", [signature.identity.subject, signature.identity.issuer]) if {
	object.get(signature, "key", null) == null
}

# The different signers of a list of signatures. One key under two names is one signer.
signers(signatures) := {signer(signature) | some signature in signatures}

# The names in the trust document of the keys that made them.
key_names(signatures) := {signature.key.name | some signature in signatures}

# What signers are called in a message: the name of the key, or else the identity.
names(signatures) := {display(signature) | some signature in signatures}

display(signature) := signature.key.name

display(signature) := signature.identity.subject if object.get(signature, "key", null) == null

# A list of names for a message.
listed(found) := "none" if count(found) == 0

listed(found) := concat(", ", sort(found)) if count(found) > 0

# Why a signature does not count, as a reason or a warning.
problem(signature) := object.union(
	{
		"code": sprintf("signature_%s", [signature.status]),
		"message": sprintf("Signature %v is %s: %s", [signature.id, signature.status, why(signature)]),
		"referrer": signature.referrer,
	},
	hints(signature),
)

why(signature) := signature.errors[0].message

why(signature) := "no reason is given." if count(object.get(signature, "errors", [])) == 0

default hints(_) := {}

hints(signature) := {"hint": signature.errors[0].hint}
