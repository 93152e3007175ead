# The artifact must have been built by a builder that is trusted for it, from a source that is wanted.
package referee.packs.provenance

import data.referee.documents
import data.referee.facts
import data.referee.parameters
import data.referee.provenance
import data.referee.reasons
import data.referee.signatures

build_types := parameters.value("build_types", [])

builders := parameters.value("builders", [])

entry_points := parameters.value("entry_points", [])

minimum_level := parameters.value("minimum_level", 0)

per_platform := parameters.value("per_platform", false)

refs := parameters.value("refs", [])

signed_through := parameters.value("signed_through", ["referrer"])

source_digest := parameters.value("source_digest", true)

sources := parameters.value("sources", [])

verifiers := parameters.value("verifiers", [])

demands := {
	"build_types": "a list of patterns",
	"builders": "a list of objects with `id` (a pattern) and `signed_by` (names of keys and identities), and where wanted `level` (0 to 4); it may be empty only where `verifiers` and `minimum_level` are given and nothing is demanded of the build",
	"entry_points": "a list of patterns",
	"minimum_level": "a whole number from 0 to 4",
	"per_platform": "true or false",
	"refs": "a list of patterns",
	"signed_through": "a list of `index` and `referrer`",
	"source_digest": "true or false",
	"sources": "a list of patterns",
	"verifiers": "a list of objects with `id` (a pattern) and `signed_by` (names of keys and identities), and where wanted `resource` (a pattern)",
}

met contains "builders" if {
	is_array(builders)
	every entry in builders {
		provenance.is_builder(entry)
	}
	something_wanted
}

something_wanted if count(builders) > 0

something_wanted if {
	minimum_level > 0
	count(verifiers) > 0
	build_types == []
	entry_points == []
	refs == []
	sources == []
}

met contains "build_types" if provenance.is_patterns(build_types)

met contains "entry_points" if provenance.is_patterns(entry_points)

met contains "minimum_level" if provenance.is_level(minimum_level)

met contains "per_platform" if is_boolean(per_platform)

met contains "refs" if provenance.is_patterns(refs)

met contains "signed_through" if documents.is_ways(signed_through)

met contains "source_digest" if is_boolean(source_digest)

met contains "sources" if provenance.is_patterns(sources)

met contains "verifiers" if {
	is_array(verifiers)
	every entry in verifiers {
		provenance.is_verifier(entry)
	}
}

invalid_parameters := parameters.unmet(demands, met)

default allow := false

allow if {
	input.facts_version == 1
	count(invalid_parameters) == 0
	enough
}

# Enough is enough: nothing unseen takes a provenance back.
enough if {
	count(targets) > 0
	every target in targets {
		is_built_well(target)
		is_of_level(target)
	}
}

default targets := []

targets := documents.targets(per_platform)

# The provenance of each target, whoever signed it.
about[target] := [document | some document in input.provenance; document.subject == target] if {
	input.facts_version == 1
	count(invalid_parameters) == 0
	some target in targets
}

is_built_well(_) if builders == []

is_built_well(target) if {
	some document in about[target]
	is_good(document)
}

is_good(document) if {
	count(vouched(document)) > 0
	count(unmet(document)) == 0
	admitted(document)
}

vouched(document) := provenance.vouched(document, builders, signed_through)

# The level is that of a provenance that is as wanted, or what a verification summary says.
is_of_level(_) if minimum_level == 0

is_of_level(target) if level(target) >= minimum_level

level(target) := max([built_level(target), verified_level(target)])

built_level(target) := max(array.concat([0], [provenance.level(vouched(document)) |
	some document in about[target]
	is_good(document)
]))

verified_level(target) := provenance.summarized(summaries, target, verifiers, signed_through)

default summaries := []

summaries := input.verification_summaries

admitted(document) if {
	provenance.any_admits(build_types, object.get(document, "build_type", null))
	provenance.any_admits(sources, object.get(document, ["source", "uri"], null))
	provenance.any_admits(refs, object.get(document, ["source", "ref"], null))
	provenance.any_admits(entry_points, object.get(document, ["source", "entry_point"], null))
	has_digest(document)
}

# A source without a digest may have been any: a branch moves.
has_digest(_) if source_digest == false

has_digest(_) if sources == []

has_digest(document) if {
	is_string(document.source.digest)
	document.source.digest != ""
}

# What of it is not as it is wanted, for a reason each: code, what it is called, what it is, what is wanted,
# and the parameter that says so.
unmet(document) := [difference |
	some part in [
		{"code": "provenance_source", "what": "source", "is": ["source", "uri"], "wanted": sources, "parameter": "sources"},
		{"code": "provenance_ref", "what": "ref", "is": ["source", "ref"], "wanted": refs, "parameter": "refs"},
		{"code": "provenance_entry_point", "what": "entry point", "is": ["source", "entry_point"], "wanted": entry_points, "parameter": "entry_points"},
		{"code": "provenance_build_type", "what": "build type", "is": ["build_type"], "wanted": build_types, "parameter": "build_types"},
	]
	found := object.get(document, part.is, null)
	not provenance.any_admits(part.wanted, found)
	difference := object.union(part, {"is": found})
]

ready if {
	not allow
	input.facts_version == 1
	count(invalid_parameters) == 0
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
	count(invalid_parameters) == 0
	problem := facts.undetermined("was built as it is wanted")
}

# The targets that have no provenance as it is wanted.
unbuilt contains target if {
	ready
	some target in targets
	not is_built_well(target)
}

deny contains problem if {
	input.complete == true
	some target in unbuilt
	count(about[target]) == 0
	problem := documents.missing_problem(target, "provenance", {"signed_by": sort({name | some entry in builders; some name in entry.signed_by})})
}

deny contains problem if {
	count(unbuilt) > 0
	some attestation in documents.unread("provenance")
	attestation.subject in unbuilt
	problem := documents.unread_problem(attestation, "provenance")
}

# The provenance that does not do, of those targets.
short := [document |
	some target in unbuilt
	some document in about[target]
]

named := reasons.named(short)

deny contains problem if {
	some problem in reasons.rest(short, "provenance_more", "provenance that does not do")
}

# Nobody signed it: what else it says is worth nothing.
deny contains problem if {
	some document in named
	count(documents.trusted_over(document)) == 0
	some problem in documents.shortcomings(document, "Provenance", any_signer)
}

any_signer := {"signed_by": [], "signed_through": signed_through}

signed contains document if {
	some document in named
	count(documents.trusted_over(document)) > 0
}

deny contains problem if {
	some document in signed
	not documents.admitted_way(document, any_signer)
	some problem in documents.shortcomings(document, "Provenance", any_signer)
}

deny contains problem if {
	some document in signed
	count(provenance.naming(document, builders)) == 0
	problem := {
		"code": "provenance_builder",
		"message": sprintf("Provenance %d says that it was built by %s; wanted: %s.", [document.id, told(document.builder), provenance.display([entry.id | some entry in builders])]),
		"referrer": document.referrer,
		"hint": "Build it there, or add the builder to `builders` with those who may sign for it.",
	}
}

deny contains problem if {
	some document in signed
	documents.admitted_way(document, any_signer)
	entries := provenance.naming(document, builders)
	count(entries) > 0
	count(vouched(document)) == 0
	problem := {
		"code": "provenance_signer",
		"message": sprintf("Provenance %d names the builder %s, and is signed by %s; for that builder signs: %s.", [
			document.id, told(document.builder),
			signatures.listed(signatures.names(documents.trusted_over(document))),
			concat(" or ", sort({name | some entry in entries; some name in entry.signed_by})),
		]),
		"referrer": document.referrer,
		"hint": "Anybody can name a builder. Have the builder sign it, or add the signer to `signed_by` of the builder.",
	}
}

deny contains problem if {
	some document in signed
	count(vouched(document)) > 0
	some difference in unmet(document)
	problem := {
		"code": difference.code,
		"message": sprintf("Provenance %d says the %s %s; wanted: %s.", [document.id, difference.what, told(difference.is), provenance.display(difference.wanted)]),
		"referrer": document.referrer,
		"hint": sprintf("Build it from there, or add it to `%s`.", [difference.parameter]),
	}
}

deny contains problem if {
	some document in signed
	count(vouched(document)) > 0
	not has_digest(document)
	problem := {
		"code": "provenance_source_digest",
		"message": sprintf("Provenance %d does not say which commit of %s it was built from.", [document.id, told(object.get(document, ["source", "uri"], null))]),
		"referrer": document.referrer,
		"hint": "Have the builder name the commit, or set `source_digest` to false.",
	}
}

deny contains problem if {
	ready
	input.complete == true
	some target in targets
	not target in unbuilt
	not is_of_level(target)
	problem := {
		"code": "slsa_level",
		"message": sprintf("%s is of SLSA build level %d by its provenance and %d by verification summaries; wanted: %d.", [
			documents.called(target), built_level(target),
			verified_level(target), minimum_level,
		]),
		"hint": "Build it with a builder of that level, or have one of `verifiers` attest it.",
	}
}

told(text) := "(nothing)" if text == null

told(text) := reasons.short(text) if is_string(text)

warn contains problem if {
	some problem in data.referee.facts.expired_roots
}

# All of it at once, for a policy that puts packs together.
decision := {"allow": allow, "deny": deny, "warn": warn}
