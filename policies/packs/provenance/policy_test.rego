package referee.packs.provenance_test

import data.referee.packs.provenance as pack
import data.referee.testing

over := [testing.over_statement(testing.trusted(0, "builder"), "https://slsa.dev/provenance/v1")]

denied(facts, given) := testing.codes(reasons) if {
	reasons := pack.deny with input as facts with data.parameters as given
	not pack.allow with input as facts with data.parameters as given
}

allowed(facts, given) if {
	pack.allow with input as facts with data.parameters as given
	reasons := pack.deny with input as facts with data.parameters as given
	reasons == set()
}

# The one reason.
only(facts, given) := reason if {
	reasons := pack.deny with input as facts with data.parameters as given
	count(reasons) == 1
	some reason in reasons
	not pack.allow with input as facts with data.parameters as given
}

warned(facts, given) := testing.codes(warnings) if {
	warnings := pack.warn with input as facts with data.parameters as given
}

built := testing.provenance(0, over)

facts(documents) := testing.documented(over, {"provenance": documents})

good := facts([built])

workflow := {"glob": "https://github.com/team/app/.github/workflows/release.yml@refs/tags/*"}

given(more) := object.union({"builders": [{"id": workflow, "signed_by": ["builder"], "level": 3}]}, more)

test_a_trusted_builder_is_allowed if allowed(good, given({}))

test_it_is_enough_though_the_listing_was_cut_off if allowed(testing.cut_off(good), given({}))

test_without_provenance_it_is_denied if {
	reason := only(testing.facts([]), given({}))
	reason.code == "document_missing"
	reason.message == "registry.example/team/app:1 carries no provenance signed by builder."
	denied(testing.incomplete_facts([]), given({})) == {"undetermined"}
}

test_one_that_nobody_signed_is_denied if {
	forged := object.union(testing.provenance(0, []), {"verified": true})
	denied(testing.documented([], {"provenance": [forged]}), given({})) == {"document_unsigned"}
	stranger := [testing.over_statement(testing.failed(0, "untrusted"), "t")]
	denied(testing.documented(stranger, {"provenance": [testing.provenance(0, stranger)]}), given({})) == {"document_untrusted"}
}

test_another_builder_is_denied_and_named if {
	reason := only(facts([object.union(built, {"builder": "https://evil.example"})]), given({}))
	reason.code == "provenance_builder"
	reason.message == "Provenance 0 says that it was built by https://evil.example; wanted: https://github.com/team/app/.github/workflows/release.yml@refs/tags/*."
	denied(facts([object.union(built, {"builder": null})]), given({})) == {"provenance_builder"}
}

test_a_builder_that_another_signed_for_is_denied if {
	elsewhere := {"builders": [
		{"id": workflow, "signed_by": ["workflow"]},
		{"id": "https://other.example", "signed_by": ["builder"]},
	]}
	reason := only(good, elsewhere)
	reason.code == "provenance_signer"
	reason.message == "Provenance 0 names the builder https://github.com/team/app/.github/workflows/release.yml@refs/tags/v1.4.0, and is signed by builder; for that builder signs: workflow."
}

test_a_signature_over_the_index_counts_only_where_it_is_admitted if {
	through := testing.documented([testing.trusted(0, "builder")], {"provenance": [object.union(built, {"signed_through": "index"})]})
	denied(through, given({})) == {"document_signed_through"}
	allowed(through, given({"signed_through": ["index"]}))
}

test_what_it_was_built_from_must_be_wanted if {
	allowed(good, given({
		"sources": ["https://github.com/team/app"],
		"refs": [{"regex": "refs/tags/v.*"}],
		"entry_points": [".github/workflows/release.yml"],
		"build_types": ["https://actions.github.io/buildtypes/workflow/v1"],
	}))
	reason := only(good, given({"sources": [{"glob": "https://github.com/other/*"}]}))
	reason.code == "provenance_source"
	reason.message == "Provenance 0 says the source https://github.com/team/app; wanted: https://github.com/other/*."
	denied(good, given({"refs": ["refs/heads/main"]})) == {"provenance_ref"}
	denied(good, given({"entry_points": ["build.yml"]})) == {"provenance_entry_point"}
	denied(good, given({"build_types": ["https://mobyproject.org/buildkit@v1"]})) == {"provenance_build_type"}
}

test_what_it_does_not_say_is_not_what_is_wanted if {
	silent := facts([object.union(built, {"source": null})])
	allowed(silent, given({}))
	denied(silent, given({"sources": [{"glob": "**"}]})) == {"provenance_source", "provenance_source_digest"}
	denied(silent, given({"refs": [{"glob": "**"}]})) == {"provenance_ref"}
}

test_a_source_without_a_commit_is_denied if {
	loose := facts([object.union(built, {"source": {"digest": null}})])
	denied(loose, given({"sources": ["https://github.com/team/app"]})) == {"provenance_source_digest"}
	allowed(loose, given({"sources": ["https://github.com/team/app"], "source_digest": false}))
	allowed(loose, given({}))
}

test_one_that_does_is_enough_beside_one_that_does_not if {
	other := object.union(testing.provenance(1, over), {"builder": "https://other.example"})
	allowed(facts([other, built]), given({}))
}

test_what_is_wanted_must_stand_in_one_provenance if {
	elsewhere := object.union(built, {"source": {"uri": "https://github.com/team/other"}})
	other := object.union(testing.provenance(1, over), {"builder": "https://other.example"})
	denied(facts([elsewhere, other]), given({"sources": ["https://github.com/team/app"]})) == {"provenance_source", "provenance_builder"}
}

test_the_level_is_that_of_the_builder if {
	allowed(good, given({"minimum_level": 3}))
	reason := only(good, {"builders": [{"id": workflow, "signed_by": ["builder"], "level": 2}], "minimum_level": 3})
	reason.code == "slsa_level"
	reason.message == "registry.example/team/app:1 is of SLSA build level 2 by its provenance and 0 by verification summaries; wanted: 3."
	denied(good, {"builders": [{"id": workflow, "signed_by": ["builder"]}], "minimum_level": 1}) == {"slsa_level"}
}

test_the_level_is_that_of_a_provenance_that_is_as_it_is_wanted if {
	lower := object.union(testing.provenance(1, over), {"builder": "https://other.example"})
	fork := object.union(built, {"source": {"uri": "https://github.com/fork/app"}})
	wanted := {
		"builders": [
			{"id": workflow, "signed_by": ["builder"], "level": 3},
			{"id": "https://other.example", "signed_by": ["builder"], "level": 1},
		],
		"sources": ["https://github.com/team/app"],
		"minimum_level": 3,
	}
	denied(facts([fork, lower]), wanted) == {"slsa_level"}
	allowed(facts([built, lower]), wanted)
}

verifiers := [{"id": "https://verifier.example", "signed_by": ["verifier"], "resource": "registry.example/team/app"}]

by_verifier := [testing.over_statement(testing.trusted(1, "verifier"), "https://slsa.dev/verification_summary/v1")]

summed(more) := testing.documented(array.concat(over, by_verifier), {
	"provenance": [built],
	"verification_summaries": [object.union(object.union(testing.summary(0, ["SLSA_BUILD_LEVEL_3"], by_verifier), {"attestation": 1}), more)],
})

by_summary := {"verifiers": verifiers, "minimum_level": 3}

test_a_verification_summary_can_say_the_level if {
	allowed(summed({}), by_summary)
	allowed(summed({}), object.union(by_summary, {"builders": [{"id": workflow, "signed_by": ["builder"]}]}))
	every other in [
		{"passed": false},
		{"passed": null},
		{"levels": ["SLSA_BUILD_LEVEL_2", "SLSA_SOURCE_LEVEL_3"]},
		{"levels": ["SLSA_BUILD_LEVEL_30"]},
		{"verifier": "https://other.example"},
		{"resource": "registry.example/team/other"},
		{"subject": testing.platform_digest},
		{"verified": false},
	] {
		denied(summed(other), by_summary) == {"slsa_level"}
	}
	denied(summed({}), {"verifiers": [{"id": "https://verifier.example", "signed_by": ["builder"]}], "minimum_level": 3}) == {"slsa_level"}
}

test_each_platform_must_have_one_where_that_is_wanted if {
	signatures := [object.union(over[0], {"subject": testing.platform_digest})]
	platform := testing.with_platform(testing.documented(signatures, {"provenance": [object.union(built, {"subject": testing.platform_digest})]}))
	denied(platform, given({})) == {"document_missing"}
	allowed(platform, given({"per_platform": true}))
	denied(testing.with_platform(good), given({"per_platform": true})) == {"document_missing"}
}

test_one_that_cannot_be_read_is_told if {
	unread := testing.with_unread(testing.documented(over, {}), 1, "provenance", over)
	denied(unread, given({})) == {"document_missing", "document_unread"}
}

test_fifty_are_named_and_the_rest_counted if {
	many := [object.union(testing.provenance(i, over), {"builder": sprintf("https://b%d.example", [i])}) | some i in numbers.range(0, 59)]
	reasons := pack.deny with input as facts(many) with data.parameters as given({})
	count(reasons) == 51
	"provenance_more" in testing.codes(reasons)
}

test_parameters_that_are_wrong_are_denied if {
	every wrong in [
		{},
		{"builders": []},
		{"builders": ["https://github.com/team/app"]},
		{"builders": [{"id": workflow}]},
		{"builders": [{"id": workflow, "signed_by": []}]},
		{"builders": [{"id": {"regex": "("}, "signed_by": ["builder"]}]},
		{"builders": [{"id": workflow, "signed_by": ["builder"], "level": 5}]},
		{"builders": [{"id": workflow, "signed_by": ["builder"], "lvl": 3}]},
		{"verifiers": verifiers},
		{"verifiers": verifiers, "minimum_level": 3, "sources": ["x"]},
		given({"verifiers": ["x"]}),
		given({"verifiers": [{"id": "x", "signed_by": []}]}),
		given({"minimum_level": "3"}),
		given({"minimum_level": 2.5}),
		given({"sources": "x"}),
		given({"refs": [""]}),
		given({"entry_points": [1]}),
		given({"build_types": null}),
		given({"source_digest": 1}),
		given({"per_platform": null}),
		given({"signed_through": ["x"]}),
		given({"signed_by": ["builder"]}),
		["builders"],
	] {
		denied(good, wrong) == {"invalid_parameters"}
	}
}

test_an_input_that_is_no_facts_document_is_denied if denied({}, given({})) == {"facts_unsupported", "undetermined"}

test_facts_of_another_version_are_denied if {
	denied(object.union(good, {"facts_version": 2}), given({})) == {"facts_unsupported"}
}

test_a_trusted_root_past_its_time_is_a_warning if {
	warned(testing.with_expired_root(good), given({})) == {"trust_root_expired"}
}
