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

# Whether a list can be looked for: what is too much for one expression would find nothing.
is_searchable(patterns) if expression(patterns) == null

is_searchable(patterns) if regex.is_valid(expression(patterns))

# Those that a set of names lists, or an expression matches.
listed(name, exact, _) if lower(name) in exact

listed(name, _, expression) if {
	is_string(expression)
	regex.match(expression, name)
}

exact(patterns) := {current(pattern) | some pattern in patterns; not contains(pattern, "*")}

# One regular expression for all patterns; null where there are none.
expression(patterns) := sprintf(`\A(?is:%s)\z`, [concat("|", parts)]) if {
	parts := [part |
		some given in patterns
		contains(given, "*")
		pattern := current(given)
		part := concat(".*", [identities.literal(text) | some text in split(pattern, "*")])
	]
	count(parts) > 0
} else := null

without_plus(name) := trim_suffix(name, "+")

without_exception(name) := split(name, " WITH ")[0]

# The packages whose licence is not among the permitted ones, each with that licence and where the
# SBOM stands. `permitted` is a set of keys of the table, with null where a package may have none. `use`
# says which licence is looked at: `declared`, `concluded` (where that asserts something, else the
# declared one), or `both`.
#
# The packages are looked through once for what they name, and once more where something of that is not
# permitted.
offending(sbom, use, permitted) := [{"sbom": sbom.id, "referrer": sbom.referrer, "package": item, "license": text} |
	count(bad) > 0
	some item in sbom.packages
	some text in bad[[item.license_declared, item.license_concluded]]
] if {
	pairs := {[item.license_declared, item.license_concluded] | some item in sbom.packages}
	silent := {text | some text, license in sbom.licenses; license.status == "no-assertion"}
	bad := {pair: texts |
		some pair in pairs
		texts := looked_at(pair[0], pair[1], use, silent) - permitted
		count(texts) > 0
	}
}

# Which of a declared and a concluded licence are looked at; null where there is none.
looked_at(declared, _, use, _) := {declared} if use == "declared"

looked_at(declared, concluded, use, _) := {null} if {
	use == "both"
	declared == null
	concluded == null
}

looked_at(declared, concluded, use, _) := {declared, concluded} - {null} if {
	use == "both"
	{declared, concluded} != {null}
}

looked_at(_, concluded, use, silent) := {concluded} if {
	use == "concluded"
	concluded != null
	not concluded in silent
}

looked_at(declared, concluded, use, silent) := {first_said([declared, concluded])} if {
	use == "concluded"
	says_nothing(concluded, silent)
}

says_nothing(text, _) if text == null

says_nothing(text, silent) if text in silent

first_said(texts) := [text | some text in texts; text != null][0]

first_said(texts) := null if {
	every text in texts {
		text == null
	}
}

# What a licence is called in a message.
expression_of(sbom, text) := sbom.licenses[text].expression if is_string(sbom.licenses[text].expression)

expression_of(sbom, text) := text if not is_string(object.get(sbom.licenses, [text, "expression"], null))

# A name in lower case, with a deprecated identifier replaced, as the facts have them replaced: who
# forbids `GPL-2.0` means `GPL-2.0-only`. Of a licence with an exception, each of the two.
current(text) := concat(" with ", [object.get(replaced, half, half) | some half in split(lower(text), " with ")])

# SPDX's deprecated identifiers, of licences and of exceptions, and what its list says replaces them, in lower case.
replaced := {
	"agpl-1.0": "agpl-1.0-only",
	"agpl-1.0+": "agpl-1.0-or-later",
	"agpl-3.0": "agpl-3.0-only",
	"agpl-3.0+": "agpl-3.0-or-later",
	"bsd-2-clause-freebsd": "bsd-2-clause-views",
	"bsd-2-clause-netbsd": "bsd-2-clause",
	"bzip2-1.0.5": "bzip2-1.0.6",
	"ecos-2.0": "gpl-2.0-or-later with ecos-exception-2.0",
	"gfdl-1.1": "gfdl-1.1-only",
	"gfdl-1.1+": "gfdl-1.1-or-later",
	"gfdl-1.2": "gfdl-1.2-only",
	"gfdl-1.2+": "gfdl-1.2-or-later",
	"gfdl-1.3": "gfdl-1.3-only",
	"gfdl-1.3+": "gfdl-1.3-or-later",
	"gpl-1.0": "gpl-1.0-only",
	"gpl-1.0+": "gpl-1.0-or-later",
	"gpl-2.0": "gpl-2.0-only",
	"gpl-2.0+": "gpl-2.0-or-later",
	"gpl-2.0-with-autoconf-exception": "gpl-2.0-only with autoconf-exception-2.0",
	"gpl-2.0-with-autoconf-exception+": "gpl-2.0-or-later with autoconf-exception-2.0",
	"gpl-2.0-with-bison-exception": "gpl-2.0-only with bison-exception-2.2",
	"gpl-2.0-with-bison-exception+": "gpl-2.0-or-later with bison-exception-2.2",
	"gpl-2.0-with-classpath-exception": "gpl-2.0-only with classpath-exception-2.0",
	"gpl-2.0-with-classpath-exception+": "gpl-2.0-or-later with classpath-exception-2.0",
	"gpl-2.0-with-font-exception": "gpl-2.0-only with font-exception-2.0",
	"gpl-2.0-with-font-exception+": "gpl-2.0-or-later with font-exception-2.0",
	"gpl-2.0-with-gcc-exception": "gpl-2.0-only with gcc-exception-2.0",
	"gpl-2.0-with-gcc-exception+": "gpl-2.0-or-later with gcc-exception-2.0",
	"gpl-3.0": "gpl-3.0-only",
	"gpl-3.0+": "gpl-3.0-or-later",
	"gpl-3.0-with-autoconf-exception": "gpl-3.0-only with autoconf-exception-3.0",
	"gpl-3.0-with-autoconf-exception+": "gpl-3.0-or-later with autoconf-exception-3.0",
	"gpl-3.0-with-gcc-exception": "gpl-3.0-only with gcc-exception-3.1",
	"gpl-3.0-with-gcc-exception+": "gpl-3.0-or-later with gcc-exception-3.1",
	"lgpl-2.0": "lgpl-2.0-only",
	"lgpl-2.0+": "lgpl-2.0-or-later",
	"lgpl-2.1": "lgpl-2.1-only",
	"lgpl-2.1+": "lgpl-2.1-or-later",
	"lgpl-3.0": "lgpl-3.0-only",
	"lgpl-3.0+": "lgpl-3.0-or-later",
	"nokia-qt-exception-1.1": "qt-lgpl-exception-1.1",
	"nunit": "zlib-acknowledgement",
	"standardml-nj": "smlnj",
	"wxwindows": "gpl-2.0-or-later with wxwindows-exception-3.1",
}
