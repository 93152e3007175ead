package referee.packs.attested_test

import data.referee.packs.attested as pack
import data.referee.testing

provenance := "https://slsa.dev/provenance/v1"

sbom := "https://spdx.dev/Document"

wanted := {"predicate_types": [provenance]}

by_builder := {"predicate_types": [provenance], "signed_by": ["builder"]}

# One attestation of a type, with the signatures over it.
facts(type, signatures) := testing.attested(over, [testing.statement(0, type, over)]) if {
	over := [testing.over_statement(signature, type) | some signature in signatures]
}

cut_off(facts) := object.union(testing.incomplete_facts([]), object.filter(facts, {"signatures", "attestations"}))

test_a_verified_attestation_is_allowed if {
	given := facts(provenance, [testing.identity(0, "builder")])
	pack.allow with input as given with data.parameters as wanted
	reasons := pack.deny with input as given with data.parameters as wanted
	testing.codes(reasons) == set()
}

test_nothing_is_denied if {
	reasons := pack.deny with input as testing.facts([]) with data.parameters as wanted
	testing.codes(reasons) == {"not_attested"}
	not pack.allow with input as testing.facts([]) with data.parameters as wanted
}

test_nothing_in_a_listing_that_was_cut_off_is_undetermined if {
	reasons := pack.deny with input as testing.incomplete_facts([]) with data.parameters as wanted
	testing.codes(reasons) == {"undetermined"}
	not pack.allow with input as testing.incomplete_facts([]) with data.parameters as wanted
}

test_it_is_enough_though_the_listing_was_cut_off if {
	given := cut_off(facts(provenance, [testing.trusted(0, "builder")]))
	pack.allow with input as given with data.parameters as wanted
}

test_a_signature_is_no_attestation if {
	given := testing.facts([testing.trusted(0, "builder")])
	reasons := pack.deny with input as given with data.parameters as wanted
	testing.codes(reasons) == {"not_attested"}
}

test_another_type_does_not_count if {
	given := facts(sbom, [testing.trusted(0, "builder")])
	reasons := pack.deny with input as given with data.parameters as wanted
	testing.codes(reasons) == {"not_attested"}
}

test_each_type_must_be_there if {
	given := facts(provenance, [testing.trusted(0, "builder")])
	both := {"predicate_types": [provenance, sbom]}
	reasons := pack.deny with input as given with data.parameters as both
	{reason.message | some reason in reasons} == {"registry.example/team/app:1 carries no verified attestation of the type https://spdx.dev/Document; attestations of that type: 0."}
	not pack.allow with input as given with data.parameters as both
}

test_an_unsigned_attestation_does_not_count_and_says_so if {
	given := facts(provenance, [])
	reasons := pack.deny with input as given with data.parameters as wanted
	testing.codes(reasons) == {"not_attested", "attestation_unsigned"}
	not pack.allow with input as given with data.parameters as wanted
}

test_an_unsigned_attestation_that_claims_to_be_verified_does_not_count if {
	given := testing.attested([], [object.union(testing.statement(0, provenance, []), {"verified": true})])
	reasons := pack.deny with input as given with data.parameters as wanted
	testing.codes(reasons) == {"not_attested", "attestation_unsigned"}
}

test_one_that_is_not_verified_does_not_count_whoever_signed if {
	given := facts(provenance, [testing.trusted(0, "builder")])
	unverified := object.union(given, {"attestations": [object.union(given.attestations[0], {"verified": false})]})
	not pack.allow with input as unverified with data.parameters as wanted
}

test_one_with_something_wrong_in_it_does_not_count_and_says_so if {
	given := facts(provenance, [testing.trusted(0, "builder")])
	problem := {"code": "subject_mismatch", "message": "It is about another digest."}
	wrong := object.union(given, {"attestations": [object.union(given.attestations[0], {"errors": [problem]})]})
	reasons := pack.deny with input as wrong with data.parameters as wanted
	testing.codes(reasons) == {"not_attested", "attestation_invalid"}
	not pack.allow with input as wrong with data.parameters as wanted
}

test_one_by_a_stranger_does_not_count_and_says_so if {
	given := facts(provenance, [testing.failed(0, "untrusted")])
	reasons := pack.deny with input as given with data.parameters as wanted
	testing.codes(reasons) == {"not_attested", "signature_untrusted"}
	not pack.allow with input as given with data.parameters as wanted
}

test_one_over_a_platform_does_not_count if {
	given := facts(provenance, [testing.trusted(0, "builder")])
	platform := testing.attested(
		[object.union(given.signatures[0], {"subject": testing.platform_digest})],
		[object.union(given.attestations[0], {"subject": testing.platform_digest})],
	)
	reasons := pack.deny with input as platform with data.parameters as wanted
	testing.codes(reasons) == {"not_attested"}
}

test_a_signature_over_something_else_does_not_make_an_attestation if {
	given := facts(provenance, [testing.trusted(0, "builder")])
	every other in [
		{"predicate_type": sbom},
		{"purpose": "signature"},
		{"subject": testing.platform_digest},
		{"referrer": "sha256:cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc"},
		{"id": 7},
	] {
		borrowed := object.union(given, {"signatures": [object.union(given.signatures[0], other)]})
		not pack.allow with input as borrowed with data.parameters as wanted
		reasons := pack.deny with input as borrowed with data.parameters as wanted
		testing.codes(reasons) == {"not_attested"}
	}
}

test_the_named_signer_is_allowed_among_several if {
	given := facts(provenance, [testing.failed(0, "untrusted"), testing.identity(1, "builder")])
	first := object.union(given, {"signatures": [object.union(signature, {"referrer": given.attestations[0].referrer}) |
		some signature in given.signatures
	]})
	pack.allow with input as first with data.parameters as by_builder
}

test_another_signer_is_denied_and_named if {
	given := facts(provenance, [testing.trusted(0, "release")])
	pack.allow with input as given with data.parameters as wanted
	not pack.allow with input as given with data.parameters as by_builder
	reasons := pack.deny with input as given with data.parameters as by_builder
	{reason.message | some reason in reasons} == {
		"registry.example/team/app:1 carries no verified attestation of the type https://slsa.dev/provenance/v1 signed by builder; attestations of that type: 1.",
		"Attestation 0 is signed by release.",
	}
}

test_any_of_several_signers_is_enough if {
	given := facts(provenance, [testing.trusted(0, "release")])
	pack.allow with input as given with data.parameters as {"predicate_types": [provenance], "signed_by": ["builder", "release"]}
}

test_a_bundle_that_could_not_be_read_is_told if {
	lost := object.union(testing.failed(0, "unavailable"), {"format": "sigstore-bundle"})
	reasons := pack.deny with input as testing.incomplete_facts([lost]) with data.parameters as wanted
	testing.codes(reasons) == {"undetermined", "signature_unavailable"}
}

test_without_a_type_everything_is_denied if {
	given := facts(provenance, [testing.trusted(0, "builder")])
	reasons := pack.deny with input as given
	testing.codes(reasons) == {"invalid_parameters"}
	not pack.allow with input as given
}

test_parameters_that_are_wrong_are_denied if {
	given := facts(provenance, [testing.trusted(0, "builder")])
	every wrong in [
		{"predicate_types": []},
		{"predicate_types": provenance},
		{"predicate_types": [provenance, ""]},
		{"predicate_types": [1]},
		{"predicate_types": [provenance], "signed_by": "builder"},
		{"predicate_types": [provenance], "signed_by": [null]},
		{"predicate_types": [provenance], "signers": ["builder"]},
		["predicate_types"],
	] {
		reasons := pack.deny with input as given with data.parameters as wrong
		testing.codes(reasons) == {"invalid_parameters"}
		not pack.allow with input as given with data.parameters as wrong
	}
}

test_an_input_that_is_no_facts_document_is_denied if {
	reasons := pack.deny with input as {} with data.parameters as wanted
	testing.codes(reasons) == {"facts_unsupported", "undetermined"}
	not pack.allow with input as {} with data.parameters as wanted
}

test_facts_of_another_version_are_denied if {
	given := object.union(facts(provenance, [testing.trusted(0, "builder")]), {"facts_version": 2})
	reasons := pack.deny with input as given with data.parameters as wanted
	testing.codes(reasons) == {"facts_unsupported"}
	not pack.allow with input as given with data.parameters as wanted
}

test_a_trusted_root_past_its_time_is_a_warning if {
	document := testing.with_expired_root(testing.facts([testing.trusted(0, "a")]))
	warnings := pack.warn with input as document
	testing.codes(warnings) == {"trust_root_expired"}
}

test_what_is_covered_by_a_signature_of_the_index_alone_is_told_as_unsigned if {
	signed := testing.trusted(0, "release")
	covered := object.union(testing.statement(0, provenance, [signed]), {"signed_through": "index"})
	given := testing.attested([signed], [covered])
	reasons := pack.deny with input as given with data.parameters as wanted
	testing.codes(reasons) == {"not_attested", "attestation_unsigned"}
	not pack.allow with input as given with data.parameters as wanted
}
