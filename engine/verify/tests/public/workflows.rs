//! Signatures on the public-good instance, by workflows and by people.

use crate::places::Place;
use crate::support::{Artifact, Family, Instance, Trusting, expect};

const GITHUB_LOGIN: &str = "https://github.com/login/oauth";
/// `slsa-provenance-0.0.7.tgz`.
const TARBALL: Artifact = Artifact::Digest(
    "sha512:bbfd372fc9beeb777fe35d05bb10c0c70a9733d366a75fed7dd18866c7391de3ee7e88ba74dd47abf3e15c845e547fcf0e5c3da80854c751554224d3a6d4e55f",
);

#[test]
fn a_wheel_signed_by_its_workflow_on_github() {
    let Some(bundle) = Place::Family.file("bundles/bundle_v3_github.whl.sigstore") else { return };
    let artifact =
        Artifact::Digest("sha256:c4e92e9ecc828bef2aa7dba1de8ac983511f7532a0df11c770d39099a25cf201");
    let subject = "trailofbits/rfc8785.py/.github/workflows/release.yml@refs/tags/v0.1.2";
    let trusting = Trusting::workflow(Instance::PublicGood, subject);
    let findings = expect(
        &bundle,
        &artifact,
        &trusting,
        Family::Accepts,
        &[
            "trusted signature",
            "by https://github.com/trailofbits/rfc8785.py/.github/workflows/release.yml@refs/tags/v0.1.2 of https://token.actions.githubusercontent.com",
            "passed: certificate sct log time signature binding",
            "log https://rekor.sigstore.dev hashedrekord 79605083 [set inclusion]",
            "time 2024-03-19T22:41:16Z rekor https://rekor.sigstore.dev",
        ],
    );
    let claims = &findings.signatures[0].certificate.as_ref().unwrap().claims;
    assert_eq!(claims["sourceRepositoryRef"], "refs/tags/v0.1.2");
    assert_eq!(claims["sourceRepositoryOwnerURI"], "https://github.com/trailofbits");
}

#[test]
fn a_conda_package_with_its_publish_attestation() {
    let name = "bundles/signed-package-2.1.0-hb0f4dca_0.conda";
    let Some(package) = Place::Family.file(name) else { return };
    let Some(bundle) = Place::Family.file("bundles/conda-attestation.sigstore.json") else {
        return;
    };
    let subject = "prefix-dev/sigstore-example/.github/workflows/action.yaml@refs/heads/main";
    let trusting = Trusting::workflow(Instance::PublicGood, subject);
    let findings = expect(
        &bundle,
        &Artifact::Bytes(package),
        &trusting,
        Family::Accepts,
        &[
            "trusted attestation",
            "by https://github.com/prefix-dev/sigstore-example/.github/workflows/action.yaml@refs/heads/main of https://token.actions.githubusercontent.com",
            "passed: certificate sct log time signature binding",
            "log https://rekor.sigstore.dev dsse 456119071 [set inclusion]",
            "time 2025-09-01T12:13:59Z rekor https://rekor.sigstore.dev",
            "attestation https://schemas.conda.org/attestations-publish-1.schema.json verified by #0",
        ],
    );
    let predicate = &findings.attestations[0].predicate;
    assert_eq!(predicate["targetChannel"], "https://prefix.dev/sigstore-example");
    let other = Artifact::Bytes(b"another package".to_vec());
    expect(
        &bundle,
        &other,
        &trusting,
        Family::Refuses,
        &[
            "invalid attestation",
            "by https://github.com/prefix-dev/sigstore-example/.github/workflows/action.yaml@refs/heads/main of https://token.actions.githubusercontent.com",
            "passed: certificate sct log time signature",
            "failed: binding",
            "log https://rekor.sigstore.dev dsse 456119071 [set inclusion]",
            "time 2025-09-01T12:13:59Z rekor https://rekor.sigstore.dev",
            "error subject_mismatch",
            "attestation https://schemas.conda.org/attestations-publish-1.schema.json not verified by #0: subject_mismatch",
        ],
    );
}

#[test]
fn a_file_signed_with_cosign_3_has_two_times() {
    let Some(file) = Place::Family.file("bundles/cosign-v3-blob.txt") else { return };
    let Some(bundle) = Place::Family.file("bundles/cosign-v3-blob.sigstore.json") else { return };
    let trusting = Trusting::identity(Instance::PublicGood, "w.vollprecht@gmail.com", GITHUB_LOGIN);
    expect(
        &bundle,
        &Artifact::Bytes(file),
        &trusting,
        Family::Accepts,
        &[
            "trusted signature",
            "by w.vollprecht@gmail.com of https://github.com/login/oauth",
            "passed: certificate sct log time signature binding",
            "log https://rekor.sigstore.dev hashedrekord 738312748 [set inclusion]",
            "time 2025-12-03T18:36:42Z rfc3161 https://timestamp.sigstore.dev/api/v1/timestamp",
            "time 2025-12-03T18:36:43Z rekor https://rekor.sigstore.dev",
        ],
    );
}

/// An authority without its root has nothing that its signer leads to.
#[test]
fn a_timestamp_authority_without_its_root_vouches_for_nothing_and_spoils_nothing() {
    let Some(file) = Place::Family.file("bundles/cosign-v3-blob.txt") else { return };
    let Some(bundle) = Place::Family.file("bundles/cosign-v3-blob.sigstore.json") else { return };
    let artifact = Artifact::Bytes(file);
    let short = Instance::PublicGood.altered(|root| {
        let chain = root.pointer_mut("/timestampAuthorities/0/certChain/certificates").unwrap();
        chain.as_array_mut().unwrap().truncate(1);
    });
    let trusting = Trusting::identity(short, "w.vollprecht@gmail.com", GITHUB_LOGIN);
    let stricter = Family::IsStricter("it refuses timestamps of authorities that it does not know");
    expect(
        &bundle,
        &artifact,
        &trusting,
        stricter,
        &[
            "trusted signature",
            "by w.vollprecht@gmail.com of https://github.com/login/oauth",
            "passed: certificate sct log time signature binding",
            "log https://rekor.sigstore.dev hashedrekord 738312748 [set inclusion]",
            "time unknown rfc3161  not verified: timestamp_untrusted",
            "time 2025-12-03T18:36:43Z rekor https://rekor.sigstore.dev",
        ],
    );
    expect(
        &bundle,
        &artifact,
        &trusting.stamped(),
        Family::Refuses,
        &[
            "untrusted signature",
            "by w.vollprecht@gmail.com of https://github.com/login/oauth",
            "passed: certificate sct log signature binding",
            "failed: time",
            "log https://rekor.sigstore.dev hashedrekord 738312748 [set inclusion]",
            "time unknown rfc3161  not verified: timestamp_untrusted",
            "time 2025-12-03T18:36:43Z rekor https://rekor.sigstore.dev",
            "error timestamp_untrusted",
        ],
    );
}

#[test]
fn an_image_s_attestation_by_cosign_is_taken_out_of_its_wrapper() {
    let name = "pkg/cosign/testdata/oci-attestation.sigstore.json";
    let Some(bundle) = Place::Cosign.file(name) else { return };
    let artifact =
        Artifact::Digest("sha256:732112270d7e59418a8c080b134b24cabd67d250d0d0147a97ed95ba5c280aa4");
    let trusting = Trusting::identity(Instance::PublicGood, "cody@soyland.com", GITHUB_LOGIN);
    expect(
        &bundle,
        &artifact,
        &trusting,
        Family::Accepts,
        &[
            "trusted attestation",
            "by cody@soyland.com of https://github.com/login/oauth",
            "passed: certificate sct log time signature binding",
            "log https://rekor.sigstore.dev dsse 175508996 [set inclusion]",
            "time 2025-02-28T19:18:11Z rekor https://rekor.sigstore.dev",
            "attestation https://cosign.sigstore.dev/attestation/v1 verified by #0, unwrapped",
        ],
    );
}

#[test]
fn a_file_signed_in_version_0_2() {
    let name = "gen/pb-rust/sigstore-protobuf-specs/assets/a.txt.sigstore";
    let Some(bundle) = Place::Specs.file(name) else { return };
    let artifact =
        Artifact::Digest("sha256:632579b5183d418ff3dc443994fd35e0e1a2a6ce89a1ee22fdca577f8e8bc9c3");
    let trusting = Trusting::identity(Instance::PublicGood, "a@tny.town", GITHUB_LOGIN);
    expect(
        &bundle,
        &artifact,
        &trusting,
        Family::Accepts,
        &[
            "trusted signature",
            "by a@tny.town of https://github.com/login/oauth",
            "passed: certificate sct log time signature binding",
            "log https://rekor.sigstore.dev hashedrekord 66794718 [set inclusion]",
            "time 2024-01-26T19:35:30Z rekor https://rekor.sigstore.dev",
        ],
    );
}

#[test]
fn the_first_provenance_that_stood_in_a_bundle_is_of_2022() {
    let Some(bundle) = Place::Family.file("bundles/dsse.sigstore.json") else { return };
    let trusting = Trusting::identity(Instance::PublicGood, "brian@dehamer.com", GITHUB_LOGIN);
    expect(
        &bundle,
        &TARBALL,
        &trusting,
        Family::Accepts,
        &[
            "trusted attestation",
            "by brian@dehamer.com of https://github.com/login/oauth",
            "passed: certificate sct log time signature binding",
            "log https://rekor.sigstore.dev intoto 6800908 [set]",
            "time 2022-11-09T23:00:36Z rekor https://rekor.sigstore.dev",
            "attestation https://slsa.dev/provenance/v0.2 verified by #0",
        ],
    );
}

/// The second is the first with other bytes at its end. The log has an envelope with one of them,
/// so not this one; sigstore-go does not take it either.
#[test]
fn of_two_signatures_in_one_envelope_each_is_judged_by_itself() {
    let Some(bundle) = Place::Family.file("bundles/dsse-2sigs.sigstore.json") else { return };
    let trusting = Trusting::identity(Instance::PublicGood, "brian@dehamer.com", GITHUB_LOGIN);
    expect(
        &bundle,
        &TARBALL,
        &trusting,
        Family::Refuses,
        &[
            "invalid attestation",
            "by brian@dehamer.com of https://github.com/login/oauth",
            "passed: signature binding",
            "not-reached: certificate sct time",
            "failed: log",
            "log https://rekor.sigstore.dev intoto 6800908 [set] not verified",
            "error log_entry_mismatch",
            "invalid attestation",
            "by brian@dehamer.com of https://github.com/login/oauth",
            "passed: binding",
            "not-reached: certificate sct time",
            "failed: log signature",
            "log https://rekor.sigstore.dev intoto 6800908 [set] not verified",
            "error signature_mismatch",
            "error log_entry_mismatch",
            "attestation https://slsa.dev/provenance/v0.2 not verified by #0 #1",
        ],
    );
}

#[test]
fn a_key_s_signature_with_log_entry_and_timestamp() {
    let Some(file) = Place::Family.file("managed-key/artifact.txt") else { return };
    let Some(bundle) = Place::Family.file("managed-key/bundle.sigstore.json") else { return };
    let Some(pem) = Place::Family.file("managed-key/key.pub") else { return };
    let trusting = Trusting::key(Instance::PublicGood, pem, "required");
    expect(
        &bundle,
        &Artifact::Bytes(file),
        &trusting,
        Family::Accepts,
        &[
            "trusted signature",
            "by key ecdsa-p256-sha256",
            "passed: log time signature binding",
            "not-needed: certificate sct",
            "log https://rekor.sigstore.dev hashedrekord 771488337 [set inclusion]",
            "time 2025-12-18T17:04:39Z rfc3161 https://timestamp.sigstore.dev/api/v1/timestamp",
            "time 2025-12-18T17:04:39Z rekor https://rekor.sigstore.dev",
        ],
    );
}
