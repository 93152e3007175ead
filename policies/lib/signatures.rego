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

# Who made a signature. Compare signers by this, never by a name:
#
# - a key by the digest of the key, so that one key under two names is one signer;
# - an identity by what the certificate says, so that two certificates of one identity are one
#   signer. The identity of a workflow ends with the ref or the commit that it ran for; a workflow
#   is one signer however many refs it ran for.
signer(signature) := {"key": signature.key.id}

signer(signature) := {"subject": without_ref(signature.identity.subject), "issuer": signature.identity.issuer} if {
	by_identity(signature)
}

# Whether a certificate says who made it. What it says counts only where the signature is trusted.
by_identity(signature) if {
	object.get(signature, "key", null) == null
	is_string(signature.identity.subject)
	vouched_for(signature.identity.issuer)
}

# By somebody, or by nobody: GitHub's authority names the signer of releases itself.
vouched_for(issuer) if is_string(issuer)

vouched_for(issuer) if issuer == null

# The identity of a workflow without the ref or the commit that it ran for.
without_ref(subject) := found[0][1] if {
	found := regex.find_all_string_submatch_n(`\A(?s:(https://[^/]+/.+?)@(?:refs/.*|[0-9a-f]{40}|[0-9a-f]{64}))\z`, subject, 1)
	count(found) == 1
} else := subject

# The different signers of a list of signatures.
signers(signatures) := {signer(signature) | some signature in signatures}

# The names of those entries of the trust document that make them trusted: keys and identities. A
# key or an identity that has several names counts under each.
trusted_names(signatures) := {name | some signature in signatures; some name in signature.trusted_by}

# The same, of keys alone.
key_names(signatures) := {name |
	some signature in signatures
	is_object(signature.key)
	some name in signature.trusted_by
}

# What signers are called in a message: their names in the trust document; for an identity also who
# the certificate says that it is.
names(signatures) := {display(signature) | some signature in signatures}

display(signature) := concat("/", signature.trusted_by) if not by_identity(signature)

display(signature) := sprintf("%s (%s)", [concat("/", signature.trusted_by), signature.identity.subject]) if {
	by_identity(signature)
}

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
