//! A divergence as a case that the case runner reads: what the reference answers is what is
//! wanted.

use super::compare::visible;
use crate::json::Json;
use crate::rego::{Answer, Fault, Input, Outcome, Program};
use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// The document of a case: `{"cases": […]}`, and beside it what was got.
///
/// The file is an evaluation case for each query, or a compile case where the modules are to be
/// refused; [`crate::rego::load`] reads either. What cannot be said in that form (an error of a
/// query that does not compile) stands in `divergence` only.
#[must_use]
pub fn case_document(note: &str, program: &Program, wanted: &Outcome, got: &Outcome) -> Json {
    let cases = match wanted {
        Outcome::Rejected(errors) => vec![compile_case(note, program, errors)],
        Outcome::Answered(answers) => program
            .queries
            .iter()
            .zip(answers)
            .enumerate()
            .map(|(place, (query, answer))| {
                evaluation_case(&format!("{note}/{place}"), program, query, answer)
            })
            .collect(),
        Outcome::Broken(_) => Vec::new(),
    };
    let settings = &program.settings;
    Json::object([
        ("cases", Json::Array(cases)),
        (
            "divergence",
            Json::object([
                ("wanted", wanted.to_string().into()),
                ("got", got.to_string().into()),
                ("rego", settings.dialect.as_str().into()),
                ("strict", settings.strict.into()),
            ]),
        ),
    ])
}

/// Writes a case to a folder: below `v0` or `v1`, as the runner tells dialects.
///
/// # Errors
/// Where the folder or the file cannot be written.
pub fn write_case(
    folder: &Path,
    note: &str,
    program: &Program,
    wanted: &Outcome,
    got: &Outcome,
) -> io::Result<PathBuf> {
    let folder = folder.join(program.settings.dialect.as_str());
    fs::create_dir_all(&folder)?;
    let path = folder.join(format!("{}.json", note.replace(['/', ' '], "-")));
    fs::write(
        &path,
        format!("{}\n", indent(&case_document(note, program, wanted, got).to_string())),
    )?;
    Ok(path)
}

/// Puts line breaks and spaces into compact JSON; strings and numbers stay as they are.
fn indent(text: &str) -> String {
    let mut out = String::with_capacity(text.len() * 2);
    let (mut depth, mut quoted, mut escaped) = (0_usize, false, false);
    for letter in text.chars() {
        if quoted {
            out.push(letter);
            quoted = escaped || letter != '"';
            escaped = letter == '\\' && !escaped;
            continue;
        }
        match letter {
            '{' | '[' => {
                depth += 1;
                out.push(letter);
                line(&mut out, depth);
            }
            '}' | ']' => {
                depth = depth.saturating_sub(1);
                line(&mut out, depth);
                out.push(letter);
            }
            ',' => {
                out.push(',');
                line(&mut out, depth);
            }
            ':' => out.push_str(": "),
            '"' => {
                quoted = true;
                out.push('"');
            }
            other => out.push(other),
        }
    }
    out
}

fn line(out: &mut String, depth: usize) {
    out.push('\n');
    out.push_str(&"  ".repeat(depth));
}

fn modules(program: &Program) -> Json {
    program.modules.iter().map(|module| Json::string(module.text.as_str())).collect()
}

fn evaluation_case(note: &str, program: &Program, query: &str, answer: &Answer) -> Json {
    let mut case = BTreeMap::from([
        ("note".to_owned(), note.into()),
        ("query".to_owned(), query.into()),
        ("modules".to_owned(), modules(program)),
        ("strict_error".to_owned(), program.settings.strict_builtin_errors.into()),
        // What names OPA's compiler makes up is no part of the language.
        ("ignore_generated_vars".to_owned(), true.into()),
    ]);
    if let Some(data) = &program.data {
        case.insert("data".into(), data.clone());
    }
    match &program.input {
        Input::None => {}
        Input::Json(input) => {
            case.insert("input".into(), input.clone());
        }
        Input::Term(term) => {
            case.insert("input_term".into(), term.as_str().into());
        }
    }
    match answer {
        Answer::Rows(rows) => {
            let rows = visible(rows).into_iter().map(Json::Object).collect();
            case.insert("want_result".into(), rows);
        }
        Answer::Errors(errors) => {
            if let Some(error) = errors.first() {
                case.insert("want_error_code".into(), error.code.as_str().into());
                case.insert("want_error".into(), error.message.as_str().into());
            }
        }
    }
    Json::Object(case)
}

fn compile_case(note: &str, program: &Program, errors: &[Fault]) -> Json {
    let error = |error: &Fault| {
        let place = error.place.as_ref();
        let number = |part: fn(&crate::rego::Place) -> u32| {
            Json::integer(place.map_or(0, |place| i64::from(part(place))))
        };
        let module = place.and_then(|place| {
            let named = |module: &crate::rego::Module| module.name == place.file;
            program.modules.iter().position(named)
        });
        Json::object([
            ("module", format!("test-{}.rego", module.unwrap_or_default()).into()),
            ("code", error.code.as_str().into()),
            ("row", number(|place| place.row)),
            ("col", number(|place| place.col)),
            ("message", error.message.as_str().into()),
        ])
    };
    Json::object([
        ("note", note.into()),
        ("modules", modules(program)),
        ("rego_version", program.settings.dialect.as_str().into()),
        ("strict", program.settings.strict.into()),
        ("want_errors", errors.iter().map(error).collect()),
        ("exhaustive", true.into()),
    ])
}
