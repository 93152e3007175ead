//! The same as Python's library license-expression: on every identifier of the lists, and on random
//! expressions, valid and not.

use crate::support::{aloud, python, run};
use referee_core::facts::LicenseStatus;
use referee_document::license;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::ffi::OsString;

const SCRIPT: &str = include_str!("oracle.py");

fn answers(python: &OsString, cases: &[Value]) -> Vec<Value> {
    let input: String = cases.iter().map(|case| format!("{case}\n")).collect();
    let output = run(python, SCRIPT, &input);
    let answers: Vec<Value> =
        output.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(answers.len(), cases.len());
    answers
}

fn names(value: &Value) -> Vec<&str> {
    value.as_array().unwrap().iter().map(|name| name.as_str().unwrap()).collect()
}

/// Deprecated identifiers that stand for a licence with an exception: the library knows them as the
/// exception alone, and so it does one that was never deprecated. `Net-SNMP` it replaces by a
/// reference of its own.
const OTHERWISE_THERE: &[&str] = &[
    "GPL-2.0-with-GCC-exception",
    "GPL-2.0-with-autoconf-exception",
    "GPL-2.0-with-bison-exception",
    "GPL-2.0-with-classpath-exception",
    "GPL-2.0-with-font-exception",
    "GPL-3.0-with-GCC-exception",
    "GPL-3.0-with-autoconf-exception",
    "MPL-2.0-no-copyleft-exception",
    "Net-SNMP",
    "eCos-2.0",
    "wxWindows",
];

#[test]
fn every_listed_licence_is_the_same_to_license_expression() {
    let Some(python) = python("licences beside license-expression", "license_expression") else {
        return;
    };
    let listed = spdx::identifiers::LICENSES.iter().map(|license| license.name);
    let ids: Vec<_> =
        listed.filter(|id| *id != "NOASSERTION" && !id.ends_with("-invariants")).collect();
    let cases: Vec<_> = ids.iter().map(|id| json!({"text": id.to_lowercase()})).collect();
    let (mut same, mut newer) = (0, Vec::new());
    for (id, answer) in ids.iter().zip(answers(&python, &cases)) {
        let fact = license::read(id);
        assert_eq!(fact.status, LicenseStatus::Expression, "{id}: {:?}", fact.error);
        assert_eq!(license::read(&id.to_lowercase()).expression, fact.expression);
        let agrees = !answer["names"].is_null() && names(&answer["names"]) == fact.licenses;
        if OTHERWISE_THERE.contains(id) {
            assert!(!agrees, "{id} is no longer another to the library: {answer}");
        } else if answer["error"].as_str().is_some_and(|error| error.starts_with("unknown")) {
            newer.push(*id);
        } else {
            assert!(agrees, "{id}: {:?}, there {answer}", fact.licenses);
            same += 1;
        }
    }
    assert!(same > 600 && newer.len() < 60, "{same} are the same; not there: {newer:?}");
    aloud(&format!(
        "FIGURE licences: {same} as license-expression, {} it has not yet",
        newer.len()
    ));
}

#[test]
fn every_listed_exception_is_the_same_to_license_expression() {
    let Some(python) = python("exceptions beside license-expression", "license_expression") else {
        return;
    };
    let ids: Vec<_> = spdx::identifiers::EXCEPTIONS.iter().map(|one| one.name).collect();
    let text = |id: &&str| format!("GPL-2.0-or-later WITH {id}");
    let cases: Vec<_> = ids
        .iter()
        .map(|id| json!({"text": text(id).to_lowercase().replace(" with ", " WITH ")}))
        .collect();
    let (mut same, mut newer) = (0, Vec::new());
    for (id, answer) in ids.iter().zip(answers(&python, &cases)) {
        let fact = license::read(&text(id));
        assert_eq!(fact.status, LicenseStatus::Expression, "{id}: {:?}", fact.error);
        if answer["error"].is_string() {
            newer.push(*id);
        } else {
            assert_eq!(names(&answer["names"]), fact.licenses, "{id}");
            same += 1;
        }
    }
    assert!(same > 60 && newer.len() < 25, "{same} are the same; not there: {newer:?}");
}

/// A sequence of numbers from a seed (xorshift).
struct Chance(u64);

impl Chance {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % u64::try_from(bound.max(1)).unwrap()).unwrap()
    }

    fn of<'t>(&mut self, texts: &[&'t str]) -> &'t str {
        texts[self.below(texts.len())]
    }

    fn license(&mut self, pool: &[&str]) -> String {
        match self.below(8) {
            0 => format!("LicenseRef-{}", self.below(5)),
            1 => format!(
                "{} WITH {}",
                self.of(&["GPL-2.0-only", "GPL-3.0+"]),
                self.of(&["Classpath-exception-2.0", "Bison-exception-2.2", "GCC-exception-3.1"])
            ),
            2 => self.of(&["GPL-2.0", "LGPL-2.1+", "Nunit", "bzip2-1.0.5", "AGPL-3.0+"]).to_owned(),
            _ => self.of(pool).to_owned(),
        }
    }

    fn expression(&mut self, pool: &[&str], depth: usize) -> String {
        if depth == 0 || self.below(4) == 0 {
            let license = self.license(pool);
            return if self.below(6) == 0 { format!("({license})") } else { license };
        }
        let parts: Vec<_> = (0..2 + self.below(3))
            .map(|_| {
                let inner = self.expression(pool, depth - 1);
                if self.below(2) == 0 { format!("({inner})") } else { inner }
            })
            .collect();
        parts.join(self.of(&[" AND ", " OR ", " and ", " or "]))
    }

    /// An expression with some damage.
    fn damaged(&mut self, pool: &[&str]) -> String {
        let text = self.expression(pool, 2);
        let mut words: Vec<&str> = text.split(' ').collect();
        for _ in 0..=self.below(2) {
            let at = self.below(words.len());
            match self.below(3) {
                0 => drop(words.remove(at)),
                1 => {
                    words.insert(at, self.of(&["AND", "OR", "WITH", "(", ")", "MIT", "Unheard-Of"]))
                }
                _ => words[at] = self.of(&["(", ")", "WITH", "LLVM-exception", "MIT", "or"]),
            }
            if words.is_empty() {
                words.push("AND");
            }
        }
        words.join(" ")
    }
}

#[test]
fn random_expressions_are_valid_name_licences_and_permit_as_license_expression_has_it() {
    let Some(python) = python("expressions beside license-expression", "license_expression") else {
        return;
    };
    let rounds = std::env::var("REFEREE_FUZZ_ROUNDS").ok().and_then(|rounds| rounds.parse().ok());
    let mut chance = Chance(0x5bd1_e995_97f4_a7c1);
    let pool = ["MIT", "Apache-2.0", "ISC", "BSD-3-Clause", "MPL-2.0", "Zlib", "0BSD", "CC0-1.0"];
    let mut cases = Vec::new();
    for round in 0..rounds.unwrap_or(6_000) {
        let text = if round % 3 == 0 { chance.damaged(&pool) } else { chance.expression(&pool, 3) };
        let named: Vec<String> =
            license::read(&text).licenses.iter().map(ToString::to_string).collect();
        let allowed: Vec<Vec<&String>> =
            (0..6).map(|_| named.iter().filter(|_| chance.below(3) > 0).collect()).collect();
        cases.push(json!({"text": text, "allowed": allowed}));
    }
    let (mut valid, mut invalid) = (0, 0);
    for (case, answer) in cases.iter().zip(answers(&python, &cases)) {
        let text = case["text"].as_str().unwrap();
        let fact = license::read(text);
        if answer["error"].is_string() {
            assert_eq!(fact.status, LicenseStatus::Unknown, "{text:?}, there {answer}");
            invalid += 1;
            continue;
        }
        assert_eq!(fact.status, LicenseStatus::Expression, "{text:?}: {:?}", fact.error);
        let there: BTreeSet<_> = names(&answer["names"]).into_iter().collect();
        let here: BTreeSet<_> = fact.licenses.iter().map(smol_str::SmolStr::as_str).collect();
        assert_eq!(here, there, "{text:?}");
        let sets = case["allowed"].as_array().unwrap();
        for (allowed, expected) in sets.iter().zip(answer["permits"].as_array().unwrap()) {
            let allowed = names(allowed);
            let permitted = license::permits(text, |license| allowed.contains(&license)).unwrap();
            assert_eq!(Some(permitted), expected.as_bool(), "{text:?} with {allowed:?}");
            let way = |way: &Vec<smol_str::SmolStr>| {
                way.iter().all(|one| allowed.contains(&one.as_str()))
            };
            assert!(fact.alternatives_omitted || fact.alternatives.iter().any(way) == permitted);
        }
        valid += 1;
    }
    assert!(valid > 1_000 && invalid > 100, "{valid} valid, {invalid} not");
    aloud(&format!(
        "FIGURE expressions: {valid} valid and {invalid} invalid as license-expression"
    ));
}
