package referee.packs.identities_test

import data.referee.packs.identities as pack
import data.referee.testing

tagged := {"claims": {
	"sourceRepositoryURI": "https://github.com/team/app",
	"sourceRepositoryRef": {"glob": "refs/tags/*"},
	"runnerEnvironment": "github-hosted",
}}

branch := testing.identity_with(0, "release", {"sourceRepositoryRef": "refs/heads/main"})

test_an_identity_is_allowed if {
	facts := testing.facts([testing.identity(0, "release")])
	pack.allow with input as facts
	reasons := pack.deny with input as facts
	testing.codes(reasons) == set()
	warnings := pack.warn with input as facts
	testing.codes(warnings) == set()
}

test_nothing_is_denied if {
	reasons := pack.deny with input as testing.facts([])
	testing.codes(reasons) == {"missing_identity"}
	not pack.allow with input as testing.facts([])
}

test_a_key_is_no_identity if {
	reasons := pack.deny with input as testing.facts([testing.trusted(0, "a")])
	testing.codes(reasons) == {"missing_identity", "identity_differs"}
	not pack.allow with input as testing.facts([testing.trusted(0, "a")])
}

test_an_identity_that_is_not_trusted_does_not_count if {
	stranger := object.union(testing.identity(0, "release"), {
		"status": "untrusted",
		"trusted": false,
		"trusted_by": [],
		"errors": [{"code": "identity_unknown", "message": "No identity is that."}],
	})
	reasons := pack.deny with input as testing.facts([stranger])
	testing.codes(reasons) == {"missing_identity", "signature_untrusted"}
	not pack.allow with input as testing.facts([stranger])
}

test_an_attestation_by_an_identity_is_no_signature if {
	statement := testing.over_statement(testing.identity(0, "release"), "https://slsa.dev/provenance/v1")
	reasons := pack.deny with input as testing.facts([statement])
	testing.codes(reasons) == {"missing_identity"}
}

test_nothing_in_a_listing_that_was_cut_off_is_undetermined if {
	reasons := pack.deny with input as testing.incomplete_facts([])
	testing.codes(reasons) == {"undetermined"}
	not pack.allow with input as testing.incomplete_facts([])
}

test_one_is_enough_though_the_listing_was_cut_off if {
	facts := testing.incomplete_facts([testing.identity(0, "release")])
	pack.allow with input as facts
	reasons := pack.deny with input as facts
	testing.codes(reasons) == set()
}

test_claims_that_hold_are_allowed if {
	pack.allow with input as testing.facts([testing.identity(0, "release")]) with data.parameters as tagged
}

test_a_claim_that_differs_is_denied_and_named if {
	reasons := pack.deny with input as testing.facts([branch]) with data.parameters as tagged
	testing.codes(reasons) == {"missing_identity", "identity_differs"}
	not pack.allow with input as testing.facts([branch]) with data.parameters as tagged
	{reason.message | some reason in reasons} == {
		"registry.example/team/app:1 carries no trusted signature by a wanted identity (claims.runnerEnvironment github-hosted, claims.sourceRepositoryRef refs/tags/*, claims.sourceRepositoryURI https://github.com/team/app); signed by: release (https://github.com/team/app/.github/workflows/release.yml@refs/tags/v1.4.0).",
		"Signature 0 by release (https://github.com/team/app/.github/workflows/release.yml@refs/tags/v1.4.0) does not count: claims.sourceRepositoryRef is refs/heads/main, refs/tags/* is wanted.",
	}
}

test_a_claim_that_is_not_there_is_denied if {
	wanted := {"claims": {"deploymentEnvironment": "production"}}
	reasons := pack.deny with input as testing.facts([testing.identity(0, "release")]) with data.parameters as wanted
	testing.codes(reasons) == {"missing_identity", "identity_differs"}
	some reason in reasons
	endswith(reason.message, "does not count: claims.deploymentEnvironment is not there, production is wanted.")
}

test_all_claims_must_be_of_one_signature if {
	elsewhere := testing.identity_with(1, "release", {"runnerEnvironment": "self-hosted"})
	reasons := pack.deny with input as testing.facts([branch, elsewhere]) with data.parameters as tagged
	testing.codes(reasons) == {"missing_identity", "identity_differs"}
}

test_another_identity_beside_a_wanted_one_is_a_warning if {
	facts := testing.facts([object.union(branch, {"id": 1}), testing.identity(0, "release")])
	pack.allow with input as facts with data.parameters as tagged
	warnings := pack.warn with input as facts with data.parameters as tagged
	testing.codes(warnings) == {"identity_differs"}
}

test_another_identity_denies_where_every_signature_must_be_wanted if {
	facts := testing.facts([object.union(branch, {"id": 1}), testing.identity(0, "release")])
	strict := object.union(tagged, {"every": true})
	not pack.allow with input as facts with data.parameters as strict
	reasons := pack.deny with input as facts with data.parameters as strict
	testing.codes(reasons) == {"identity_differs"}
}

test_a_key_denies_where_every_signature_must_be_by_an_identity if {
	facts := testing.facts([testing.trusted(1, "a"), testing.identity(0, "release")])
	reasons := pack.deny with input as facts with data.parameters as {"every": true}
	testing.codes(reasons) == {"identity_differs"}
	some reason in reasons
	reason.message == "Signature 1 by a does not count: it was made by a key, not by an identity."
}

test_what_was_not_seen_may_be_another_where_every_signature_must_be_wanted if {
	facts := testing.incomplete_facts([testing.identity(0, "release")])
	not pack.allow with input as facts with data.parameters as {"every": true}
	reasons := pack.deny with input as facts with data.parameters as {"every": true}
	testing.codes(reasons) == {"undetermined"}
}

test_every_signature_of_none_is_not_enough if {
	reasons := pack.deny with input as testing.facts([]) with data.parameters as {"every": true}
	testing.codes(reasons) == {"missing_identity"}
	not pack.allow with input as testing.facts([]) with data.parameters as {"every": true}
}

test_a_stranger_does_not_deny_where_every_trusted_signature_is_wanted if {
	facts := testing.facts([testing.identity(0, "release"), testing.failed(1, "untrusted")])
	pack.allow with input as facts with data.parameters as {"every": true}
	warnings := pack.warn with input as facts with data.parameters as {"every": true}
	testing.codes(warnings) == {"signature_untrusted"}
}

test_subject_and_issuer_are_held_against_the_certificate if {
	facts := testing.facts([testing.identity(0, "release")])
	every wanted in [
		{"subject": testing.workflow},
		{"subject": {"glob": "https://github.com/team/*/.github/workflows/*.yml@refs/tags/*"}},
		{"subject": {"regex": `https://github\.com/team/.*@refs/tags/v[0-9.]+`}},
		{"issuer": "https://token.actions.githubusercontent.com"},
		{"issuer": {"exact": "https://token.actions.githubusercontent.com"}},
	] {
		pack.allow with input as facts with data.parameters as wanted
	}
}

test_what_matches_in_part_does_not_count if {
	facts := testing.facts([testing.identity(0, "release")])
	every wanted in [
		{"subject": "https://github.com/team/app"},
		{"subject": {"glob": "https://github.com/team/*"}},
		{"subject": {"glob": "*/app/.github/workflows/release.yml@refs/tags/v1.4.0"}},
		{"subject": {"regex": "github.com/team"}},
		{"subject": {"regex": "https|tags/v1.4.0"}},
		{"subject": {"glob": "https://github?com/team/**"}},
		{"issuer": "https://TOKEN.actions.githubusercontent.com"},
	] {
		reasons := pack.deny with input as facts with data.parameters as wanted
		testing.codes(reasons) == {"missing_identity", "identity_differs"}
		not pack.allow with input as facts with data.parameters as wanted
	}
}

test_a_name_stands_for_an_identity_of_the_trust_document if {
	facts := testing.facts([testing.identity(0, "release")])
	pack.allow with input as facts with data.parameters as {"names": ["nightly", "release"]}
	reasons := pack.deny with input as facts with data.parameters as {"names": ["nightly"]}
	testing.codes(reasons) == {"missing_identity", "identity_differs"}
}

test_an_identity_with_two_names_counts_under_each if {
	facts := testing.facts([object.union(testing.identity(0, "release"), {"trusted_by": ["release", "tagged"]})])
	pack.allow with input as facts with data.parameters as {"names": ["tagged"]}
	pack.allow with input as facts with data.parameters as {"names": ["release"]}
}

test_parameters_that_are_wrong_are_denied if {
	facts := testing.facts([testing.identity(0, "release")])
	every wrong in [
		{"claim": {}},
		{"claims": []},
		{"claims": {"repository": "x"}},
		{"claims": {"runnerEnvironment": ""}},
		{"claims": {"runnerEnvironment": null}},
		{"claims": {"runnerEnvironment": ["github-hosted"]}},
		{"claims": {"runnerEnvironment": {"glob": "***"}}},
		{"claims": {"runnerEnvironment": {"regex": "("}}},
		{"claims": {"runnerEnvironment": {"regex": "a)(b"}}},
		{"claims": {"runnerEnvironment": {"glob": "*", "regex": ".*"}}},
		{"subject": 1},
		{"issuer": {"prefix": "https://"}},
		{"names": "release"},
		{"names": [""]},
		{"every": "true"},
		{"every": null},
		["claims"],
	] {
		reasons := pack.deny with input as facts with data.parameters as wrong
		testing.codes(reasons) == {"invalid_parameters"}
		not pack.allow with input as facts with data.parameters as wrong
	}
}

test_an_input_that_is_no_facts_document_is_denied if {
	reasons := pack.deny with input as {}
	testing.codes(reasons) == {"facts_unsupported", "undetermined"}
	not pack.allow with input as {}
}

test_facts_of_another_version_are_denied if {
	facts := object.union(testing.facts([testing.identity(0, "release")]), {"facts_version": 2})
	reasons := pack.deny with input as facts
	testing.codes(reasons) == {"facts_unsupported"}
	not pack.allow with input as facts
}

test_a_trusted_root_past_its_time_is_a_warning if {
	document := testing.with_expired_root(testing.facts([testing.trusted(0, "a")]))
	warnings := pack.warn with input as document
	testing.codes(warnings) == {"trust_root_expired"}
}
