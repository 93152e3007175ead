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
	"unavailable": [],
	"complete": true,
	"verifiers": {},
}

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
