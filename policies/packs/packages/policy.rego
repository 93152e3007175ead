# The artifact must hold no package that is forbidden, and those that are required.
package referee.packs.packages

import data.referee.documents
import data.referee.packages
import data.referee.parameters
import data.referee.reasons

exempt_kinds := parameters.value("exempt_kinds", ["file", "operating-system"])

forbidden := parameters.value("forbidden", [])

per_platform := parameters.value("per_platform", false)

required := parameters.value("required", [])

without_purl := parameters.value("without_purl", "warn")

wanted := data.referee.documents.demanded

demands := {
	"exempt_kinds": "a list of kinds of packages",
	"forbidden": "a list of patterns of package URLs, or of objects with `package` and where wanted `versions` (a range such as `>=1.2.0 <1.4.0`) and `reason`; either it or `required` must have one",
	"per_platform": "true or false",
	"required": "a list of patterns of package URLs",
	"signed_by": "a list of names of keys and identities",
	"signed_through": "a list of `index` and `referrer`",
	"without_purl": "`deny`, `warn` or `allow`",
}

met contains "exempt_kinds" if parameters.is_name_list(exempt_kinds)

met contains "forbidden" if {
	is_array(forbidden)
	count(forbidden) + count(required) > 0
	every entry in forbidden {
		is_entry(entry)
	}
	packages.is_searchable([entry.package | some entry in entries])
}

met contains "per_platform" if is_boolean(per_platform)

met contains "required" if {
	is_array(required)
	every pattern in required {
		packages.is_pattern(pattern)
	}
}

met contains "signed_by" if parameters.is_name_list(wanted.signed_by)

met contains "signed_through" if documents.is_ways(wanted.signed_through)

met contains "without_purl" if without_purl in {"allow", "deny", "warn"}

is_entry(entry) if packages.is_pattern(entry)

is_entry(entry) if {
	is_object(entry)
	object.keys(entry) - {"package", "reason", "versions"} == set()
	packages.is_pattern(entry.package)
	is_versions(object.get(entry, "versions", null))
	parameters.is_names([object.get(entry, "reason", "none")])
}

is_versions(range) if range == null

is_versions(range) if packages.is_range(range)

invalid_parameters := parameters.unmet(demands, met)

default allow := false

allow if {
	input.facts_version == 1
	count(invalid_parameters) == 0
	documents.clear(sboms, targets, "sbom")
	is_array(found)
	count(found) == 0
	count(absent) == 0
	count(nameless_denied) == 0
}

default targets := []

targets := documents.targets(per_platform)

# The SBOMs that count: all of them must do.
sboms := documents.about_any(input.sboms, wanted) if {
	input.facts_version == 1
	count(invalid_parameters) == 0
}

# What is forbidden, all entries in one form.
entries := [entry |
	is_array(forbidden)
	some given in forbidden
	entry := {
		"package": pattern_of(given),
		"expression": packages.expression([pattern_of(given)]),
		"versions": versions_of(given),
		"reason": reason_of(given),
	}
]

pattern_of(given) := given if is_string(given)

pattern_of(given) := given.package if is_object(given)

default versions_of(_) := null

versions_of(given) := given.versions

default reason_of(_) := null

reason_of(given) := given.reason

# The packages that are forbidden. All patterns are looked for at once; only what one of them admits is
# held against each.
found := [{"sbom": sbom.id, "referrer": sbom.referrer, "package": item, "entry": entry} |
	some sbom in sboms
	some item in packages.matching_any(sbom, [entry.package | some entry in entries])
	some entry in entries
	packages.finds(entry.expression, item)
	falls_under(item, entry.versions)
]

falls_under(_, range) if range == null

falls_under(item, range) if packages.is_in_range(item, range)

# A version that cannot be compared may be one of them.
falls_under(item, range) if {
	is_string(range)
	not packages.is_comparable(item)
}

# What is required and in none of the SBOMs of a target.
absent := {{"target": target, "pattern": pattern} |
	some target in targets
	some pattern in required
	count([item |
		some sbom in sboms
		sbom.subject == target
		some item in packages.matching(sbom, pattern)
	]) == 0
}

# Packages without a package URL, which no pattern can find.
nameless := [{"sbom": sbom.id, "referrer": sbom.referrer, "package": item} |
	count(forbidden) > 0
	without_purl != "allow"
	some sbom in sboms
	some item in sbom.packages
	not startswith(item.purl, "pkg:")
	not packages.is_purl(item.purl)
	not item.kind in exempt_kinds
]

nameless_denied := [item | without_purl == "deny"; some item in nameless]

deny contains problem if {
	not allow
	some problem in data.referee.facts.problems
}

deny contains problem if {
	not allow
	some problem in invalid_parameters
}

default input_sboms := []

input_sboms := input.sboms

default sboms_or_none := []

sboms_or_none := sboms

deny contains problem if {
	not allow
	count(invalid_parameters) == 0
	some problem in documents.obstacles(input_sboms, sboms_or_none, "sbom", "SBOM", targets, "holds no package that is forbidden")
}

deny contains problem if {
	some match in reasons.named(found)
	problem := {
		"code": "package_forbidden",
		"message": sprintf("%s is forbidden by %s%s in SBOM %d%s.", [
			packages.display(match.package),
			match.entry.package,
			range_told(match.package, match.entry.versions),
			match.sbom,
			because(match.entry.reason),
		]),
		"referrer": match.referrer,
		"hint": hint(match.entry.versions),
	}
}

default range_told(_, _) := ""

range_told(item, range) := sprintf(" (%s)", [range]) if packages.is_in_range(item, range)

range_told(item, range) := sprintf(" (%s, with which its version cannot be compared)", [range]) if {
	is_string(range)
	not packages.is_comparable(item)
	not packages.is_in_range(item, range)
}

because(text) := "" if text == null

because(text) := sprintf(": %s", [text]) if is_string(text)

hint(range) := "Remove the package, or take it out of `forbidden`." if range == null

hint(range) := sprintf("Replace it by a version that is not %s, remove it, or take it out of `forbidden`.", [range]) if {
	is_string(range)
}

deny contains problem if {
	some problem in reasons.rest(found, "package_more", "packages that are forbidden")
}

deny contains problem if {
	count(invalid_parameters) == 0
	some missing in absent
	not missing.target in documents.lacking(sboms, targets)
	problem := {
		"code": "package_missing",
		"message": sprintf("No SBOM of %s lists a package %s.", [documents.called(missing.target), missing.pattern]),
		"hint": "Build it in, have the SBOM list it, or take it out of `required`.",
	}
}

deny contains nameless_problem(item) if some item in reasons.named(nameless_denied)

deny contains problem if {
	some problem in reasons.rest(nameless_denied, "package_more", "packages without a package URL")
}

nameless_problem(unnamed) := {
	"code": "package_unnamed",
	"message": sprintf("%s has no package URL in SBOM %d: no pattern can find it.", [packages.display(unnamed.package), unnamed.sbom]),
	"referrer": unnamed.referrer,
	"hint": "Make the SBOM with a tool that writes package URLs, exempt the kind of package by `exempt_kinds`, or set `without_purl`.",
}

warn contains problem if {
	without_purl == "warn"
	count(nameless) > 0
	problem := {
		"code": "package_unnamed",
		"message": sprintf("%d packages have no package URL, %s among them: no pattern can find them.", [count(nameless), packages.display(nameless[0].package)]),
		"hint": "Make the SBOM with a tool that writes package URLs.",
	}
}

warn contains problem if {
	some problem in data.referee.facts.expired_roots
}

# All of it at once, for a policy that puts packs together.
decision := {"allow": allow, "deny": deny, "warn": warn}
