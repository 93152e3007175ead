//! Which builder a build type is of. Types are compared by the letter; prefixes only where a version
//! follows that the builder writes.

use referee_core::facts::BuildKind;

/// GitHub Actions: its own (`actions/attest-build-provenance`), the community's, of
/// slsa-github-generator (`verifiers/internal/gha/slsaprovenance/common/buildtypes.go` of
/// slsa-verifier lists them), npm's.
const GITHUB: &[&str] = &[
    "https://actions.github.io/buildtypes/workflow/v1",
    "https://slsa-framework.github.io/github-actions-buildtypes/workflow/v1",
    "https://github.com/slsa-framework/slsa-github-generator/go@v1",
    "https://github.com/slsa-framework/slsa-github-generator/generic@v1",
    "https://github.com/slsa-framework/slsa-github-generator/container@v1",
    DELEGATOR,
    "https://github.com/slsa-framework/slsa-github-generator-go@v1",
    "https://github.com/slsa-framework/slsa-github-generator@v1",
    "https://github.com/npm/cli/gha@v1",
    "https://github.com/npm/cli/gha/v1",
    "https://github.com/npm/cli/gha/v2",
    "https://github.com/Attestations/GitHubActionsWorkflow@v1",
];

/// slsa-github-generator's builders that are brought along.
const DELEGATOR: &str =
    "https://github.com/slsa-framework/slsa-github-generator/delegator-generic@v0";

/// slsa-github-generator's container-based builder. The type is not GitHub's own, so that the
/// builder has to be, too.
const CONTAINER_BASED: &str = "https://slsa.dev/container-based-build/v0.1?draft";

/// BuildKit (its `docs/attestations/slsa-definitions.md`).
const BUILDKIT: &[&str] = &[
    "https://mobyproject.org/buildkit@v1",
    "https://github.com/moby/buildkit/blob/master/docs/attestations/slsa-definitions.md",
];

/// Google Cloud Build. Its first versions have the worker's name for the recipe's type
/// (`verifiers/internal/gcb/provenance.go` of slsa-verifier).
const CLOUD_BUILD: &[&str] = &[
    "https://cloud.google.com/build/gcb-buildtypes/google-worker/v1",
    "https://cloudbuild.googleapis.com/CloudBuildYaml@v0.1",
    "https://cloudbuild.googleapis.com/CloudBuildSteps@v0.1",
    "https://cloudbuild.googleapis.com/GoogleHostedWorker@v0.2",
];

/// Tekton Chains (its `docs/slsa-provenance.md`, `pkg/chains/formats/slsa`).
const TEKTON: &[&str] = &[
    "https://tekton.dev/chains/v2/slsa",
    "https://tekton.dev/chains/v2/slsa-tekton",
    "https://tekton.dev/chains/v2",
    "https://tekton.dev/predicate/chains/slsa/v2",
    "https://tekton.dev/attestations/chains@v2",
    "https://tekton.dev/attestations/chains/pipelinerun@v2",
    "tekton.dev/v1/PipelineRun",
    "tekton.dev/v1/TaskRun",
    "tekton.dev/v1beta1/PipelineRun",
    "tekton.dev/v1beta1/TaskRun",
];

/// The kind of builder that writes this build type.
pub(super) fn kind(build_type: Option<&str>, builder: Option<&str>) -> BuildKind {
    let Some(build_type) = build_type else { return BuildKind::Other };
    if GITHUB.contains(&build_type) || is_container_based(build_type, builder) {
        BuildKind::GithubActions
    } else if BUILDKIT.contains(&build_type) {
        BuildKind::Buildkit
    } else if CLOUD_BUILD.contains(&build_type) {
        BuildKind::GoogleCloudBuild
    } else if TEKTON.contains(&build_type) {
        BuildKind::Tekton
    } else if is_gitlab(build_type) {
        BuildKind::GitlabCi
    } else {
        BuildKind::Other
    }
}

fn is_container_based(build_type: &str, builder: Option<&str>) -> bool {
    let github = "https://github.com/slsa-framework/slsa-github-generator/.github/workflows/";
    build_type == CONTAINER_BASED && builder.is_some_and(|id| id.starts_with(github))
}

/// GitLab's runner has its own version in the middle of the type; npm's has one at the end; GitLab
/// itself (18.3 and later) has its documentation's address.
fn is_gitlab(build_type: &str) -> bool {
    let runner = build_type
        .strip_prefix("https://gitlab.com/gitlab-org/gitlab-runner/-/blob/")
        .and_then(|rest| rest.strip_suffix("/PROVENANCE.md"));
    let npm = build_type.strip_prefix("https://github.com/npm/cli/gitlab/");
    let documented = build_type.strip_prefix("https://docs.gitlab.com/ci/pipeline_security/slsa/");
    let version = runner.or(npm).or(documented.map(|rest| rest.trim_end_matches('/')));
    version.is_some_and(|version| !version.is_empty() && !version.contains('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_type_that_only_looks_like_a_known_one_is_of_another_builder() {
        let of = |build_type: &str| kind(Some(build_type), None);
        assert_eq!(of("https://mobyproject.org/buildkit@v1"), BuildKind::Buildkit);
        assert_eq!(of("https://mobyproject.org/buildkit@v2"), BuildKind::Other);
        assert_eq!(of("https://actions.github.io/buildtypes/workflow/v10"), BuildKind::Other);
        assert_eq!(of("HTTPS://actions.github.io/buildtypes/workflow/v1"), BuildKind::Other);
        let runner = "https://gitlab.com/gitlab-org/gitlab-runner/-/blob";
        assert_eq!(of(&format!("{runner}/v16.7.0/PROVENANCE.md")), BuildKind::GitlabCi);
        assert_eq!(of(&format!("{runner}/v16/../../evil/PROVENANCE.md")), BuildKind::Other);
        assert_eq!(of(&format!("{runner}//PROVENANCE.md")), BuildKind::Other);
    }

    #[test]
    fn a_container_based_build_is_github_s_only_where_its_builder_is() {
        let builder = "https://github.com/slsa-framework/slsa-github-generator/.github/workflows/\
                       builder_container-based_slsa3.yml@refs/tags/v2.1.0";
        assert_eq!(kind(Some(CONTAINER_BASED), Some(builder)), BuildKind::GithubActions);
        assert_eq!(kind(Some(CONTAINER_BASED), Some("https://example.com")), BuildKind::Other);
        assert_eq!(kind(None, Some(builder)), BuildKind::Other);
    }
}
