//! Each builder's rules: what is the source, what is only claimed, what is contradictory.

use crate::support::{codes, current, first, image, line, second, v1};
use referee_core::facts::{BuildKind, CompletenessFact};
use serde_json::{Value, json};

const COMMIT: &str = "4b220de5058abfd01ff619c9d2ff6b09a049bea0";
const OTHER: &str = "8f70009fde0c94ade6ce2a054b94718c819126ec";
const HEX: &str = "8914eb54f968791faf6a8638949e480fef81e697984fba772b3976835194c6d4";

const GITHUB: &str = "https://actions.github.io/buildtypes/workflow/v1";
const DELEGATOR: &str =
    "https://github.com/slsa-framework/slsa-github-generator/delegator-generic@v0";
const BUILDKIT: &str =
    "https://github.com/moby/buildkit/blob/master/docs/attestations/slsa-definitions.md";
const CLOUD_BUILD: &str = "https://cloud.google.com/build/gcb-buildtypes/google-worker/v1";
const TEKTON: &str = "https://tekton.dev/chains/v2/slsa";
const GITLAB: &str = "https://docs.gitlab.com/ci/pipeline_security/slsa/provenance_v1";

fn git(uri: &str, commit: &str) -> Value {
    json!({"uri": uri, "digest": {"gitCommit": commit}})
}

fn workflow(repository: &str) -> Value {
    json!({"workflow": {
        "repository": repository, "ref": "refs/heads/main", "path": ".github/workflows/release.yml",
    }})
}

#[test]
fn a_workflow_s_source_is_its_repository_s_commit_among_the_dependencies() {
    let predicate = v1(
        GITHUB,
        workflow("https://github.com/org/repo"),
        json!({"github": {"event_name": "push"}}),
        json!([
            git("git+https://github.com/org/other@refs/heads/main", OTHER),
            git("git+https://github.com/org/repo@refs/tags/v1", COMMIT),
        ]),
    );
    let read = current(&predicate).unwrap();
    assert_eq!(read.kind, BuildKind::GithubActions);
    assert_eq!(
        line(read.source.as_ref()),
        format!("https://github.com/org/repo refs/tags/v1 {COMMIT} .github/workflows/release.yml")
    );
    assert_eq!((read.trigger.as_deref(), read.source_claimed), (Some("push"), None));
    assert_eq!((read.material_count, read.problems.len(), read.truncated), (2, 0, false));
}

#[test]
fn a_workflow_whose_repository_no_dependency_is_of_has_no_source() {
    for dependencies in [
        json!([git("git+https://github.com/org/other@refs/heads/main", COMMIT)]),
        json!([{"uri": "git+https://github.com/org/repo@refs/heads/main"}]),
        json!([git("git+https://github.com/org/repo2", COMMIT)]),
        json!([
            git("git+https://github.com/org/repo@refs/heads/main", COMMIT),
            git("git+https://github.com/org/repo@refs/heads/main", OTHER),
        ]),
        Value::Null,
    ] {
        let external = workflow("https://github.com/org/repo");
        let read = current(&v1(GITHUB, external, Value::Null, dependencies.clone())).unwrap();
        assert_eq!(line(read.source.as_ref()), "none", "{dependencies}");
        assert_eq!(codes(&read), ["document_source"], "{dependencies}");
        let claimed = read.source_claimed.unwrap();
        assert_eq!(claimed.uri, "https://github.com/org/repo", "{dependencies}");
        assert_eq!(claimed.digest, None, "{dependencies}");
    }
}

#[test]
fn a_workflow_s_source_with_two_commits_or_two_branches_is_not_told_as_one_of_them() {
    let repo = "git+https://github.com/org/repo";
    let external = |digest: Value| json!({"source": {"uri": repo, "digest": digest}});
    let main = git(&format!("{repo}@refs/heads/main"), COMMIT);
    let both = json!([main, git(&format!("{repo}@refs/heads/other"), COMMIT)]);
    let one = json!([main]);
    let read = |digest, dependencies| {
        current(&v1(GITHUB, external(digest), Value::Null, dependencies)).unwrap()
    };
    let contradictory = read(json!({"gitCommit": COMMIT, "sha1": OTHER}), one.clone());
    assert_eq!(contradictory.source, None);
    assert_eq!(codes(&contradictory), ["document_source"]);
    assert_eq!(read(json!({"sha1": "no commit"}), one.clone()).source, None);
    assert!(read(json!({}), one.clone()).source.is_some());
    let plain = read(json!({"gitCommit": COMMIT}), one);
    assert_eq!(plain.source.unwrap().r#ref.as_deref(), Some("refs/heads/main"));
    let branches = read(json!({"gitCommit": COMMIT}), both);
    assert_eq!(branches.source.unwrap().r#ref, None);
    let uri = format!("{repo}@refs/heads/main");
    let build_type = "https://github.com/slsa-framework/slsa-github-generator/generic@v1";
    let config = json!({"uri": uri, "digest": {"sha1": COMMIT}, "entryPoint": "r.yml"});
    let materials = json!([{"uri": format!("{repo}@refs/tags/v1"), "digest": {"sha1": COMMIT}}]);
    let old = second(&configured(build_type, config, materials)).unwrap();
    assert_eq!((old.source.clone(), codes(&old)), (None, vec!["document_source"]));
}

#[test]
fn a_starter_s_inputs_are_no_source_of_a_delegated_build() {
    let predicate = v1(
        DELEGATOR,
        json!({"inputs": {"repository": "https://github.com/good/repo"}, "vars": {}}),
        json!({
            "GITHUB_REPOSITORY": "org/repo",
            "GITHUB_EVENT_NAME": "workflow_dispatch",
            "GITHUB_WORKFLOW_REF": "org/repo/.github/workflows/r.yml@refs/heads/main",
        }),
        json!([
            git("git+https://github.com/good/repo@refs/heads/main", OTHER),
            git("git+https://github.com/org/repo@refs/heads/main", COMMIT),
        ]),
    );
    let read = current(&predicate).unwrap();
    assert_eq!(
        line(read.source.as_ref()),
        format!("https://github.com/org/repo refs/heads/main {COMMIT} .github/workflows/r.yml")
    );
    assert_eq!(read.trigger.as_deref(), Some("workflow_dispatch"));
}

#[test]
fn a_container_based_build_s_image_is_among_the_images() {
    let mut predicate = v1(
        "https://slsa.dev/container-based-build/v0.1?draft",
        json!({
            "source": {"uri": "git+https://github.com/org/repo@refs/heads/main", "digest": {"sha1": COMMIT}},
            "builderImage": {"uri": format!("bash@sha256:{HEX}"), "digest": {"sha256": HEX}},
            "configPath": "build.toml",
        }),
        json!({"GITHUB_EVENT_NAME": "push", "GITHUB_RUN_ID": 1}),
        json!([{"uri": "git+https://github.com/org/repo@refs/heads/main", "digest": {"sha1": COMMIT}}]),
    );
    let builder = "https://github.com/slsa-framework/slsa-github-generator/.github/workflows/\
                   builder_container-based_slsa3.yml@refs/tags/v2.1.0";
    predicate["runDetails"]["builder"]["id"] = builder.into();
    let read = current(&predicate).unwrap();
    assert_eq!(
        line(read.source.as_ref()),
        format!("https://github.com/org/repo refs/heads/main {COMMIT} build.toml")
    );
    assert_eq!(image(&read.images[0]), format!("docker.io/library/bash@sha256:{HEX}"));
    assert_eq!(read.images[0].material, None);
    predicate["buildDefinition"]["externalParameters"]["source"]["digest"]["sha1"] = OTHER.into();
    let read = current(&predicate).unwrap();
    assert_eq!(
        (line(read.source.as_ref()).as_str(), codes(&read)),
        ("none", vec!["document_source"])
    );
}

fn configured(build_type: &str, config: Value, materials: Value) -> Value {
    json!({
        "builder": {"id": "https://example.com/builder"},
        "buildType": build_type,
        "invocation": {
            "configSource": config,
            "parameters": {"args": {"x": "y"}},
            "environment": {"github_event_name": "release"},
        },
        "metadata": {
            "buildInvocationID": "1-1",
            "buildStartedOn": "2026-01-02T03:04:05Z",
            "buildFinishedOn": "2026-01-02T03:05:05.5+01:00",
            "completeness": {"parameters": true, "environment": false},
            "reproducible": false,
        },
        "materials": materials,
    })
}

#[test]
fn slsa_0_2_tells_its_metadata_and_its_configuration_as_the_source() {
    let uri = "git+https://github.com/org/repo@refs/heads/main";
    let config = json!({"uri": uri, "digest": {"sha1": COMMIT}, "entryPoint": "r.yml"});
    let build_type = "https://github.com/slsa-framework/slsa-github-generator/generic@v1";
    let materials = json!([{"uri": uri, "digest": {"sha1": COMMIT}}]);
    let read = second(&configured(build_type, config.clone(), materials)).unwrap();
    assert_eq!(
        line(read.source.as_ref()),
        format!("https://github.com/org/repo refs/heads/main {COMMIT} r.yml")
    );
    assert_eq!((read.slsa_version.as_str(), read.trigger.as_deref()), ("0.2", Some("release")));
    assert_eq!(read.invocation.as_deref(), Some("1-1"));
    assert_eq!(read.started_at.unwrap().to_string(), "2026-01-02T03:04:05Z");
    assert_eq!(read.finished_at.unwrap().to_string(), "2026-01-02T02:05:05.5Z");
    let claims = CompletenessFact { parameters: true, environment: false, materials: false };
    assert_eq!((read.completeness, read.reproducible), (Some(claims), Some(false)));
    assert_eq!(read.parameters, json!({"args": {"x": "y"}}));
    assert_eq!(read.internal_parameters, json!({"github_event_name": "release"}));
    // A material that is another commit: one of the two is not true.
    let materials = json!([{"uri": uri, "digest": {"sha1": OTHER}}]);
    let read = second(&configured(build_type, config.clone(), materials)).unwrap();
    assert_eq!(
        (line(read.source.as_ref()).as_str(), codes(&read)),
        ("none", vec!["document_source"])
    );
    // A builder that is not known: nothing more is asked of it.
    let read = second(&configured("https://example.com/type", config, Value::Null)).unwrap();
    assert_eq!((read.kind, read.source.unwrap().digest), (BuildKind::Other, Some(COMMIT.into())));
}

#[test]
fn a_configuration_without_a_hash_is_a_claim() {
    let config = json!({"uri": "https://github.com/good/repo.git#refs/heads/main"});
    for build_type in ["https://mobyproject.org/buildkit@v1", "https://example.com/type"] {
        let read = second(&configured(build_type, config.clone(), json!([]))).unwrap();
        assert_eq!(line(read.source.as_ref()), "none");
        assert_eq!(
            line(read.source_claimed.as_ref()),
            "https://github.com/good/repo refs/heads/main - -"
        );
    }
}

#[test]
fn what_a_client_of_buildkit_says_of_its_folder_is_a_claim() {
    let mut predicate = configured(
        "https://mobyproject.org/buildkit@v1",
        json!({"entryPoint": "Dockerfile"}),
        json!([{"uri": "pkg:docker/alpine@3.17?platform=linux%2Famd64", "digest": {"sha256": HEX}}]),
    );
    predicate["metadata"]["https://mobyproject.org/buildkit@v1#metadata"] = json!({
        "vcs": {"source": "https://github.com/good/repo", "revision": COMMIT, "localdir:context": "."},
    });
    let read = second(&predicate).unwrap();
    assert_eq!((read.kind, line(read.source.as_ref()).as_str()), (BuildKind::Buildkit, "none"));
    assert_eq!(
        line(read.source_claimed.as_ref()),
        format!("https://github.com/good/repo - {COMMIT} Dockerfile")
    );
    assert_eq!(image(&read.images[0]), format!("docker.io/library/alpine:3.17@sha256:{HEX}"));
    let vcs = "https://mobyproject.org/buildkit@v1#metadata";
    predicate["metadata"][vcs]["vcs"]["revision"] = format!("{COMMIT}-dirty").into();
    let read = second(&predicate).unwrap();
    assert_eq!(line(read.source_claimed.as_ref()), "https://github.com/good/repo - - Dockerfile");
}

#[test]
fn buildkit_tells_the_context_that_it_fetched_its_folder_and_what_it_lists_in_full() {
    let mut predicate = v1(
        BUILDKIT,
        json!({
            "configSource": {
                "uri": "https://github.com/org/repo.git#refs/tags/v1:images/app",
                "digest": {"sha1": COMMIT},
                "path": "Dockerfile",
            },
            "request": {"frontend": "dockerfile.v0"},
        }),
        json!({"builderPlatform": "linux/amd64"}),
        json!([]),
    );
    predicate["runDetails"]["metadata"] = json!({
        "invocationID": "rpv7a389uzil5lqmrgwhijwjz",
        "buildkit_completeness": {"request": true, "resolvedDependencies": true},
        "buildkit_reproducible": false,
        "buildkit_metadata": {"vcs": {"source": "https://github.com/evil/repo"}},
    });
    let read = current(&predicate).unwrap();
    assert_eq!(
        line(read.source.as_ref()),
        format!("https://github.com/org/repo - {COMMIT} images/app/Dockerfile")
    );
    // `?branch=main&checksum=…&fetch-by-commit` names any commit and any branch.
    assert_eq!(
        line(read.source_claimed.as_ref()),
        format!("https://github.com/org/repo refs/tags/v1 {COMMIT} images/app/Dockerfile")
    );
    assert_eq!(read.invocation.as_deref(), Some("rpv7a389uzil5lqmrgwhijwjz"));
    let claims = CompletenessFact { parameters: true, environment: false, materials: true };
    assert_eq!((read.completeness, read.reproducible), (Some(claims), Some(false)));
}

#[test]
fn buildkit_s_context_is_a_claim_where_more_went_into_the_build_than_it() {
    let config = |repository: &str| {
        json!({
            "uri": format!("https://github.com/org/{repository}.git#refs/tags/v1"),
            "digest": {"sha1": COMMIT},
            "path": "Dockerfile",
        })
    };
    let bundle = format!("pkg:docker/ghcr.io/evil/b@sha256:{HEX}?ref_type=bundle&vcs_url=x");
    let bundle = json!([{"uri": bundle, "digest": {"sha256": HEX}}]);
    for (request, materials, is_source) in [
        (json!({"frontend": "gateway.v0", "locals": []}), json!([]), true),
        (json!({"root": {"configSource": config("repo")}}), json!([]), true),
        // `docker buildx build -f /tmp/Dockerfile https://github.com/org/repo.git#refs/tags/v1`
        (json!({"locals": [{"name": "dockerfile"}]}), json!([]), false),
        (json!({"root": {"configSource": config("evil")}}), json!([]), false),
        (json!({"root": {"request": {}}}), json!([]), false),
        (json!({}), bundle, false),
    ] {
        let external = json!({"configSource": config("repo"), "request": request});
        let one = current(&v1(BUILDKIT, external, Value::Null, materials.clone())).unwrap();
        let mut config = config("repo");
        config["entryPoint"] = config["path"].take();
        let mut two = configured("https://mobyproject.org/buildkit@v1", config, materials);
        two["invocation"]["parameters"] = request.clone();
        for read in [one, second(&two).unwrap()] {
            let claimed = format!("https://github.com/org/repo refs/tags/v1 {COMMIT} Dockerfile");
            assert_eq!(line(read.source_claimed.as_ref()), claimed, "{request}");
            let uri = read.source.as_ref().map(|source| source.uri.as_str());
            assert_eq!(uri, is_source.then_some("https://github.com/org/repo"), "{request}");
            let problems = if is_source { vec![] } else { vec!["document_source"] };
            assert_eq!(codes(&read), problems, "{request}");
        }
    }
}

#[test]
fn cloud_build_tells_what_it_checked_out_and_the_file_only_where_it_is_in_it() {
    let config = json!({"repository": "git+https://github.com/org/config", "ref": "refs/heads/main", "path": "cloudbuild.yaml"});
    let repo = git("git+https://github.com/org/repo@refs/heads/main", COMMIT);
    let image_of = json!({
        "uri": format!("gcr.io/cloud-builders/docker@sha256:{HEX}"), "digest": {"sha256": HEX},
    });
    let both = json!({"buildConfigSource": config, "sourceToBuild": {"repository": "git+https://github.com/org/repo"}});
    let read = current(&v1(CLOUD_BUILD, both, Value::Null, json!([repo, image_of]))).unwrap();
    assert_eq!(
        line(read.source.as_ref()),
        format!("https://github.com/org/repo refs/heads/main {COMMIT} -")
    );
    assert_eq!(image(&read.images[0]), format!("gcr.io/cloud-builders/docker@sha256:{HEX}"));
    // The configuration is of another repository than what was checked out, and nothing says why.
    let read =
        current(&v1(CLOUD_BUILD, json!({"buildConfigSource": config}), Value::Null, json!([repo])));
    let read = read.unwrap();
    assert_eq!(
        (line(read.source.as_ref()).as_str(), codes(&read)),
        ("none", vec!["document_source"])
    );
    // A build that was submitted with its source.
    let read =
        current(&v1(CLOUD_BUILD, json!({"buildConfig": {}}), Value::Null, json!([repo]))).unwrap();
    assert_eq!(line(read.source.as_ref()), "none");
    assert_eq!(read.source_claimed.unwrap().uri, "https://github.com/org/repo");
}

#[test]
fn cloud_build_of_slsa_0_1_names_the_commit_in_a_digest_or_in_the_address() {
    let recipe = json!({"type": "https://cloudbuild.googleapis.com/CloudBuildYaml@v0.1", "entryPoint": "cloudbuild.yaml", "definedInMaterial": "-1"});
    for material in [
        json!({"uri": "https://github.com/org/repo", "digest": {"sha1": COMMIT}}),
        json!({"uri": format!("https://github.com/org/repo/commit/{COMMIT}")}),
        json!({"uri": format!("https://github.com/org/repo/commit/{COMMIT}"), "digest": {"sha1": COMMIT}}),
    ] {
        let read =
            first(&json!({"builder": {"id": "b"}, "recipe": recipe, "materials": [material]}));
        assert_eq!(
            line(read.unwrap().source.as_ref()),
            format!("https://github.com/org/repo - {COMMIT} cloudbuild.yaml")
        );
    }
    let liar = json!({"uri": format!("https://github.com/org/repo/commit/{COMMIT}"), "digest": {"sha1": OTHER}});
    let read =
        first(&json!({"builder": {"id": "b"}, "recipe": recipe, "materials": [liar]})).unwrap();
    assert_eq!(read.source.unwrap().uri, format!("https://github.com/org/repo/commit/{COMMIT}"));
}

#[test]
fn slsa_0_1_names_the_material_that_holds_the_recipe() {
    let predicate = |position: Value| {
        json!({
            "builder": {"id": "mailto:person@example.com"},
            "recipe": {
                "type": "https://example.com/Makefile", "definedInMaterial": position,
                "entryPoint": "src:foo", "arguments": {"CFLAGS": "-O3"}, "environment": {"a": 1},
            },
            "metadata": {"completeness": {"arguments": true}, "buildInvocationId": "x"},
            "materials": [
                {"uri": "https://example.com/a", "digest": {"sha256": HEX}},
                {"uri": "git+https://example.com/b.git@v1", "digest": {"sha1": COMMIT}},
            ],
        })
    };
    let read = first(&predicate(json!(1))).unwrap();
    assert_eq!(line(read.source.as_ref()), format!("https://example.com/b v1 {COMMIT} src:foo"));
    assert_eq!((read.slsa_version.as_str(), read.parameters), ("0.1", json!({"CFLAGS": "-O3"})));
    assert!(read.completeness.unwrap().parameters);
    assert_eq!(first(&predicate(Value::Null)).unwrap().source, None);
    for outside in [json!(2), json!(-2), json!(i64::MAX)] {
        let read = first(&predicate(outside)).unwrap();
        assert_eq!((read.source.is_none(), codes(&read)), (true, vec!["document_source"]));
    }
}

#[test]
fn tekton_s_source_is_the_definition_that_it_resolved_and_the_built_repository_is_a_claim() {
    let claimed = json!({"name": "inputs/result", "uri": "git+https://github.com/good/repo.git", "digest": {"sha1": OTHER}});
    let pipeline = json!({"name": "pipeline", "uri": "git+https://github.com/org/pipelines.git", "digest": {"sha1": COMMIT}});
    let step = json!({"uri": "oci://gcr.io/tekton-releases/git-init", "digest": {"sha256": HEX}});
    let external = json!({
        "buildConfigSource": {
            "ref": format!("sha1:{COMMIT}"), "repository": "git+https://github.com/org/pipelines.git", "path": "ci.yaml",
        },
        "runSpec": {"params": [{"name": "CHAINS-GIT_URL", "value": "https://github.com/good/repo"}]},
    });
    let read =
        current(&v1(TEKTON, external, Value::Null, json!([claimed, pipeline, step]))).unwrap();
    assert_eq!(
        line(read.source.as_ref()),
        format!("https://github.com/org/pipelines - {COMMIT} ci.yaml")
    );
    assert_eq!(
        line(read.source_claimed.as_ref()),
        format!("https://github.com/good/repo - {OTHER} -")
    );
    assert_eq!(
        image(&read.images[0]),
        format!("gcr.io/tekton-releases/git-init:latest@sha256:{HEX}")
    );
    // Written into the run itself: nothing was resolved.
    let read = current(&v1(TEKTON, json!({"runSpec": {}}), Value::Null, json!([claimed]))).unwrap();
    assert_eq!(line(read.source.as_ref()), "none");
    assert_eq!(read.source_claimed.unwrap().uri, "https://github.com/good/repo");
    let read = current(&v1(TEKTON, Value::Null, Value::Null, json!([pipeline, pipeline]))).unwrap();
    assert_eq!(
        (line(read.source.as_ref()).as_str(), codes(&read)),
        ("none", vec!["document_source"])
    );
}

#[test]
fn tekton_s_older_materials_are_a_claim_beside_the_configuration() {
    let config = json!({"uri": "git+https://github.com/org/pipelines.git", "digest": {"sha1": COMMIT}, "entryPoint": "ci.yaml"});
    let materials = json!([
        {"uri": "git+https://github.com/org/pipelines.git", "digest": {"sha1": COMMIT}},
        {"uri": "git+https://github.com/good/repo.git", "digest": {"sha1": OTHER}},
    ]);
    let read = second(&configured("tekton.dev/v1/PipelineRun", config, materials.clone())).unwrap();
    assert_eq!(read.source.unwrap().uri, "https://github.com/org/pipelines");
    assert_eq!(read.source_claimed.unwrap().uri, "https://github.com/good/repo");
    let read = second(&configured("tekton.dev/v1beta1/TaskRun", json!({}), materials)).unwrap();
    assert_eq!((read.source, read.source_claimed), (None, None), "two may be meant");
}

#[test]
fn gitlab_s_source_is_the_project_and_its_entry_point_the_job() {
    let project = "https://gitlab.com/group/project";
    let external = json!({"source": project, "entryPoint": "build", "variables": {"CI_PIPELINE_SOURCE": "push"}});
    let own = json!({"uri": project, "digest": {"sha256": COMMIT}});
    let read = current(&v1(GITLAB, external.clone(), json!({"job": "1"}), json!([own]))).unwrap();
    assert_eq!(read.kind, BuildKind::GitlabCi);
    assert_eq!(line(read.source.as_ref()), format!("{project} - {COMMIT} build"));
    assert_eq!(read.trigger, None, "whoever starts a pipeline may overwrite its variables");
    let read = current(&v1(GITLAB, external, Value::Null, json!([own, own]))).unwrap();
    assert_eq!(
        (line(read.source.as_ref()).as_str(), codes(&read)),
        ("none", vec!["document_source"])
    );
}

#[test]
fn a_build_of_slsa_1_by_an_unknown_builder_has_no_source_but_a_guess() {
    let repo = git("git+https://github.com/org/repo@refs/heads/main", COMMIT);
    let external =
        json!({"repository": "https://github.com/org/repo", "workflow": "any type", "source": 7});
    let read = current(&v1("https://example.com/t", external, json!([1]), json!([repo]))).unwrap();
    assert_eq!((read.kind, line(read.source.as_ref()).as_str()), (BuildKind::Other, "none"));
    assert_eq!(
        line(read.source_claimed.as_ref()),
        format!("https://github.com/org/repo refs/heads/main {COMMIT} -")
    );
    assert_eq!(read.internal_parameters, json!([1]));
}
