//! Signatures on Sigstore's staging instance, most with entries of Rekor v2.

use crate::places::Place;
use crate::support::{Artifact, Family, Instance, Trusting, expect};

const BEACON: &str = "sigstore-conformance/extremely-dangerous-public-oidc-beacon/.github/workflows/extremely-dangerous-oidc-beacon.yml@refs/heads/main";
const BEACON_FILE: &str = "sha256:a0cfc71271d6e278e57cd332ff957c3f7043fdda354c4cbb190a30d56efa01bf";
const GITHUB_LOGIN: &str = "https://github.com/login/oauth";

#[test]
fn a_conda_package_of_which_rekor_2_has_the_envelope_s_hash() {
    let name = "bundles/signed-package-2.1.0-hb0f4dca_0.conda";
    let Some(package) = Place::Family.file(name) else { return };
    let name = "bundles/conda-attestation-rekor2.sigstore.json";
    let Some(bundle) = Place::Family.file(name) else { return };
    let trusting = Trusting::identity(Instance::Staging, "jku@goto.fi", GITHUB_LOGIN);
    expect(
        &bundle,
        &Artifact::Bytes(package),
        &trusting,
        Family::Accepts,
        &[
            "trusted attestation",
            "by jku@goto.fi of https://github.com/login/oauth",
            "passed: certificate sct log time signature binding",
            "log https://log2025-alpha3.rekor.sigstage.dev hashedrekord 4197416 [inclusion]",
            "time 2026-05-26T07:42:21Z rfc3161 https://timestamp.sigstage.dev/api/v1/timestamp",
            "attestation https://schemas.conda.org/attestations-publish-1.schema.json verified by #0",
        ],
    );
}

#[test]
fn a_file_signed_with_sigstore_python_in_rekor_2() {
    let folder = "upstream/sigstore-python/staging-rekor-v2.txt";
    let Some(file) = Place::Family.file(folder) else { return };
    let Some(bundle) = Place::Family.file(&format!("{folder}.sigstore.json")) else { return };
    let trusting = Trusting::identity(Instance::Staging, "jku@goto.fi", GITHUB_LOGIN);
    expect(
        &bundle,
        &Artifact::Bytes(file),
        &trusting,
        Family::Accepts,
        &[
            "trusted signature",
            "by jku@goto.fi of https://github.com/login/oauth",
            "passed: certificate sct log time signature binding",
            "log https://log2025-alpha1.rekor.sigstage.dev hashedrekord 645 [inclusion]",
            "time 2025-06-09T11:57:38Z rfc3161 https://timestamp.sigstage.dev/api/v1/timestamp",
        ],
    );
}

#[test]
fn a_statement_signed_with_sigstore_python_in_rekor_2() {
    let name = "upstream/sigstore-python/a.dsse.staging-rekor-v2.txt.sigstore.json";
    let Some(bundle) = Place::Family.file(name) else { return };
    let trusting = Trusting::workflow(Instance::Staging, BEACON);
    expect(
        &bundle,
        &Artifact::Digest(BEACON_FILE),
        &trusting,
        Family::Accepts,
        &[
            "trusted attestation",
            "by https://github.com/sigstore-conformance/extremely-dangerous-public-oidc-beacon/.github/workflows/extremely-dangerous-oidc-beacon.yml@refs/heads/main of https://token.actions.githubusercontent.com",
            "passed: certificate sct log time signature binding",
            "log https://log2025-alpha3.rekor.sigstage.dev hashedrekord 4026478 [inclusion]",
            "time 2026-05-13T19:23:33Z rfc3161 https://timestamp.sigstage.dev/api/v1/timestamp",
            "attestation https://slsa.dev/provenance/v1 verified by #0",
        ],
    );
}

/// The empty file, under a trusted root with two intermediates of one name.
#[test]
fn of_two_intermediates_of_one_name_the_one_that_signed_is_found() {
    let name = "sct-multi-intermediate/staging_bundle.sigstore.json";
    let Some(bundle) = Place::Family.file(name) else { return };
    let name = "sct-multi-intermediate/staging_trusted_root.json";
    let Some(own) = Instance::own(Place::Family, name) else { return };
    let subject = "sigstore/root-signing-staging/.github/workflows/custom-test.yml@refs/heads/main";
    for instance in [own, Instance::Staging] {
        let trusting = Trusting::workflow(instance, subject);
        expect(
            &bundle,
            &Artifact::Bytes(Vec::new()),
            &trusting,
            Family::Accepts,
            &[
                "trusted signature",
                "by https://github.com/sigstore/root-signing-staging/.github/workflows/custom-test.yml@refs/heads/main of https://token.actions.githubusercontent.com",
                "passed: certificate sct log time signature binding",
                "log https://log2026-1.us-east4.rekor.sigstage.dev hashedrekord 330754 [inclusion]",
                "time 2026-07-08T05:25:12Z rfc3161 https://timestamp.sigstage.dev/api/v1/timestamp",
            ],
        );
    }
}

#[test]
fn the_first_log_of_rekor_2_under_the_root_of_its_time() {
    let Some(bundle) = Place::Family.file("timestamps/valid_bundle.json") else { return };
    let Some(own) = Instance::own(Place::Family, "timestamps/valid_trusted_root.json") else {
        return;
    };
    let trusting = Trusting::workflow(own, BEACON);
    expect(
        &bundle,
        &Artifact::Digest(BEACON_FILE),
        &trusting,
        Family::Accepts,
        &[
            "trusted signature",
            "by https://github.com/sigstore-conformance/extremely-dangerous-public-oidc-beacon/.github/workflows/extremely-dangerous-oidc-beacon.yml@refs/heads/main of https://token.actions.githubusercontent.com",
            "passed: certificate sct log time signature binding",
            "log https://log2025-alpha1.rekor.sigstage.dev hashedrekord 29469 [inclusion]",
            "time 2025-08-06T18:51:36Z rfc3161 https://timestamp.sigstage.dev/api/v1/timestamp",
        ],
    );
}

/// CVE-2022-36056: cosign took a log entry of another signature for one of this.
#[test]
fn a_log_entry_of_another_signature_is_none() {
    let name = "bundles/bundle_cve_2022_36056.txt.sigstore";
    let Some(bundle) = Place::Family.file(name) else { return };
    let artifact =
        Artifact::Digest("sha256:c87b5b213ab08b32970c106d0c7e4423e67f5449c2fd2d1e9b4ea6cc43b6ee7c");
    let trusting = Trusting::identity(Instance::Staging, "william@yossarian.net", GITHUB_LOGIN);
    expect(
        &bundle,
        &artifact,
        &trusting,
        Family::Refuses,
        &[
            "invalid signature",
            "by william@yossarian.net of https://github.com/login/oauth",
            "passed: signature binding",
            "not-reached: certificate sct time",
            "failed: log",
            "log https://rekor.sigstage.dev hashedrekord 26084047 [set inclusion] not verified",
            "error log_entry_mismatch",
        ],
    );
}
