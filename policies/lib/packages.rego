# Helpers over the packages of SBOMs, by patterns of package URLs.
#
# A pattern is a package URL such as `pkg:npm/left-pad@1.*`. `*` stands for any characters of one
# segment, `**` for any number of segments (`pkg:golang/**/yaml`). The version may be left out, which
# means any; a package URL without one stands for the package's own. Qualifiers and subpaths are not looked at, nor does case count. What stands in a package
# URL as `%40`, `%2B`, `%2F`, `%3A`, `%7E` or `%20` is compared as what that means. Of PyPI, `-`, `_` and `.` in
# a name are one.
package referee.packages

import data.referee.identities

# Whether a value is a pattern.
is_pattern(pattern) if {
	is_string(pattern)
	regex.match(`\Apkg:[a-zA-Z0-9.+*-]+/[^/?#\s]+(?:/[^/?#\s]+)*\z`, pattern)
	not contains(pattern, "***")
}

# Whether a text has the scheme of a package URL; no pattern finds what has not.
is_purl(text) if regex.match(`\A(?i:pkg):`, text)

# Whether several patterns can be looked for at once: what is too much for one expression would find
# nothing.
is_searchable(patterns) if count(patterns) == 0

is_searchable(patterns) if {
	count(patterns) > 0
	regex.is_valid(expression(patterns))
}

# Whether a pattern admits a package URL.
admits(pattern, purl) if {
	is_string(purl)
	regex.match(expression([pattern]), purl)
}

# The packages of an SBOM that a pattern admits, or any of several.
matching(sbom, pattern) := matching_any(sbom, [pattern])

matching_any(sbom, patterns) := [item |
	some item in sbom.packages
	finds(anyone, item)
] if {
	count(patterns) > 0
	anyone := expression(patterns)
} else := []

# Whether an expression finds a package: by its package URL, or where that names no version by both.
finds(expression, item) if regex.match(expression, item.purl)

finds(expression, item) if {
	is_string(item.version)
	parts := regex.find_all_string_submatch_n(without_version, item.purl, 1)
	regex.match(expression, sprintf("%s@%s%s", [parts[0][1], item.version, parts[0][2]]))
}

# A package URL that names no version, and its qualifiers and subpath. An `@` at the beginning of a
# segment belongs to the name.
without_version := `\A((?:[^@?#]|/@)*)((?s:[?#].*)?)\z`

# One regular expression over package URLs for several patterns.
expression(patterns) := sprintf(`\A(?i:%s)(?:[?#](?s:.*))?\z`, [concat("|", [one(pattern) | some pattern in patterns])])

one(pattern) := sprintf("pkg:/*%s%s", [name, version]) if {
	halves := split_version(trim_prefix(pattern, "pkg:"))
	name := name_expression(halves[0])
	version := version_expression(halves[1])
}

# A pattern's name and its version, null where it has none. An `@` at the beginning of a segment
# belongs to the name: npm has scopes.
split_version(text) := [found[0][1], found[0][2]] if {
	found := regex.find_all_string_submatch_n(`\A(.*[^/])@([^/@]+)\z`, text, 1)
	count(found) == 1
} else := [text, null]

name_expression(name) := over_segments(name) if not startswith(lower(name), "pypi/")

name_expression(name) := replace(over_segments(plain_name), "-", "[-_.]") if {
	startswith(lower(name), "pypi/")
	plain_name := regex.replace(name, `[-_.]`, "-")
}

over_segments(name) := concat(`(?:[^?#]*(?:/|%2F))?`, [segments(part) | some part in split(name, "**/")])

segments(text) := concat(`[^?#]*`, [concat(`[^/?#]*`, [literal(piece) | some piece in split(part, "*")]) |
	some part in split(text, "**")
])

version_expression(version) := `(?:@[^?#]*)?` if version == null

version_expression(version) := sprintf("@%s", [concat(`[^?#]*`, [literal(text) | some text in split(version, "*")])]) if {
	is_string(version)
}

# A text as a regular expression that is that text, percent-encoded or not.
literal(text) := spaces if {
	escaped := identities.literal(text)
	colons := replace(escaped, ":", `(?::|%3A)`)
	pluses := replace(colons, `\+`, `(?:\+|%2B)`)
	ats := replace(pluses, "@", `(?:@|%40)`)
	tildes := replace(ats, "~", `(?:~|%7E)`)
	slashes := replace(tildes, "/", `(?:/|%2F)`)
	spaces := replace(slashes, " ", `(?: |%20)`)
}

# What a package is called in a message: its name and version, and its package URL.
display(item) := sprintf("%s (%s)", [plain(item), item.purl]) if is_string(item.purl)

display(item) := plain(item) if not is_string(object.get(item, "purl", null))

plain(item) := sprintf("%s@%s", [item.name, item.version]) if is_string(item.version)

plain(item) := item.name if not is_string(object.get(item, "version", null))

# Whether a value is a range of versions: comparisons that must all hold, with a space between them,
# such as `>=1.2.0 <1.4.0`.
is_range(range) if {
	is_string(range)
	regex.match(`\A(?:(?:>=|<=|>|<|=)\d+(?:\.\d+){0,2}(?:-[0-9A-Za-z.-]+)?)(?: (?:>=|<=|>|<|=)\d+(?:\.\d+){0,2}(?:-[0-9A-Za-z.-]+)?)*\z`, range)
}

# Whether the version of a package is in a range, as one of those that its version may be: `1.2.0-r0` of a
# distribution is 1.2.0 and not what came before it.
is_in_range(item, range) if {
	some version in readings(item)
	in_range(range, version) == true
}

# Whether all that its version may be can be compared.
is_comparable(item) if {
	every version in readings(item) | {item.version} {
		semantic(version)
	}
}

# The versions that a package's may be compared as, by its type.
readings(item) := {item.version} if type_of(item) in with_pre_releases

readings(item) := {without_revision(item.version)} if type_of(item) in with_revisions

readings(item) := {item.version, without_revision(item.version)} if not type_of(item) in (with_pre_releases | with_revisions)

# What follows the last `-` of a distribution's version is the revision of the package (deb-version(7),
# APKBUILD, rpm's release).
without_revision(version) := regex.replace(version, `-[^-]*\z`, "")

# The types of package URLs whose versions are semantic: what follows a `-` came before.
with_pre_releases := {"cargo", "golang", "hex", "npm", "nuget", "pub", "swift"}

with_revisions := {"alpm", "apk", "deb", "rpm"}

default type_of(_) := ""

type_of(item) := lower(found[0][1]) if {
	found := regex.find_all_string_submatch_n(`\A(?i:pkg):/*([^/]+)/`, item.purl, 1)
}

# Whether a version is in a range. Undefined where the version is none that can be compared: a policy
# that forbids a range must deny then.
in_range(range, version) := every_holds(range, semantic(version))

every_holds(range, version) if {
	every comparison in split(range, " ") {
		holds(comparison, version)
	}
} else := false

holds(comparison, version) if {
	found := regex.find_all_string_submatch_n(`\A(>=|<=|>|<|=)(.*)\z`, comparison, 1)
	order := semver.compare(version, semantic(found[0][2]))
	order in orders[found[0][1]]
}

orders := {">=": {0, 1}, "<=": {0, -1}, ">": {1}, "<": {-1}, "=": {0}}

# A version as semantic versioning has it: without a `v` before it, with three numbers. Undefined where
# it is none.
semantic(version) := sprintf("%s%s%s", [found[0][1], zeros[count(split(found[0][1], "."))], found[0][2]]) if {
	is_string(version)
	found := regex.find_all_string_submatch_n(`\Av?(\d+(?:\.\d+){0,2})((?:-[0-9A-Za-z.-]+)?(?:\+[0-9A-Za-z.-]+)?)\z`, version, 1)
	count(found) == 1
	semver.is_valid(sprintf("%s%s%s", [found[0][1], zeros[count(split(found[0][1], "."))], found[0][2]]))
}

zeros := {1: ".0.0", 2: ".0", 3: ""}
