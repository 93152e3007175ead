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
