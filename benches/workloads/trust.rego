# A trust policy over the facts of an artifact: who signed it, what is in it, what is wrong with it.
package trust

deny contains message if {
	count(valid_signatures) < data.policy.least_signatures
	message := sprintf("%d valid signatures, %d are needed", [count(valid_signatures), data.policy.least_signatures])
}

deny contains message if {
	some team in data.policy.required_teams
	not signed_by[team]
	message := sprintf("not signed by %s", [team])
}

deny contains message if {
	some part in input.sbom.packages
	some banned in data.policy.banned
	part.name == banned.name
	startswith(part.version, banned.version)
	message := sprintf("package %s %s is banned: %s", [part.name, part.version, banned.reason])
}

deny contains message if {
	some part in input.sbom.packages
	some license in part.licenses
	license in forbidden_licenses
	not license_exempt(part.name)
	message := sprintf("package %s is under %s", [part.name, license])
}

deny contains message if {
	some vulnerability in input.vulnerabilities
	vulnerability.severity in {"critical", "high"}
	vulnerability.fixed != ""
	not vulnerability.id in accepted
	part := packages_by_name[vulnerability.package]
	part.version == vulnerability.version
	message := sprintf("%s in %s, fixed in %s", [vulnerability.id, part.name, vulnerability.fixed])
}

warn contains message if {
	some severity, found in vulnerabilities_by_severity
	count(found) > 20
	message := sprintf("%d vulnerabilities are %s", [count(found), severity])
}

valid_signatures contains signature.digest if {
	some signature in input.signatures
	signature.verified
	signature.key.id in trusted_keys
	signature.subject == input.subject.digest
}

signed_by contains key.team if {
	some signature in input.signatures
	signature.digest in valid_signatures
	some key in data.policy.keys
	key.id == signature.key.id
}

trusted_keys := {key.id | some key in data.policy.keys}

forbidden_licenses := {license | some license in data.policy.forbidden_licenses}

accepted := {entry.id | some entry in data.policy.accepted; entry.until > input.time}

license_exempt(name) if {
	some prefix in data.policy.license_exempt
	startswith(name, prefix)
}

packages_by_name := {part.name: part | some part in input.sbom.packages}

vulnerabilities_by_severity := {severity: found |
	some severity in {"low", "medium", "high", "critical"}
	found := [entry.id | some entry in input.vulnerabilities; entry.severity == severity]
}

default allow := false

allow if count(deny) == 0

decision := {"allow": allow, "deny": deny, "warn": warn}
