# The artifact must carry a trusted signature by an identity whose certificate says what is wanted.
package referee.packs.identities

import data.referee.facts
import data.referee.identities
import data.referee.parameters
import data.referee.signatures

claims := parameters.value("claims", {})

every_signature := parameters.value("every", false)

issuer := parameters.value("issuer", null)

names := parameters.value("names", [])

subject := parameters.value("subject", null)

default trusted := []

trusted := signatures.trusted_over(input.subject.digest)

default not_trusted := []

not_trusted := signatures.not_trusted_over(input.subject.digest)

default allow := false

allow if {
	input.facts_version == 1
	count(invalid_parameters) == 0
	every_signature == false
	enough
}

# A signature that was not seen may be by somebody else.
allow if {
	input.facts_version == 1
	input.complete == true
	count(invalid_parameters) == 0
	every_signature == true
	enough
	count(others) == 0
}

# What is wanted of a certificate, by the names of `identities.said`.
wanted := object.union(
	{name: pattern |
		some name, pattern in {"issuer": issuer, "subject": subject}
		pattern != null
	},
	{name: pattern |
		some claim, pattern in claims
		name := sprintf("claims.%s", [claim])
	},
)

found := [signature |
	some signature in trusted
	count(unmet(signature)) == 0
]

others := [signature |
	some signature in trusted
	count(unmet(signature)) > 0
]

enough if count(found) >= 1

# What a trusted signature lacks to be by a wanted identity.
unmet(signature) := ["it was made by a key, not by an identity"] if {
	not signatures.by_identity(signature)
} else := array.concat(unnamed(signature), sort(identities.unmet(wanted, signature)))

default unnamed(_) := ["its signer has another name in the trust document"]

unnamed(_) := [] if names == []

unnamed(signature) := [] if {
	is_array(names)
	some name in names
	name in signature.trusted_by
}

invalid_parameters contains problem if {
	some problem in parameters.problems({"claims", "every", "issuer", "names", "subject"})
}

invalid_parameters contains problem if {
	not is_boolean(every_signature)
	problem := parameters.invalid("every must be true or false.")
}

invalid_parameters contains problem if {
	not valid_names
	problem := parameters.invalid("names must be a list of names of identities.")
}

valid_names if names == []

valid_names if parameters.is_names(names)

invalid_parameters contains problem if {
	some name, pattern in {"issuer": issuer, "subject": subject}
	pattern != null
	not identities.is_pattern(pattern)
	problem := parameters.invalid(sprintf("%s must be a text, or an object with one of exact, glob and regex.", [name]))
}

invalid_parameters contains problem if {
	not is_object(claims)
	problem := parameters.invalid("claims must be an object: the name of a claim and a pattern.")
}

invalid_parameters contains problem if {
	some claim, pattern in claims
	not identities.is_pattern(pattern)
	problem := parameters.invalid(sprintf("claims.%v must be a text, or an object with one of exact, glob and regex.", [claim]))
}

invalid_parameters contains problem if {
	is_object(claims)
	some claim in (object.keys(claims) - identities.claims)
	problem := parameters.invalid(sprintf("There is no claim %v. There are: %s.", [claim, concat(", ", sort(identities.claims))]))
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
	not allow
	not enough
	problem := facts.undetermined("is signed by a wanted identity")
}

deny contains problem if {
	not allow
	every_signature == true
	problem := facts.undetermined("is signed by wanted identities alone")
}

deny contains problem if {
	not allow
	not enough
	input.complete == true
	count(invalid_parameters) == 0
	problem := {
		"code": "missing_identity",
		"message": sprintf(
			"%s carries no trusted signature by a wanted identity (%s); signed by: %s.",
			[data.referee.facts.name, told, signatures.listed(signatures.names(trusted))],
		),
		"hint": "Have it signed by such an identity. The trust document must have that identity.",
	}
}

# Why the trusted signatures that were found are by none.
deny contains problem if {
	not allow
	some problem in differences
}

warn contains problem if {
	allow
	some problem in differences
}

differences := {problem |
	count(invalid_parameters) == 0
	some signature in others
	problem := {
		"code": "identity_differs",
		"message": sprintf(
			"Signature %v by %s does not count: %s.",
			[signature.id, signatures.display(signature), concat("; ", unmet(signature))],
		),
		"referrer": signature.referrer,
	}
}

# What is wanted, for a message.
told := "any" if count(wants) == 0

told := concat(", ", wants) if count(wants) > 0

wants := array.concat(
	[sprintf("named %s", [concat(" or ", names)]) | count(names) > 0],
	[sprintf("%s %s", [name, identities.display(pattern)]) | some name, pattern in wanted],
)

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
