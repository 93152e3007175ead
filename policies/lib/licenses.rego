# Helpers over licences: the table `licenses` of an SBOM, and the packages that refer to it.
#
# A list of licences may hold patterns: `*` stands for any characters (`GPL-*`). Case does not count.
# Everything is decided for the entries of the table, of which there are few, before any package is
# looked at.
package referee.licenses

import data.referee.identities

# Whether an expression can be kept to with these licences alone, a set: one of the ways to comply with
# it asks for no other. Where the ways are too many to be listed, all licences that it names must be
# among them.
permits(license, allowed) if {
	license.status == "expression"
	license.alternatives_omitted == false
	some alternative in license.alternatives
	count(alternative) > 0
	every name in alternative {
		name in allowed
	}
}

permits(license, allowed) if {
	license.status == "expression"
	license.alternatives_omitted == true
	count(license.licenses) > 0
	every name in license.licenses {
		name in allowed
	}
}

# Every licence that the table of an SBOM names.
named(sbom) := {name | some license in sbom.licenses; some name in license.licenses}

# Those of a set of licences that a list allows. `Apache-2.0` allows `Apache-2.0+` too, since 2.0 may be
# chosen. It allows nothing `WITH` an exception: that has a name of its own.
allowed(names, patterns) := {name |
	some name in names
	some form in {name, without_plus(name)}
	listed(form, exact(patterns), expression(patterns))
}

# Those that a list forbids. `GPL-2.0-only` forbids it `WITH` an exception as well.
forbidden(names, patterns) := {name |
	some name in names
	some form in {name, without_plus(name), without_exception(name), without_plus(without_exception(name))}
	listed(form, exact(patterns), expression(patterns))
}

# Those that a set of names lists, or an expression matches.
listed(name, exact, _) if lower(name) in exact

listed(name, _, expression) if {
	is_string(expression)
	regex.match(expression, name)
}

exact(patterns) := {lower(pattern) | some pattern in patterns; not contains(pattern, "*")}

# One regular expression for all patterns; null where there are none.
expression(patterns) := sprintf(`\A(?is:%s)\z`, [concat("|", parts)]) if {
	parts := [part |
		some pattern in patterns
		contains(pattern, "*")
		part := concat(".*", [identities.literal(text) | some text in split(pattern, "*")])
	]
	count(parts) > 0
} else := null

without_plus(name) := trim_suffix(name, "+")

without_exception(name) := split(name, " WITH ")[0]

# The texts of the table that assert nothing.
silent(sbom) := {text | some text, license in sbom.licenses; license.status == "no-assertion"}

# The packages whose licence is not among the permitted texts, a set of keys of the table. `use` says
# which licence is looked at: `declared`, `concluded` (where that asserts something, else the declared
# one), or `both`. Packages without any licence are not among them.
offending(sbom, use, permitted) := declared_outside(sbom, permitted) if use == "declared"

declared_outside(sbom, permitted) := [{"package": item, "license": text} |
	some item in sbom.packages
	text := item.license_declared
	text != null
	not permitted[text]
]

offending(sbom, use, permitted) := array.concat(asserted, array.concat(fallen_back, left)) if {
	use == "concluded"
	quiet := silent(sbom)
	asserted := [{"package": item, "license": text} |
		some item in sbom.packages
		text := item.license_concluded
		text != null
		not permitted[text]
		not quiet[text]
	]
	fallen_back := [{"package": item, "license": text} |
		some item in sbom.packages
		text := item.license_declared
		text != null
		not permitted[text]
		says_nothing(item.license_concluded, quiet)
	]
	left := [{"package": item, "license": text} |
		some item in sbom.packages
		text := item.license_concluded
		text != null
		quiet[text]
		item.license_declared == null
		not permitted[text]
	]
}

offending(sbom, use, permitted) := array.concat(declared_outside(sbom, permitted), concluded) if {
	use == "both"
	concluded := [{"package": item, "license": text} |
		some item in sbom.packages
		text := item.license_concluded
		text != null
		text != item.license_declared
		not permitted[text]
	]
}

says_nothing(text, _) if text == null

says_nothing(text, quiet) if quiet[text]

# The packages of which no licence is said at all, but for those of the kinds that need none.
without(sbom, use, kinds) := [item |
	some item in sbom.packages
	item.license_declared == null
	not told_otherwise(item, use)
	not item.kind in kinds
]

told_otherwise(item, use) if {
	use != "declared"
	item.license_concluded != null
}

# What a package is called in a message.
expression_of(sbom, text) := sbom.licenses[text].expression if is_string(sbom.licenses[text].expression)

expression_of(sbom, text) := text if not is_string(object.get(sbom.licenses, [text, "expression"], null))
