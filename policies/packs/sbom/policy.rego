# The artifact must carry a signed SBOM that says enough.
package referee.packs.sbom

import data.referee.documents
import data.referee.facts
import data.referee.packages
import data.referee.parameters
import data.referee.reasons

elements := parameters.value("elements", [])

exempt_kinds := parameters.value("exempt_kinds", ["file", "operating-system"])

formats := parameters.value("formats", [])

max_age_days := parameters.value("max_age_days", null)

minimum_packages := parameters.value("minimum_packages", 1)

per_platform := parameters.value("per_platform", false)

tolerated := parameters.value("tolerated", 0)

wanted := data.referee.documents.demanded

known_elements := {
	"author",
	"created_at",
	"hash",
	"license",
	"purl",
	"relationships",
	"supplier",
	"version",
}

demands := {
	"elements": sprintf("a list of any of %s", [concat(", ", sort(known_elements))]),
	"exempt_kinds": "a list of kinds of packages",
	"formats": "a list of `spdx` and `cyclonedx`",
	"max_age_days": "null or a number of days",
	"minimum_packages": "a number of at least 0",
	"per_platform": "true or false",
	"signed_by": "a list of names of keys and identities",
	"signed_through": "a list of `index` and `referrer`",
	"tolerated": "a number of at least 0",
}

met contains "elements" if {
	is_array(elements)
	every element in elements {
		element in known_elements
	}
}

met contains "exempt_kinds" if parameters.is_name_list(exempt_kinds)

met contains "formats" if {
	is_array(formats)
	every format in formats {
		format in {"spdx", "cyclonedx"}
	}
}

met contains "max_age_days" if max_age_days == null

met contains "max_age_days" if parameters.is_amount(max_age_days)

met contains "minimum_packages" if parameters.is_amount(minimum_packages)

met contains "per_platform" if is_boolean(per_platform)

met contains "signed_by" if parameters.is_name_list(wanted.signed_by)

met contains "signed_through" if documents.is_ways(wanted.signed_through)

met contains "tolerated" if parameters.is_amount(tolerated)

invalid_parameters := parameters.unmet(demands, met)

default allow := false

allow if {
	input.facts_version == 1
	count(invalid_parameters) == 0
	enough
}

# Enough is enough: nothing unseen takes an SBOM back.
enough if {
	count(targets) > 0
	every target in targets {
		target in satisfied
	}
}

default targets := []

targets := documents.targets(per_platform)

# The SBOMs that count, of each target.
counted[target] := documents.over(input.sboms, target, wanted) if {
	count(invalid_parameters) == 0
	some target in targets
}

satisfied contains target if {
	some target, sboms in counted
	some sbom in sboms
	is_good(sbom)
}

missing contains target if {
	some target in targets
	count(object.get(counted, target, [])) == 0
}

is_good(sbom) if {
	sbom.truncated == false
	admitted_format(sbom)
	documents.is_fresh(sbom.created_at, input.request.time, max_age_days)
	sbom.package_count >= minimum_packages
	count(lacks(sbom)) == 0
}

admitted_format(_) if formats == []

admitted_format(sbom) if sbom.format in formats

# What an SBOM does not say, or says of too few packages, by the element.
lacks(sbom) := object.union(
	{element: 1 |
		some element in elements
		element in {"author", "created_at", "relationships"}
		not said(sbom, element)
	},
	{element: number |
		some element in elements
		not element in {"author", "created_at", "relationships"}
		number := count(silent(sbom, element))
		number > tolerated
	},
)

said(sbom, "author") if count(sbom.authors) + count(sbom.tools) > 0

said(sbom, "created_at") if is_string(sbom.created_at)

said(sbom, "relationships") if sbom.relationship_count > 0

# The packages of which an SBOM does not say something.
silent(sbom, "purl") := [item | some item in sbom.packages; not packages.is_purl(item.purl); not item.kind in exempt_kinds]

silent(sbom, "version") := [item | some item in sbom.packages; item.version == null; not item.kind in exempt_kinds]

silent(sbom, "hash") := [item | some item in sbom.packages; item.hashes == {}; not item.kind in exempt_kinds]

silent(sbom, "supplier") := [item |
	some item in sbom.packages
	nobody[item.supplier]
	not item.kind in exempt_kinds
]

silent(sbom, "license") := [item |
	some item in sbom.packages
	nobody[item.license_declared]
	nobody[item.license_concluded]
	not item.kind in exempt_kinds
]

nobody := {null, "", "NOASSERTION"}

ready if {
	not allow
	input.facts_version == 1
	count(invalid_parameters) == 0
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
	not enough
	problem := facts.undetermined("carries an SBOM as it is wanted")
}

deny contains documents.missing_problem(target, "SBOM", wanted) if {
	ready
	input.complete == true
	some target in missing
}

# Why those that were found do not count.
deny contains problem if {
	ready
	some problem in documents.why_missing(input.sboms, "sbom", "SBOM", wanted, missing)
}

# The SBOMs that count and do not do, of the targets that have no other.
short contains sbom if {
	ready
	some target, sboms in counted
	not target in satisfied
	some sbom in sboms
}

deny contains documents.truncated_problem(sbom, "SBOM") if {
	some sbom in short
	sbom.truncated != false
}

deny contains problem if {
	some sbom in short
	not admitted_format(sbom)
	problem := {
		"code": "sbom_format",
		"message": sprintf("SBOM %d is in the format %s; wanted: %s.", [sbom.id, sbom.format, concat(", ", formats)]),
		"referrer": sbom.referrer,
		"hint": "Attach one in a wanted format, or add the format to `formats`.",
	}
}

deny contains problem if {
	some sbom in short
	not documents.is_fresh(sbom.created_at, input.request.time, max_age_days)
	problem := {
		"code": "sbom_stale",
		"message": sprintf("SBOM %d %s; %v days are allowed.", [sbom.id, documents.told_age(sbom.created_at, input.request.time), max_age_days]),
		"referrer": sbom.referrer,
		"hint": "Make it anew, or raise `max_age_days`.",
	}
}

deny contains problem if {
	some sbom in short
	sbom.package_count < minimum_packages
	problem := {
		"code": "sbom_empty",
		"message": sprintf("SBOM %d lists %d packages; at least %v are wanted.", [sbom.id, sbom.package_count, minimum_packages]),
		"referrer": sbom.referrer,
		"hint": "Make it over the image that was built, with a tool that knows what is in it.",
	}
}

deny contains problem if {
	some sbom in short
	some element, _ in lacks(sbom)
	element in {"author", "created_at", "relationships"}
	problem := {
		"code": "sbom_incomplete",
		"message": sprintf("SBOM %d does not say: %s.", [sbom.id, element]),
		"referrer": sbom.referrer,
		"hint": sprintf("Make it with a tool that writes it, or take %q out of `elements`.", [element]),
	}
}

deny contains problem if {
	some sbom in short
	some element, number in lacks(sbom)
	not element in {"author", "created_at", "relationships"}
	some item in array.slice(silent(sbom, element), 0, 1)
	problem := {
		"code": "sbom_incomplete",
		"message": sprintf("SBOM %d lacks the %s of %d packages, %s among them; %v are tolerated.", [sbom.id, element, number, reasons.short(item.name), tolerated]),
		"referrer": sbom.referrer,
		"hint": sprintf("Make it with a tool that writes it, exempt the kind of package by `exempt_kinds`, or take %q out of `elements`.", [element]),
	}
}

warn contains problem if {
	some problem in data.referee.facts.expired_roots
}

# All of it at once, for a policy that puts packs together.
decision := {"allow": allow, "deny": deny, "warn": warn}
