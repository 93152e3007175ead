# Helpers over `licenses` of an SBOM: what its licence texts mean, and which packages have them.
#
# What is allowed is a list or set. A text stands for one licence with its exception, in any case of
# letters: `MIT`, `GPL-2.0-only WITH Classpath-exception-2.0` (which `GPL-2.0-only` is not), `ISC+` (which
# `ISC` is not). Deprecated identifiers stand for what replaces them, as they do in the facts. Patterns
# are those of the trust document: `{"glob": "LicenseRef-acme-*"}`, `{"regex": "…"}`.
package referee.licenses

import data.referee.identities

# Whether a licence (an entry of `licenses`) permits use under what is allowed: one side of each `OR`,
# all sides of each `AND`. Only an expression ever does: `NONE`, `NOASSERTION` and texts that are no
# expression permit nothing.
permits(license, allowed) if complies(license, names([license], allowed))

# The texts of an SBOM's licences that permit use under what is allowed. Each text is looked at once,
# however many packages have it.
permitted(sbom, allowed) := {text |
	some text, license in sbom.licenses
	complies(license, known)
} if {
	known := names(sbom.licenses, allowed)
}

# The packages whose licence does not permit use under what is allowed, each with the text of its
# licence (`null` where there is none) and the licences in it that are not allowed. Where packages or
# licences of the SBOM were left out because of a limit there is one more, without an `id`.
offending(sbom, allowed) := array.concat(listed, unlisted(sbom)) if {
	known := names(sbom.licenses, allowed)
	fine := {text |
		some text, license in sbom.licenses
		complies(license, known)
	}
	listed := [found |
		some entry in sbom.packages
		text := license_of(sbom, entry)
		not text in fine
		found := {
			"id": entry.id,
			"name": entry.name,
			"version": entry.version,
			"license": text,
			"not_allowed": not_among(sbom, text, known),
		}
	]
}

# The text of the licence of a package: what was concluded, and what is declared where nothing was.
license_of(sbom, entry) := entry.license_concluded if {
	says_something(sbom, entry.license_concluded)
} else := entry.license_declared

says_something(sbom, text) if {
	text != null
	sbom.licenses[text].status != "no-assertion"
}

# The licences that a text names and that are not in a set of names.
default not_among(_, _, _) := []

not_among(sbom, text, known) := [name |
	some name in sbom.licenses[text].licenses
	not name in known
]

# What takes the place of packages that were left out.
default unlisted(_) := [{
	"id": null,
	"name": "packages or licences that were left out",
	"version": null,
	"license": null,
	"not_allowed": [],
}]

unlisted(sbom) := [] if sbom.truncated == false

# Whether an expression can be complied with under these licences alone, by their names.
complies(license, known) if {
	license.status == "expression"
	license.alternatives_omitted == false
	some way in license.alternatives
	count(way) > 0
	every name in way {
		name in known
	}
}

# Where there are too many ways to list them, every licence must be among them.
complies(license, known) if {
	license.status == "expression"
	license.alternatives_omitted == true
	count(license.licenses) > 0
	every name in license.licenses {
		name in known
	}
}

# The names in these licences that are allowed.
names(list, allowed) := {name |
	some license in list
	some name in license.licenses
	admitted(name, texts, patterns)
} if {
	texts := {current(text) |
		some text in allowed
		is_string(text)
	}
	patterns := {pattern |
		some pattern in allowed
		is_object(pattern)
	}
}

admitted(name, texts, _) if lower(name) in texts

admitted(name, _, patterns) if {
	some pattern in patterns
	identities.admits(pattern, name)
}

# A text in lower case, with a deprecated identifier replaced.
current(text) := object.get(replaced, lower(text), lower(text))

# SPDX's deprecated identifiers and what its list says replaces them, in lower case.
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
	"nunit": "zlib-acknowledgement",
	"standardml-nj": "smlnj",
	"wxwindows": "gpl-2.0-or-later with wxwindows-exception-3.1",
}
