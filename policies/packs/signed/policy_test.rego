package referee.packs.signed_test

import data.referee.packs.signed as pack
import data.referee.testing

test_one_trusted_signature_is_allowed if {
	reasons := pack.deny with input as testing.facts([testing.trusted(0, "a")])
	testing.codes(reasons) == set()
	pack.allow with input as testing.facts([testing.trusted(0, "a")])
	warnings := pack.warn with input as testing.facts([testing.trusted(0, "a")])
	testing.codes(warnings) == set()
}

test_one_is_enough_though_others_are_wrong if {
	reasons := pack.deny with input as testing.facts([testing.trusted(0, "a"), testing.failed(1, "invalid"), testing.failed(2, "untrusted")])
	testing.codes(reasons) == set()
	pack.allow with input as testing.facts([testing.trusted(0, "a"), testing.failed(1, "invalid"), testing.failed(2, "untrusted")])
	warnings := pack.warn with input as testing.facts([testing.trusted(0, "a"), testing.failed(1, "invalid"), testing.failed(2, "untrusted")])
	testing.codes(warnings) == {"signature_invalid", "signature_untrusted"}
}

test_one_is_enough_though_the_listing_was_cut_off if {
	reasons := pack.deny with input as testing.incomplete_facts([testing.trusted(0, "a")])
	testing.codes(reasons) == set()
	pack.allow with input as testing.incomplete_facts([testing.trusted(0, "a")])
}

test_nothing_is_denied if {
	reasons := pack.deny with input as testing.facts([])
	testing.codes(reasons) == {"unsigned"}
	not pack.allow with input as testing.facts([])
}

test_nothing_in_a_listing_that_was_cut_off_is_undetermined if {
	reasons := pack.deny with input as testing.incomplete_facts([])
	testing.codes(reasons) == {"undetermined"}
	not pack.allow with input as testing.incomplete_facts([])
}

test_an_untrusted_signature_is_denied if {
	reasons := pack.deny with input as testing.facts([testing.failed(0, "untrusted")])
	testing.codes(reasons) == {"unsigned", "signature_untrusted"}
	not pack.allow with input as testing.facts([testing.failed(0, "untrusted")])
	warnings := pack.warn with input as testing.facts([testing.failed(0, "untrusted")])
	testing.codes(warnings) == set()
}

test_an_invalid_signature_is_denied if {
	reasons := pack.deny with input as testing.facts([testing.failed(0, "invalid")])
	testing.codes(reasons) == {"unsigned", "signature_invalid"}
	not pack.allow with input as testing.facts([testing.failed(0, "invalid")])
}

test_an_unavailable_signature_is_undetermined if {
	reasons := pack.deny with input as testing.incomplete_facts([testing.failed(0, "unavailable")])
	testing.codes(reasons) == {"undetermined", "signature_unavailable"}
	not pack.allow with input as testing.incomplete_facts([testing.failed(0, "unavailable")])
}

test_an_attestation_is_no_signature if {
	reasons := pack.deny with input as testing.facts([testing.attestation(0, "a")])
	testing.codes(reasons) == {"unsigned"}
	not pack.allow with input as testing.facts([testing.attestation(0, "a")])
}

test_a_signature_over_a_platform_is_none_over_the_artifact if {
	reasons := pack.deny with input as testing.facts([testing.platform(0, "a")])
	testing.codes(reasons) == {"unsigned"}
	not pack.allow with input as testing.facts([testing.platform(0, "a")])
}

test_a_status_without_the_rest_is_not_trusted if {
	reasons := pack.deny with input as testing.facts([object.union(testing.trusted(0, "a"), {"valid": false})])
	testing.codes(reasons) == {"unsigned", "signature_trusted"}
	not pack.allow with input as testing.facts([object.union(testing.trusted(0, "a"), {"valid": false})])
}

test_any_parameter_is_denied if {
	reasons := pack.deny with input as testing.facts([testing.trusted(0, "a")]) with data.parameters as {"minimum": 1}
	testing.codes(reasons) == {"invalid_parameters"}
	not pack.allow with input as testing.facts([testing.trusted(0, "a")]) with data.parameters as {"minimum": 1}
}

test_an_input_that_is_no_facts_document_is_denied if {
	reasons := pack.deny with input as {}
	testing.codes(reasons) == {"facts_unsupported", "undetermined"}
	not pack.allow with input as {}
}

test_facts_of_another_version_are_denied if {
	reasons := pack.deny with input as object.union(testing.facts([testing.trusted(0, "a")]), {"facts_version": 2})
	testing.codes(reasons) == {"facts_unsupported"}
	not pack.allow with input as object.union(testing.facts([testing.trusted(0, "a")]), {"facts_version": 2})
}

test_parameters_that_are_no_object_are_denied if {
	reasons := pack.deny with input as testing.facts([testing.trusted(0, "a")]) with data.parameters as ["minimum"]
	testing.codes(reasons) == {"invalid_parameters"}
	not pack.allow with input as testing.facts([testing.trusted(0, "a")]) with data.parameters as ["minimum"]
}

test_messages_say_what_was_found_and_what_helps if {
	reasons := pack.deny with input as testing.facts([testing.failed(0, "untrusted")])
	some unsigned in reasons
	unsigned.code == "unsigned"
	unsigned.message == "registry.example/team/app:1 carries no trusted signature; signatures found: 1."
	some untrusted in reasons
	untrusted.code == "signature_untrusted"
	untrusted.message == "Signature 0 is untrusted: No key of the trust document made it."
	untrusted.hint == "Add the signer's key to the trust document."
	untrusted.referrer == "sha256:0000000000000000000000000000000000000000000000000000000000000000"
}

test_what_could_not_be_had_is_named if {
	reasons := pack.deny with input as testing.incomplete_facts([])
	some reason in reasons
	reason.message == "Whether registry.example/team/app:1 carries a trusted signature could not be determined: registry referrers of registry.example/team/app: timeout."
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
