package referee.packs.all_signatures_valid_test

import data.referee.packs.all_signatures_valid as pack
import data.referee.testing

test_only_trusted_signatures_are_allowed if {
	reasons := pack.deny with input as testing.facts([testing.trusted(0, "a"), testing.trusted(1, "b")])
	testing.codes(reasons) == set()
	pack.allow with input as testing.facts([testing.trusted(0, "a"), testing.trusted(1, "b")])
}

test_nothing_is_denied if {
	reasons := pack.deny with input as testing.facts([])
	testing.codes(reasons) == {"unsigned"}
	not pack.allow with input as testing.facts([])
}

test_one_that_is_invalid_is_denied if {
	reasons := pack.deny with input as testing.facts([testing.trusted(0, "a"), testing.failed(1, "invalid")])
	testing.codes(reasons) == {"signature_invalid"}
	not pack.allow with input as testing.facts([testing.trusted(0, "a"), testing.failed(1, "invalid")])
}

test_one_that_is_untrusted_is_denied if {
	reasons := pack.deny with input as testing.facts([testing.trusted(0, "a"), testing.failed(1, "untrusted")])
	testing.codes(reasons) == {"signature_untrusted"}
	not pack.allow with input as testing.facts([testing.trusted(0, "a"), testing.failed(1, "untrusted")])
}

test_one_that_is_unsupported_is_denied if {
	reasons := pack.deny with input as testing.facts([testing.trusted(0, "a"), testing.failed(1, "unsupported")])
	testing.codes(reasons) == {"signature_unsupported"}
	not pack.allow with input as testing.facts([testing.trusted(0, "a"), testing.failed(1, "unsupported")])
}

test_one_that_is_unavailable_is_denied if {
	reasons := pack.deny with input as testing.incomplete_facts([testing.trusted(0, "a"), testing.failed(1, "unavailable")])
	testing.codes(reasons) == {"undetermined", "signature_unavailable"}
	not pack.allow with input as testing.incomplete_facts([testing.trusted(0, "a"), testing.failed(1, "unavailable")])
}

test_a_listing_that_was_cut_off_is_undetermined_however_many_are_right if {
	reasons := pack.deny with input as testing.incomplete_facts([testing.trusted(0, "a"), testing.trusted(1, "b")])
	testing.codes(reasons) == {"undetermined"}
	not pack.allow with input as testing.incomplete_facts([testing.trusted(0, "a"), testing.trusted(1, "b")])
}

test_a_wrong_signature_over_a_statement_is_not_looked_at if {
	reasons := pack.deny with input as testing.facts([testing.trusted(0, "a"), object.union(testing.failed(1, "invalid"), {"purpose": "attestation"})])
	testing.codes(reasons) == set()
	pack.allow with input as testing.facts([testing.trusted(0, "a"), object.union(testing.failed(1, "invalid"), {"purpose": "attestation"})])
}

test_an_attestation_is_no_signature if {
	reasons := pack.deny with input as testing.facts([testing.attestation(0, "a")])
	testing.codes(reasons) == {"unsigned"}
	not pack.allow with input as testing.facts([testing.attestation(0, "a")])
}

test_any_parameter_is_denied if {
	reasons := pack.deny with input as testing.facts([testing.trusted(0, "a"), testing.trusted(1, "b")]) with data.parameters as {"minimum": 1}
	testing.codes(reasons) == {"invalid_parameters"}
	not pack.allow with input as testing.facts([testing.trusted(0, "a"), testing.trusted(1, "b")]) with data.parameters as {"minimum": 1}
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

test_a_signature_by_an_identity_is_allowed if {
	facts := testing.facts([testing.identity(0, "release")])
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
