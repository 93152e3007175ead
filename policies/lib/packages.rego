# Helpers over `packages` of an SBOM: by their package URLs.
#
# A pattern is a package URL without qualifiers and subpath: `pkg:npm/left-pad@1.3.0`. In its namespace
# and name `*` is any characters but `/`, and `**` any; in its version both are any. Without a version, or
# with the version `*`, it is for all versions and for packages without one. What a package's URL has
# percent-encoded is decoded before it is compared; qualifiers and subpath are left aside. A package
# without a package URL matches nothing.
package referee.packages

# The packages whose package URL matches, in the order of the SBOM.
matching(sbom, pattern) := matching_any(sbom, [pattern])

# The packages whose package URL matches one of several patterns.
matching_any(sbom, patterns) := [entry |
	some entry in sbom.packages
	is_string(entry.purl)
	regex.match(wanted, plain(entry.purl))
] if {
	wanted := concat("|", [expression(pattern) | some pattern in patterns])
	wanted != ""
} else := []

# Whether a package URL matches a pattern.
matches(purl, pattern) if {
	is_string(purl)
	regex.match(expression(pattern), plain(purl))
}

# Whether a value is a pattern.
is_pattern(pattern) if is_string(expression(pattern))

# A package URL without qualifiers and subpath, decoded but for what parts it.
plain(purl) := purl if {
	not contains(purl, "%")
	not contains(purl, "?")
	not contains(purl, "#")
} else := decoded(split(split(purl, "#")[0], "?")[0])

decoded(bare) := bare if not contains(bare, "%")

decoded(bare) := concat("", [percent_decoded(name), version]) if {
	contains(bare, "%")
	at := regex.find_n(`@[^/@]*\z`, bare, 1)
	written := concat("", at)
	name := trim_suffix(bare, written)
	version := concat("", [marked |
		some marker in at
		text := percent_decoded(substring(marker, 1, -1))
		marked := concat("", ["@", replace(replace(text, "/", "%2F"), "@", "%40")])
	])
}

# What is wrongly encoded stays as it is.
percent_decoded(text) := urlquery.decode(replace(text, "+", "%2B")) if {
	not regex.match(`%([^0-9A-Fa-f]|.[^0-9A-Fa-f]|.?\z)`, text)
} else := text

# A pattern as a regular expression. The type is the same in any case of letters. An `@` with a `/` after
# it is part of a namespace (`@acme/left-pad`), any other one begins the version.
expression(pattern) := sprintf(`\A(?i:pkg:/*%s)/%s%s\z`, [literal(type), concat("/", globs), version]) if {
	parts := regex.find_all_string_submatch_n(`\Apkg:/*([A-Za-z][A-Za-z0-9.+-]*)/(.+?)(?:@([^/@]*))?\z`, plain(pattern), 1)
	[_, type, name, wanted] := parts[0]
	segments := split(name, "/")
	last := count(segments) - 1
	globs := array.concat(
		[globbed(segment, "[^/]*") | some segment in array.slice(segments, 0, last)],
		[globbed(segments[last], "[^/@]*")],
	)
	version := version_expression(wanted)
}

version_expression(wanted) := "(?:@[^/@]*)?" if {
	wanted in {"", "*", "**"}
} else := sprintf("@%s", [globbed(replace(wanted, "**", "*"), "[^/@]*")])

# A text with `*` and `**` as a regular expression.
globbed(text, one) := concat("(?:[^@]|@[^/@]*/)*", parts) if {
	parts := [concat(one, [literal(piece) | some piece in split(part, "*")]) |
		some part in split(text, "**")
	]
}

# A text as a regular expression that is that text.
literal(text) := regex.replace(text, `[\\.+?^$(){}|\[\]]`, `\$0`)
