package referee.packs.vulnerabilities_test

import data.referee.packs.vulnerabilities as pack
import data.referee.testing

over := [testing.over_statement(testing.trusted(0, "scanner"), "https://cosign.sigstore.dev/attestation/vuln/v1")]

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

# Facts with one report of these findings.
reported(findings) := testing.documented(over, {"vulnerability_reports": [testing.report(0, findings, over)]})

critical := testing.finding("CVE-2024-0001", "critical", "openssl", "3.0.2")

unfixed := testing.finding("CVE-2024-0002", "critical", "zlib", null)

# Facts with one critical finding, of which these VEX documents speak.
spoken(documents) := testing.documented(array.concat(over, vex_over), {
	"vulnerability_reports": [testing.spoken_of(testing.report(0, [critical], over), documents)],
	"vex": documents,
})

vex_over := [testing.over_statement(testing.trusted(1, "security"), "https://openvex.dev/ns/v0.2.0")]

vex(id, status, at) := object.union(testing.vex(id, "CVE-2024-0001", status, at, vex_over), {"attestation": id + 10})

test_a_report_without_findings_is_allowed if allowed(reported([]), {})

test_a_finding_is_denied_and_named if {
	reason := only(reported([critical]), {})
	reason.code == "vulnerability"
	reason.message == "CVE-2024-0001 (critical) in openssl@1.0.0 (pkg:npm/openssl@1.0.0): fixed in 3.0.2."
	reason.hint == "Update it to 3.0.2, or have a VEX statement with a trusted signature say that it does not affect this artifact."
	reason.referrer == over[0].referrer
}

test_only_what_is_severe_enough_denies if {
	high := testing.finding("CVE-2024-0003", "high", "curl", "8.1.0")
	allowed(reported([high]), {})
	denied(reported([high]), {"severity": "high"}) == {"vulnerability"}
	denied(reported([critical]), {"severity": "low"}) == {"vulnerability"}
}

test_an_unknown_severity_denies_where_it_is_not_let_pass if {
	unknown := testing.finding("CVE-2024-0004", "unknown", "curl", "8.1.0")
	denied(reported([unknown]), {}) == {"vulnerability"}
	allowed(reported([unknown]), {"unknown_severity": "warn"})
	warned(reported([unknown]), {"unknown_severity": "warn"}) == {"severity_unknown"}
}

test_what_has_no_fix_can_be_set_aside if {
	denied(reported([unfixed]), {}) == {"vulnerability"}
	allowed(reported([unfixed]), {"only_fixable": true})
	warned(reported([unfixed]), {"only_fixable": true}) == {"vulnerability_set_aside"}
	denied(reported([critical]), {"only_fixable": true}) == {"vulnerability"}
	denied(reported([object.union(unfixed, {"fix": "unknown"})]), {"only_fixable": true}) == {"vulnerability"}
}

test_what_was_published_lately_has_a_time_of_grace if {
	allowed(reported([critical]), {"grace_days": 31})
	denied(reported([critical]), {"grace_days": 30}) == {"vulnerability"}
	denied(reported([object.union(critical, {"published_at": null})]), {"grace_days": 31}) == {"vulnerability"}
	denied(reported([object.union(critical, {"published_at": "2027-01-01T00:00:00Z"})]), {"grace_days": 31}) == {"vulnerability"}
}

ignoring(entry) := {"ignore": [object.union({"id": "CVE-2024-0001", "until": "2026-02-28", "reason": "not reachable"}, entry)]}

test_a_finding_can_be_ignored_for_a_time if {
	allowed(reported([critical]), ignoring({}))
	warned(reported([critical]), ignoring({})) == {"vulnerability_set_aside"}
	allowed(reported([object.union(critical, {"id": "GHSA-1", "aliases": ["CVE-2024-0001"]})]), ignoring({}))
	allowed(reported([critical]), ignoring({"package": "pkg:npm/openssl@1.*"}))
	denied(reported([critical]), ignoring({"package": "pkg:npm/other"})) == {"vulnerability"}
	denied(reported([critical]), ignoring({"id": "CVE-2024-0009"})) == {"vulnerability"}
	reason := only(reported([critical]), ignoring({"until": "2026-01-30"}))
	endswith(reason.message, "It was ignored until 2026-01-30.")
}

test_what_the_report_sets_aside_counts_where_that_is_not_accepted if {
	given := reported([object.union(critical, {"suppressed": "accepted"})])
	denied(given, {}) == {"vulnerability"}
	allowed(given, {"accept_suppressed": true})
}

test_vex_excuses if {
	allowed(spoken([vex(0, "not_affected", "2026-01-30T12:00:00Z")]), {})
	allowed(spoken([vex(0, "fixed", "2026-01-30T12:00:00Z")]), {"vex_signed_by": ["security"]})
	warned(spoken([vex(0, "fixed", "2026-01-30T12:00:00Z")]), {}) == {"vulnerability_set_aside"}
	denied(spoken([vex(0, "not_affected", "2026-01-30T12:00:00Z")]), {"accept_vex": false}) == {"vulnerability"}
}

test_what_is_affected_or_not_known_yet_is_not_excused if {
	reason := only(spoken([vex(0, "under_investigation", "2026-01-30T12:00:00Z")]), {})
	endswith(reason.message, "VEX says that it is under investigation.")
	denied(spoken([vex(0, "affected", "2026-01-30T12:00:00Z")]), {}) == {"vulnerability"}
}

test_the_newest_statement_holds if {
	old := vex(0, "affected", "2026-01-29T12:00:00Z")
	new := vex(1, "not_affected", "2026-01-30T12:00:00.5Z")
	allowed(spoken([old, new]), {})
	denied(spoken([vex(0, "not_affected", "2026-01-29T12:00:00Z"), vex(1, "affected", "2026-01-30T12:00:00Z")]), {}) == {"vulnerability"}
	denied(spoken([vex(0, "not_affected", "2026-01-30T12:00:00Z"), vex(1, "under_investigation", "2026-01-30T12:00:01Z")]), {}) == {"vulnerability"}
}

test_of_statements_of_one_time_the_one_that_excuses_least_holds if {
	denied(spoken([vex(0, "not_affected", "2026-01-30T12:00:00Z"), vex(1, "affected", "2026-01-30T12:00:00Z")]), {}) == {"vulnerability"}
	denied(spoken([vex(0, "fixed", "2026-01-30T12:00:00Z"), vex(1, "under_investigation", "2026-01-30T12:00:00Z")]), {}) == {"vulnerability"}
	allowed(spoken([vex(0, "fixed", "2026-01-30T12:00:00Z"), vex(1, "not_affected", "2026-01-30T12:00:00Z")]), {})
}

test_a_statement_without_a_time_may_be_the_newest if {
	denied(spoken([vex(0, "not_affected", "2026-01-30T12:00:00Z"), vex(1, "affected", null)]), {}) == {"vulnerability"}
	denied(spoken([vex(0, "affected", "2026-01-30T12:00:00Z"), vex(1, "not_affected", null)]), {}) == {"vulnerability"}
	allowed(spoken([vex(1, "not_affected", null)]), {})
}

test_vex_by_others_does_not_count if {
	given := spoken([vex(0, "not_affected", "2026-01-30T12:00:00Z")])
	denied(given, {"vex_signed_by": ["release"]}) == {"vulnerability"}
	unsigned := object.union(testing.vex(0, "CVE-2024-0001", "not_affected", "2026-01-30T12:00:00Z", []), {"attestation": 10})
	denied(spoken([unsigned]), {}) == {"vulnerability"}
	denied(spoken([object.union(unsigned, {"verified": true})]), {}) == {"vulnerability"}
}

test_vex_that_is_not_known_in_full_excuses_nothing if {
	statement := vex(0, "not_affected", "2026-01-30T12:00:00Z")
	denied(testing.with_unread(spoken([statement]), 30, "vex", vex_over), {}) == {"vulnerability", "document_unread"}
	denied(spoken([object.union(statement, {"truncated": true})]), {}) == {"vulnerability", "document_truncated"}
	allowed(testing.with_unread(spoken([statement]), 30, "vex", []), {})
	unsigned := object.union(testing.vex(1, "CVE-2024-0001", "affected", "2026-01-30T12:00:00Z", []), {"attestation": 11, "truncated": true})
	allowed(spoken([statement, unsigned]), {})
}

test_without_a_report_it_is_denied if {
	denied(testing.facts([]), {}) == {"document_missing"}
	unsigned := testing.report(0, [], [])
	denied(testing.documented([], {"vulnerability_reports": [unsigned]}), {}) == {"document_missing", "document_unsigned"}
	denied(reported([]), {"signed_by": ["release"]}) == {"document_missing", "document_signer"}
}

dated(id, at, findings) := object.union(testing.report(id, findings, over), {"scanned_at": at})

reports(list) := testing.documented(over, {"vulnerability_reports": list})

test_an_old_report_does_not_count if {
	reason := only(reports([dated(0, "2025-12-30T12:00:00Z", [])]), {})
	reason.code == "report_stale"
	reason.message == "Vulnerability report 0 is 32 days old (2025-12-30T12:00:00Z); 30 days are allowed."
	allowed(reports([dated(0, "2025-12-30T12:00:00Z", [])]), {"max_age_days": 32})
	allowed(reports([dated(0, "2025-12-30T12:00:00Z", [])]), {"max_age_days": null})
	denied(reports([dated(0, null, [])]), {}) == {"report_stale"}
	denied(reports([dated(0, "2026-02-30T12:00:00Z", [])]), {}) == {"report_stale"}
	denied(reports([dated(0, "2026-02-20T12:00:00Z", [])]), {}) == {"report_stale"}
}

test_an_old_report_beside_a_new_one_says_nothing if {
	allowed(reports([dated(0, "2025-12-30T12:00:00Z", [critical]), dated(1, "2026-01-30T12:00:00Z", [])]), {})
	denied(reports([dated(0, "2026-01-30T12:00:00Z", [critical]), dated(1, "2025-12-30T12:00:00Z", [])]), {}) == {"vulnerability"}
}

test_an_old_database_does_not_count if {
	allowed(reported([]), {"database_max_age_days": 2})
	denied(reported([]), {"database_max_age_days": 1}) == {"report_stale"}
	denied(reports([object.union(testing.report(0, [], over), {"database_at": null})]), {"database_max_age_days": 2}) == {"report_stale"}
}

test_the_newest_report_of_a_scanner_overtakes_its_others if {
	allowed(reports([dated(0, "2026-01-28T12:00:00Z", [critical]), dated(1, "2026-01-30T12:00:00Z", [])]), {})
	denied(reports([dated(0, "2026-01-28T12:00:00Z", []), dated(1, "2026-01-30T12:00:00Z", [critical])]), {}) == {"vulnerability"}
	grype := object.union(dated(0, "2026-01-28T12:00:00Z", [critical]), {"scanner": "grype"})
	denied(reports([grype, dated(1, "2026-01-30T12:00:00Z", [])]), {}) == {"vulnerability"}
	denied(reports([dated(0, null, [critical]), dated(1, "2026-01-30T12:00:00Z", [])]), {"max_age_days": null}) == {"vulnerability"}
}

test_a_report_of_no_known_scanner_is_not_overtaken if {
	older := object.union(dated(0, "2026-01-28T12:00:00Z", [critical]), {"scanner": null})
	newer := object.union(dated(1, "2026-01-30T12:00:00Z", []), {"scanner": null})
	denied(reports([older, newer]), {}) == {"vulnerability"}
}

test_the_report_of_a_platform_must_do_too if {
	signature := object.union(testing.over_statement(testing.trusted(1, "scanner"), "https://cosign.sigstore.dev/attestation/vuln/v1"), {"subject": testing.platform_digest})
	report := object.union(testing.report(1, [critical], [signature]), {"subject": testing.platform_digest})
	given := testing.with_platform(testing.documented(array.concat(over, [signature]), {"vulnerability_reports": [testing.report(0, [], over), report]}))
	denied(given, {}) == {"vulnerability"}
	denied(testing.with_platform(reported([])), {"per_platform": true}) == {"document_missing"}
}

test_a_listing_that_was_cut_off_is_undetermined if {
	denied(testing.cut_off(reported([])), {}) == {"undetermined"}
}

test_what_was_cut_off_or_could_not_be_read_is_denied if {
	denied(reports([object.union(testing.report(0, [], over), {"truncated": true})]), {}) == {"document_truncated"}
	denied(testing.with_unread(reported([]), 1, "vulnerability_reports", over), {}) == {"document_unread"}
}

test_an_sbom_that_could_not_be_read_may_be_a_report_and_vex if {
	denied(with_unread_bom(reported([]), "https://cyclonedx.org/bom/v1.6", over), {}) == {"document_unread"}
	allowed(with_unread_bom(reported([]), "https://cyclonedx.org/bom/v1.6", []), {})
	allowed(with_unread_bom(reported([]), "https://spdx.dev/Document", over), {})
	given := spoken([vex(0, "not_affected", "2026-01-30T12:00:00Z")])
	statements := {"signed_by": ["scanner"]}
	denied(with_unread_bom(given, "https://cyclonedx.org/bom", vex_over), statements) == {"vulnerability", "document_unread"}
}

# The same facts with an SBOM of this type that is not to be read.
with_unread_bom(facts, type, signatures) := object.union(facts, {"attestations": array.concat(facts.attestations, [bom])}) if {
	given := testing.with_unread(facts, 30, "sboms", signatures).attestations
	bom := object.union(given[count(given) - 1], {"predicate_type": type})
}

test_fifty_are_named_and_the_rest_counted if {
	many := [testing.finding(sprintf("CVE-2024-%04d", [i]), "critical", "x", null) | some i in numbers.range(1, 60)]
	reasons := pack.deny with input as reported(many)
	count(reasons) == 51
	some reason in reasons
	reason.code == "vulnerability_more"
	warnings := pack.warn with input as reported(many) with data.parameters as {"only_fixable": true}
	count(warnings) == 51
}

test_parameters_that_are_wrong_are_denied if {
	every wrong in [
		{"severity": "CRITICAL"},
		{"severity": "unknown"},
		{"unknown_severity": "allow"},
		{"only_fixable": "yes"},
		{"accept_vex": 1},
		{"accept_suppressed": null},
		{"grace_days": null},
		{"grace_days": -1},
		{"max_age_days": "30"},
		{"database_max_age_days": -1},
		{"ignore": ["CVE-2024-0001"]},
		{"ignore": [{"id": "CVE-2024-0001", "until": "2026-02-28"}]},
		{"ignore": [{"id": "CVE-2024-0001", "reason": "x"}]},
		{"ignore": [{"id": "CVE-2024-0001", "until": "2026-02-31", "reason": "x"}]},
		{"ignore": [{"id": "CVE-2024-0001", "until": "2026-02-28", "reason": "x", "package": "openssl"}]},
		{"ignore": [{"id": "CVE-2024-0001", "until": "2026-02-28", "reason": "x", "pkg": "pkg:npm/a"}]},
		{"per_platform": 1},
		{"signed_by": [1]},
		{"signed_through": "index"},
		{"vex_signed_by": "security"},
		{"severities": ["critical"]},
		["severity"],
	] {
		denied(reported([]), wrong) == {"invalid_parameters"}
	}
}

test_an_input_that_is_no_facts_document_is_denied if denied({}, {}) == {"facts_unsupported", "undetermined"}

test_facts_of_another_version_are_denied if {
	"facts_unsupported" in denied(object.union(reported([]), {"facts_version": 2}), {})
}

test_a_trusted_root_past_its_time_is_a_warning if {
	warned(testing.with_expired_root(reported([])), {}) == {"trust_root_expired"}
}

test_only_reports_by_the_scanners_that_are_wanted_count if {
	linter := object.union(testing.report(0, [], over), {"scanner": "CodeQL"})
	given := reports([linter])
	allowed(given, {})
	denied(given, {"scanners": ["trivy", "*grype*"]}) == {"document_missing", "report_scanner"}
	allowed(given, {"scanners": ["codeql"]})
	allowed(reported([]), {"scanners": ["*TRIVY*"]})
	denied(reports([object.union(linter, {"scanner": null})]), {"scanners": ["trivy"]}) == {"document_missing", "report_scanner"}
	both := reports([linter, object.union(testing.report(1, [critical], over), {"document": "sha256:1"})])
	denied(both, {"scanners": ["trivy"]}) == {"vulnerability"}
	denied(given, {"scanners": "trivy"}) == {"invalid_parameters"}
}
