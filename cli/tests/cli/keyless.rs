//! Keyless signatures, as a reader and as the packs meet them. What is signed was signed by the
//! real cosign at a private instance.

use crate::support::{AS, Run, folder, path, root, with};

const LAYOUT: &str = "oci-layout:examples/keyless/layout";

fn verify(trust: &str, more: &[&str]) -> Run {
    with(&[&["verify", LAYOUT, "--trust", trust, AS[0], AS[1]], more].concat())
}

/// A trust document that admits all who sign at the private instance, each by a name.
fn everybody(file: &str) -> tempfile::TempDir {
    let document = serde_json::json!({
        "identities": [
            {
                "name": "workflow", "issuer": "http://workflows.example",
                "subject": {"glob": "https://github.com/acme/**"}, "scopes": ["**"],
            },
            {
                "name": "staff", "issuer": "http://accounts.example",
                "subject": {"glob": "*@acme.example"}, "scopes": ["**"],
            },
        ],
        "sigstore": [{"name": "acme", "file": root().join(file)}],
    });
    folder(&[("trust.json", &document.to_string())])
}

#[test]
fn a_trusted_identity_is_shown_by_its_name_with_who_it_is_and_what_proves_it() {
    verify("examples/trust-keyless.yaml", &[]).exits(0).says(&[
        "ALLOW registry.example/team/app:1.4",
        "signatures trusted #1 release-workflow keyless registry.example/team/**",
        "https://github.com/acme/app/.github/workflows/release.yml@refs/tags/v1.4.0",
        "vouched for by http://workflows.example",
        "in the log https://rekor1.acme.example, entry 17 since 2026-11-21T22:58:18Z",
        "untrusted #0 dev@acme.example",
        "every check holds: what is missing is trust",
        "identity_out_of_scope: see above",
    ]);
    verify("examples/trust-keyless.yaml", &["-v"])
        .exits(0)
        .says(&["runnerEnvironment: github-hosted", "sourceRepositoryRef: refs/tags/v1.4.0"]);
}

#[test]
fn who_a_certificate_names_is_not_the_signer_where_no_authority_that_counts_issued_it() {
    let run = verify("examples/trust.yaml", &[]).exits(1);
    let run = run.says(&[
        "untrusted #0 unknown signer",
        "its certificate names dev@acme.example, vouched for by http://accounts.example; that is not proven",
        "fails: transparency log; not reached: certificate, certificate transparency, time of signing; holds: signature, digest",
    ]);
    assert!(!run.out.contains("#0 dev@acme.example"), "{run:#?}");
}

#[test]
fn the_packs_count_identities() {
    let folder = everybody("examples/keyless/trusted_root.json");
    let trust = path(&folder, "trust.json");
    let pack = |more: &[&str]| verify(&trust, more);
    let workflow_only = "examples/trust-keyless.yaml";
    pack(&["--policy", "distinct-keys"]).exits(0);
    verify(workflow_only, &["--policy", "distinct-keys"]).exits(1).says(&[
        "[too_few_keys]",
        "registry.example/team/app:1.4 is signed by 1 different signers, 2 are required; signed by:",
    ]);
    let signers =
        |names: &str| pack(&["--policy", "required-keys", "--set", &format!("signers={names}")]);
    signers(r#"["workflow", "staff"]"#).exits(0);
    signers(r#"["workflow", "security"]"#).exits(1).says(&[
        "carries no trusted signature by security; signed by: staff (dev@acme.example), workflow",
        "[missing_signer]",
    ]);
    let keys = pack(&["--policy", "required-keys", "--set", r#"keys=["workflow"]"#]);
    keys.exits(1).says(&["[missing_key]", "That is the name of an identity"]);
}

#[test]
fn the_pack_of_identities_holds_claims_against_certificates() {
    let folder = everybody("examples/keyless/trusted_root.json");
    let trust = path(&folder, "trust.json");
    let claims = |claims: &str, more: &[&str]| {
        let set = format!("claims={claims}");
        verify(&trust, &[&["--policy", "identities", "--set", &set], more].concat())
    };
    let tagged =
        r#"{"sourceRepositoryRef": {"glob": "refs/tags/*"}, "runnerEnvironment": "github-hosted"}"#;
    claims(tagged, &[]).exits(0).says(&["[identity_differs]"]);
    claims(tagged, &["--set", "every=true"]).exits(1).says(&[
        "Signature 0 by staff (dev@acme.example) does not count:",
        "claims.runnerEnvironment is not there, github-hosted is wanted",
    ]);
    claims(r#"{"sourceRepositoryRef": "refs/heads/main"}"#, &[]).exits(1).says(&[
        "[missing_identity]",
        "claims.sourceRepositoryRef is refs/tags/v1.4.0, refs/heads/main is wanted.",
    ]);
    claims(r#"{"repository": "acme/app"}"#, &[]).exits(1).says(&["There is no claim repository."]);
}

#[test]
fn the_pack_of_attestations_holds_types_and_signers_against_them() {
    let folder = everybody("engine/verify/tests/data/sigstore/trusted_root.json");
    let trust = path(&folder, "trust.json");
    let layout = "oci-layout:engine/verify/tests/data/sigstore/layouts/new-attested";
    let attested = |types: &str, more: &[&str]| {
        let set = format!("predicate_types={types}");
        let base = ["verify", layout, "--trust", &trust, "--policy", "attested", "--set", &set];
        with(&[&base, more].concat())
    };
    let provenance = r#"["https://slsa.dev/provenance/v1"]"#;
    attested(provenance, &[]).exits(0);
    attested(provenance, &["--set", r#"signed_by=["workflow"]"#]).exits(0);
    attested(provenance, &["--set", r#"signed_by=["staff"]"#])
        .exits(1)
        .says(&["[not_attested]", "[attestation_signer]"]);
    attested(r#"["https://cyclonedx.org/bom"]"#, &[]).exits(1).says(&["[not_attested]"]);
    // Signed by a key that the trust document does not have.
    attested(r#"["https://acme.example/review/v1"]"#, &[])
        .exits(1)
        .says(&["[not_attested]", "[signature_untrusted]"]);
}
