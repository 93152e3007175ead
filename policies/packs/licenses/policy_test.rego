package referee.packs.licenses_test

import data.referee.packs.licenses as pack
import data.referee.testing

over := [testing.over_statement(testing.trusted(0, "builder"), "https://spdx.dev/Document")]

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

# Facts with an SBOM of these packages.
holding(packages) := testing.documented(over, {"sboms": [testing.sbom(0, packages, over)]})

# The same of one package with this declared licence.
one(text) := holding([testing.npm("left-pad", "1.3.0", text)])

concluded(declared, text) := holding([object.union(testing.npm("left-pad", "1.3.0", declared), {"license_concluded": text})])

permissive := {"allowed": ["MIT", "Apache-2.0", "BSD-*"]}

no_copyleft := {"forbidden": ["GPL-*", "AGPL-*"]}

test_allowed_licences_are_allowed if {
	every text in ["MIT", "BSD-3-Clause", "MIT AND Apache-2.0", "GPL-3.0-only OR MIT", "Apache-2.0+"] {
		allowed(one(text), permissive)
	}
}

test_others_are_denied_and_named if {
	reason := only(one("MIT AND GPL-3.0-only"), permissive)
	reason.code == "license_not_allowed"
	reason.message == "left-pad@1.3.0 (pkg:npm/left-pad@1.3.0) has the licence MIT AND GPL-3.0-only in SBOM 0: not allowed is GPL-3.0-only."
	reason.referrer == over[0].referrer
	denied(one("GPL-3.0-only"), permissive) == {"license_not_allowed"}
	denied(one("Apache-2.0 WITH LLVM-exception"), permissive) == {"license_not_allowed"}
	allowed(one("Apache-2.0 WITH LLVM-exception"), {"allowed": ["apache-2.0 with *"]})
}

test_forbidden_licences_are_denied if {
	reason := only(one("GPL-3.0-only"), no_copyleft)
	contains(reason.message, "forbidden is GPL-3.0-only")
	allowed(one("GPL-3.0-only OR MIT"), no_copyleft)
	allowed(one("LGPL-2.1-only"), no_copyleft)
	denied(one("GPL-2.0-only WITH Classpath-exception-2.0"), {"forbidden": ["GPL-2.0-only"]}) == {"license_not_allowed"}
	denied(one("Zlib+"), {"forbidden": ["zlib"]}) == {"license_not_allowed"}
}

test_deprecated_identifiers_of_a_list_are_replaced_with_their_exceptions_and_patterns if {
	every case in [
		["GPL-2.0", "GPL-2.0-only"],
		["GPL-2.0 WITH Classpath-exception-2.0", "GPL-2.0-only WITH Classpath-exception-2.0"],
		["gpl-2.0+ with bison-exception-2.2", "GPL-2.0-or-later WITH Bison-exception-2.2"],
		["GPL-2.0-with-GCC-exception", "GPL-2.0-only WITH GCC-exception-2.0"],
		["LGPL-2.1 WITH Nokia-Qt-exception-1.1", "LGPL-2.1-only WITH Qt-LGPL-exception-1.1"],
		["GPL-3.0+ WITH *", "GPL-3.0-or-later WITH GCC-exception-3.1"],
	] {
		denied(one(case[1]), {"forbidden": [case[0]]}) == {"license_not_allowed"}
		allowed(one(case[1]), {"allowed": [case[0]]})
	}
}

test_what_is_forbidden_is_denied_though_it_is_allowed if {
	denied(one("BSD-4-Clause"), object.union(permissive, {"forbidden": ["BSD-4-Clause"]})) == {"license_not_allowed"}
}

test_alternatives_that_are_too_many_permit_only_where_all_are_allowed if {
	many := {"licenses": {"MIT OR X": object.union(testing.license("MIT OR X"), {"alternatives": [], "alternatives_omitted": true})}}
	given := holding([testing.npm("left-pad", "1.3.0", "MIT OR X")])
	facts := object.union(given, {"sboms": [object.union(given.sboms[0], many)]})
	denied(facts, permissive) == {"license_not_allowed"}
	allowed(facts, {"allowed": ["MIT", "X"]})
}

test_what_names_no_licence_is_denied_where_there_is_a_list_of_what_is_allowed if {
	denied(one(null), permissive) == {"license_missing"}
	denied(one("NONE"), permissive) == {"license_not_allowed"}
	denied(one("NOASSERTION"), permissive) == {"license_not_allowed"}
	denied(one("?see file"), permissive) == {"license_not_allowed"}
}

test_each_of_them_has_its_own_parameter if {
	every text, name in {"NONE": "none", "NOASSERTION": "noassertion", "?see file": "unknown"} {
		allowed(one(text), object.union(permissive, {name: "allow"}))
		warned(one(text), object.union(permissive, {name: "allow"})) == set()
		warned(one(text), object.union(permissive, {name: "warn"})) == {"license_not_allowed"}
		denied(one(text), object.union(no_copyleft, {name: "deny"})) == {"license_not_allowed"}
	}
	allowed(one(null), object.union(permissive, {"no_license": "allow"}))
	warned(one(null), object.union(permissive, {"no_license": "warn"})) == {"license_missing"}
}

test_they_are_warnings_where_there_is_a_list_of_what_is_forbidden_alone if {
	allowed(one(null), no_copyleft)
	warned(one(null), no_copyleft) == {"license_missing"}
	warned(one("NOASSERTION"), no_copyleft) == {"license_not_allowed"}
}

test_a_text_that_the_table_does_not_have_is_denied if {
	given := one("MIT")
	without := object.union(given, {"sboms": [object.union(object.remove(given.sboms[0], ["licenses"]), {"licenses": {}})]})
	denied(without, permissive) == {"license_not_allowed"}
	denied(without, no_copyleft) == {"license_not_allowed"}
}

test_what_is_concluded_comes_before_what_is_declared if {
	allowed(concluded("GPL-3.0-only", "MIT"), permissive)
	denied(concluded("MIT", "GPL-3.0-only"), permissive) == {"license_not_allowed"}
	allowed(concluded("MIT", "NOASSERTION"), permissive)
	denied(concluded("GPL-3.0-only", "NOASSERTION"), permissive) == {"license_not_allowed"}
	denied(concluded(null, "NOASSERTION"), permissive) == {"license_not_allowed"}
	allowed(concluded(null, "MIT"), permissive)
}

test_what_is_declared_or_both_can_be_demanded if {
	declared := object.union(permissive, {"use": "declared"})
	allowed(concluded("MIT", "GPL-3.0-only"), declared)
	denied(concluded("GPL-3.0-only", "MIT"), declared) == {"license_not_allowed"}
	denied(concluded(null, "MIT"), declared) == {"license_missing"}
	both := object.union(permissive, {"use": "both"})
	allowed(concluded("MIT", "MIT"), both)
	denied(concluded("MIT", "GPL-3.0-only"), both) == {"license_not_allowed"}
	denied(concluded("GPL-3.0-only", "MIT"), both) == {"license_not_allowed"}
}

test_files_need_no_licence_of_their_own if {
	file := object.union(testing.npm("a.txt", "1", null), {"kind": "file"})
	allowed(holding([testing.npm("left-pad", "1.3.0", "MIT"), file]), permissive)
	denied(holding([file]), object.union(permissive, {"exempt_kinds": []})) == {"license_missing"}
}

excepted(exception) := object.union(permissive, {"exceptions": [object.union({"package": "pkg:npm/left-pad", "reason": "reviewed"}, exception)]})

test_a_package_can_be_excepted if {
	allowed(one("GPL-3.0-only"), excepted({}))
	allowed(one(null), excepted({}))
	allowed(one("GPL-3.0-only"), excepted({"licenses": ["GPL-*"], "until": "2026-01-31"}))
	allowed(one("GPL-3.0-only AND MIT"), excepted({"licenses": ["GPL-*"]}))
	denied(one("AGPL-3.0-only"), excepted({"licenses": ["GPL-*"]})) == {"license_not_allowed"}
	denied(one(null), excepted({"licenses": ["GPL-*"]})) == {"license_missing"}
	denied(one("GPL-3.0-only"), excepted({"package": "pkg:npm/right-pad"})) == {"license_not_allowed"}
	denied(one("GPL-3.0-only"), excepted({"until": "2026-01-30"})) == {"license_not_allowed"}
	warned(one("GPL-3.0-only"), excepted({"until": "2026-01-30"})) == {"exception_over"}
}

test_fifty_are_named_and_the_rest_counted if {
	many := [testing.npm(sprintf("p%d", [i]), "1.0.0", "GPL-3.0-only") | some i in numbers.range(1, 60)]
	reasons := pack.deny with input as holding(many) with data.parameters as permissive
	count(reasons) == 51
	some reason in reasons
	reason.code == "license_more"
	reason.message == "There are 10 more packages whose licences are not allowed, 60 in all."
}

test_all_sboms_that_count_must_do if {
	other := testing.sbom(1, [testing.npm("right-pad", "1.0.0", "GPL-3.0-only")], over)
	given := testing.documented(over, {"sboms": [testing.sbom(0, [testing.npm("left-pad", "1.3.0", "MIT")], over), other]})
	denied(given, permissive) == {"license_not_allowed"}
}

test_one_that_nobody_signed_says_nothing if {
	unsigned := testing.sbom(1, [testing.npm("right-pad", "1.0.0", "GPL-3.0-only")], [])
	allowed(testing.documented(over, {"sboms": [testing.sbom(0, [testing.npm("left-pad", "1.3.0", "MIT")], over), unsigned]}), permissive)
	denied(testing.documented([], {"sboms": [testing.sbom(0, [testing.npm("left-pad", "1.3.0", "MIT")], [])]}), permissive) == {"document_missing", "document_unsigned"}
}

test_without_an_sbom_it_is_denied if {
	denied(testing.facts([]), permissive) == {"document_missing"}
	denied(one("MIT"), object.union(permissive, {"signed_by": ["release"]})) == {"document_missing", "document_signer"}
}

test_a_listing_that_was_cut_off_is_undetermined if {
	denied(testing.cut_off(one("MIT")), permissive) == {"undetermined"}
	denied(testing.cut_off(one("GPL-3.0-only")), permissive) == {"undetermined", "license_not_allowed"}
}

test_what_was_cut_off_or_could_not_be_read_is_denied if {
	given := one("MIT")
	denied(object.union(given, {"sboms": [object.union(given.sboms[0], {"truncated": true})]}), permissive) == {"document_truncated"}
	denied(testing.with_unread(given, 1, "sboms", over), permissive) == {"document_unread"}
	allowed(testing.with_unread(given, 1, "sboms", []), permissive)
}

test_the_sbom_of_a_platform_must_do_too if {
	signature := object.union(testing.over_statement(testing.trusted(1, "builder"), "https://spdx.dev/Document"), {"subject": testing.platform_digest})
	sbom := object.union(testing.sbom(1, [testing.npm("right-pad", "1.0.0", "GPL-3.0-only")], [signature]), {"subject": testing.platform_digest})
	given := testing.with_platform(testing.documented(array.concat(over, [signature]), {"sboms": [testing.sbom(0, [testing.npm("left-pad", "1.3.0", "MIT")], over), sbom]}))
	denied(given, permissive) == {"license_not_allowed"}
	denied(testing.with_platform(one("MIT")), object.union(permissive, {"per_platform": true})) == {"document_missing"}
}

test_parameters_that_are_wrong_are_denied if {
	every wrong in [
		{},
		{"allowed": "MIT"},
		{"allowed": [""]},
		{"allowed": [], "forbidden": []},
		{"forbidden": [1]},
		{"forbidden": null},
		object.union(permissive, {"use": "all"}),
		object.union(permissive, {"none": "pass"}),
		object.union(permissive, {"unknown": true}),
		object.union(permissive, {"exceptions": [{"package": "left-pad", "reason": "x"}]}),
		object.union(permissive, {"exceptions": [{"package": "pkg:npm/left-pad"}]}),
		object.union(permissive, {"exceptions": [{"package": "pkg:npm/left-pad", "reason": "x", "until": "soon"}]}),
		object.union(permissive, {"exceptions": [{"package": "pkg:npm/left-pad", "reason": "x", "license": ["MIT"]}]}),
		object.union(permissive, {"exempt_kinds": "file"}),
		object.union(permissive, {"per_platform": 1}),
		object.union(permissive, {"signed_by": [1]}),
		object.union(permissive, {"signed_through": "index"}),
		object.union(permissive, {"allow": ["MIT"]}),
		["allowed"],
	] {
		denied(one("MIT"), wrong) == {"invalid_parameters"}
	}
}

test_an_input_that_is_no_facts_document_is_denied if denied({}, permissive) == {"facts_unsupported", "undetermined"}

test_facts_of_another_version_are_denied if {
	"facts_unsupported" in denied(object.union(one("MIT"), {"facts_version": 2}), permissive)
}

test_a_trusted_root_past_its_time_is_a_warning if {
	warned(testing.with_expired_root(one("MIT")), permissive) == {"trust_root_expired"}
}
