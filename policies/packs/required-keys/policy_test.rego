package referee.packs.required_keys_test

import data.referee.packs.required_keys as pack
import data.referee.testing

test_each_key_used_is_allowed if {
	reasons := pack.deny with input as testing.facts([testing.trusted(0, "a"), testing.trusted(1, "b")]) with data.parameters as {"keys": ["a", "b"]}
	testing.codes(reasons) == set()
	pack.allow with input as testing.facts([testing.trusted(0, "a"), testing.trusted(1, "b")]) with data.parameters as {"keys": ["a", "b"]}
	warnings := pack.warn with input as testing.facts([testing.trusted(0, "a"), testing.trusted(1, "b")]) with data.parameters as {"keys": ["a", "b"]}
	testing.codes(warnings) == set()
}

test_more_keys_than_required_are_allowed if {
	reasons := pack.deny with input as testing.facts([testing.trusted(0, "a"), testing.trusted(1, "b"), testing.trusted(2, "c")]) with data.parameters as {"keys": ["a", "b"]}
	testing.codes(reasons) == set()
	pack.allow with input as testing.facts([testing.trusted(0, "a"), testing.trusted(1, "b"), testing.trusted(2, "c")]) with data.parameters as {"keys": ["a", "b"]}
}

test_a_key_that_is_missing_is_denied if {
	reasons := pack.deny with input as testing.facts([testing.trusted(0, "a"), testing.trusted(1, "c")]) with data.parameters as {"keys": ["a", "b"]}
	testing.codes(reasons) == {"missing_key"}
	not pack.allow with input as testing.facts([testing.trusted(0, "a"), testing.trusted(1, "c")]) with data.parameters as {"keys": ["a", "b"]}
}

test_one_key_twice_does_not_stand_for_two if {
	reasons := pack.deny with input as testing.facts([testing.trusted(0, "a"), testing.trusted(1, "a")]) with data.parameters as {"keys": ["a", "b"]}
	testing.codes(reasons) == {"missing_key"}
	not pack.allow with input as testing.facts([testing.trusted(0, "a"), testing.trusted(1, "a")]) with data.parameters as {"keys": ["a", "b"]}
}

test_a_key_that_is_missing_in_a_listing_that_was_cut_off_is_undetermined if {
	reasons := pack.deny with input as testing.incomplete_facts([testing.trusted(0, "a")]) with data.parameters as {"keys": ["a", "b"]}
	testing.codes(reasons) == {"undetermined"}
	not pack.allow with input as testing.incomplete_facts([testing.trusted(0, "a")]) with data.parameters as {"keys": ["a", "b"]}
}

test_all_keys_are_enough_though_the_listing_was_cut_off if {
	reasons := pack.deny with input as testing.incomplete_facts([testing.trusted(0, "a"), testing.trusted(1, "b")]) with data.parameters as {"keys": ["a", "b"]}
	testing.codes(reasons) == set()
	pack.allow with input as testing.incomplete_facts([testing.trusted(0, "a"), testing.trusted(1, "b")]) with data.parameters as {"keys": ["a", "b"]}
}

test_an_untrusted_signature_is_told if {
	reasons := pack.deny with input as testing.facts([testing.trusted(0, "a"), testing.failed(1, "untrusted")]) with data.parameters as {"keys": ["a", "b"]}
	testing.codes(reasons) == {"missing_key", "signature_untrusted"}
	not pack.allow with input as testing.facts([testing.trusted(0, "a"), testing.failed(1, "untrusted")]) with data.parameters as {"keys": ["a", "b"]}
}

test_others_that_are_wrong_are_warnings_where_all_keys_are_used if {
	reasons := pack.deny with input as testing.facts([testing.trusted(0, "a"), testing.trusted(1, "b"), testing.failed(2, "invalid")]) with data.parameters as {"keys": ["a", "b"]}
	testing.codes(reasons) == set()
	pack.allow with input as testing.facts([testing.trusted(0, "a"), testing.trusted(1, "b"), testing.failed(2, "invalid")]) with data.parameters as {"keys": ["a", "b"]}
	warnings := pack.warn with input as testing.facts([testing.trusted(0, "a"), testing.trusted(1, "b"), testing.failed(2, "invalid")]) with data.parameters as {"keys": ["a", "b"]}
	testing.codes(warnings) == {"signature_invalid"}
}

test_attestations_do_not_count if {
	reasons := pack.deny with input as testing.facts([testing.trusted(0, "a"), testing.attestation(1, "b")]) with data.parameters as {"keys": ["a", "b"]}
	testing.codes(reasons) == {"missing_key"}
	not pack.allow with input as testing.facts([testing.trusted(0, "a"), testing.attestation(1, "b")]) with data.parameters as {"keys": ["a", "b"]}
}

test_without_keys_everything_is_denied if {
	reasons := pack.deny with input as testing.facts([testing.trusted(0, "a"), testing.trusted(1, "b")])
	testing.codes(reasons) == {"invalid_parameters"}
	not pack.allow with input as testing.facts([testing.trusted(0, "a"), testing.trusted(1, "b")])
}

test_an_empty_list_of_keys_is_denied if {
	reasons := pack.deny with input as testing.facts([testing.trusted(0, "a"), testing.trusted(1, "b")]) with data.parameters as {"keys": []}
	testing.codes(reasons) == {"invalid_parameters"}
	not pack.allow with input as testing.facts([testing.trusted(0, "a"), testing.trusted(1, "b")]) with data.parameters as {"keys": []}
}

test_keys_that_are_no_list_are_denied if {
	reasons := pack.deny with input as testing.facts([testing.trusted(0, "a"), testing.trusted(1, "b")]) with data.parameters as {"keys": "a"}
	testing.codes(reasons) == {"invalid_parameters"}
	not pack.allow with input as testing.facts([testing.trusted(0, "a"), testing.trusted(1, "b")]) with data.parameters as {"keys": "a"}
}

test_a_key_that_is_no_name_is_denied if {
	reasons := pack.deny with input as testing.facts([testing.trusted(0, "a"), testing.trusted(1, "b")]) with data.parameters as {"keys": ["a", 1]}
	testing.codes(reasons) == {"invalid_parameters"}
	not pack.allow with input as testing.facts([testing.trusted(0, "a"), testing.trusted(1, "b")]) with data.parameters as {"keys": ["a", 1]}
}

test_an_empty_name_is_denied if {
	reasons := pack.deny with input as testing.facts([testing.trusted(0, "a"), testing.trusted(1, "b")]) with data.parameters as {"keys": ["a", ""]}
	testing.codes(reasons) == {"invalid_parameters"}
	not pack.allow with input as testing.facts([testing.trusted(0, "a"), testing.trusted(1, "b")]) with data.parameters as {"keys": ["a", ""]}
}

test_a_misspelled_parameter_is_denied if {
	reasons := pack.deny with input as testing.facts([testing.trusted(0, "a"), testing.trusted(1, "b")]) with data.parameters as {"keys": ["a"], "key": ["b"]}
	testing.codes(reasons) == {"invalid_parameters"}
	not pack.allow with input as testing.facts([testing.trusted(0, "a"), testing.trusted(1, "b")]) with data.parameters as {"keys": ["a"], "key": ["b"]}
}

test_an_input_that_is_no_facts_document_is_denied if {
	reasons := pack.deny with input as {} with data.parameters as {"keys": ["a", "b"]}
	testing.codes(reasons) == {"facts_unsupported", "undetermined"}
	not pack.allow with input as {} with data.parameters as {"keys": ["a", "b"]}
}

test_facts_of_another_version_are_denied if {
	reasons := pack.deny with input as object.union(testing.facts([testing.trusted(0, "a"), testing.trusted(1, "b")]), {"facts_version": 2}) with data.parameters as {"keys": ["a", "b"]}
	testing.codes(reasons) == {"facts_unsupported"}
	not pack.allow with input as object.union(testing.facts([testing.trusted(0, "a"), testing.trusted(1, "b")]), {"facts_version": 2}) with data.parameters as {"keys": ["a", "b"]}
}

test_parameters_that_are_no_object_are_denied if {
	reasons := pack.deny with input as testing.facts([testing.trusted(0, "a"), testing.trusted(1, "b")]) with data.parameters as ["keys"]
	testing.codes(reasons) == {"invalid_parameters"}
	not pack.allow with input as testing.facts([testing.trusted(0, "a"), testing.trusted(1, "b")]) with data.parameters as ["keys"]
}

test_each_missing_key_is_named if {
	reasons := pack.deny with input as testing.facts([testing.trusted(0, "c")])
		with data.parameters as {"keys": ["a", "b"]}
	{reason.message | some reason in reasons} == {
		"registry.example/team/app:1 carries no trusted signature by the key a; signed by: c.",
		"registry.example/team/app:1 carries no trusted signature by the key b; signed by: c.",
	}
}

test_signers_are_keys_and_identities if {
	facts := testing.facts([testing.trusted(0, "a"), testing.identity(1, "release")])
	wanted := {"signers": ["a", "release"]}
	reasons := pack.deny with input as facts with data.parameters as wanted
	testing.codes(reasons) == set()
	pack.allow with input as facts with data.parameters as wanted
}

test_a_signer_that_is_missing_is_denied_and_named if {
	reasons := pack.deny with input as testing.facts([testing.trusted(0, "a")]) with data.parameters as {"signers": ["a", "release"]}
	{reason.message | some reason in reasons} == {"registry.example/team/app:1 carries no trusted signature by release; signed by: a."}
	testing.codes(reasons) == {"missing_signer"}
	not pack.allow with input as testing.facts([testing.trusted(0, "a")]) with data.parameters as {"signers": ["a", "release"]}
}

test_a_signer_that_is_missing_in_a_listing_that_was_cut_off_is_undetermined if {
	reasons := pack.deny with input as testing.incomplete_facts([testing.trusted(0, "a")]) with data.parameters as {"signers": ["release"]}
	testing.codes(reasons) == {"undetermined"}
	not pack.allow with input as testing.incomplete_facts([testing.trusted(0, "a")]) with data.parameters as {"signers": ["release"]}
}

test_keys_and_signers_are_demanded_together if {
	facts := testing.facts([testing.trusted(0, "a"), testing.identity(1, "release")])
	pack.allow with input as facts with data.parameters as {"keys": ["a"], "signers": ["release"]}
	reasons := pack.deny with input as facts with data.parameters as {"keys": ["b"], "signers": ["c"]}
	testing.codes(reasons) == {"missing_key", "missing_signer"}
}

test_an_identity_is_no_key_and_the_hint_says_so if {
	facts := testing.facts([testing.identity(0, "release")])
	reasons := pack.deny with input as facts with data.parameters as {"keys": ["release"]}
	testing.codes(reasons) == {"missing_key"}
	some reason in reasons
	reason.hint == "That is the name of an identity, which signed it: demand it by `signers`."
}

test_a_key_that_has_two_names_counts_under_each if {
	facts := testing.facts([object.union(testing.trusted(0, "a"), {"trusted_by": ["a", "b"]})])
	pack.allow with input as facts with data.parameters as {"keys": ["b"]}
	pack.allow with input as facts with data.parameters as {"keys": ["a", "b"]}
	pack.allow with input as facts with data.parameters as {"signers": ["b"]}
}

test_a_name_that_does_not_trust_the_signature_does_not_count if {
	elsewhere := object.union(testing.trusted(0, "a"), {"trusted_by": ["b"]})
	reasons := pack.deny with input as testing.facts([elsewhere]) with data.parameters as {"keys": ["a"]}
	testing.codes(reasons) == {"missing_key"}
}

test_an_identity_that_is_not_trusted_does_not_count if {
	stranger := object.union(testing.identity(0, "release"), {"status": "untrusted", "trusted": false})
	reasons := pack.deny with input as testing.facts([stranger]) with data.parameters as {"signers": ["release"]}
	testing.codes(reasons) == {"missing_signer", "signature_untrusted"}
}

test_signers_that_are_no_names_are_denied if {
	facts := testing.facts([testing.trusted(0, "a")])
	every wrong in [{"signers": "a"}, {"signers": [""]}, {"signers": [1]}, {"keys": ["a"], "signers": null}, {"keys": [], "signers": []}] {
		reasons := pack.deny with input as facts with data.parameters as wrong
		testing.codes(reasons) == {"invalid_parameters"}
		not pack.allow with input as facts with data.parameters as wrong
	}
}

test_a_trusted_root_past_its_time_is_a_warning if {
	document := testing.with_expired_root(testing.facts([testing.trusted(0, "a")]))
	warnings := pack.warn with input as document
	testing.codes(warnings) == {"trust_root_expired"}
}
