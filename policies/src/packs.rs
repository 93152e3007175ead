//! The packs, each a folder under `packs/`.

use crate::{Module, Pack};

macro_rules! pack {
    ($name:literal, $package:literal, $parameters:expr, $summary:literal) => {
        Pack {
            name: $name,
            summary: $summary,
            package: $package,
            parameters: $parameters,
            modules: &[Module {
                name: concat!("referee/packs/", $name, "/policy.rego"),
                text: include_str!(concat!("../packs/", $name, "/policy.rego")),
            }],
            tests: &[Module {
                name: concat!("referee/packs/", $name, "/policy_test.rego"),
                text: include_str!(concat!("../packs/", $name, "/policy_test.rego")),
            }],
            default_data: include_str!(concat!("../packs/", $name, "/data.json")),
            readme: include_str!(concat!("../packs/", $name, "/README.md")),
        }
    };
}

/// All packs, the default first.
#[must_use]
pub fn packs() -> &'static [Pack] {
    const PACKS: &[Pack] = &[
        pack!(
            "signed",
            "referee.packs.signed",
            &[],
            "The artifact must carry a trusted signature."
        ),
        pack!(
            "minimum-signatures",
            "referee.packs.minimum_signatures",
            &["minimum"],
            "The artifact must carry at least `minimum` trusted signatures."
        ),
        pack!(
            "distinct-keys",
            "referee.packs.distinct_keys",
            &["minimum"],
            "The artifact must carry trusted signatures by at least `minimum` different signers."
        ),
        pack!(
            "required-keys",
            "referee.packs.required_keys",
            &["keys", "signers"],
            "The artifact must carry a trusted signature by each of the named `keys` and `signers`."
        ),
        pack!(
            "identities",
            "referee.packs.identities",
            &["claims", "every", "issuer", "names", "subject"],
            "The artifact must carry a trusted signature by an identity of which the certificate says what is wanted."
        ),
        pack!(
            "attested",
            "referee.packs.attested",
            &["predicate_types", "signed_by"],
            "The artifact must carry a verified attestation of each of `predicate_types`."
        ),
        pack!(
            "all-signatures-valid",
            "referee.packs.all_signatures_valid",
            &[],
            "The artifact must carry a signature, and none that is not trusted."
        ),
        pack!(
            "sbom",
            "referee.packs.sbom",
            &[
                "elements",
                "exempt_kinds",
                "formats",
                "max_age_days",
                "minimum_packages",
                "per_platform",
                "signed_by",
                "signed_through",
                "tolerated",
            ],
            "The artifact must carry a signed SBOM that says enough."
        ),
        pack!(
            "licenses",
            "referee.packs.licenses",
            &[
                "allowed",
                "exceptions",
                "exempt_kinds",
                "forbidden",
                "no_license",
                "noassertion",
                "none",
                "per_platform",
                "signed_by",
                "signed_through",
                "unknown",
                "use",
            ],
            "The packages of the artifact must have licences that are `allowed`, and none that is `forbidden`."
        ),
        pack!(
            "packages",
            "referee.packs.packages",
            &[
                "exempt_kinds",
                "forbidden",
                "per_platform",
                "required",
                "signed_by",
                "signed_through",
                "without_purl",
            ],
            "The artifact must hold no package that is `forbidden`, and those that are `required`."
        ),
        pack!(
            "vulnerabilities",
            "referee.packs.vulnerabilities",
            &[
                "accept_suppressed",
                "accept_vex",
                "database_max_age_days",
                "grace_days",
                "ignore",
                "max_age_days",
                "only_fixable",
                "per_platform",
                "scanners",
                "severity",
                "signed_by",
                "signed_through",
                "unknown_severity",
                "vex_signed_by",
            ],
            "The artifact must have a signed vulnerability report that is not old, and no finding in it that is not excused."
        ),
        pack!(
            "provenance",
            "referee.packs.provenance",
            &[
                "build_types",
                "builders",
                "entry_points",
                "minimum_level",
                "per_platform",
                "refs",
                "signed_through",
                "source_digest",
                "sources",
                "verifiers",
            ],
            "The artifact must have been built by one of `builders`, for which its own signer speaks, from one of `sources`."
        ),
        pack!(
            "base-images",
            "referee.packs.base_images",
            &[
                "complete_materials",
                "digest",
                "images",
                "no_images",
                "per_platform",
                "signed_by",
                "signed_through",
            ],
            "The artifact must be built on no other images than those of `images`."
        ),
    ];
    PACKS
}
