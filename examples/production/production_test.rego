package production_test

import data.production
import data.referee.testing

# Signed by two; the documents by those whose word the example wants.
signatures := [
	testing.trusted(0, "release"),
	testing.trusted(1, "security"),
	testing.over_statement(testing.trusted(2, "release"), "https://spdx.dev/Document"),
	testing.over_statement(testing.trusted(3, "scanner"), "https://cosign.sigstore.dev/attestation/vuln/v1"),
	testing.over_statement(testing.trusted(4, "release"), "https://slsa.dev/provenance/v1"),
	testing.over_statement(testing.trusted(5, "security"), "https://openvex.dev/ns/v0.2.0"),
]

sbom := testing.sbom(0, [testing.npm("left-pad", "1.3.0", "MIT")], [signatures[2]])

report := object.union(testing.report(0, [testing.finding("CVE-2024-0001", "critical", "left-pad", "1.3.1")], [signatures[3]]), {"attestation": 1})

provenance := object.union(testing.provenance(0, [signatures[4]]), {"attestation": 2})

vex := object.union(testing.vex(0, "CVE-2024-0001", "not_affected", "2026-01-30T12:00:00Z", [signatures[5]]), {"attestation": 3})

good := {
	"sboms": [sbom],
	"vulnerability_reports": [testing.spoken_of(report, [vex])],
	"vex": [vex],
	"provenance": [provenance],
}

# The good facts with other documents in these lists.
facts(lists) := testing.documented(signatures, object.union(good, lists))

denied(facts) := testing.codes(reasons) if {
	reasons := production.deny with input as facts
	not production.allow with input as facts
}

test_what_is_as_it_is_wanted_is_allowed if {
	production.allow with input as facts({})
	reasons := production.deny with input as facts({})
	reasons == set()
	warnings := production.warn with input as facts({})
	testing.codes(warnings) == {"vulnerability_set_aside"}
}

test_both_must_have_signed if {
	other := object.union(facts({}), {"signatures": array.concat([testing.failed(0, "untrusted")], array.slice(signatures, 1, 6))})
	"missing_signer" in denied(other)
}

test_without_an_sbom_nobody_knows_what_is_inside if denied(facts({"sboms": []})) == {"document_missing"}

test_an_sbom_that_nobody_signed_is_none if {
	denied(facts({"sboms": [object.union(sbom, {"signed_by": [], "verified": false})]})) == {"document_missing", "document_unsigned"}
}

test_a_licence_that_is_not_allowed_is_denied if {
	copyleft := testing.sbom(0, [testing.npm("left-pad", "1.3.0", "AGPL-3.0-only")], [signatures[2]])
	denied(facts({"sboms": [copyleft]})) == {"license_not_allowed"}
}

test_a_package_that_is_forbidden_is_denied if {
	stream := testing.sbom(0, [testing.npm("event-stream", "3.3.6", "MIT")], [signatures[2]])
	denied(facts({"sboms": [stream]})) == {"package_forbidden"}
}

test_a_critical_finding_with_a_fix_is_denied_where_no_vex_excuses_it if {
	denied(facts({"vulnerability_reports": [report], "vex": []})) == {"vulnerability"}
}

test_vex_by_another_than_security_excuses_nothing if {
	other := object.union(testing.vex(0, "CVE-2024-0001", "not_affected", "2026-01-30T12:00:00Z", [signatures[2]]), {"attestation": 3})
	denied(facts({"vulnerability_reports": [testing.spoken_of(report, [other])], "vex": [other]})) == {"vulnerability"}
}

test_a_report_that_is_old_is_denied if {
	denied(facts({"vulnerability_reports": [object.union(report, {"scanned_at": "2026-01-20T12:00:00Z"})]})) == {"report_stale"}
}

test_what_was_built_elsewhere_is_denied if {
	denied(facts({"provenance": [object.union(provenance, {"builder": "https://laptop.example"})]})) == {"provenance_builder"}
	denied(facts({"provenance": [object.union(provenance, {"source": {"uri": "https://github.com/fork/app"}})]})) == {"provenance_source"}
}

test_what_was_built_on_another_image_is_denied if {
	other := [{"repository": "docker.io/somebody/image", "tag": null, "digest": testing.digest, "material": 0}]
	denied(facts({"provenance": [object.union(provenance, {"images": other})]})) == {"base_image"}
}

test_a_listing_that_was_cut_off_is_undetermined if denied(testing.cut_off(facts({}))) == {"undetermined"}

test_a_misspelled_parameter_of_a_pack_is_denied if {
	reasons := production.deny with input as facts({}) with data.parameters.sbom.signedby as ["release"]
	testing.codes(reasons) == {"invalid_parameters"}
	not production.allow with input as facts({}) with data.parameters.sbom.signedby as ["release"]
}

test_parameters_of_a_pack_that_is_not_there_are_denied if {
	reasons := production.deny with input as facts({}) with data.parameters.licences as {"allowed": ["MIT"]}
	testing.codes(reasons) == {"invalid_parameters"}
	not production.allow with input as facts({}) with data.parameters.licences as {"allowed": ["MIT"]}
}

test_a_pack_without_parameters_has_its_defaults_which_deny_where_something_must_be_said if {
	reasons := production.deny with input as facts({}) with data.parameters as {}
	"invalid_parameters" in testing.codes(reasons)
	not production.allow with input as facts({}) with data.parameters as {}
}

test_an_input_that_is_no_facts_document_is_denied if "facts_unsupported" in denied({})
