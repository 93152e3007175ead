# Facts for the tests of policies.
package referee.testing

digest := "sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

platform_digest := "sha256:bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"

# Complete facts about an artifact with these signatures.
facts(signatures) := {
	"facts_version": 1,
	"request": {
		"reference": "registry.example/team/app:1",
		"time": "2026-01-31T12:00:00Z",
		"deadline_ms": 3000,
		"namespace": null,
		"parameters": {},
	},
	"subject": {
		"registry": "registry.example",
		"repository": "team/app",
		"tag": "1",
		"digest": digest,
		"media_type": "application/vnd.oci.image.manifest.v1+json",
		"artifact_type": null,
		"size": 1024,
		"annotations": {},
		"platforms": [],
	},
	"referrers": [],
	"signatures": signatures,
	"attestations": [],
	"sboms": [],
	"vulnerability_reports": [],
	"vex": [],
	"provenance": [],
	"verification_summaries": [],
	"schema_checks": [],
	"trust_roots": [],
	"unavailable": [],
	"complete": true,
	"verifiers": {},
}

# The same, held against a trusted root that is past its time.
with_expired_root(document) := object.union(document, {"trust_roots": [{
	"name": "public-good",
	"source": "tuf",
	"digest": digest,
	"expires_at": "2026-01-30T12:00:00Z",
	"expired": true,
}]})

# The same, with a listing that was cut off.
incomplete_facts(signatures) := object.union(facts(signatures), {
	"complete": false,
	"unavailable": [{
		"kind": "registry",
		"target": "referrers of registry.example/team/app",
		"code": "timeout",
		"message": "The registry did not answer in time.",
		"elapsed_ms": 900,
		"retryable": true,
		"affects": ["referrers", "signatures"],
	}],
})

# A trusted signature over the artifact, by the key of that name.
trusted(id, key) := {
	"id": id,
	"verifier": "cosign",
	"format": "simple-signing",
	"purpose": "signature",
	"predicate_type": null,
	"referrer": sprintf("sha256:%064d", [id]),
	"subject": digest,
	"status": "trusted",
	"valid": true,
	"trusted": true,
	"key": {
		"id": sprintf("sha256:%s", [key]),
		"name": key,
		"provider": "inline",
		"version": null,
		"algorithm": "ecdsa-p256-sha256",
		"not_before": null,
		"not_after": null,
		"revoked": false,
	},
	"certificate": null,
	"identity": null,
	"trusted_by": [key],
	"in_scope": true,
	"scope": "registry.example/team/**",
	"claimed_reference": null,
	"checks": {
		"certificate": "not-needed",
		"sct": "not-needed",
		"log": "not-needed",
		"time": "not-needed",
		"signature": "passed",
		"binding": "passed",
	},
	"transparency": [],
	"timestamps": [],
	"revocation": null,
	"signed_at": null,
	"expires_at": null,
	"annotations": {},
	"errors": [],
}

# A signature of another status (`untrusted`, `invalid`, `unavailable`, `unsupported`).
failed(id, status) := object.union(trusted(id, "unknown"), {
	"status": status,
	"valid": status == "untrusted",
	"trusted": false,
	"key": null,
	"trusted_by": [],
	"errors": [{
		"code": "key_unknown",
		"message": "No key of the trust document made it.",
		"hint": "Add the signer's key to the trust document.",
	}],
})

# A trusted signature over the artifact, with a certificate: by an identity that the trust document
# has under that name, here the workflow `release.yml` of a repository on GitHub.
identity(id, name) := object.union(trusted(id, name), {
	"format": "sigstore-bundle",
	"key": null,
	"certificate": {
		"subject": "",
		"issuer": "CN=sigstore-intermediate,O=sigstore.dev",
		"serial": "4c1f",
		"sans": [workflow],
		"not_before": "2026-01-31T11:50:00Z",
		"not_after": "2026-01-31T12:00:00Z",
		"claims": {
			"buildSignerURI": workflow,
			"runnerEnvironment": "github-hosted",
			"sourceRepositoryRef": "refs/tags/v1.4.0",
			"sourceRepositoryURI": "https://github.com/team/app",
		},
	},
	"identity": {
		"subject": workflow,
		"issuer": "https://token.actions.githubusercontent.com",
	},
	"checks": {
		"certificate": "passed",
		"sct": "passed",
		"log": "passed",
		"time": "passed",
		"signature": "passed",
		"binding": "passed",
	},
	"revocation": {"status": "not-checked", "method": null, "checked_at": null, "stale": false},
})

workflow := "https://github.com/team/app/.github/workflows/release.yml@refs/tags/v1.4.0"

# The same with another subject: that of an e-mail address, or of another workflow.
identity_of(id, name, subject) := object.union(identity(id, name), {
	"certificate": {"sans": [subject]},
	"identity": {"subject": subject},
})

# The same with a certificate that says something else: `{"runnerEnvironment": "self-hosted"}`.
identity_with(id, name, claims) := object.union(identity(id, name), {"certificate": {"claims": claims}})

# A signature over a statement about the artifact, instead of one over the artifact: of any of the
# signatures that are made here.
over_statement(signature, type) := object.union(signature, {
	"format": "sigstore-bundle",
	"purpose": "attestation",
	"predicate_type": type,
})

# The attestation of a type that these signatures are over, all in one envelope. Signed by nobody
# where there are none.
statement(id, type, signatures) := {
	"id": id,
	"verifier": carrier.verifier,
	"format": carrier.format,
	"referrer": referrer,
	"subject": digest,
	"predicate_type": type,
	"signed_by": [signature.id | some signature in signatures],
	"signed_through": null,
	"verified": count([signature | some signature in signatures; signature.trusted == true]) > 0,
	"predicate": {},
	"predicate_omitted": false,
	"unwrapped": false,
	"stated_at": null,
	"names_subject": true,
	"content": null,
	"errors": [],
} if {
	carrier := carriers[count(signatures) > 0]
	referrers := [signature.referrer | some signature in signatures]
	referrer := array.concat(referrers, [sprintf("sha256:%064d", [id])])[0]
}

carriers := {
	false: {"verifier": "in-toto", "format": "in-toto"},
	true: {"verifier": "cosign", "format": "sigstore-bundle"},
}

# Complete facts with these attestations as well.
attested(signatures, attestations) := object.union(facts(signatures), {"attestations": attestations})

# A trusted signature over a statement about the artifact.
attestation(id, key) := object.union(trusted(id, key), {
	"format": "sigstore-bundle",
	"purpose": "attestation",
	"predicate_type": "https://slsa.dev/provenance/v1",
})

# A trusted signature over one of its platforms.
platform(id, key) := object.union(trusted(id, key), {"subject": platform_digest})

# Facts with documents: `lists` has them by the name of their list, `{"sboms": [testing.sbom(…)]}`. The
# attestations that carry them are made here. No two may have one `id`.
documented(signatures, lists) := object.union(facts(signatures), object.union(lists, {"attestations": [carrier |
	some name in ["sboms", "vulnerability_reports", "vex", "provenance", "verification_summaries"]
	some held in object.get(lists, name, [])
	carrier := carrying(held, name)
]}))

# The attestation that carries a document of a list.
carrying(document, list) := {
	"id": document.attestation,
	"verifier": "cosign",
	"format": "sigstore-bundle",
	"referrer": document.referrer,
	"subject": document.subject,
	"predicate_type": predicate_types[list],
	"signed_by": document.signed_by,
	"signed_through": document.signed_through,
	"verified": document.verified,
	"predicate": null,
	"predicate_omitted": true,
	"unwrapped": false,
	"stated_at": null,
	"names_subject": true,
	"content": {"document": document.document, "size": 2048, "kinds": [kinds[list]], "error": null},
	"errors": [],
}

predicate_types := {
	"sboms": "https://spdx.dev/Document",
	"vulnerability_reports": "https://cosign.sigstore.dev/attestation/vuln/v1",
	"vex": "https://openvex.dev/ns/v0.2.0",
	"provenance": "https://slsa.dev/provenance/v1",
	"verification_summaries": "https://slsa.dev/verification_summary/v1",
}

kinds := {
	"sboms": "sbom",
	"vulnerability_reports": "vulnerability-report",
	"vex": "vex",
	"provenance": "provenance",
	"verification_summaries": "verification-summary",
}

# What every document begins with: where it stands, and these signatures over it.
document(id, signatures) := {
	"id": id,
	"attestation": id,
	"document": sprintf("sha256:d%063d", [id]),
	"referrer": array.concat([signature.referrer | some signature in signatures], [sprintf("sha256:%064d", [id])])[0],
	"subject": digest,
	"signed_by": [signature.id | some signature in signatures],
	"signed_through": null,
	"verified": count([signature | some signature in signatures; signature.trusted == true]) > 0,
}

# An SBOM with these packages; its table of licences is made of what they name.
sbom(id, packages, signatures) := object.union(document(id, signatures), {
	"format": "spdx",
	"spec_version": "2.3",
	"encoding": "json",
	"name": "app",
	"document_id": "https://example.org/app",
	"created_at": "2026-01-30T12:00:00Z",
	"tools": ["syft 1.0"],
	"authors": ["Example"],
	"describes": [],
	"packages": packages,
	"package_count": count(packages),
	"relationships": [],
	"relationship_count": 0,
	"licenses": {text: license(text) |
		some item in packages
		some text in {item.license_declared, item.license_concluded}
		text != null
	},
	"package_types": {},
	"truncated": false,
	"problems": [],
})

# A package of npm with this declared licence, which may be null.
npm(name, version, text) := {
	"id": sprintf("npm-%s-%s", [name, version]),
	"name": name,
	"version": version,
	"purl": sprintf("pkg:npm/%s@%s", [name, version]),
	"kind": "library",
	"supplier": "Example",
	"hashes": {},
	"license_declared": text,
	"license_concluded": null,
}

# What a licence text means: `NONE`, `NOASSERTION`, one that begins with `?` is unknown, all else is an
# expression of OR and AND without brackets.
license(text) := {
	"status": license_status(text),
	"expression": null,
	"alternatives": [],
	"alternatives_omitted": false,
	"licenses": [],
	"unlisted": [],
	"replaced": {},
	"error": null,
	"declared": 0,
	"concluded": 0,
} if {
	license_status(text) != "expression"
}

license(text) := {
	"status": "expression",
	"expression": text,
	"alternatives": [split(way, " AND ") | some way in split(text, " OR ")],
	"alternatives_omitted": false,
	"licenses": [name | some way in split(text, " OR "); some name in split(way, " AND ")],
	"unlisted": [],
	"replaced": {},
	"error": null,
	"declared": 1,
	"concluded": 0,
} if {
	license_status(text) == "expression"
}

license_status(text) := "none" if text == "NONE"

license_status(text) := "no-assertion" if text == "NOASSERTION"

license_status(text) := "unknown" if startswith(text, "?")

license_status(text) := "expression" if {
	not text in {"NONE", "NOASSERTION"}
	not startswith(text, "?")
}

# A report with these findings.
report(id, findings, signatures) := object.union(document(id, signatures), {
	"vex": {},
	"format": "trivy",
	"spec_version": "2",
	"scanner": "trivy",
	"scanner_version": "0.60.0",
	"scanned_at": "2026-01-30T12:00:00Z",
	"database_at": "2026-01-30T06:00:00Z",
	"database": null,
	"target": "registry.example/team/app:1",
	"target_digests": [],
	"findings": findings,
	"finding_count": count(findings),
	"severities": {},
	"truncated": false,
	"problems": [],
})

# A finding in a package of npm, with a fix in this version; none where that is null.
finding(id, severity, name, fixed_in) := {
	"id": id,
	"aliases": [],
	"package": name,
	"version": "1.0.0",
	"purl": sprintf("pkg:npm/%s@1.0.0", [name]),
	"location": null,
	"fixed_in": [fixed_in | fixed_in != null],
	"fix": {true: "fixed", false: "not-fixed"}[fixed_in != null],
	"severity": severity,
	"severity_stated": upper(severity),
	"severity_source": "nvd",
	"scores": [],
	"title": null,
	"url": null,
	"published_at": "2026-01-01T00:00:00Z",
	"suppressed": null,
}

# A VEX document with one statement about a vulnerability.
vex(id, vulnerability, status, stated_at, signatures) := object.union(document(id, signatures), {
	"format": "openvex",
	"spec_version": "0.2.0",
	"document_id": "https://example.org/vex",
	"version": "1",
	"author": "Example",
	"role": null,
	"issued_at": stated_at,
	"updated_at": null,
	"statements": [{
		"vulnerability": vulnerability,
		"aliases": [],
		"status": status,
		"justification": null,
		"stated": null,
		"products": [],
		"impact": null,
		"action": null,
		"stated_at": stated_at,
	}],
	"statement_count": 1,
	"truncated": false,
	"problems": [],
})

# A report of which the first finding is spoken of by the first statement of each of these documents.
spoken_of(report, documents) := object.union(report, {"vex": {"0": [applied |
	some spoken in documents
	applied := {
		"vex": spoken.id,
		"statement": 0,
		"status": spoken.statements[0].status,
		"justification": null,
		"verified": spoken.verified,
		"signed_by": spoken.signed_by,
		"stated_at": spoken.statements[0].stated_at,
	}
]}})

# The provenance of a build by GitHub's workflow `release.yml`, from the tag v1.4.0, with one base image.
provenance(id, signatures) := object.union(document(id, signatures), {
	"slsa_version": "1",
	"builder": builder,
	"builder_version": {},
	"build_type": "https://actions.github.io/buildtypes/workflow/v1",
	"kind": "github-actions",
	"source": {
		"uri": "https://github.com/team/app",
		"digest": "1f0c2d3e4f5a6b7c8d9e0f1a2b3c4d5e6f7a8b9c",
		"ref": "refs/tags/v1.4.0",
		"entry_point": ".github/workflows/release.yml",
	},
	"source_claimed": null,
	"materials": [{
		"uri": "pkg:docker/alpine@3.20",
		"name": null,
		"digest": {"sha256": "cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc"},
	}],
	"material_count": 1,
	"images": [{
		"repository": "docker.io/library/alpine",
		"tag": "3.20",
		"digest": "sha256:cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc",
		"material": 0,
	}],
	"parameters": {},
	"internal_parameters": {},
	"invocation": null,
	"trigger": "push",
	"started_at": "2026-01-30T12:00:00Z",
	"finished_at": "2026-01-30T12:05:00Z",
	"completeness": null,
	"reproducible": null,
	"truncated": false,
	"problems": [],
})

builder := "https://github.com/team/app/.github/workflows/release.yml@refs/tags/v1.4.0"

# A verification summary that found the artifact to be of these levels.
summary(id, levels, signatures) := object.union(document(id, signatures), {
	"verifier": "https://verifier.example",
	"verifier_version": {},
	"verified_at": "2026-01-30T13:00:00Z",
	"resource": "registry.example/team/app",
	"policy": null,
	"input_attestations": [],
	"passed": true,
	"levels": levels,
	"dependency_levels": {},
	"slsa_version": "1.0",
	"truncated": false,
	"problems": [],
})

# The same facts, with a listing that was cut off.
cut_off(document) := object.union(document, object.filter(incomplete_facts([]), {"complete", "unavailable"}))

# The same facts of an index with one platform.
with_platform(document) := object.union(document, {"subject": {"platforms": [{
	"digest": platform_digest,
	"os": "linux",
	"architecture": "amd64",
	"variant": null,
}]}})

# The same facts with another attestation: signed by these, of the type of a list, not to be read.
with_unread(document, id, list, signatures) := object.union(document, {"attestations": array.concat(document.attestations, [object.union(
	carrying(data.referee.testing.document(id, signatures), list),
	{"content": {
		"kinds": [],
		"error": {"code": "malformed", "message": "expected a member `packages`"},
	}},
)])})

# The codes of a set of reasons.
codes(reasons) := {reason.code | some reason in reasons}
