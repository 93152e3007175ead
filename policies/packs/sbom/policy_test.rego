package referee.packs.sbom_test

import data.referee.packs.sbom as pack
import data.referee.testing

over := [testing.over_statement(testing.trusted(0, "builder"), "https://spdx.dev/Document")]

good := testing.sbom(0, [testing.npm("left-pad", "1.3.0", "MIT")], over)

# Facts with this SBOM.
facts(sbom) := testing.documented(over, {"sboms": [sbom]})

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

test_a_signed_sbom_is_allowed if allowed(facts(good), {})

test_it_is_enough_though_the_listing_was_cut_off if allowed(testing.cut_off(facts(good)), {})

test_nothing_is_denied if {
	reason := only(testing.facts([]), {})
	reason.code == "document_missing"
	reason.message == "registry.example/team/app:1 carries no SBOM with a trusted signature."
}

test_nothing_in_a_listing_that_was_cut_off_is_undetermined if denied(testing.incomplete_facts([]), {}) == {"undetermined"}

test_one_that_nobody_signed_is_denied if {
	unsigned := testing.sbom(0, [testing.npm("left-pad", "1.3.0", "MIT")], [])
	denied(testing.documented([], {"sboms": [unsigned]}), {}) == {"document_missing", "document_unsigned"}
}

test_one_that_says_it_is_verified_though_nobody_signed_it_is_denied if {
	forged := object.union(testing.sbom(0, [testing.npm("left-pad", "1.3.0", "MIT")], []), {"verified": true})
	denied(testing.documented([], {"sboms": [forged]}), {}) == {"document_missing", "document_unsigned"}
}

test_one_by_a_stranger_is_denied if {
	stranger := [testing.over_statement(testing.failed(0, "untrusted"), "https://spdx.dev/Document")]
	sbom := testing.sbom(0, [testing.npm("left-pad", "1.3.0", "MIT")], stranger)
	denied(testing.documented(stranger, {"sboms": [sbom]}), {}) == {"document_missing", "document_untrusted"}
}

test_another_signer_is_denied_and_named if {
	given := {"signed_by": ["release"]}
	denied(facts(good), given) == {"document_missing", "document_signer"}
	reasons := pack.deny with input as facts(good) with data.parameters as given
	some reason in reasons
	reason.message == "SBOM 0 is signed by builder."
	allowed(facts(good), {"signed_by": ["release", "builder"]})
}

test_a_signature_over_the_referrer_counts_where_it_is_admitted if {
	through := [object.union(testing.trusted(0, "release"), {"subject": good.referrer})]
	sbom := object.union(good, {"signed_through": "referrer"})
	given := testing.documented(through, {"sboms": [sbom]})
	allowed(given, {})
	denied(given, {"signed_through": []}) == {"document_missing", "document_signed_through"}
}

test_a_signature_over_the_index_counts_only_where_it_is_admitted if {
	through := [testing.trusted(0, "release")]
	sbom := object.union(good, {"signed_through": "index"})
	given := testing.documented(through, {"sboms": [sbom]})
	denied(given, {}) == {"document_missing", "document_signed_through"}
	allowed(given, {"signed_through": ["index"]})
}

test_a_signature_over_something_else_does_not_count if {
	every other in [
		{"purpose": "signature"},
		{"subject": testing.platform_digest},
		{"referrer": testing.platform_digest},
		{"trusted": false},
		{"id": 7},
	] {
		given := testing.documented([object.union(over[0], other)], {"sboms": [good]})
		"document_missing" in denied(given, {})
	}
}

test_one_about_a_platform_is_none_about_the_index if {
	sbom := object.union(good, {"subject": testing.platform_digest})
	signatures := [object.union(over[0], {"subject": testing.platform_digest})]
	given := testing.with_platform(testing.documented(signatures, {"sboms": [sbom]}))
	reason := only(given, {})
	reason.code == "document_missing"
	contains(reason.hint, "per_platform")
	allowed(given, {"per_platform": true})
}

test_each_platform_must_have_one_where_that_is_wanted if {
	reason := only(testing.with_platform(facts(good)), {"per_platform": true})
	reason.code == "document_missing"
	contains(reason.message, "the platform linux/amd64")
}

test_an_image_is_its_own_platform if allowed(facts(good), {"per_platform": true})

test_one_that_cannot_be_read_is_told if {
	given := testing.with_unread(testing.documented(over, {}), 1, "sboms", over)
	denied(given, {}) == {"document_missing", "document_unread"}
}

test_one_that_was_cut_off_is_denied if {
	denied(facts(object.union(good, {"truncated": true})), {}) == {"document_truncated"}
}

test_another_format_is_denied if {
	denied(facts(good), {"formats": ["cyclonedx"]}) == {"sbom_format"}
	allowed(facts(good), {"formats": ["cyclonedx", "spdx"]})
}

test_an_old_one_is_denied if {
	allowed(facts(good), {"max_age_days": 1})
	reason := only(facts(object.union(good, {"created_at": "2026-01-21T11:00:00Z"})), {"max_age_days": 10})
	reason.code == "sbom_stale"
	reason.message == "SBOM 0 is 10 days old (2026-01-21T11:00:00Z); 10 days are allowed."
}

test_one_without_a_time_or_of_the_future_is_not_fresh if {
	denied(facts(object.union(good, {"created_at": null})), {"max_age_days": 10}) == {"sbom_stale"}
	denied(facts(object.union(good, {"created_at": "2026-02-21T11:00:00Z"})), {"max_age_days": 10}) == {"sbom_stale"}
	allowed(facts(object.union(good, {"created_at": null})), {})
}

test_an_empty_one_is_denied if {
	empty := testing.sbom(0, [], over)
	denied(facts(empty), {}) == {"sbom_empty"}
	allowed(facts(empty), {"minimum_packages": 0})
}

test_one_that_says_too_little_is_denied if {
	every element, without in {
		"purl": {"purl": null},
		"version": {"version": null},
		"supplier": {"supplier": "NOASSERTION"},
		"license": {"license_declared": "NOASSERTION"},
		"hash": {},
	} {
		item := object.union(testing.npm("left-pad", "1.3.0", "MIT"), without)
		given := facts(testing.sbom(0, [item], over))
		denied(given, {"elements": [element]}) == {"sbom_incomplete"}
		allowed(given, {"elements": [element], "tolerated": 1})
		allowed(given, {"elements": [element], "exempt_kinds": ["library"]})
	}
}

test_what_is_no_package_url_is_none if {
	item := object.union(testing.npm("left-pad", "1.3.0", "MIT"), {"purl": "left-pad@1.3.0"})
	denied(facts(testing.sbom(0, [item], over)), {"elements": ["purl"]}) == {"sbom_incomplete"}
}

test_the_document_itself_must_say_what_is_wanted if {
	allowed(facts(good), {"elements": ["author", "created_at", "license", "purl", "supplier", "version"]})
	denied(facts(good), {"elements": ["relationships"]}) == {"sbom_incomplete"}
	denied(facts(object.union(good, {"authors": [], "tools": []})), {"elements": ["author"]}) == {"sbom_incomplete"}
	denied(facts(object.union(good, {"created_at": null})), {"elements": ["created_at"]}) == {"sbom_incomplete"}
}

test_one_that_does_is_enough_beside_one_that_does_not if {
	other := object.union(testing.sbom(1, [], over), {"attestation": 1})
	allowed(testing.documented(over, {"sboms": [other, good]}), {})
}

test_parameters_that_are_wrong_are_denied if {
	every wrong in [
		{"elements": ["purls"]},
		{"elements": "purl"},
		{"exempt_kinds": [1]},
		{"formats": ["syft"]},
		{"max_age_days": -1},
		{"max_age_days": "30"},
		{"minimum_packages": null},
		{"per_platform": "yes"},
		{"signed_by": "builder"},
		{"signed_by": [""]},
		{"signed_through": ["tag"]},
		{"tolerated": null},
		{"signers": ["builder"]},
		["signed_by"],
	] {
		denied(facts(good), wrong) == {"invalid_parameters"}
	}
}

test_an_input_that_is_no_facts_document_is_denied if denied({}, {}) == {"facts_unsupported", "undetermined"}

test_facts_of_another_version_are_denied if {
	denied(object.union(facts(good), {"facts_version": 2}), {}) == {"facts_unsupported"}
}

test_a_trusted_root_past_its_time_is_a_warning if {
	warnings := pack.warn with input as testing.with_expired_root(facts(good))
	testing.codes(warnings) == {"trust_root_expired"}
}
