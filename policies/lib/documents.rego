# Helpers over the documents that are read: `input.sboms`, `input.vulnerability_reports`, `input.vex`,
# `input.provenance` and `input.verification_summaries`.
#
# A document counts only where a signature over it is trusted and made by somebody whose word is
# wanted. `wanted` is an object:
#
# - `signed_by`: names of the trust document, any of which is enough. Whoever it vouches for, where
#   there are none.
# - `signed_through`: what a signature may be over that covers the document only by its digest:
#   `referrer` (the manifest that carries it), `index` (the index that lists that manifest). Whoever
#   signs an index need not have made or read what hangs in it, so `index` is not among the defaults.
package referee.documents

import data.referee.facts
import data.referee.parameters
import data.referee.signatures

# What a signature may be over besides the document itself.
ways := {"index", "referrer"}

# What is wanted by the parameters of these names, which all packs over documents have.
demanded := {
	"signed_by": parameters.value("signed_by", []),
	"signed_through": parameters.value("signed_through", ["referrer"]),
}

is_ways(list) if {
	is_array(list)
	every way in list {
		way in ways
	}
}

# Whether a document counts.
counts(document, wanted) if {
	some signature in trusted_over(document)
	admitted_way(document, wanted)
	admitted_signer(signature, wanted)
}

# The trusted signatures over a document, or over an attestation.
trusted_over(document) := [signature |
	document.verified == true
	some id in document.signed_by
	some signature in input.signatures
	signature.id == id
	signatures.is_trusted(signature)
	covers(signature, document)
]

covers(signature, document) if {
	object.get(document, "signed_through", null) == null
	signature.purpose == "attestation"
	signature.referrer == document.referrer
	signature.subject == document.subject
}

covers(signature, document) if {
	document.signed_through == "referrer"
	signature.purpose == "signature"
	signature.subject == document.referrer
}

covers(signature, document) if {
	document.signed_through == "index"
	signature.purpose == "signature"
	signature.subject == input.subject.digest
}

admitted_way(document, _) if object.get(document, "signed_through", null) == null

admitted_way(document, wanted) if document.signed_through in wanted.signed_through

admitted_signer(_, wanted) if wanted.signed_by == []

admitted_signer(signature, wanted) if {
	some signer in wanted.signed_by
	signer in signature.trusted_by
}

# The documents of a list that count and are about a digest, each once however often it is attached.
over(list, digest, wanted) := [document |
	some document in list
	document.id in first
] if {
	found := [document |
		some document in list
		document.subject == digest
		counts(document, wanted)
	]
	first := {min(ids) | some ids in alike(found)}
}

# The documents that say the same, by their `id`: the same bytes under predicates of the same type.
alike(documents) := {ids |
	keys := {document.id: [document.document, object.get(predicate_types, document.attestation, null)] | some document in documents}
	some key in {text | some text in keys}
	ids := {id | some id, other in keys; other == key}
}

predicate_types := {attestation.id: attestation.predicate_type | some attestation in input.attestations}

# The same, about the artifact or any of its platforms.
about_any(list, wanted) := [document |
	some digest in digests
	some document in over(list, digest, wanted)
]

# The artifact's digest and those of its platforms.
default digests := []

digests := array.concat([input.subject.digest], platforms)

default platforms := []

platforms := [platform.digest | some platform in input.subject.platforms]

# What must have a document: the artifact itself, or where each platform is to have its own, the
# platforms. An image that is no index is its own platform.
targets(per_platform) := [input.subject.digest] if per_platform == false

targets(per_platform) := [input.subject.digest] if {
	per_platform == true
	count(platforms) == 0
}

targets(per_platform) := platforms if {
	per_platform == true
	count(platforms) > 0
}

# What a digest is called in a message.
called(digest) := data.referee.facts.name if digest == input.subject.digest

called(digest) := sprintf("the platform %s (%s) of %s", [system(digest), digest, data.referee.facts.name]) if {
	digest != input.subject.digest
}

default system(_) := "without a name"

system(digest) := concat("/", parts) if {
	some platform in input.subject.platforms
	platform.digest == digest
	parts := [part |
		some member in ["os", "architecture", "variant"]
		part := platform[member]
		is_string(part)
	]
	count(parts) > 0
}

# Kinds of documents by the types of the predicates that hold them, without a version at their end.
types := {
	"sbom": {"https://spdx.dev/Document", "https://cyclonedx.org/bom", "https://cyclonedx.org/schema"},
	"vulnerability-report": {
		"https://cosign.sigstore.dev/attestation/vuln",
		"cosign.sigstore.dev/attestation/vuln",
		"https://in-toto.io/attestation/vulns",
		"https://in-toto.io/attestation/vuln",
		"https://docs.oasis-open.org/sarif/sarif",
		"https://json.schemastore.org/sarif-2.1.0.json",
	},
	"vex": {"https://openvex.dev/ns", "https://docs.oasis-open.org/csaf/csaf"},
	"provenance": {"https://slsa.dev/provenance"},
	"verification-summary": {"https://slsa.dev/verification_summary"},
}

# What a document that is no predicate of a type of its own may be, by the types of cosign's `custom`.
any_type := {"https://cosign.sigstore.dev/attestation/v1", "cosign.sigstore.dev/attestation/v1"}

# Attestations over the artifact or its platforms that are, or may be, documents of a kind and could
# not be read.
unread(kind) := [attestation |
	some attestation in input.attestations
	attestation.subject in digests
	is_unread(attestation, kind)
]

is_unread(attestation, kind) if {
	failed(attestation)
	may_be(attestation, kind)
}

is_unread(attestation, kind) if {
	object.get(attestation, "content", null) == null
	is_type(attestation, kind)
}

failed(attestation) if attestation.content.error != null

may_be(attestation, kind) if is_type(attestation, kind)

# CycloneDX is an SBOM by its type, and what could not be read may have been a report and VEX as well.
may_be(attestation, kind) if {
	kind in {"vulnerability-report", "vex"}
	startswith(sprintf("%s/", [attestation.predicate_type]), "https://cyclonedx.org/")
	is_type(attestation, "sbom")
}

may_be(attestation, _) if object.get(attestation, "predicate_type", null) == null

may_be(attestation, _) if attestation.predicate_type in any_type

is_type(attestation, kind) if {
	some type in types[kind]
	startswith(sprintf("%s/", [attestation.predicate_type]), sprintf("%s/", [type]))
}

# The reason for one that could not be read.
unread_problem(attestation, thing) := {
	"code": "document_unread",
	"message": sprintf("Attestation %v, %s by its type, could not be read: %s", [attestation.id, thing, why_unread(attestation)]),
	"referrer": attestation.referrer,
	"hint": "Nobody can say what stands in it. Attach one that can be read, and remove this one.",
}

default why_unread(_) := "nothing of it was had."

why_unread(attestation) := attestation.content.error.message

why_unread(attestation) := attestation.errors[0].message if not failed(attestation)

# The reason for a document of which a part was left out.
truncated_problem(document, thing) := {
	"code": "document_truncated",
	"message": sprintf("%s %d is larger than the limits allow, and not all of it was read.", [thing, document.id]),
	"referrer": document.referrer,
	"hint": "What was left out may be what is looked for. Raise the limits for documents, or attach a smaller one.",
}

# The reason for a document that is not there.
missing_problem(digest, thing, wanted) := {
	"code": "document_missing",
	"message": sprintf("%s carries no %s%s.", [called(digest), thing, by(wanted)]),
	"hint": sprintf("Attach one that is about %s%s.%s", [digest, signed(wanted), elsewhere(digest)]),
}

by(wanted) := " with a trusted signature" if wanted.signed_by == []

by(wanted) := sprintf(" signed by %s", [concat(" or ", wanted.signed_by)]) if count(wanted.signed_by) > 0

signed(wanted) := ", signed by whom the trust document vouches for" if wanted.signed_by == []

signed(wanted) := sprintf(", signed by %s", [concat(" or ", wanted.signed_by)]) if count(wanted.signed_by) > 0

default elsewhere(_) := ""

elsewhere(digest) := " To have one about each platform instead, set `per_platform`." if {
	digest == input.subject.digest
	count(platforms) > 0
}

# Why a document does not count.
shortcomings(document, thing, _) := {{
	"code": "document_unsigned",
	"message": sprintf("%s %d is signed by nobody: anybody who may push can have written it.", [thing, document.id]),
	"referrer": document.referrer,
	"hint": "Have it signed by whoever makes it.",
}} if {
	count(document.signed_by) == 0
}

shortcomings(document, thing, wanted) := {{
	"code": "document_signed_through",
	"message": sprintf("%s %d is covered only by a signature over the %s that holds it.", [thing, document.id, document.signed_through]),
	"referrer": document.referrer,
	"hint": sprintf("Have the document itself signed, or add %q to `signed_through`.", [document.signed_through]),
}} if {
	count(trusted_over(document)) > 0
	not admitted_way(document, wanted)
}

shortcomings(document, thing, wanted) := {{
	"code": "document_signer",
	"message": sprintf("%s %d is signed by %s.", [thing, document.id, signatures.listed(signatures.names(trusted))]),
	"referrer": document.referrer,
	"hint": sprintf("Have it signed by %s, or add the signer to `signed_by`.", [concat(" or ", wanted.signed_by)]),
}} if {
	trusted := trusted_over(document)
	count(trusted) > 0
	admitted_way(document, wanted)
	not counts(document, wanted)
}

shortcomings(document, thing, _) := {{
	"code": "document_untrusted",
	"message": sprintf("%s %d carries no trusted signature; signatures over it: %d.", [thing, document.id, count(document.signed_by)]),
	"referrer": document.referrer,
	"hint": "Add the signer to the trust document, or have it signed by whom that vouches for.",
}} if {
	count(document.signed_by) > 0
	count(trusted_over(document)) == 0
}

# Why none counts of the documents that are there: what is wrong with each, and what could not be read.
# For the digests that have none.
why_missing(list, kind, thing, wanted, missing) := {problem |
	count(missing) > 0
	some document in list
	document.subject in missing
	not counts(document, wanted)
	some problem in shortcomings(document, thing, wanted)
} | {problem |
	count(missing) > 0
	some attestation in unread(kind)
	attestation.subject in missing
	problem := unread_problem(attestation, thing)
}

# Those that could not be read though somebody signed them whose word is wanted: what they say might
# speak against the artifact.
unread_though_wanted(kind, wanted) := [attestation |
	some attestation in unread(kind)
	counts(attestation, wanted)
]

# How old something is in days. Undefined where its time is not known, or is more than ten minutes
# ahead: a document from the future would never be too old.
age(at, now) := days if {
	is_string(at)
	days := (time.parse_rfc3339_ns(now) - time.parse_rfc3339_ns(at)) / 86400000000000
	days >= -1 / 144
}

# Whether something is no older than so many days; anything is where there is no limit.
is_fresh(_, _, days) if days == null

is_fresh(at, now, days) if {
	is_number(days)
	age(at, now) <= days
}

# How old something is, for a message.
told_age(at, now) := sprintf("is %d days old (%s)", [floor(age(at, now)), at])

told_age(at, _) := "does not say when it was made" if not is_string(at)

told_age(at, now) := sprintf("says that it was made in the future (%s)", [at]) if {
	is_string(at)
	not age(at, now)
}

# For a policy that all documents of a kind must speak for: what stands in the way of ruling at all.
# `counted` are those of the list that count; each of `required`, digests, must have one. Nothing may
# be unseen, unread or cut off: what is not known may speak against the artifact. `asked` ends the
# sentence "Whether the artifact …".
obstacles(list, counted, kind, thing, required, asked) := union({
	{problem | problem := facts.undetermined(asked)},
	{problem |
		input.complete == true
		some digest in missing
		problem := missing_problem(digest, thing, demanded)
	},
	why_missing(list, kind, thing, demanded, missing),
	{unread_problem(attestation, thing) |
		some attestation in unread_though_wanted(kind, demanded)
	},
	{truncated_problem(document, thing) |
		some document in counted
		document.truncated != false
	},
}) if {
	missing := lacking(counted, required)
}

# The digests that no document is about.
lacking(counted, required) := {digest |
	some digest in required
	count([document | some document in counted; document.subject == digest]) == 0
}

# Whether nothing stands in the way: said once more, so that a rule above that is undefined by mistake
# allows nothing.
clear(counted, required, kind) if {
	input.complete == true
	count(required) > 0
	count(lacking(counted, required)) == 0
	count(unread_though_wanted(kind, demanded)) == 0
	every document in counted {
		document.truncated == false
	}
}
