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
	"verified": count([signature | some signature in signatures; signature.trusted == true]) > 0,
	"predicate": {},
	"predicate_omitted": false,
	"unwrapped": false,
	"stated_at": null,
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

# The codes of a set of reasons.
codes(reasons) := {reason.code | some reason in reasons}
