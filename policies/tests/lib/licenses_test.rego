package referee.licenses_test

import data.referee.licenses

# A licence as the facts have it.
expression(alternatives) := {
	"status": "expression",
	"alternatives": alternatives,
	"alternatives_omitted": false,
	"licenses": {name |
		some way in alternatives
		some name in way
	},
}

status(kind) := {"status": kind, "alternatives": [], "alternatives_omitted": false, "licenses": []}

omitted(names) := {"status": "expression", "alternatives": [], "alternatives_omitted": true, "licenses": names}

made(id, declared, concluded) := {
	"id": id,
	"name": id,
	"version": "1",
	"license_declared": declared,
	"license_concluded": concluded,
}

sbom(packages) := {
	"truncated": false,
	"packages": packages,
	"licenses": {
		"MIT": expression([["MIT"]]),
		"MIT OR GPL-3.0-only": expression([["MIT"], ["GPL-3.0-only"]]),
		"MIT AND GPL-3.0-only": expression([["GPL-3.0-only", "MIT"]]),
		"NONE": status("none"),
		"NOASSERTION": status("no-assertion"),
		"Proprietary": status("unknown"),
	},
}

test_one_side_of_an_or_is_enough_and_all_sides_of_an_and_are_needed if {
	licenses.permits(expression([["MIT"], ["GPL-3.0-only"]]), {"MIT"})
	not licenses.permits(expression([["GPL-3.0-only", "MIT"]]), {"MIT"})
	licenses.permits(expression([["GPL-3.0-only", "MIT"]]), ["MIT", "GPL-3.0-only"])
	not licenses.permits(expression([["MIT"]]), set())
}

test_what_is_no_expression_permits_nothing if {
	every kind in ["none", "no-assertion", "unknown"] {
		not licenses.permits(status(kind), [{"glob": "**"}])
	}
	not licenses.permits(expression([]), [{"glob": "**"}])
	not licenses.permits(expression([[]]), [{"glob": "**"}])
	not licenses.permits({}, [{"glob": "**"}])
}

test_where_alternatives_are_omitted_every_licence_must_be_allowed if {
	licenses.permits(omitted(["MIT", "ISC"]), {"MIT", "ISC", "Zlib"})
	not licenses.permits(omitted(["MIT", "ISC"]), {"MIT"})
	not licenses.permits(omitted([]), {"MIT"})
}

test_licences_are_allowed_in_any_case_and_by_deprecated_names if {
	licenses.permits(expression([["Apache-2.0"]]), {"apache-2.0"})
	licenses.permits(expression([["GPL-2.0-only"]]), {"GPL-2.0"})
	licenses.permits(expression([["GPL-2.0-or-later"]]), {"gpl-2.0+"})
	licenses.permits(expression([["GPL-2.0-only WITH Classpath-exception-2.0"]]), {"GPL-2.0-with-classpath-exception"})
}

test_an_exception_and_a_plus_make_another_licence if {
	not licenses.permits(expression([["GPL-2.0-only WITH Classpath-exception-2.0"]]), {"GPL-2.0-only"})
	not licenses.permits(expression([["GPL-2.0-only"]]), {"GPL-2.0-only WITH Classpath-exception-2.0"})
	not licenses.permits(expression([["ISC+"]]), {"ISC"})
}

test_patterns_are_held_against_the_whole_name if {
	licenses.permits(expression([["LicenseRef-acme-1"]]), [{"glob": "LicenseRef-acme-*"}])
	not licenses.permits(expression([["LicenseRef-acme-1"]]), [{"glob": "LicenseRef-acme"}])
	licenses.permits(expression([["BSD-3-Clause"]]), [{"regex": "BSD-[23]-Clause"}])
	not licenses.permits(expression([["BSD-3-Clause-Clear"]]), [{"regex": "BSD-[23]-Clause"}])
	not licenses.permits(expression([["MIT"]]), [{"anything": "MIT"}, 1, null])
}

test_texts_of_an_sbom_that_are_permitted if {
	licenses.permitted(sbom([]), {"MIT"}) == {"MIT", "MIT OR GPL-3.0-only"}
	licenses.permitted(sbom([]), {}) == set()
}

test_packages_that_are_not_permitted_are_named_with_what_is_wrong if {
	offending := licenses.offending(
		sbom([
			made("a", "MIT", null),
			made("b", "MIT AND GPL-3.0-only", "NOASSERTION"),
			made("c", null, null),
			made("d", "NOASSERTION", "NOASSERTION"),
			made("e", "MIT", "Proprietary"),
			made("f", "Proprietary", "MIT"),
			made("g", "NONE", null),
		]),
		{"MIT"},
	)
	{entry.id: [entry.license, entry.not_allowed] | some entry in offending} == {
		"b": ["MIT AND GPL-3.0-only", ["GPL-3.0-only"]],
		"c": [null, []],
		"d": ["NOASSERTION", []],
		"e": ["Proprietary", []],
		"g": ["NONE", []],
	}
	licenses.offending(sbom([made("a", "MIT", null)]), {"MIT"}) == []
}

test_a_licence_that_is_not_in_the_table_is_not_permitted if {
	count(licenses.offending(sbom([made("a", "Gone", null)]), [{"glob": "**"}])) == 1
}

test_an_sbom_of_which_something_was_left_out_always_offends if {
	cut := object.union(sbom([]), {"truncated": true})
	[entry.id | some entry in licenses.offending(cut, {"MIT"})] == [null]
	count(licenses.offending(object.remove(sbom([]), ["truncated"]), {"MIT"})) == 1
}
