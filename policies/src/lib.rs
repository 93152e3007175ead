//! Referee's policy packs and Rego library, embedded.
//!
//! A pack is a policy that is configured, not edited: a Rego package with `deny`, `warn` and
//! `allow`, parameters at `data.parameters` with their defaults, tests, and a page that explains
//! it. The library is what packs and policies of one's own are written with. Both run in Referee
//! and in OPA 1.x alike; `tests/opa.sh` holds them to it.
//!
//! This crate holds texts. It depends on nothing, and looks nothing up but names.

mod packs;

pub use packs::packs;

/// One Rego module.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Module {
    /// Its name, as errors and reasons give it.
    pub name: &'static str,
    /// Its text.
    pub text: &'static str,
}

/// A policy pack.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pack {
    /// Its name, `minimum-signatures`.
    pub name: &'static str,
    /// What it demands, in one sentence.
    pub summary: &'static str,
    /// The package that decides, without `data.`.
    pub package: &'static str,
    /// The names of its parameters, members of `data.parameters`.
    pub parameters: &'static [&'static str],
    /// Its modules. They need those of [`library`] beside them.
    pub modules: &'static [Module],
    /// Its tests. They need its modules and those of [`library`] beside them.
    pub tests: &'static [Module],
    /// Its data with the defaults of its parameters, JSON text. The user's data is merged over
    /// it, member by member.
    pub default_data: &'static str,
    /// The page that explains it, Markdown.
    pub readme: &'static str,
}

impl Pack {
    /// The pack of that name.
    #[must_use]
    pub fn find(name: &str) -> Option<&'static Self> {
        packs().iter().find(|pack| pack.name == name)
    }
}

/// The pack that decides where nothing else is asked for.
pub const DEFAULT_PACK: &str = "signed";

/// The library: the packages `referee.attestations`, `referee.documents`, `referee.facts`,
/// `referee.identities`, `referee.licenses`, `referee.packages`, `referee.parameters`,
/// `referee.provenance`, `referee.reasons`, `referee.signatures`, `referee.vulnerabilities`, and
/// `referee.testing`, which makes facts for the tests of policies.
#[must_use]
pub fn library() -> &'static [Module] {
    macro_rules! module {
        ($name:literal) => {
            Module {
                name: concat!("referee/lib/", $name, ".rego"),
                text: include_str!(concat!("../lib/", $name, ".rego")),
            }
        };
    }
    const LIBRARY: &[Module] = &[
        module!("attestations"),
        module!("documents"),
        module!("facts"),
        module!("identities"),
        module!("licenses"),
        module!("packages"),
        module!("parameters"),
        module!("provenance"),
        module!("reasons"),
        module!("signatures"),
        module!("testing"),
        module!("vulnerabilities"),
    ];
    LIBRARY
}

/// The JSON Schema of the facts document, version 1: generated from the types of `referee-core`.
#[must_use]
pub fn facts_schema() -> &'static str {
    include_str!("../schema/facts-v1.json")
}
