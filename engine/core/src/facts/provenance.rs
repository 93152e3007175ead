//! How the artifact was built, as provenance says. One form for all versions and builders.

use super::content::SourceOfDocument;
use super::signature::Problem;
use crate::timestamp::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use smol_str::SmolStr;
use std::collections::BTreeMap;
use std::sync::Arc;

/// One provenance of the subject.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ProvenanceFact {
    /// Where it stands, and who signed it.
    #[serde(flatten)]
    pub source: SourceOfDocument,
    /// What it says.
    #[serde(flatten)]
    pub provenance: Arc<Provenance>,
}

/// What a provenance says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Provenance {
    /// The version of SLSA's provenance: `0.1`, `0.2` or `1`.
    pub slsa_version: SmolStr,
    /// Who built: the builder's `id`.
    pub builder: Option<String>,
    /// Versions of the builder's parts.
    pub builder_version: BTreeMap<SmolStr, String>,
    /// How: the `buildType`, as it is written.
    pub build_type: Option<String>,
    /// The kind of builder, where the build type is one that is known here.
    pub kind: BuildKind,
    /// What the build started from, where the builder itself found out what that was. `null` where
    /// the provenance contradicts itself in it.
    pub source: Option<SourceFact>,
    /// What the build started from as only those say who started it, or as is guessed, where `source`
    /// is `null`, is the build's definition alone or says less: BuildKit's `vcs` and the branch of its
    /// context, the results of Tekton's tasks. No reason to trust anything.
    pub source_claimed: Option<SourceFact>,
    /// What went into it (SLSA 1: `resolvedDependencies`); the first so many where `truncated`.
    pub materials: Vec<MaterialFact>,
    /// How many there are, those left out as well.
    pub material_count: u64,
    /// The container images among the materials, and the builder's image of a container-based build.
    pub images: Vec<ImageFact>,
    /// The parameters that whoever started the build could set (SLSA 1: `externalParameters`), whole;
    /// `null` where they are larger than 256 KiB.
    pub parameters: Value,
    /// Those that the builder set (SLSA 1: `internalParameters`; before: `environment`), without the
    /// members with which they would be larger than 256 KiB.
    pub internal_parameters: Value,
    /// What identifies the build.
    pub invocation: Option<String>,
    /// What started it (`push`, `pull_request`, …), where the builder says.
    pub trigger: Option<String>,
    /// When it started.
    pub started_at: Option<Timestamp>,
    /// When it ended.
    pub finished_at: Option<Timestamp>,
    /// Whether it claims that parameters, environment and materials are listed in full. SLSA 1 has no
    /// such claim, but BuildKit makes one in it.
    pub completeness: Option<CompletenessFact>,
    /// Whether it claims that the same would come out again.
    pub reproducible: Option<bool>,
    /// Whether materials or parameters are left out here because of a limit.
    pub truncated: bool,
    /// What is wrong with it or was left out.
    pub problems: Vec<Problem>,
}

/// The kind of a builder.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum BuildKind {
    /// GitHub Actions: its own attestations, slsa-github-generator, npm.
    GithubActions,
    /// GitLab CI.
    GitlabCi,
    /// BuildKit.
    Buildkit,
    /// Google Cloud Build.
    GoogleCloudBuild,
    /// Tekton Chains.
    Tekton,
    /// Another, or none that says what it is.
    Other,
}

/// Where a build started from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SourceFact {
    /// The repository's address without `git+`, `.git` and the branch
    /// (`https://github.com/org/repo`).
    pub uri: String,
    /// The commit or the hash of the source, hex.
    pub digest: Option<SmolStr>,
    /// The branch or tag (`refs/heads/main`).
    pub r#ref: Option<String>,
    /// The file in it that says how to build: a workflow, a Dockerfile.
    pub entry_point: Option<String>,
}

/// Something that went into a build.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MaterialFact {
    /// Its address, as it is written.
    pub uri: Option<String>,
    /// Its name.
    pub name: Option<String>,
    /// Its digests by algorithm as that is written (`sha256`, `gitCommit`), lower-case hex.
    pub digest: BTreeMap<SmolStr, SmolStr>,
}

/// A container image that went into a build.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ImageFact {
    /// Registry and repository in full, `docker.io/library/alpine`, without tag and digest. Of an
    /// image in no registry, such as one in an OCI layout, the package URL's type and name:
    /// `pkg:oci/alpine`.
    pub repository: String,
    /// The tag, where one is named.
    pub tag: Option<SmolStr>,
    /// The digest (`sha256:…`), where one is named.
    pub digest: Option<SmolStr>,
    /// Its position in `materials`; `null` where it is named by a parameter.
    pub material: Option<u32>,
}

/// What a provenance claims to list in full.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CompletenessFact {
    /// Parameters.
    pub parameters: bool,
    /// The environment.
    pub environment: bool,
    /// Materials.
    pub materials: bool,
}

/// One verification summary (SLSA's VSA): what another verifier came to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct VerificationSummaryFact {
    /// Where it stands, and who signed it.
    #[serde(flatten)]
    pub source: SourceOfDocument,
    /// What it says.
    #[serde(flatten)]
    pub summary: Arc<VerificationSummary>,
}

/// What a verification summary says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct VerificationSummary {
    /// Who verified: the verifier's `id`.
    pub verifier: Option<String>,
    /// Versions of the verifier's parts.
    pub verifier_version: BTreeMap<SmolStr, String>,
    /// When.
    pub verified_at: Option<Timestamp>,
    /// What was verified, as the summary names it.
    pub resource: Option<String>,
    /// The policy that it was verified against.
    pub policy: Option<MaterialFact>,
    /// The attestations that it was verified with.
    pub input_attestations: Vec<MaterialFact>,
    /// `true` for `PASSED`, `false` for `FAILED`, `null` where it says neither.
    pub passed: Option<bool>,
    /// The levels that it was verified to have (`SLSA_BUILD_LEVEL_3`).
    pub levels: Vec<String>,
    /// How many of the dependencies have each level: empty where there are no dependencies, `null`
    /// where nothing is said of them.
    pub dependency_levels: Option<BTreeMap<SmolStr, u64>>,
    /// The version of SLSA.
    pub slsa_version: Option<SmolStr>,
    /// Whether something is left out here because of a limit.
    pub truncated: bool,
    /// What is wrong with it or was left out.
    pub problems: Vec<Problem>,
}
