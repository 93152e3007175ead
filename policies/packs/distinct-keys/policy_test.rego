package referee.packs.distinct_keys_test

import data.referee.packs.distinct_keys as pack
import data.referee.testing

test_two_by_two_keys_are_allowed if {
	reasons := pack.deny with input as testing.facts([testing.trusted(0, "a"), testing.trusted(1, "b")])
	testing.codes(reasons) == set()
	pack.allow with input as testing.facts([testing.trusted(0, "a"), testing.trusted(1, "b")])
	warnings := pack.warn with input as testing.facts([testing.trusted(0, "a"), testing.trusted(1, "b")])
	testing.codes(warnings) == set()
}

test_one_is_denied if {
	reasons := pack.deny with input as testing.facts([testing.trusted(0, "a")])
	testing.codes(reasons) == {"too_few_keys"}
	not pack.allow with input as testing.facts([testing.trusted(0, "a")])
}

test_nothing_is_denied if {
	reasons := pack.deny with input as testing.facts([])
	testing.codes(reasons) == {"too_few_keys"}
	not pack.allow with input as testing.facts([])
}

test_two_by_one_key if {
	reasons := pack.deny with input as testing.facts([testing.trusted(0, "a"), testing.trusted(1, "a")])
	testing.codes(reasons) == {"too_few_keys"}
	not pack.allow with input as testing.facts([testing.trusted(0, "a"), testing.trusted(1, "a")])
}

test_two_are_enough_though_the_listing_was_cut_off if {
	reasons := pack.deny with input as testing.incomplete_facts([testing.trusted(0, "a"), testing.trusted(1, "b")])
	testing.codes(reasons) == set()
	pack.allow with input as testing.incomplete_facts([testing.trusted(0, "a"), testing.trusted(1, "b")])
}

test_one_in_a_listing_that_was_cut_off_is_undetermined if {
	reasons := pack.deny with input as testing.incomplete_facts([testing.trusted(0, "a")])
	testing.codes(reasons) == {"undetermined"}
	not pack.allow with input as testing.incomplete_facts([testing.trusted(0, "a")])
}

test_others_that_are_wrong_are_told if {
	reasons := pack.deny with input as testing.facts([testing.trusted(0, "a"), testing.failed(1, "untrusted")])
	testing.codes(reasons) == {"too_few_keys", "signature_untrusted"}
	not pack.allow with input as testing.facts([testing.trusted(0, "a"), testing.failed(1, "untrusted")])
}

test_others_that_are_wrong_are_warnings_where_there_are_enough if {
	reasons := pack.deny with input as testing.facts([testing.trusted(0, "a"), testing.trusted(1, "b"), testing.failed(2, "invalid")])
	testing.codes(reasons) == set()
	pack.allow with input as testing.facts([testing.trusted(0, "a"), testing.trusted(1, "b"), testing.failed(2, "invalid")])
	warnings := pack.warn with input as testing.facts([testing.trusted(0, "a"), testing.trusted(1, "b"), testing.failed(2, "invalid")])
	testing.codes(warnings) == {"signature_invalid"}
}

test_attestations_and_platforms_do_not_count if {
	reasons := pack.deny with input as testing.facts([testing.trusted(0, "a"), testing.attestation(1, "b"), testing.platform(2, "c")])
	testing.codes(reasons) == {"too_few_keys"}
	not pack.allow with input as testing.facts([testing.trusted(0, "a"), testing.attestation(1, "b"), testing.platform(2, "c")])
}

test_one_suffices_where_one_is_the_minimum if {
	reasons := pack.deny with input as testing.facts([testing.trusted(0, "a")]) with data.parameters as {"minimum": 1}
	testing.codes(reasons) == set()
	pack.allow with input as testing.facts([testing.trusted(0, "a")]) with data.parameters as {"minimum": 1}
}

test_three_are_demanded_where_three_are_the_minimum if {
	reasons := pack.deny with input as testing.facts([testing.trusted(0, "a"), testing.trusted(1, "b")]) with data.parameters as {"minimum": 3}
	testing.codes(reasons) == {"too_few_keys"}
	not pack.allow with input as testing.facts([testing.trusted(0, "a"), testing.trusted(1, "b")]) with data.parameters as {"minimum": 3}
}

test_a_misspelled_parameter_is_denied if {
	reasons := pack.deny with input as testing.facts([testing.trusted(0, "a"), testing.trusted(1, "b")]) with data.parameters as {"minimun": 1}
	testing.codes(reasons) == {"invalid_parameters"}
	not pack.allow with input as testing.facts([testing.trusted(0, "a"), testing.trusted(1, "b")]) with data.parameters as {"minimun": 1}
}

test_a_minimum_of_none_is_denied if {
	reasons := pack.deny with input as testing.facts([testing.trusted(0, "a"), testing.trusted(1, "b")]) with data.parameters as {"minimum": 0}
	testing.codes(reasons) == {"invalid_parameters"}
	not pack.allow with input as testing.facts([testing.trusted(0, "a"), testing.trusted(1, "b")]) with data.parameters as {"minimum": 0}
}

test_a_negative_minimum_is_denied if {
	reasons := pack.deny with input as testing.facts([testing.trusted(0, "a"), testing.trusted(1, "b")]) with data.parameters as {"minimum": -1}
	testing.codes(reasons) == {"invalid_parameters"}
	not pack.allow with input as testing.facts([testing.trusted(0, "a"), testing.trusted(1, "b")]) with data.parameters as {"minimum": -1}
}

test_a_broken_minimum_is_denied if {
	reasons := pack.deny with input as testing.facts([testing.trusted(0, "a"), testing.trusted(1, "b")]) with data.parameters as {"minimum": 1.5}
	testing.codes(reasons) == {"invalid_parameters"}
	not pack.allow with input as testing.facts([testing.trusted(0, "a"), testing.trusted(1, "b")]) with data.parameters as {"minimum": 1.5}
}

test_a_minimum_in_quotes_is_denied if {
	reasons := pack.deny with input as testing.facts([testing.trusted(0, "a"), testing.trusted(1, "b")]) with data.parameters as {"minimum": "1"}
	testing.codes(reasons) == {"invalid_parameters"}
	not pack.allow with input as testing.facts([testing.trusted(0, "a"), testing.trusted(1, "b")]) with data.parameters as {"minimum": "1"}
}

test_a_minimum_of_null_is_denied if {
	reasons := pack.deny with input as testing.facts([testing.trusted(0, "a"), testing.trusted(1, "b")]) with data.parameters as {"minimum": null}
	testing.codes(reasons) == {"invalid_parameters"}
	not pack.allow with input as testing.facts([testing.trusted(0, "a"), testing.trusted(1, "b")]) with data.parameters as {"minimum": null}
}

test_an_input_that_is_no_facts_document_is_denied if {
	reasons := pack.deny with input as {}
	testing.codes(reasons) == {"facts_unsupported", "undetermined"}
	not pack.allow with input as {}
}

test_facts_of_another_version_are_denied if {
	reasons := pack.deny with input as object.union(testing.facts([testing.trusted(0, "a"), testing.trusted(1, "b")]), {"facts_version": 2})
	testing.codes(reasons) == {"facts_unsupported"}
	not pack.allow with input as object.union(testing.facts([testing.trusted(0, "a"), testing.trusted(1, "b")]), {"facts_version": 2})
}

test_parameters_that_are_no_object_are_denied if {
	reasons := pack.deny with input as testing.facts([testing.trusted(0, "a"), testing.trusted(1, "b")]) with data.parameters as ["minimum"]
	testing.codes(reasons) == {"invalid_parameters"}
	not pack.allow with input as testing.facts([testing.trusted(0, "a"), testing.trusted(1, "b")]) with data.parameters as ["minimum"]
}

test_two_names_of_one_key_are_one_key if {
	renamed := object.union(testing.trusted(1, "a"), {"key": {"name": "b"}})
	reasons := pack.deny with input as testing.facts([testing.trusted(0, "a"), renamed])
	testing.codes(reasons) == {"too_few_keys"}
}

test_two_identities_are_two_signers if {
	facts := testing.facts([testing.identity_of(0, "staff", "a@example.org"), testing.identity_of(1, "staff", "b@example.org")])
	pack.allow with input as facts
}

test_a_key_and_an_identity_are_two_signers if {
	pack.allow with input as testing.facts([testing.trusted(0, "a"), testing.identity(1, "release")])
}

test_two_certificates_of_one_identity_are_one_signer if {
	again := object.union(testing.identity(1, "release"), {"certificate": {"serial": "77"}})
	reasons := pack.deny with input as testing.facts([testing.identity(0, "release"), again])
	testing.codes(reasons) == {"too_few_keys"}
}

test_two_names_of_one_identity_are_one_signer if {
	again := object.union(testing.identity(1, "release"), {"trusted_by": ["other"]})
	reasons := pack.deny with input as testing.facts([testing.identity(0, "release"), again])
	testing.codes(reasons) == {"too_few_keys"}
}

test_one_subject_of_two_issuers_is_two_signers if {
	other := object.union(testing.identity(1, "release"), {"identity": {"issuer": "https://issuer.example"}})
	pack.allow with input as testing.facts([testing.identity(0, "release"), other])
}

test_one_workflow_is_one_signer_whatever_it_ran_for if {
	workflow := "https://github.com/team/app/.github/workflows/release.yml"
	every ref in [
		"refs/tags/v1.5.0",
		"refs/heads/main",
		"refs/tags/@team/app@1.5.0",
		"refs/heads/x@refs/tags/v1.4.0",
		"0123456789abcdef0123456789abcdef01234567",
	] {
		other := testing.identity_of(1, "release", sprintf("%s@%s", [workflow, ref]))
		reasons := pack.deny with input as testing.facts([testing.identity(0, "release"), other])
		testing.codes(reasons) == {"too_few_keys"}
	}
}

test_two_workflows_are_two_signers if {
	other := testing.identity_of(1, "scan", "https://github.com/team/app/.github/workflows/scan.yml@refs/tags/v1.4.0")
	pack.allow with input as testing.facts([testing.identity(0, "release"), other])
}

test_people_whose_page_has_an_at_sign_are_told_apart if {
	first := testing.identity_of(0, "staff", "https://people.example/@a")
	second := testing.identity_of(1, "staff", "https://people.example/@b")
	pack.allow with input as testing.facts([first, second])
}

test_an_identity_that_is_not_trusted_is_no_signer if {
	stranger := object.union(testing.identity_of(1, "x", "b@example.org"), {"status": "untrusted", "trusted": false, "trusted_by": []})
	reasons := pack.deny with input as testing.facts([testing.identity(0, "release"), stranger])
	testing.codes(reasons) == {"too_few_keys", "signature_untrusted"}
}

test_signers_are_named_with_who_their_certificate_says_they_are if {
	reasons := pack.deny with input as testing.facts([testing.identity_of(0, "staff", "a@example.org")])
	some reason in reasons
	reason.message == "registry.example/team/app:1 is signed by 1 different signers, 2 are required; signed by: staff (a@example.org); trusted signatures: 1."
}

test_a_trusted_root_past_its_time_is_a_warning if {
	document := testing.with_expired_root(testing.facts([testing.trusted(0, "a")]))
	warnings := pack.warn with input as document
	testing.codes(warnings) == {"trust_root_expired"}
}

test_a_signer_for_whom_nobody_vouched_is_a_signer_like_any_other if {
	nobodys := object.union(testing.identity(1, "b"), {"identity": {"subject": "https://dotcom.releases.github.com", "issuer": null}})
	reasons := pack.deny with input as testing.facts([testing.trusted(0, "a"), nobodys])
	testing.codes(reasons) == set()
	alone := pack.deny with input as testing.facts([nobodys, nobodys])
	testing.codes(alone) == {"too_few_keys"}
}
