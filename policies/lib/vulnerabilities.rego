# Helpers over the findings of vulnerability reports and over what VEX statements say of them.
package referee.vulnerabilities

import data.referee.documents

# Severities, from what is least to what is worst.
ranks := {"unknown": 0, "negligible": 1, "low": 2, "medium": 3, "high": 4, "critical": 5}

# The statements that count for the finding at a position of a report: those of documents that count.
# `wanted` is as in `data.referee.documents`.
statements(report, position, wanted) := [statement |
	some statement in report.vex[sprintf("%d", [position])]
	statement.verified == true
	some document in input.vex
	document.id == statement.vex
	documents.counts(document, wanted)
]

# Those of them that are not overtaken: the newest, and any that says no time, since it may be newer
# than all others.
current(statements) := [statement |
	some statement in statements
	is_newest(statement, statements)
]

is_newest(statement, _) if statement.stated_at == null

is_newest(statement, statements) if {
	is_string(statement.stated_at)
	time.parse_rfc3339_ns(statement.stated_at) == max([at |
		some other in statements
		is_string(other.stated_at)
		at := time.parse_rfc3339_ns(other.stated_at)
	])
}

# What those statements say, as one word: of several the one that excuses least. Undefined where there
# are none.
status(statements) := word if {
	said := {statement.status | some statement in current(statements)}
	some word in said
	weight[word] == max([weight[other] | some other in said])
}

weight := {"affected": 3, "under_investigation": 2, "fixed": 1, "not_affected": 0}

# Whether a finding is excused.
excused(statements) if status(statements) in {"fixed", "not_affected"}

# What a finding is called in a message.
display(finding) := sprintf("%s (%s) in %s", [finding.id, severity(finding), package_of(finding)])

severity(finding) := finding.severity if finding.severity != "unknown"

severity(finding) := "of unknown severity" if finding.severity == "unknown"

package_of(finding) := sprintf("%s (%s)", [named(finding), finding.purl]) if is_string(finding.purl)

package_of(finding) := named(finding) if not is_string(finding.purl)

default named(_) := "a package that the report does not name"

named(finding) := sprintf("%s@%s", [finding.package, finding.version]) if {
	is_string(finding.package)
	is_string(finding.version)
}

named(finding) := finding.package if {
	is_string(finding.package)
	not is_string(finding.version)
}

# What is known of a fix, for a message.
fix(finding) := sprintf("fixed in %s", [concat(", ", finding.fixed_in)]) if count(finding.fixed_in) > 0

fix(finding) := fixes[finding.fix] if count(finding.fixed_in) == 0

fixes := {
	"fixed": "fixed in a version that the report does not name",
	"not-fixed": "no fix is known",
	"wont-fix": "it will not be fixed",
	"unknown": "the report does not say whether there is a fix",
}
