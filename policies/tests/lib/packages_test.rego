package referee.packages_test

import data.referee.packages

sbom := {"packages": [
	{"id": "a", "purl": "pkg:npm/left-pad@1.3.0"},
	{"id": "b", "purl": "pkg:npm/%40acme/left-pad@1.3.0?arch=x#lib"},
	{"id": "c", "purl": "pkg:npm/left-pad"},
	{"id": "d", "purl": "pkg:deb/debian/libc6@2.36-9%2Bdeb12u1?distro=debian-12"},
	{"id": "e", "purl": "pkg:golang/github.com/acme/app/v2@v2.1.0"},
	{"id": "f", "purl": null},
	{"id": "g"},
]}

ids(pattern) := [entry.id | some entry in packages.matching(sbom, pattern)]

test_a_package_url_matches_with_and_without_its_version if {
	ids("pkg:npm/left-pad@1.3.0") == ["a"]
	ids("pkg:npm/left-pad") == ["a", "c"]
	ids("pkg:npm/left-pad@*") == ["a", "c"]
	ids("pkg:npm/left-pad@1.*") == ["a"]
	ids("pkg:npm/left-pad@2.*") == []
	ids("pkg:NPM/left-pad@1.3.0") == ["a"]
}

test_one_star_is_one_segment_and_two_are_many if {
	ids("pkg:npm/*") == ["a", "c"]
	ids("pkg:npm/**") == ["a", "b", "c"]
	ids("pkg:npm/*/left-*@1.*") == ["b"]
	ids("pkg:golang/github.com/*") == []
	ids("pkg:golang/github.com/*/*/v2@v2.*") == ["e"]
	ids("pkg:golang/github.com/acme/**") == ["e"]
}

test_what_is_encoded_is_compared_decoded_and_qualifiers_are_left_aside if {
	ids("pkg:npm/@acme/left-pad") == ["b"]
	ids("pkg:npm/%40acme/left-pad@1.3.0") == ["b"]
	ids("pkg:deb/debian/libc6@2.36-9+deb12u1") == ["d"]
	ids("pkg:deb/debian/libc6@2.36-9%2Bdeb12u1") == ["d"]
}

test_odd_encodings_neither_hide_nor_break if {
	packages.matches("pkg:npm/left%2dpad@1", "pkg:npm/left-pad")
	packages.matches("pkg:npm/left-pad@1%2F2%40x", "pkg:npm/left-pad@1*")
	packages.matches("pkg:npm/left-pad%", "pkg:npm/left-pad%")
	packages.matches("pkg:npm/100%zz@1", "pkg:npm/100*")
	packages.matches("pkg://npm//left-pad@1", "pkg:npm//left-pad")
	not packages.matches("pkg:npm/@acme/left-pad", "pkg:npm/*")
	not packages.matches("pkg:npm/@acme/left-pad", "pkg:npm/")
	packages.matches("pkg:docker/app@sha256%3Aabc", "pkg:docker/app@sha256:*")
}

test_characters_of_regular_expressions_are_themselves if {
	ids("pkg:npm/left.pad") == []
	ids("pkg:npm/(left-pad)") == []
	ids("pkg:npm/left-pad@1+3*") == []
	ids("pkg:npm/left-pa") == []
	ids("kg:npm/left-pad") == []
}

test_several_patterns_match_what_one_of_them_does if {
	some_of := packages.matching_any(sbom, {"pkg:deb/**", "pkg:npm/left-pad", "nonsense"})
	[entry.id | some entry in some_of] == ["a", "c", "d"]
	packages.matching_any(sbom, []) == []
	packages.matching_any(sbom, ["nonsense"]) == []
}

test_what_is_no_pattern_matches_nothing if {
	every pattern in ["", "left-pad", "pkg:npm", "pkg:npm/", "pkg:/left-pad", 1, null, {}] {
		ids(pattern) == []
		not packages.is_pattern(pattern)
		not packages.matches("pkg:npm/left-pad", pattern)
	}
	packages.is_pattern("pkg:npm/**")
	packages.matches("pkg:npm/left-pad@1", "pkg:npm/left-pad")
	not packages.matches(null, "pkg:npm/left-pad")
}
