# Helpers over how the artifact was built: `input.provenance` and `input.verification_summaries`.
#
# Anybody can write a provenance that names a builder. What it says is worth something only where the
# signature is by somebody who may speak for that builder, so builders are entries that bind the two:
# `{"id": pattern, "signed_by": [names], "level": number}`. Patterns are those of
# `data.referee.identities`.
package referee.provenance

import data.referee.documents
import data.referee.identities
import data.referee.parameters

# Whether a value is such an entry, with no other members than those.
is_builder(entry) if {
	is_object(entry)
	object.keys(entry) - {"id", "level", "signed_by"} == set()
	identities.is_pattern(entry.id)
	parameters.is_names(entry.signed_by)
	is_level(object.get(entry, "level", 0))
}

# The same for a verifier: `{"id": pattern, "signed_by": [names], "resource": pattern}`.
is_verifier(entry) if {
	is_object(entry)
	object.keys(entry) - {"id", "resource", "signed_by"} == set()
	identities.is_pattern(entry.id)
	parameters.is_names(entry.signed_by)
	identities.is_pattern(object.get(entry, "resource", "any"))
}

# The levels of SLSA's build track.
is_level(level) if level in {0, 1, 2, 3, 4}

is_patterns(list) if {
	is_array(list)
	every pattern in list {
		identities.is_pattern(pattern)
	}
}

# The entries whose builder a provenance names, and of them those whose signers signed it.
naming(document, builders) := [entry |
	some entry in builders
	identities.admits(entry.id, document.builder)
]

vouched(document, builders, signed_through) := [entry |
	some entry in naming(document, builders)
	documents.counts(document, {"signed_by": entry.signed_by, "signed_through": signed_through})
]

# The level that the entries give a provenance: the highest of them. 0 where none gives one.
level(entries) := max(array.concat([0], [object.get(entry, "level", 0) | some entry in entries]))

# The level that verification summaries about a digest say: the highest that a known verifier found,
# where it passed the artifact. 0 where none says one.
summarized(summaries, digest, verifiers, signed_through) := max(array.concat([0], [number |
	some summary in summaries
	summary.subject == digest
	summary.passed == true
	some entry in verifiers
	identities.admits(entry.id, summary.verifier)
	about(summary, entry)
	documents.counts(summary, {"signed_by": entry.signed_by, "signed_through": signed_through})
	some text in summary.levels
	number := build_level(text)
]))

about(_, entry) if object.get(entry, "resource", null) == null

about(summary, entry) if identities.admits(entry.resource, summary.resource)

build_level(text) := to_number(found[0][1]) if {
	found := regex.find_all_string_submatch_n(`\ASLSA_BUILD_LEVEL_([0-4])\z`, text, 1)
	count(found) == 1
}

# Whether any pattern of a list admits a text; whatever it is where the list is empty.
any_admits(patterns, _) if patterns == []

any_admits(patterns, text) if {
	is_string(text)
	some pattern in patterns
	identities.admits(pattern, text)
}

# A list of patterns for a message.
display(patterns) := concat(" or ", [identities.display(pattern) | some pattern in patterns])
