package referee.packs.minimum_signatures_test

import data.referee.packs.minimum_signatures as pack
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
	testing.codes(reasons) == {"too_few_signatures"}
	not pack.allow with input as testing.facts([testing.trusted(0, "a")])
}

test_nothing_is_denied if {
	reasons := pack.deny with input as testing.facts([])
	testing.codes(reasons) == {"too_few_signatures"}
	not pack.allow with input as testing.facts([])
}

test_two_by_one_key if {
	reasons := pack.deny with input as testing.facts([testing.trusted(0, "a"), testing.trusted(1, "a")])
	testing.codes(reasons) == set()
	pack.allow with input as testing.facts([testing.trusted(0, "a"), testing.trusted(1, "a")])
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
	testing.codes(reasons) == {"too_few_signatures", "signature_untrusted"}
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
	testing.codes(reasons) == {"too_few_signatures"}
	not pack.allow with input as testing.facts([testing.trusted(0, "a"), testing.attestation(1, "b"), testing.platform(2, "c")])
}

test_one_suffices_where_one_is_the_minimum if {
	reasons := pack.deny with input as testing.facts([testing.trusted(0, "a")]) with data.parameters as {"minimum": 1}
	testing.codes(reasons) == set()
	pack.allow with input as testing.facts([testing.trusted(0, "a")]) with data.parameters as {"minimum": 1}
}

test_three_are_demanded_where_three_are_the_minimum if {
	reasons := pack.deny with input as testing.facts([testing.trusted(0, "a"), testing.trusted(1, "b")]) with data.parameters as {"minimum": 3}
	testing.codes(reasons) == {"too_few_signatures"}
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

test_a_key_and_an_identity_are_two_signatures if {
	facts := testing.facts([testing.identity(0, "release"), testing.trusted(1, "a")])
	pack.allow with input as facts
	reasons := pack.deny with input as facts
	testing.codes(reasons) == set()
}

test_an_identity_that_is_not_trusted_is_denied if {
	stranger := object.union(testing.identity(0, "release"), {"status": "untrusted", "trusted": false, "trusted_by": []})
	not pack.allow with input as testing.facts([stranger])
	reasons := pack.deny with input as testing.facts([stranger])
	"signature_untrusted" in testing.codes(reasons)
}

test_a_trusted_root_past_its_time_is_a_warning if {
	document := testing.with_expired_root(testing.facts([testing.trusted(0, "a")]))
	warnings := pack.warn with input as document
	testing.codes(warnings) == {"trust_root_expired"}
}
