# What may run in production: the packs below, all of them, each with its parameters at
# `data.parameters.<pack>` (data.yaml).
package production

import data.referee.packs.base_images
import data.referee.packs.licenses
import data.referee.packs.packages
import data.referee.packs.provenance
import data.referee.packs.required_keys
import data.referee.packs.sbom
import data.referee.packs.vulnerabilities
import data.referee.parameters

packs := {
	"base-images",
	"licenses",
	"packages",
	"provenance",
	"required-keys",
	"sbom",
	"vulnerabilities",
}

# What each pack decides.
decided["required-keys"] := decision if {
	decision := required_keys.decision with data.parameters as parameters.of("required-keys")
}

decided["sbom"] := decision if {
	decision := sbom.decision with data.parameters as parameters.of("sbom")
}

decided["licenses"] := decision if {
	decision := licenses.decision with data.parameters as parameters.of("licenses")
}

decided["packages"] := decision if {
	decision := packages.decision with data.parameters as parameters.of("packages")
}

decided["vulnerabilities"] := decision if {
	decision := vulnerabilities.decision with data.parameters as parameters.of("vulnerabilities")
}

decided["provenance"] := decision if {
	decision := provenance.decision with data.parameters as parameters.of("provenance")
}

decided["base-images"] := decision if {
	decision := base_images.decision with data.parameters as parameters.of("base-images")
}

# Every pack must allow: one that decides nothing by mistake allows nothing.
default allow := false

allow if {
	count(unknown_parameters) == 0
	every pack in packs {
		decided[pack].allow == true
	}
}

deny contains reason if {
	some pack in packs
	some reason in decided[pack].deny
}

# Parameters of a pack that is not among them: a misspelled name must not leave a pack with its defaults.
unknown_parameters := parameters.problems(packs)

deny contains problem if some problem in unknown_parameters

warn contains reason if {
	some pack in packs
	some reason in decided[pack].warn
}
