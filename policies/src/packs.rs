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
    ];
    PACKS
}
