//! The packs in Referee's own engine: their tests, their parameters, what they promise.

#![allow(clippy::unwrap_used, reason = "what the tests share may fail as they may")]
#![allow(clippy::indexing_slicing, reason = "what the tests share may fail as they may")]

use referee_core::trust::{CLAIMS, Pattern, PatternText};
use referee_core::{Reason, Timestamp, Verdict};
use referee_policies::{DEFAULT_PACK, Pack, library, packs};
use referee_rego::{
    CompileOptions, EvalBudget, Module, Policy, Program, RegoEngine, Ruling, TestOutcome, Value,
    run_tests,
};
use serde_json::{Value as Json, json};
use std::collections::BTreeSet;
use std::time::Duration;

fn modules(list: &[referee_policies::Module]) -> Vec<Module> {
    list.iter().map(|module| Module::new(module.name, module.text)).collect()
}

fn program(pack: &Pack, data: &Json, with_tests: bool) -> Program {
    let mut all = modules(library());
    all.extend(modules(pack.modules));
    if with_tests {
        all.extend(modules(pack.tests));
    }
    let defaults = Value::from_json_str(pack.default_data).unwrap();
    let data = defaults.merged_with(&Value::from_json(data.clone()).unwrap());
    RegoEngine::compile(&all, data, CompileOptions::DEFAULT).unwrap()
}

fn budget() -> EvalBudget {
    EvalBudget::new(Duration::from_secs(10), Timestamp::UNIX_EPOCH)
}

fn decide(name: &str, data: &Json, input: &Json) -> Ruling {
    let policy = Policy::new(program(Pack::find(name).unwrap(), data, false), None).unwrap();
    policy.decide(&Value::from_json(input.clone()).unwrap(), &budget()).unwrap()
}

fn codes(reasons: &[Reason]) -> Vec<&str> {
    reasons.iter().map(|reason| reason.code.as_deref().unwrap()).collect()
}

/// What a term of the package `referee.testing` makes.
fn made(term: &str) -> Json {
    let text = format!("package made\n\nimport data.referee.testing\n\nx := {term}\n");
    let mut all = modules(library());
    all.push(Module::new("made.rego", text));
    let program = RegoEngine::compile(&all, Value::object([]), CompileOptions::DEFAULT).unwrap();
    program.eval("data.made.x", &Value::null(), &budget()).unwrap().unwrap().to_json()
}

const TWO_TRUSTED: &str = "testing.facts([testing.trusted(0, \"a\"), testing.trusted(1, \"b\")])";

const ATTESTED: &str = "testing.attested([made], [testing.statement(0, \"t\", [made])]) if { made := \
     testing.over_statement(testing.identity(0, \"a\"), \"t\") }";

/// The packs that rule over documents.
const OVER_DOCUMENTS: [&str; 6] =
    ["sbom", "licenses", "packages", "vulnerabilities", "provenance", "base-images"];

/// Facts that do for all of them.
const DOCUMENTED: &str = "testing.documented([made], {\"sboms\": [testing.sbom(0, [testing.npm(\"a\", \
     \"1.0.0\", \"MIT\")], [made])], \"vulnerability_reports\": [object.union(testing.report(0, \
     [testing.finding(\"CVE-1\", \"low\", \"a\", \"1.0.1\")], [made]), {\"attestation\": 1})], \"vex\": \
     [object.union(testing.vex(0, \"CVE-1\", \"fixed\", \"2026-01-30T12:00:00Z\", [made]), \
     {\"attestation\": 2})], \"provenance\": [object.union(testing.provenance(0, [made]), \
     {\"attestation\": 3})], \"verification_summaries\": [object.union(testing.summary(0, \
     [\"SLSA_BUILD_LEVEL_3\"], [made]), {\"attestation\": 4})]}) if { made := \
     testing.over_statement(testing.trusted(0, \"a\"), \"t\") }";

/// What must be given to those that have no default for it.
fn demands(name: &str) -> Json {
    let parameters = match name {
        "licenses" => json!({"allowed": ["MIT"]}),
        "packages" => json!({"forbidden": ["pkg:npm/b"]}),
        "provenance" => json!({"builders": [{"id": {"glob": "**"}, "signed_by": ["a"]}]}),
        "base-images" => json!({"images": ["docker.io/**"]}),
        _ => json!({}),
    };
    json!({ "parameters": parameters })
}

#[test]
fn every_pack_passes_its_own_tests() {
    let mut run = 0;
    for pack in packs() {
        let program = program(pack, &json!({}), true);
        let zero = || Duration::ZERO;
        let results = run_tests(&program, &|_, _| true, &Value::object([]), &budget(), &zero);
        assert!(results.len() >= 12, "{} has only {} tests", pack.name, results.len());
        let failed: Vec<_> = results.iter().filter(|r| r.outcome != TestOutcome::Pass).collect();
        assert!(failed.is_empty(), "{}: {failed:#?}", pack.name);
        run += results.len();
    }
    println!("FIGURE packs: {run} tests in Rego");
}

#[test]
fn the_example_that_puts_packs_together_passes_its_tests() {
    let mut all = modules(library());
    packs().iter().for_each(|pack| all.extend(modules(pack.modules)));
    let [policy, tests] = [
        ("production.rego", include_str!("../../examples/production/production.rego")),
        ("production_test.rego", include_str!("../../examples/production/production_test.rego")),
    ]
    .map(|(name, text)| Module::new(name, text));
    all.extend([policy, tests]);
    let data = Value::from_yaml_str(include_str!("../../examples/production/data.yaml"));
    let program = RegoEngine::compile(&all, data.unwrap(), CompileOptions::DEFAULT).unwrap();
    let zero = || Duration::ZERO;
    let results = run_tests(&program, &|_, _| true, &Value::object([]), &budget(), &zero);
    let failed: Vec<_> = results.iter().filter(|r| r.outcome != TestOutcome::Pass).collect();
    assert!(results.len() >= 12 && failed.is_empty(), "{failed:#?}");
    println!("FIGURE packs put together: {} tests in Rego", results.len());
}

#[test]
fn every_pack_decides_by_its_package_without_being_told_which() {
    for pack in packs() {
        let policy = Policy::new(program(pack, &json!({}), true), None).unwrap();
        assert_eq!(policy.package(), pack.package);
    }
}

#[test]
fn packs_have_names_of_their_own_and_the_default_is_the_first() {
    let names: BTreeSet<_> = packs().iter().map(|pack| pack.name).collect();
    assert_eq!(names.len(), packs().len());
    assert_eq!(Pack::find(DEFAULT_PACK), packs().first());
    assert_eq!(Pack::find("sined"), None);
}

#[test]
fn every_pack_denies_an_input_that_is_no_facts_document() {
    for pack in packs() {
        for input in [json!({}), json!(null), json!([]), json!({"complete": true}), json!("x")] {
            let ruling = decide(pack.name, &json!({}), &input);
            assert_eq!(ruling.verdict, Verdict::Deny, "{} {input}", pack.name);
            assert!(codes(&ruling.reasons).contains(&"facts_unsupported"), "{ruling:?}");
        }
    }
}

#[test]
fn every_pack_denies_a_parameter_it_does_not_know_however_good_the_facts_are() {
    for pack in packs() {
        let (term, data) = match pack.name {
            "required-keys" => (TWO_TRUSTED, json!({"parameters": {"keys": ["a"]}})),
            "identities" => ("testing.facts([testing.identity(0, \"a\")])", json!({})),
            "attested" => (ATTESTED, json!({"parameters": {"predicate_types": ["t"]}})),
            name if OVER_DOCUMENTS.contains(&name) => (DOCUMENTED, demands(name)),
            _ => (TWO_TRUSTED, json!({})),
        };
        let input = made(term);
        assert_eq!(decide(pack.name, &data, &input).verdict, Verdict::Allow, "{}", pack.name);
        for wrong in [json!({"Minimum": 1}), json!(1), json!(null), json!([])] {
            let wrong = Value::from_json(json!({"parameters": wrong})).unwrap();
            let merged = Value::from_json(data.clone()).unwrap().merged_with(&wrong).to_json();
            let ruling = decide(pack.name, &merged, &input);
            assert_eq!(ruling.verdict, Verdict::Deny, "{} {merged}", pack.name);
            assert!(codes(&ruling.reasons).contains(&"invalid_parameters"), "{ruling:?}");
        }
    }
}

#[test]
fn the_parameters_of_a_pack_are_those_of_its_data_its_policy_and_its_page() {
    let input = made("testing.facts([testing.trusted(0, \"a\")])");
    for pack in packs() {
        let defaults: Json = serde_json::from_str(pack.default_data).unwrap();
        let names: Vec<_> = defaults["parameters"].as_object().unwrap().keys().collect();
        assert_eq!(names, pack.parameters, "{}", pack.name);
        for name in names {
            assert!(pack.readme.contains(&format!("| `{name}` |")), "{}: {name}", pack.name);
        }
        // Without any data the policy's own defaults hold, and they are the same.
        let mut all = modules(library());
        all.extend(modules(pack.modules));
        let bare = RegoEngine::compile(&all, Value::object([]), CompileOptions::DEFAULT).unwrap();
        let bare = Policy::new(bare, None).unwrap();
        let ruling = bare.decide(&Value::from_json(input.clone()).unwrap(), &budget()).unwrap();
        assert_eq!(ruling, decide(pack.name, &json!({}), &input), "{}", pack.name);
    }
}

#[test]
fn every_code_that_a_pack_gives_is_on_its_page() {
    for pack in packs() {
        let text: String = pack.modules.iter().map(|module| module.text).collect();
        let own = text.split("\"code\": \"").skip(1).filter_map(|rest| rest.split('"').next());
        for code in own.chain(["facts_unsupported", "invalid_parameters", "undetermined"]) {
            assert!(pack.readme.contains(&format!("| `{code}` |")), "{}: {code}", pack.name);
        }
    }
}

#[test]
fn the_example_of_data_on_a_page_is_accepted() {
    let input = made("testing.facts([])");
    for pack in packs() {
        let example =
            pack.readme.split("```json\n").nth(1).and_then(|rest| rest.split("```").next());
        assert_eq!(example.is_some(), !pack.parameters.is_empty(), "{}", pack.name);
        let data = example.map_or(json!({}), |example| serde_json::from_str(example).unwrap());
        let ruling = decide(pack.name, &data, &input);
        assert!(!codes(&ruling.reasons).contains(&"invalid_parameters"), "{ruling:?}");
    }
}

#[test]
fn a_reason_says_which_rule_it_comes_from_and_where_that_stands() {
    let input = made("testing.facts([testing.failed(3, \"invalid\")])");
    let ruling = decide("signed", &json!({}), &input);
    assert_eq!(codes(&ruling.reasons), ["signature_invalid", "unsigned"]);
    let lines: Vec<_> = Pack::find("signed").unwrap().modules[0].text.lines().collect();
    for (reason, first_line) in ruling
        .reasons
        .iter()
        .zip(["deny contains signatures.problem(signature) if {", "deny contains problem if {"])
    {
        assert_eq!(reason.rule.as_deref(), Some("data.referee.packs.signed.deny"));
        let location = reason.location.as_deref().unwrap();
        let row = location.strip_prefix("referee/packs/signed/policy.rego:").unwrap();
        assert_eq!(lines[row.parse::<usize>().unwrap() - 1], first_line);
    }
    assert_ne!(ruling.reasons[0].location, ruling.reasons[1].location);
    assert!(ruling.reasons[0].referrer.is_some() && ruling.reasons[0].hint.is_some());
}

#[test]
fn facts_made_for_tests_are_facts_as_the_types_have_them() {
    let term = "testing.incomplete_facts([testing.trusted(0, \"a\"), testing.failed(1, \"invalid\"), \
                testing.attestation(2, \"a\"), testing.platform(3, \"a\"), testing.identity(4, \"a\"), \
                testing.identity_of(5, \"a\", \"a@example.org\")])";
    are_facts(made(term));
    are_facts(made(ATTESTED));
    are_facts(made("testing.attested([], [testing.statement(0, \"t\", [])])"));
    are_facts(made(DOCUMENTED));
    are_facts(made(&format!(
        "testing.with_unread(testing.with_platform(f), 5, \"sboms\", []) if {{ f := d }}\n\nd := {DOCUMENTED}"
    )));
}

fn are_facts(mut facts: Json) {
    // The helpers' key ids are short, for reading.
    for signature in facts["signatures"].as_array_mut().unwrap() {
        if !signature["key"].is_null() {
            signature["key"]["id"] = json!(format!("sha256:{}", "c".repeat(64)));
        }
    }
    let read: referee_core::Facts = serde_json::from_value(facts.clone()).unwrap();
    assert_eq!(serde_json::to_value(&read).unwrap(), facts);
}

#[test]
fn the_claims_of_the_library_are_those_of_the_trust_document() {
    let claims = made("data.referee.identities.claims");
    let library: BTreeSet<&str> =
        claims.as_array().unwrap().iter().map(|claim| claim.as_str().unwrap()).collect();
    assert_eq!(library, BTreeSet::from(CLAIMS));
}

#[test]
fn a_pattern_admits_in_a_policy_what_it_admits_in_a_trust_document() {
    let patterns = [
        json!("a/b.c"),
        json!(""),
        json!({"exact": "a*"}),
        json!({"glob": "*"}),
        json!({"glob": "**"}),
        json!({"glob": "***"}),
        json!({"glob": "a/*"}),
        json!({"glob": "a/**"}),
        json!({"glob": "**/b.c"}),
        json!({"glob": "a/b.?"}),
        json!({"glob": "a/[bB].c"}),
        json!({"glob": "{a,x}(y)+^$|\\"}),
        json!({"regex": "a/.*"}),
        json!({"regex": "a|a/b.c"}),
        json!({"regex": "[a-z]+"}),
        json!({"regex": "a)(b"}),
        json!({"regex": "("}),
        json!({"regex": ""}),
    ];
    let texts = [
        "",
        "a",
        "a/",
        "a/b.c",
        "a/bxc",
        "a/b/c",
        "a/b.?",
        "a/[bB].c",
        "a\n",
        "a/\nb",
        "A",
        "ab",
        "a*",
        "x/a/b.c",
        "{a,x}(y)+^$|\\",
        "a)(b",
        "ä",
    ];
    let ask = "package ask\n\nimport data.referee.identities\n\n\
               admitted := [t | some t in input.texts; identities.admits(input.pattern, t)]\n\n\
               default pattern := false\n\n\
               pattern if identities.is_pattern(input.pattern)\n";
    let mut all = modules(library());
    all.push(Module::new("ask.rego", ask));
    let program = RegoEngine::compile(&all, Value::object([]), CompileOptions::DEFAULT).unwrap();
    for written in &patterns {
        let text: PatternText = serde_json::from_value(written.clone()).unwrap();
        let pattern = Pattern::new(&text);
        let input = Value::from_json(json!({"pattern": written, "texts": texts})).unwrap();
        let answer = |path: &str| program.eval(path, &input, &budget()).unwrap().unwrap().to_json();
        assert_eq!(answer("data.ask.pattern"), json!(pattern.is_ok()), "{written}");
        let admits = |text: &&&str| pattern.as_ref().is_ok_and(|pattern| pattern.admits(text));
        let expected: Vec<_> = texts.iter().filter(admits).collect();
        assert_eq!(answer("data.ask.admitted"), json!(expected), "{written}");
    }
}

#[test]
fn the_policy_and_the_tests_in_the_documentation_work() {
    let page = include_str!("../../docs/policies.md");
    let blocks: Vec<_> =
        page.split("```rego\n").skip(1).filter_map(|rest| rest.split("```").next()).collect();
    let mut all = modules(library());
    all.push(Module::new("trust.rego", blocks[0]));
    all.push(Module::new("trust_test.rego", *blocks.last().unwrap()));
    let program = RegoEngine::compile(&all, Value::object([]), CompileOptions::DEFAULT).unwrap();
    let zero = || Duration::ZERO;
    let results = run_tests(&program, &|_, _| true, &Value::object([]), &budget(), &zero);
    assert_eq!(results.len(), 2);
    assert!(results.iter().all(|r| r.outcome == TestOutcome::Pass), "{results:#?}");
    let policy = Policy::new(program, None).unwrap();
    let unsigned = Value::from_json(made("testing.facts([])")).unwrap();
    let ruling = policy.decide(&unsigned, &budget()).unwrap();
    let told = serde_json::to_value(&ruling.reasons[0]).unwrap();
    let shown = page.split("```json\n").nth(1).and_then(|rest| rest.split("```").next()).unwrap();
    let shown: Json = serde_json::from_str(shown).unwrap();
    for member in ["code", "rule", "location", "hint"] {
        assert_eq!(told[member], shown[member], "{member}");
    }
    // Every table of packs names every pack and its parameters.
    for pack in packs() {
        assert!(page.contains(&format!("../policies/packs/{}/README.md", pack.name)));
    }
}

#[test]
fn packs_read_nothing_of_the_request_but_the_reference_and_no_time_where_nothing_has_an_age() {
    for pack in packs() {
        let program = program(pack, &json!({}), false);
        let reads = program.reads();
        assert!(!reads.whole_input && !reads.volatile, "{}: {reads:?}", pack.name);
        let of_request = reads.input.iter().filter(|path| path[0] == "request");
        let of_request: Vec<_> = of_request.map(|path| path.join(".")).collect();
        let expected: &[&str] = match has_ages(pack.name) {
            true => &["request.reference", "request.time"],
            false => &["request.reference"],
        };
        assert_eq!(of_request, expected, "{}", pack.name);
    }
}

/// Whether a pack has ages or days among its parameters.
fn has_ages(name: &str) -> bool {
    matches!(name, "sbom" | "licenses" | "vulnerabilities")
}
