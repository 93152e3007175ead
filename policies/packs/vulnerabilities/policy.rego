# The artifact must have a signed vulnerability report that is not old, and no finding in it that is not
# excused.
package referee.packs.vulnerabilities

import data.referee.documents
import data.referee.packages
import data.referee.parameters
import data.referee.reasons
import data.referee.vulnerabilities

accept_suppressed := parameters.value("accept_suppressed", false)

accept_vex := parameters.value("accept_vex", true)

database_max_age_days := parameters.value("database_max_age_days", null)

grace_days := parameters.value("grace_days", 0)

ignore := parameters.value("ignore", [])

max_age_days := parameters.value("max_age_days", 30)

only_fixable := parameters.value("only_fixable", false)

per_platform := parameters.value("per_platform", false)

scanners := parameters.value("scanners", [])

severity := parameters.value("severity", "critical")

unknown_severity := parameters.value("unknown_severity", "deny")

wanted := data.referee.documents.demanded

vex_wanted := {
	"signed_by": parameters.value("vex_signed_by", []),
	"signed_through": wanted.signed_through,
}

demands := {
	"accept_suppressed": "true or false",
	"accept_vex": "true or false",
	"database_max_age_days": "null or a number of days",
	"grace_days": "a number of days",
	"ignore": "a list of objects with `id`, `until` (a day) and `reason`, and where wanted `package` (a pattern of package URLs)",
	"max_age_days": "null or a number of days",
	"only_fixable": "true or false",
	"per_platform": "true or false",
	"scanners": "a list of names of scanners",
	"severity": "`negligible`, `low`, `medium`, `high` or `critical`",
	"signed_by": "a list of names of keys and identities",
	"signed_through": "a list of `index` and `referrer`",
	"unknown_severity": "`deny` or `warn`",
	"vex_signed_by": "a list of names of keys and identities",
}

met contains "accept_suppressed" if is_boolean(accept_suppressed)

met contains "accept_vex" if is_boolean(accept_vex)

met contains "database_max_age_days" if database_max_age_days == null

met contains "database_max_age_days" if parameters.is_amount(database_max_age_days)

met contains "grace_days" if parameters.is_amount(grace_days)

met contains "ignore" if {
	is_array(ignore)
	every entry in ignore {
		is_entry(entry)
	}
}

met contains "max_age_days" if max_age_days == null

met contains "max_age_days" if parameters.is_amount(max_age_days)

met contains "only_fixable" if is_boolean(only_fixable)

met contains "per_platform" if is_boolean(per_platform)

met contains "scanners" if parameters.is_name_list(scanners)

met contains "severity" if severity in {"critical", "high", "low", "medium", "negligible"}

met contains "signed_by" if parameters.is_name_list(wanted.signed_by)

met contains "signed_through" if documents.is_ways(wanted.signed_through)

met contains "unknown_severity" if unknown_severity in {"deny", "warn"}

met contains "vex_signed_by" if parameters.is_name_list(vex_wanted.signed_by)

is_entry(entry) if {
	is_object(entry)
	object.keys(entry) - {"id", "package", "reason", "until"} == set()
	parameters.is_names([entry.id, entry.reason])
	parameters.is_day(entry.until)
	is_package(object.get(entry, "package", null))
}

is_package(pattern) if pattern == null

is_package(pattern) if packages.is_pattern(pattern)

invalid_parameters := parameters.unmet(demands, met)

default allow := false

allow if {
	input.facts_version == 1
	count(invalid_parameters) == 0
	documents.clear(reports, targets, "vulnerability-report")
	is_array(grave)
	count(grave) == sum([1 | some report in reports; some finding in report.findings; is_grave(finding)])
	every found in grave {
		count(found.excuses) > 0
	}
}

default targets := []

targets := documents.targets(per_platform)

# The reports by whose word is wanted, and those of them by a scanner that counts.
signed := documents.about_any(input.vulnerability_reports, wanted) if {
	input.facts_version == 1
	count(invalid_parameters) == 0
}

counted := [report | some report in signed; is_by_scanner(report)]

is_by_scanner(_) if scanners == []

is_by_scanner(report) if {
	some pattern in scanners
	glob.match(lower(pattern), null, lower(report.scanner))
}

# Those by others, of the digests that have none that counts.
others := [report |
	some report in signed
	not is_by_scanner(report)
	report.subject in documents.lacking(counted, targets)
]

fresh := [report | some report in counted; is_fresh(report)]

is_fresh(report) if {
	documents.is_fresh(report.scanned_at, input.request.time, max_age_days)
	documents.is_fresh(report.database_at, input.request.time, database_max_age_days)
}

# The reports that rule: of each scanner the newest over each digest. One that does not say when it was
# made, or by which scanner, is never overtaken.
reports := [report |
	some report in fresh
	not is_overtaken(report)
]

is_overtaken(report) if {
	some other in fresh
	other.subject == report.subject
	is_string(report.scanner)
	other.scanner == report.scanner
	time.parse_rfc3339_ns(other.scanned_at) > time.parse_rfc3339_ns(report.scanned_at)
}

# Those that are too old, of the digests that have no other.
stale := [report |
	some report in counted
	report.subject in documents.lacking(reports, targets)
]

# The findings that are severe enough to deny, in the order of the reports, each with why it does not count,
# in words: nothing where it does.
grave := [{"report": report.id, "referrer": report.referrer, "finding": finding, "statements": statements, "excuses": excuses} |
	some report in reports
	some position, finding in report.findings
	is_grave(finding)
	statements := vulnerabilities.statements(report, position, vex_wanted)
	excuses := union({
		suppressions(finding),
		unfixable(finding),
		graces(finding),
		ignores(finding),
		vex(statements),
	})
]

is_grave(finding) if data.referee.vulnerabilities.ranks[finding.severity] >= data.referee.vulnerabilities.ranks[severity]

is_grave(finding) if {
	finding.severity == "unknown"
	unknown_severity == "deny"
}

default suppressions(_) := set()

suppressions(finding) := {sprintf("the report sets it aside (%s)", [reasons.short(finding.suppressed)])} if {
	accept_suppressed == true
	is_string(finding.suppressed)
}

# Where the report does not say whether there is a fix, there may be one.
default unfixable(_) := set()

unfixable(finding) := {vulnerabilities.fix(finding)} if {
	only_fixable == true
	finding.fix in {"not-fixed", "wont-fix"}
	count(finding.fixed_in) == 0
}

default graces(_) := set()

graces(finding) := {sprintf("it was published on %s, and %v days are given", [substring(finding.published_at, 0, 10), grace_days])} if {
	grace_days > 0
	documents.is_fresh(finding.published_at, input.request.time, grace_days)
}

ignores(finding) := {sprintf("it is ignored until %s: %s", [entry.until, entry.reason]) |
	some entry in ignore
	ignored(entry, finding)
	parameters.lasts(entry.until, input.request.time)
}

ignored(entry, finding) if {
	entry.id in ({finding.id} | {alias | some alias in finding.aliases})
	holds_package(entry, finding)
}

holds_package(entry, _) if object.get(entry, "package", null) == null

holds_package(entry, finding) if packages.admits(entry.package, finding.purl)

default vex(_) := set()

vex(statements) := {sprintf("VEX says that it is %s", [replace(vulnerabilities.status(statements), "_", " ")])} if {
	accept_vex == true
	count(vex_obstacles) == 0
	vulnerabilities.excused(statements)
}

# VEX documents that would count and are not known in full: they may take back what others say.
vex_obstacles := {documents.unread_problem(attestation, "VEX document") |
	some attestation in documents.unread_though_wanted("vex", vex_wanted)
} | {documents.truncated_problem(document, "VEX document") |
	some document in input_vex
	document.truncated != false
	documents.counts(document, vex_wanted)
}

default input_vex := []

input_vex := input.vex

# The findings that nothing excuses.
standing := [found |
	some found in grave
	count(found.excuses) == 0
]

deny contains problem if {
	not allow
	some problem in data.referee.facts.problems
}

deny contains problem if {
	not allow
	some problem in invalid_parameters
}

default input_reports := []

input_reports := input.vulnerability_reports

considered := array.concat(reports, stale)

deny contains problem if {
	not allow
	count(invalid_parameters) == 0
	some problem in documents.obstacles(
		input_reports, considered, "vulnerability-report", "vulnerability report",
		targets, "is free of vulnerabilities that count",
	)
}

deny contains problem if {
	some report in others
	problem := {
		"code": "report_scanner",
		"message": sprintf("Vulnerability report %d is by %s.", [report.id, scanner_told(report)]),
		"referrer": report.referrer,
		"hint": sprintf("Attach a report by %s, or add the scanner to `scanners`.", [concat(" or ", scanners)]),
	}
}

default scanner_told(_) := "a scanner without a name"

scanner_told(report) := report.scanner

deny contains problem if {
	some report in stale
	not documents.is_fresh(report.scanned_at, input.request.time, max_age_days)
	problem := {
		"code": "report_stale",
		"message": sprintf("Vulnerability report %d %s; %v days are allowed.", [report.id, documents.told_age(report.scanned_at, input.request.time), max_age_days]),
		"referrer": report.referrer,
		"hint": "Scan anew and attach the report, or raise `max_age_days`.",
	}
}

deny contains problem if {
	some report in stale
	not documents.is_fresh(report.database_at, input.request.time, database_max_age_days)
	problem := {
		"code": "report_stale",
		"message": sprintf("The database of vulnerability report %d %s; %v days are allowed.", [report.id, documents.told_age(report.database_at, input.request.time), database_max_age_days]),
		"referrer": report.referrer,
		"hint": "Scan anew with a database of today, or raise `database_max_age_days`.",
	}
}

deny contains problem if {
	some found in reasons.named(standing)
	problem := {
		"code": "vulnerability",
		"message": sprintf("%s: %s.%s", [
			vulnerabilities.display(found.finding),
			vulnerabilities.fix(found.finding),
			concat("", array.concat(vex_told(found.statements), lapsed(found.finding))),
		]),
		"referrer": found.referrer,
		"hint": hint(found.finding),
	}
}

vex_told(statements) := [sprintf(" VEX says that it is %s.", [replace(status, "_", " ")]) |
	status := vulnerabilities.status(statements)
]

lapsed(finding) := [sprintf(" It was ignored until %s.", [entry.until]) |
	some entry in ignore
	ignored(entry, finding)
	not parameters.lasts(entry.until, input.request.time)
]

hint(finding) := sprintf("Update it to %s, or have a VEX statement%s say that it does not affect this artifact.", [concat(" or ", finding.fixed_in), by_whom]) if {
	count(finding.fixed_in) > 0
}

hint(finding) := sprintf("Replace the package, have a VEX statement%s say that it does not affect this artifact, or ignore it for a time by `ignore`.", [by_whom]) if {
	count(finding.fixed_in) == 0
}

by_whom := documents.by(vex_wanted)

deny contains problem if {
	some problem in reasons.rest(standing, "vulnerability_more", "findings that nothing excuses")
}

# What VEX would have excused, had all of it been read.
deny contains problem if {
	accept_vex == true
	some found in standing
	vulnerabilities.excused(found.statements)
	some problem in vex_obstacles
}

# What was excused is told.
set_aside := [found | some found in grave; count(found.excuses) > 0]

warn contains problem if {
	some found in reasons.named(set_aside)
	problem := {
		"code": "vulnerability_set_aside",
		"message": sprintf("%s does not count: %s.", [vulnerabilities.display(found.finding), concat("; ", found.excuses)]),
		"referrer": found.referrer,
	}
}

warn contains problem if {
	some problem in reasons.rest(set_aside, "vulnerability_more", "findings that do not count")
}

unrated := [finding |
	unknown_severity == "warn"
	some report in reports
	some finding in report.findings
	finding.severity == "unknown"
]

warn contains problem if {
	count(unrated) > 0
	problem := {
		"code": "severity_unknown",
		"message": sprintf("%d findings are of unknown severity, %s among them.", [count(unrated), vulnerabilities.display(unrated[0])]),
		"hint": "Look at them: `unknown_severity` lets them pass.",
	}
}

warn contains problem if {
	some problem in data.referee.facts.expired_roots
}

# All of it at once, for a policy that puts packs together.
decision := {"allow": allow, "deny": deny, "warn": warn}
