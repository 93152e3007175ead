//! The examples of the documents are run, and say what the documents say.
//!
//! A block of `sh` after a line `<!-- run -->` is run when its first command is `referee` or
//! `cargo run … -- `; `<!-- run: 1 -->` expects the exit code 1. A block of `text` right after it
//! is what it writes at 100 columns, but for what differs from run to run: milliseconds, revisions,
//! times. With `UPDATE_DOCS=1` in the environment such blocks are written anew.

use crate::support::{referee, root};
use std::ops::Range;
use std::process::Command;

struct Example {
    place: String,
    script: String,
    code: i32,
    /// What it writes, and the lines of the document that say so.
    output: Option<(String, Range<usize>)>,
}

/// The lines inside a block of a kind that begins at `from` or after empty lines, and where.
fn block(lines: &[&str], from: usize, kind: &str) -> Option<(String, Range<usize>)> {
    let start = (from..lines.len()).find(|n| !lines[*n].is_empty())?;
    let end = (start + 1..lines.len()).find(|n| lines[*n] == "```")?;
    let inside = start + 1..end;
    (lines[start] == format!("```{kind}")).then(|| (lines[inside.clone()].join("\n"), inside))
}

/// The examples of a document; none where there is no such document.
fn examples(name: &str) -> Vec<Example> {
    let Ok(text) = std::fs::read_to_string(root().join(name)) else { return Vec::new() };
    let lines: Vec<&str> = text.lines().collect();
    let mut found = Vec::new();
    for (number, line) in lines.iter().enumerate() {
        let place = format!("{name}:{}", number + 1);
        let code = match line.strip_prefix("<!-- run") {
            Some(" -->") => 0,
            Some(rest) => rest
                .strip_prefix(": ")
                .and_then(|rest| rest.strip_suffix(" -->")?.parse().ok())
                .unwrap_or_else(|| panic!("{place}: {line}")),
            None => continue,
        };
        let (script, inside) = block(&lines, number + 1, "sh")
            .unwrap_or_else(|| panic!("{place}: no block of sh follows"));
        let output = block(&lines, inside.end + 1, "text");
        found.push(Example { place, script, code, output });
    }
    found
}

/// The script with our binary in place of what builds it.
fn runnable(script: &str) -> Option<String> {
    let joined = script.replace("\\\n", " ");
    let words: Vec<&str> = joined.split_whitespace().collect();
    match words.as_slice() {
        ["referee", ..] => Some(joined),
        ["cargo", "run", rest @ ..] => {
            let end = rest.iter().position(|word| *word == "--")?;
            let flags = rest[..end].iter().map(|flag| format!(" {flag}")).collect::<String>();
            Some(joined.replace(&format!("cargo run{flags} --"), "referee"))
        }
        _ => None,
    }
}

/// What differs from run to run, made the same.
fn settled(text: &str) -> String {
    let mut settled = Vec::new();
    for line in text.lines() {
        let mut words = Vec::new();
        let mut before = "";
        let line_words: Vec<&str> = line.trim_end().split(' ').collect();
        for (position, word) in line_words.iter().enumerate() {
            let next = line_words.get(position + 1).copied().unwrap_or_default();
            let number = word.trim_start_matches('(');
            let is_count = !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit());
            let is_time = word.contains('T') && word.trim_end_matches([',', '"']).ends_with('Z');
            words.push(if before == "revision" {
                "REVISION"
            } else if is_count && next.trim_end_matches([')', ',']) == "ms" {
                "N"
            } else if is_time && word.len() > 19 {
                "TIME"
            } else if word.starts_with("time=\"") {
                "SECONDS"
            } else {
                word
            });
            before = word;
        }
        settled.push(words.join(" "));
    }
    settled.join("\n").trim_end().to_owned()
}

/// Runs a script and answers with what it writes, to standard output and then to standard error.
fn run(example: &Example, script: &str) -> String {
    let binary = std::path::Path::new(env!("CARGO_BIN_EXE_referee")).parent().unwrap();
    let path = std::env::var("PATH").unwrap_or_default();
    let mut command = Command::new("sh");
    command.arg("-c").arg(script).current_dir(root()).env_clear().env("HOME", "/nonexistent");
    command.env("PATH", format!("{}:{path}", binary.display())).env("COLUMNS", "100");
    let output = command.output().unwrap();
    let written = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
    assert_eq!(output.status.code(), Some(example.code), "{}:\n{written}", example.place);
    written
}

/// Puts what examples write now into their document.
fn update(name: &str, outputs: Vec<(Range<usize>, String)>) {
    let path = root().join(name);
    let text = std::fs::read_to_string(&path).unwrap();
    let mut lines: Vec<&str> = text.lines().collect();
    for (range, output) in outputs.iter().rev() {
        lines.splice(range.clone(), output.trim_end().lines());
    }
    std::fs::write(path, lines.join("\n") + "\n").unwrap();
}

#[test]
fn the_examples_of_the_documents_run_and_say_what_is_written_there() {
    let updating = std::env::var_os("UPDATE_DOCS").is_some();
    let mut ran = 0;
    for name in [
        "README.md",
        "docs/bundles.md",
        "docs/cli.md",
        "docs/configuration.md",
        "docs/documents.md",
        "docs/trust.md",
    ] {
        let mut changed = Vec::new();
        for example in examples(name) {
            let Some(script) = runnable(&example.script) else { continue };
            let written = run(&example, &script);
            ran += 1;
            let Some((expected, range)) = &example.output else { continue };
            if settled(&written) == settled(expected) {
                continue;
            }
            assert!(
                updating,
                "{}: UPDATE_DOCS=1 cargo test -p referee --test cli documentation puts right what \
                 it says:\n{expected}\nit writes:\n{written}",
                example.place
            );
            changed.push((range.clone(), written));
        }
        if !changed.is_empty() {
            update(name, changed);
        }
    }
    assert!(ran > 0, "no example was found");
}

#[test]
fn the_reference_of_the_configuration_has_every_setting_with_its_default() {
    let text = std::fs::read_to_string(root().join("docs/configuration.md")).unwrap();
    let schema = crate::support::run(referee().args(["config", "--schema"])).exits(0).json();
    let mut names = Vec::new();
    settings_of(&schema, &schema, "", &mut names);
    let mut missing = Vec::new();
    for name in names {
        let variable = format!("REFEREE_{}", name.to_ascii_uppercase().replace('.', "__"));
        let variable = if name == "version" { String::new() } else { format!("`{variable}`") };
        let default = default_of(&schema, &name);
        let row = format!("| `{name}` | `{default}` |");
        if !text.lines().any(|line| line.starts_with(&row) && line.contains(&variable)) {
            missing.push(format!("{row} {variable}"));
        }
    }
    assert!(missing.is_empty(), "docs/configuration.md has no rows {missing:#?}");
}

/// The settings below a schema, by their paths: what has no fixed members of its own.
fn settings_of(
    whole: &serde_json::Value,
    schema: &serde_json::Value,
    path: &str,
    into: &mut Vec<String>,
) {
    let named = schema["$ref"].as_str().map(|name| name.trim_start_matches("#/$defs/"));
    let schema = named.map_or(schema, |name| &whole["$defs"][name]);
    let Some(members) = schema["properties"].as_object() else {
        return into.push(path.to_owned());
    };
    for (name, member) in members {
        let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
        settings_of(whole, member, &path, into);
    }
}

/// The default of a setting, as JSON: a member of the default of its section.
fn default_of(schema: &serde_json::Value, name: &str) -> serde_json::Value {
    let mut names = name.split('.');
    let section = &schema["properties"][names.next().unwrap()]["default"];
    names.fold(section, |default, name| &default[name]).clone()
}

#[test]
fn the_reference_of_the_command_names_every_flag() {
    let text = std::fs::read_to_string(root().join("docs/cli.md")).unwrap();
    for command in [
        "verify",
        "discover",
        "facts",
        "eval",
        "test",
        "check",
        "build",
        "sign",
        "inspect",
        "parse",
        "capabilities",
        "serve",
        "config",
        "version",
    ] {
        let help = crate::support::with(&[command, "--help"]).exits(0).out;
        for word in help.split_whitespace().filter(|word| word.starts_with("--")) {
            let flag = word.trim_end_matches([',', '.', ')', ']']);
            assert!(
                text.contains(&format!("`{flag}")),
                "docs/cli.md does not name {command} {flag}"
            );
        }
    }
}
