# The packages of the artifact must have licences that are allowed, and none that is forbidden.
package referee.packs.licenses

import data.referee.documents
import data.referee.licenses
import data.referee.packages
import data.referee.parameters
import data.referee.reasons

allowed := parameters.value("allowed", [])

exceptions := parameters.value("exceptions", [])

exempt_kinds := parameters.value("exempt_kinds", ["file", "operating-system"])

forbidden := parameters.value("forbidden", [])

per_platform := parameters.value("per_platform", false)

use := parameters.value("use", "concluded")

wanted := data.referee.documents.demanded

# What is done with what names no licence: as it is given, else a denial where there is a list of what
# is allowed, and a warning where there is none.
treatment := {name: value |
	some name in ["no_license", "noassertion", "none", "unknown"]
	given := parameters.value(name, null)
	value := {true: usual, false: given}[given == null]
}

default usual := "deny"

usual := "warn" if allowed == []

treatments := {"allow", "deny", "warn"}

demands := {
	"allowed": "a list of licences and patterns; either it or `forbidden` must have one",
	"exceptions": "a list of objects with `package` (a pattern of package URLs) and `reason`, and where wanted `licenses` and `until` (a day)",
	"exempt_kinds": "a list of kinds of packages",
	"forbidden": "a list of licences and patterns",
	"no_license": "`deny`, `warn`, `allow` or null",
	"noassertion": "`deny`, `warn`, `allow` or null",
	"none": "`deny`, `warn`, `allow` or null",
	"per_platform": "true or false",
	"signed_by": "a list of names of keys and identities",
	"signed_through": "a list of `index` and `referrer`",
	"unknown": "`deny`, `warn`, `allow` or null",
	"use": "`concluded`, `declared` or `both`",
}

met contains "allowed" if {
	parameters.is_name_list(allowed)
	count(allowed) + count(forbidden) > 0
}

met contains "exceptions" if {
	is_array(exceptions)
	every exception in exceptions {
		is_exception(exception)
	}
}

met contains "exempt_kinds" if parameters.is_name_list(exempt_kinds)

met contains "forbidden" if {
	parameters.is_name_list(forbidden)
	licenses.is_searchable(forbidden)
}

met contains name if {
	some name, value in treatment
	value in treatments
}

met contains "per_platform" if is_boolean(per_platform)

met contains "signed_by" if parameters.is_name_list(wanted.signed_by)

met contains "signed_through" if documents.is_ways(wanted.signed_through)

met contains "use" if use in {"both", "concluded", "declared"}

is_exception(exception) if {
	is_object(exception)
	object.keys(exception) - {"licenses", "package", "reason", "until"} == set()
	packages.is_pattern(exception.package)
	parameters.is_names([exception.reason])
	parameters.is_name_list(object.get(exception, "licenses", []))
	is_until(object.get(exception, "until", null))
}

is_until(day) if day == null

is_until(day) if parameters.is_day(day)

invalid_parameters := parameters.unmet(demands, met)

default allow := false

allow if {
	input.facts_version == 1
	count(invalid_parameters) == 0
	documents.clear(sboms, targets, "sbom")
	every sbom in sboms {
		texts[sbom.id]
	}
	count(offending) == 0
}

default targets := []

targets := documents.targets(per_platform)

# The SBOMs that count: all of them must do.
sboms := documents.about_any(input.sboms, wanted) if {
	input.facts_version == 1
	count(invalid_parameters) == 0
}

# What of each SBOM's table is permitted, and what of that is told; null is no licence at all.
texts[sbom.id] := {"permitted": (kept_to | passed_over), "told": told} if {
	some sbom in sboms
	names := licenses.named(sbom)
	good := acceptable(names) - licenses.forbidden(names, forbidden)
	kept_to := {text | some text, license in sbom.licenses; licenses.permits(license, good)}
	passed_over := treated(sbom, {"allow", "warn"})
	told := treated(sbom, {"warn"})
}

treated(sbom, ways) := {text | some text, license in sbom.licenses; treatment_of(license) in ways} | {null | treatment.no_license in ways}

acceptable(names) := names if allowed == []

acceptable(names) := licenses.allowed(names, allowed) if count(allowed) > 0

treatment_of(license) := treatment[parameter_of[license.status]]

parameter_of := {"no-assertion": "noassertion", "none": "none", "unknown": "unknown"}

# The packages that are in the way: each with its SBOM, and its licence as the SBOM writes it.
offending := [offender |
	some sbom in sboms
	some offender in licenses.offending(sbom, use, texts[sbom.id].permitted)
	not is_exempt(offender)
	not is_excepted(sbom, offender)
]

is_exempt(offender) if {
	offender.license == null
	offender.package.kind in exempt_kinds
}

# The exceptions that are not over, each with its pattern as a regular expression.
lasting := [{"expression": packages.expression([exception.package]), "licenses": object.get(exception, "licenses", [])} |
	some exception in exceptions
	parameters.lasts(object.get(exception, "until", null), input.request.time)
]

is_excepted(sbom, offender) if {
	some exception in lasting
	regex.match(exception.expression, offender.package.purl)
	excepts(sbom, exception, offender.license)
}

excepts(_, exception, _) if exception.licenses == []

excepts(sbom, exception, text) if {
	license := sbom.licenses[text]
	permitted := licenses.allowed({name | some name in license.licenses}, exception.licenses)
	also := acceptable({name | some name in license.licenses}) - licenses.forbidden({name | some name in license.licenses}, forbidden)
	licenses.permits(license, permitted | also)
}

deny contains problem if {
	not allow
	some problem in data.referee.facts.problems
}

deny contains problem if {
	not allow
	some problem in invalid_parameters
}

deny contains problem if {
	not allow
	count(invalid_parameters) == 0
	some problem in documents.obstacles(input_sboms, sboms_or_none, "sbom", "SBOM", targets, "has licences that are allowed")
}

default input_sboms := []

input_sboms := input.sboms

default sboms_or_none := []

sboms_or_none := sboms

deny contains problem if {
	some offender in reasons.named(offending)
	problem := reason(offender)
}

deny contains problem if {
	some problem in reasons.rest(offending, "license_more", "packages whose licences are not allowed")
}

reason(offender) := {
	"code": "license_missing",
	"message": sprintf("%s has no licence in SBOM %d.", [packages.display(offender.package), offender.sbom]),
	"referrer": offender.referrer,
	"hint": "Find out its licence and write it into the SBOM, except the package by `exceptions`, or set `no_license`.",
} if {
	offender.license == null
}

reason(offender) := {
	"code": "license_not_allowed",
	"message": sprintf("%s has the licence %s in SBOM %d: %s.", [packages.display(offender.package), reasons.short(expression), offender.sbom, why]),
	"referrer": offender.referrer,
	"hint": hint,
} if {
	sbom := by_id[offender.sbom]
	expression := licenses.expression_of(sbom, offender.license)
	license := object.get(sbom.licenses, offender.license, {"status": "unknown"})
	why := explained(license)
	hint := hinted(license)
}

by_id[sbom.id] := sbom if some sbom in sboms

explained(license) := sprintf("%s", [concat("; ", array.concat(bad, array.concat(outside, many)))]) if {
	license.status == "expression"
	names := {name | some name in license.licenses}
	against := licenses.forbidden(names, forbidden)
	bad := [sprintf("forbidden is %s", [concat(", ", against)]) | count(against) > 0]
	unlisted := (names - acceptable(names)) - against
	outside := [sprintf("not allowed is %s", [concat(", ", unlisted)]) | count(unlisted) > 0]
	many := ["it has too many alternatives to be looked at one by one" | license.alternatives_omitted == true]
}

explained(license) := "it says that there is none" if license.status == "none"

explained(license) := "nobody says what it is" if license.status == "no-assertion"

explained(license) := "it is no SPDX expression" if license.status == "unknown"

hinted(license) := "Replace the package, add the licence to `allowed` (or take it out of `forbidden`), or except the package by `exceptions`." if {
	license.status == "expression"
}

hinted(license) := sprintf("Find out its licence and write it into the SBOM, except the package by `exceptions`, or set `%s`.", [parameter_of[license.status]]) if {
	license.status != "expression"
}

# What is passed over with a warning.
passed_over := [offender |
	some sbom in sboms
	told := texts[sbom.id].told
	count(told) > 0
	some offender in licenses.offending(sbom, use, texts[sbom.id].permitted - told)
	offender.license in told
	not is_exempt(offender)
	not is_excepted(sbom, offender)
]

warn contains problem if {
	some offender in reasons.named(passed_over)
	problem := reason(offender)
}

warn contains problem if {
	some problem in reasons.rest(passed_over, "license_more", "packages whose licences are not known")
}

warn contains problem if {
	count(invalid_parameters) == 0
	some exception in exceptions
	not parameters.lasts(object.get(exception, "until", null), input.request.time)
	problem := {
		"code": "exception_over",
		"message": sprintf("The exception for %s ended on %s: %s.", [exception.package, exception.until, exception.reason]),
		"hint": "Take it out, or decide anew until when it holds.",
	}
}

warn contains problem if {
	some problem in data.referee.facts.expired_roots
}

# All of it at once, for a policy that puts packs together.
decision := {"allow": allow, "deny": deny, "warn": warn}
