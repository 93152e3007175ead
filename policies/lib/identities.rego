# Helpers over who certificates say that signers are.
#
# Patterns are those of the trust document: a text stands for itself, `{"glob": "…"}` knows `*` (any
# characters but `/`) and `**` (any characters), `{"regex": "…"}` is a regular expression. A pattern
# is always held against the whole text.
package referee.identities

import data.referee.signatures

# The claims that certificates can have, by their names in the facts and in the trust document.
claims := {
	"buildConfigDigest",
	"buildConfigURI",
	"buildSignerDigest",
	"buildSignerURI",
	"buildTrigger",
	"deploymentEnvironment",
	"githubWorkflowName",
	"githubWorkflowRef",
	"githubWorkflowRepository",
	"githubWorkflowSHA",
	"githubWorkflowTrigger",
	"runInvocationURI",
	"runnerEnvironment",
	"sourceRepositoryDigest",
	"sourceRepositoryIdentifier",
	"sourceRepositoryOwnerIdentifier",
	"sourceRepositoryOwnerURI",
	"sourceRepositoryRef",
	"sourceRepositoryURI",
	"sourceRepositoryVisibilityAtSigning",
}

# Whether a value is a pattern.
is_pattern(pattern) if is_text(pattern)

is_pattern(pattern) if is_text(form(pattern, "exact"))

is_pattern(pattern) if {
	text := form(pattern, "glob")
	is_text(text)
	not contains(text, "***")
}

# Alone, since `a)(b` would be an expression only between the brackets of `anchored`.
is_pattern(pattern) if {
	text := form(pattern, "regex")
	is_text(text)
	regex.is_valid(text)
}

# The one member of an object.
form(pattern, name) := object.get(pattern, name, null) if {
	is_object(pattern)
	object.keys(pattern) == {name}
}

is_text(text) if {
	is_string(text)
	text != ""
}

# Whether a pattern admits a text. What is no pattern admits nothing.
admits(pattern, text) if {
	is_text(pattern)
	pattern == text
}

admits(pattern, text) if {
	is_pattern(pattern)
	form(pattern, "exact") == text
}

admits(pattern, text) if {
	is_pattern(pattern)
	regex.match(anchored(from_glob(form(pattern, "glob"))), text)
}

admits(pattern, text) if {
	is_pattern(pattern)
	regex.match(anchored(form(pattern, "regex")), text)
}

anchored(expression) := sprintf(`\A(?:%s)\z`, [expression])

from_glob(glob) := sprintf("(?s:%s)", [concat(".*", parts)]) if {
	parts := [concat("[^/]*", [literal(text) | some text in split(part, "*")]) |
		some part in split(glob, "**")
	]
}

# A text as a regular expression that is that text.
literal(text) := regex.replace(text, `[\\.+?^$(){}|\[\]]`, `\$0`)

# A pattern for a message.
display(pattern) := pattern if is_string(pattern)

display(pattern) := form(pattern, "exact")

display(pattern) := form(pattern, "glob")

display(pattern) := sprintf("/%s/", [form(pattern, "regex")])

# What a signature says of its signer, by the names `issuer`, `subject` and `claims.<name>`. Nothing
# where no certificate says it. What it says counts only where the signature is trusted.
default said(_) := {}

said(signature) := object.union(
	{"issuer": signature.identity.issuer, "subject": signature.identity.subject},
	{name: value |
		some claim, value in signature.certificate.claims
		name := sprintf("claims.%s", [claim])
	},
) if {
	signatures.by_identity(signature)
}

# What of the wanted patterns (by the same names) a signature does not meet, for a message each.
unmet(wanted, signature) := {text |
	some name, pattern in wanted
	text := difference(name, pattern, said(signature))
}

difference(name, pattern, has) := sprintf("%s is not there, %s is wanted", [name, display(pattern)]) if {
	object.get(has, name, null) == null
}

difference(name, pattern, has) := sprintf("%s is %v, %s is wanted", [name, has[name], display(pattern)]) if {
	object.get(has, name, null) != null
	not admits(pattern, has[name])
}
