package referee.packs.packages_test

import data.referee.packs.packages as pack
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

# The same of one package with this package URL and version.
purl(text, version) := holding([object.union(testing.npm("x", version, "MIT"), {"purl": text})])

left_pad(version) := holding([testing.npm("left-pad", version, "MIT")])

none := {"forbidden": ["pkg:npm/left-pad"]}

test_what_is_not_forbidden_is_allowed if {
	allowed(left_pad("1.3.0"), {"forbidden": ["pkg:npm/right-pad"]})
	allowed(left_pad("1.3.0"), {"forbidden": ["pkg:npm/left"]})
}

test_what_is_forbidden_is_denied_and_named if {
	reason := only(left_pad("1.3.0"), {"forbidden": [{"package": "pkg:npm/left-pad", "reason": "it was taken back"}]})
	reason.code == "package_forbidden"
	reason.message == "left-pad@1.3.0 (pkg:npm/left-pad@1.3.0) is forbidden by pkg:npm/left-pad in SBOM 0: it was taken back."
	reason.referrer == over[0].referrer
}

test_patterns_are_of_package_urls if {
	every case in [
		["pkg:npm/left-pad@1.*", "pkg:npm/left-pad@1.3.0", true],
		["pkg:npm/left-pad@1.*", "pkg:npm/left-pad@11.3.0", false],
		["pkg:npm/left-pad@1.*", "pkg:npm/left-pad", true],
		["pkg:npm/left-pad@2.*", "pkg:npm/left-pad", false],
		["pkg:npm/left-pad", "pkg:npm/left-pad?arch=x#sub/path", true],
		["pkg:npm/left-pad", "pkg:npm/left-pad@1?arch=x", true],
		["pkg:npm/left-pad", "pkg:npm/left-pad-2", false],
		["pkg:npm/left-pad", "pkg:npm/scope/left-pad", false],
		["pkg:npm/*", "pkg:npm/left-pad@1.0.0", true],
		["pkg:npm/*", "pkg:npm/scope/left-pad@1.0.0", false],
		["pkg:npm/**", "pkg:npm/%40scope/left-pad@1.0.0", true],
		["pkg:npm/@scope/*", "pkg:npm/%40scope/left-pad@1.0.0", true],
		["pkg:npm/%40scope/*", "pkg:npm/%40scope/left-pad@1.0.0", true],
		["pkg:npm/@scope/left-pad@1.0.0", "pkg:npm/@scope/left-pad@1.0.0", true],
		["pkg:golang/**/yaml", "pkg:golang/gopkg.in/x/yaml@v2", true],
		["pkg:golang/**/yaml", "pkg:golang/yaml", true],
		["pkg:golang/**/yaml", "pkg:golang/goyaml", false],
		["pkg:golang/github.com/a/b@v1.0.0+incompatible", "pkg:golang/github.com/a/b@v1.0.0%2Bincompatible", true],
		["pkg:golang/github.com/a/b", "pkg:golang/githubXcom/a/b", false],
		["pkg:pypi/foo_bar", "pkg:pypi/Foo-Bar@1", true],
		["pkg:deb/debian/xz-utils@1:5.6.*", "pkg:deb/debian/xz-utils@1%3A5.6.1?arch=amd64", true],
		["pkg:*/left-pad", "pkg:npm/left-pad", true],
		["pkg:npm/left-pad", "pkg:npm/left-pad@1?vcs_url=a\nb", true],
		["pkg:npm/@scope/left-pad", "pkg:npm/%40scope%2fleft-pad@1.0.0", true],
		["pkg:golang/github.com/a/*", "pkg:golang/github.com%2Fa/b@v1.0.0", true],
		["pkg:golang/**/yaml", "pkg:golang/gopkg.in%2Fyaml@v2", true],
	] {
		is_forbidden(case[0], case[1]) == case[2]
	}
}

default is_forbidden(_, _) := false

is_forbidden(pattern, text) if denied(purl(text, "1.0.0"), {"forbidden": [pattern]}) == {"package_forbidden"}

in_range(range, version) := count(reasons) > 0 if {
	reasons := pack.deny with input as left_pad(version) with data.parameters as {"forbidden": [{"package": "pkg:npm/left-pad", "versions": range}]}
}

test_versions_are_in_ranges if {
	every case in [
		[">=1.0.0 <1.4.0", "1.3.0", true],
		[">=1.0.0 <1.4.0", "1.4.0", false],
		["<2", "1.99.99", true],
		["<2", "v2.0.0", false],
		[">1.2.0", "1.2.0", false],
		["<=1.2", "1.2", true],
		["=1.2.3", "1.2.3", true],
		["=1.2.3", "1.2.4", false],
		["<1.0.0", "1.0.0-rc.1", true],
	] {
		in_range(case[0], case[1]) == case[2]
	}
}

# Whether a range holds the package with this package URL and version.
holds(range, text, version) := "package_forbidden" in testing.codes(reasons) if {
	given := {"forbidden": [{"package": "pkg:*/**", "versions": range}]}
	reasons := pack.deny with input as purl(text, version) with data.parameters as given
}

test_a_distribution_s_revision_is_no_pre_release if {
	xz := ">=5.6.0 <5.6.2"
	every case in [
		[xz, "pkg:apk/alpine/xz@5.6.0-r0", "5.6.0-r0", true],
		[xz, "pkg:deb/debian/xz-utils@5.6.0-0.2?arch=amd64", "5.6.0-0.2", true],
		[xz, "pkg:rpm/fedora/xz@5.6.1-1.fc41", "5.6.1-1.fc41", true],
		[xz, "PKG://Rpm/fedora/xz", "5.6.0-1", true],
		[xz, "pkg:alpm/arch/xz@5.6.2-1", "5.6.2-1", false],
		[xz, "pkg:apk/alpine/xz@5.6.2-r0", "5.6.2-r0", false],
		[xz, "pkg:apk/alpine/xz@5.4.6-r0", "5.4.6-r0", false],
		["=5.6.0", "pkg:apk/alpine/xz@5.6.0-r0", "5.6.0-r0", true],
		[">5.6.0", "pkg:deb/debian/x@5.6.0-rc1-2", "5.6.0-rc1-2", false],
		[">9.0.0", "pkg:deb/debian/x@5.6.0--2", "5.6.0--2", true],
		["<9.0.0", "pkg:generic/x@5.6.0--2", "5.6.0--2", true],
		# Here it is one.
		[">=1.2.0", "pkg:npm/a@1.2.0-rc.1", "1.2.0-rc.1", false],
		["<1.2.0", "pkg:cargo/a@1.2.0-rc.1", "1.2.0-rc.1", true],
		# Here it may be either.
		[">=33.0.0", "pkg:maven/com.google.guava/guava@33.0.0-jre", "33.0.0-jre", true],
		["<33.0.0", "pkg:maven/org.example/a@33.0.0-SNAPSHOT", "33.0.0-SNAPSHOT", true],
		["<32.0.0", "pkg:maven/com.google.guava/guava@33.0.0-jre", "33.0.0-jre", false],
	] {
		holds(case[0], case[1], case[2]) == case[3]
	}
}

test_only_what_a_pattern_admits_is_said_to_be_forbidden_by_it if {
	reason := only(left_pad("1.3.0"), {"forbidden": ["pkg:npm/left-pad", "pkg:npm/right-pad"]})
	contains(reason.message, "forbidden by pkg:npm/left-pad in")
	both := holding([testing.npm("left-pad", "1.3.0", "MIT"), testing.npm("right-pad", "2.0.0", "MIT")])
	reasons := pack.deny with input as both with data.parameters as {"forbidden": ["pkg:npm/left-pad", "pkg:npm/right-pad"]}
	count(reasons) == 2
}

test_what_is_required_must_be_on_each_platform if {
	signature := object.union(over[0], {"id": 1, "subject": testing.platform_digest})
	platform := object.union(testing.sbom(1, [testing.npm("right-pad", "1.0.0", "MIT")], [signature]), {"subject": testing.platform_digest})
	given := testing.with_platform(testing.documented(array.concat(over, [signature]), {"sboms": [testing.sbom(0, [testing.npm("left-pad", "1.3.0", "MIT")], over), platform]}))
	denied(given, {"required": ["pkg:npm/left-pad"], "per_platform": true}) == {"package_missing"}
	allowed(given, {"required": ["pkg:npm/right-pad"], "per_platform": true})
}

test_a_package_url_without_a_version_stands_for_the_packages_own if {
	every case in [
		["pkg:npm/x@1.*", "pkg:npm/x", "1.2.0", true],
		["pkg:npm/x@1.*", "pkg:npm/x", "2.0.0", false],
		["pkg:npm/@scope/x@1.*", "pkg:npm/@scope/x?vcs_url=git@host", "1.2.0", true],
		["pkg:npm/x@1.*", "pkg:npm/x@2.0.0", "1.2.0", false],
		["pkg:npm/x@1.*", "pkg:npm/x", null, false],
	] {
		reasons := pack.deny with input as purl(case[1], case[2]) with data.parameters as {"forbidden": [case[0]]}
		codes := testing.codes(reasons)
		forbidden := count(codes & {"package_forbidden"}) > 0
		case[3] == forbidden
	}
}

test_a_version_that_cannot_be_compared_is_denied if {
	in_range("<1.0.0", "2:1.0-3ubuntu1") == true
	in_range("<1.0.0", null) == true
	given := {"forbidden": [{"package": "pkg:npm/left-pad", "versions": "<1.0.0"}]}
	reason := only(left_pad("1.0-3ubuntu1~a"), given)
	contains(reason.message, "(<1.0.0, with which its version cannot be compared)")
}

test_what_is_required_must_be_there if {
	allowed(left_pad("1.3.0"), {"required": ["pkg:npm/left-pad@1.*"]})
	reason := only(left_pad("1.3.0"), {"required": ["pkg:npm/left-pad@2.*"]})
	reason.code == "package_missing"
	reason.message == "No SBOM of registry.example/team/app:1 lists a package pkg:npm/left-pad@2.*."
}

test_a_package_without_a_package_url_is_told if {
	given := purl(null, "1.0.0")
	allowed(given, none)
	warned(given, none) == {"package_unnamed"}
	warned(given, object.union(none, {"without_purl": "allow"})) == set()
	denied(given, object.union(none, {"without_purl": "deny"})) == {"package_unnamed"}
	allowed(given, object.union(none, {"without_purl": "deny", "exempt_kinds": ["library"]}))
}

test_what_is_no_package_url_is_none if {
	every text in ["left-pad@1.3.0", "", "npm/left-pad@1.3.0", "https://example.com/left-pad"] {
		denied(purl(text, "1.3.0"), object.union(none, {"without_purl": "deny"})) == {"package_unnamed"}
	}
	allowed(purl("PKG:npm/right-pad", "1.3.0"), object.union(none, {"without_purl": "deny"}))
}

test_fifty_are_named_and_the_rest_counted if {
	many := [testing.npm(sprintf("p%d", [i]), "1.0.0", "MIT") | some i in numbers.range(1, 60)]
	reasons := pack.deny with input as holding(many) with data.parameters as {"forbidden": ["pkg:npm/p*"]}
	count(reasons) == 51
	some reason in reasons
	reason.code == "package_more"
	reason.message == "There are 10 more packages that are forbidden, 60 in all."
}

test_all_sboms_that_count_must_do if {
	other := testing.sbom(1, [testing.npm("right-pad", "1.0.0", "MIT")], over)
	given := testing.documented(over, {"sboms": [testing.sbom(0, [testing.npm("left-pad", "1.3.0", "MIT")], over), other]})
	denied(given, none) == {"package_forbidden"}
	allowed(given, {"forbidden": ["pkg:npm/other"], "required": ["pkg:npm/left-pad", "pkg:npm/right-pad"]})
}

test_the_same_sbom_attached_twice_is_one if {
	sbom := testing.sbom(0, [testing.npm("left-pad", "1.3.0", "MIT")], over)
	given := testing.documented(over, {"sboms": [sbom, object.union(sbom, {"id": 1, "attestation": 1})]})
	only(given, none)
}

test_one_that_nobody_signed_says_nothing if {
	unsigned := testing.sbom(0, [testing.npm("right-pad", "1.0.0", "MIT")], [])
	denied(testing.documented([], {"sboms": [unsigned]}), none) == {"document_missing", "document_unsigned"}
}

test_without_an_sbom_it_is_denied if {
	denied(testing.facts([]), none) == {"document_missing"}
	denied(testing.facts([]), {"required": ["pkg:npm/left-pad"]}) == {"document_missing"}
}

test_a_listing_that_was_cut_off_is_undetermined if {
	denied(testing.cut_off(left_pad("1.3.0")), {"forbidden": ["pkg:npm/other"]}) == {"undetermined"}
}

test_what_was_cut_off_or_could_not_be_read_is_denied if {
	given := left_pad("1.3.0")
	others := {"forbidden": ["pkg:npm/other"]}
	denied(object.union(given, {"sboms": [object.union(given.sboms[0], {"truncated": true})]}), others) == {"document_truncated"}
	denied(testing.with_unread(given, 1, "sboms", over), others) == {"document_unread"}
}

test_parameters_that_are_wrong_are_denied if {
	every wrong in [
		{},
		{"forbidden": [], "required": []},
		{"forbidden": "pkg:npm/left-pad"},
		{"forbidden": ["left-pad"]},
		{"forbidden": ["pkg:npm/a b"]},
		{"forbidden": ["pkg:npm/***"]},
		{"forbidden": [{"package": "pkg:npm/a", "version": "1"}]},
		{"forbidden": [{"package": "pkg:npm/a", "versions": "1.x"}]},
		{"forbidden": [{"package": "pkg:npm/a", "reason": ""}]},
		{"required": [{"package": "pkg:npm/a"}]},
		object.union(none, {"without_purl": "pass"}),
		object.union(none, {"exempt_kinds": null}),
		object.union(none, {"per_platform": 1}),
		object.union(none, {"signed_by": [1]}),
		object.union(none, {"signed_through": "index"}),
		object.union(none, {"forbid": []}),
		["forbidden"],
	] {
		denied(left_pad("1.3.0"), wrong) == {"invalid_parameters"}
	}
}

test_an_input_that_is_no_facts_document_is_denied if denied({}, none) == {"facts_unsupported", "undetermined"}

test_facts_of_another_version_are_denied if {
	"facts_unsupported" in denied(object.union(left_pad("1.3.0"), {"facts_version": 2}), none)
}

test_a_trusted_root_past_its_time_is_a_warning if {
	warned(testing.with_expired_root(left_pad("1.3.0")), {"forbidden": ["pkg:npm/other"]}) == {"trust_root_expired"}
}
