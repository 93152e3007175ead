//! Asking both, and comparing.

use crate::find::{skipped, tool};
use crate::normal;
use serde::Deserialize;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The version that is compared with.
const VERSION: &str = "1.20.2";

/// An invocation.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    args: String,
    ours: Option<String>,
    #[serde(default)]
    stdin: String,
    #[serde(default)]
    compare: Compare,
    code: Option<i32>,
    #[expect(dead_code, reason = "for readers of the table")]
    why: Option<String>,
}

/// What must be the same.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
enum Compare {
    /// Standard output as JSON, and the exit code.
    #[default]
    Json,
    /// Standard output, and the exit code.
    Text,
    /// The exit code.
    Code,
}

/// What a command said.
#[derive(Debug, PartialEq, Eq)]
struct Said {
    code: Option<i32>,
    out: String,
    err: String,
}

fn files() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/opa/files")
}

/// The words of a line, as a shell without variables has them.
fn words(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote = None;
    for character in line.chars() {
        match (quote, character) {
            (Some(open), _) if open == character => quote = None,
            (Some(_), _) => word.get_or_insert_default().push(character),
            (None, '\'') => {
                quote = Some(character);
                word.get_or_insert_default();
            }
            (None, ' ') => words.extend(word.take()),
            (None, _) => word.get_or_insert_default().push(character),
        }
    }
    words.extend(word);
    words
}

fn ask(program: &Path, line: &str, stdin: &str) -> Said {
    let mut child = Command::new(program)
        .args(words(line))
        .current_dir(files())
        .env_clear()
        .env("HOME", "/nonexistent")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // Who reads nothing has closed it.
    let _closed = child.stdin.take().unwrap().write_all(stdin.as_bytes());
    let output = child.wait_with_output().unwrap();
    Said {
        code: output.status.code(),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

/// How the two differ; `None` where they do not.
fn difference(case: &Case, opa: &Said, ours: &Said) -> Option<String> {
    let expected = case.code.or(opa.code);
    if ours.code != expected {
        return Some(format!("exit code {:?} and not {expected:?}", ours.code));
    }
    let (theirs, mine) = match case.compare {
        Compare::Code => return None,
        Compare::Text => (normal::text(&opa.out), normal::text(&ours.out)),
        // check and parse of opa tell errors on standard error, ours where every answer is.
        Compare::Json if opa.out.is_empty() => (normal::json(&opa.err)?, normal::json(&ours.out)?),
        Compare::Json => (normal::json(&opa.out)?, normal::json(&ours.out)?),
    };
    (theirs != mine).then(|| window(&theirs, &mine))
}

/// The lines around the first that differs.
fn window(theirs: &str, mine: &str) -> String {
    let same = theirs.lines().zip(mine.lines()).take_while(|(a, b)| a == b).count();
    let part = |text: &str| {
        let lines = text.lines().skip(same.saturating_sub(4)).take(14);
        lines.map(|line| format!("    {line}\n")).collect::<String>()
    };
    format!("differs at line {}\n  opa\n{}  referee\n{}", same + 1, part(theirs), part(mine))
}

#[test]
fn what_opa_answers_referee_answers() {
    let Some(opa) = tool("opa") else {
        return skipped("the comparison with opa", "opa is not on this machine");
    };
    let version = ask(&opa, "version", "").out;
    if !version.starts_with(&format!("Version: {VERSION}\n")) {
        return skipped("the comparison with opa", &format!("it is not opa {VERSION}: {version}"));
    }
    let ours = Path::new(env!("CARGO_BIN_EXE_referee"));
    let text = std::fs::read_to_string(files().join("../cases.yaml")).unwrap();
    let cases: Vec<Case> = yaml_serde::from_str(&text).unwrap();
    let only = std::env::var("REFEREE_OPA_ONLY").ok();
    let mut failed = Vec::new();
    let (mut compared, mut answers) = (0, 0);
    for case in &cases {
        if only.as_ref().is_some_and(|only| !case.args.contains(only.as_str())) {
            continue;
        }
        let theirs = ask(&opa, &case.args, &case.stdin);
        let mine = ask(ours, case.ours.as_deref().unwrap_or(&case.args), &case.stdin);
        compared += 1;
        answers += usize::from(case.compare != Compare::Code);
        if let Some(difference) = difference(case, &theirs, &mine) {
            let errors =
                [&theirs.err, &mine.err].map(|err| err.lines().take(4).collect::<String>());
            failed.push(format!("{}: {difference}\n  {errors:?}", case.args));
        }
    }
    eprintln!("FIGURE opa: {compared} invocations compared, {answers} of them with their answers");
    assert!(failed.is_empty(), "{} of {compared} differ:\n{}", failed.len(), failed.join("\n\n"));
}
