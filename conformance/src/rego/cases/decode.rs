//! A file's document as cases. A member that is unknown here is an error: it might change what a
//! case means.

use super::{Case, Expected, Origin, Wanted, WantedError};
use crate::json::Json;
use crate::rego::program::{Dialect, Input, Module, Program, Row, Settings};
use std::collections::BTreeMap;

/// Members of an evaluation case (`TestCase` in OPA's `v1/test/cases`), and `file`, which a
/// collection may add.
const EVALUATION: [&str; 16] = [
    "data",
    "env",
    "experimental_keywords",
    "file",
    "ignore_generated_vars",
    "input",
    "input_term",
    "modules",
    "note",
    "query",
    "sort_bindings",
    "strict_error",
    "want_defined",
    "want_error",
    "want_error_code",
    "want_result",
];

/// Members of a compile case (`TestCase` in OPA's `v1/test/compilecases`).
const COMPILE: [&str; 9] = [
    "exhaustive",
    "experimental_keywords",
    "file",
    "modules",
    "note",
    "print_statements",
    "rego_version",
    "strict",
    "want_errors",
];

/// Members of an error that a compile case wants.
const ERROR: [&str; 5] = ["code", "col", "message", "module", "row"];

pub(super) fn cases(document: &Json, origin: &Origin) -> Result<Vec<Case>, String> {
    let cases = document.get("cases").and_then(Json::as_array).ok_or("no array `cases`")?;
    let with_place = |(position, case): (usize, &Json)| {
        one(case, origin).map_err(|error| format!("case {position}: {error}"))
    };
    cases.iter().enumerate().map(with_place).collect()
}

fn one(case: &Json, origin: &Origin) -> Result<Case, String> {
    let compiles = case.get("want_errors").is_some();
    let members = Members::of(case, if compiles { &COMPILE } else { &EVALUATION })?;
    let modules = members.strings("modules")?;
    let modules = modules
        .into_iter()
        .enumerate()
        .map(|(position, text)| Module { name: format!("test-{position}.rego"), text });
    let mut settings = Settings {
        dialect: origin.dialect,
        experimental_keywords: members.flag("experimental_keywords")?,
        // OPA's runners do not check rules against data.
        data_conflicts: false,
        ..Settings::default()
    };
    let mut program = Program { modules: modules.collect(), ..Program::default() };
    let wanted = if compiles {
        settings.dialect = match members.text("rego_version")?.as_deref() {
            None | Some("v1") => Dialect::V1,
            Some("v0") => Dialect::V0,
            Some("v0-compat-v1") => Dialect::V0CompatV1,
            Some(other) => return Err(format!("unknown rego_version {other}")),
        };
        settings.strict = members.flag("strict")?;
        settings.prints = members.flag("print_statements")?;
        let errors = members.array("want_errors")?.iter().map(wanted_error);
        let errors: Vec<_> = errors.collect::<Result<_, _>>()?;
        if errors.is_empty() {
            return Err("want_errors is empty".into());
        }
        Wanted::Compile { errors, exhaustive: members.flag("exhaustive")? }
    } else {
        settings.strict_builtin_errors = members.flag("strict_error")?;
        settings.env = members.env()?;
        program.queries = vec![members.text("query")?.ok_or("no query")?];
        program.data = members.get("data").cloned();
        program.input = match (members.text("input_term")?, members.get("input")) {
            (Some(term), _) => Input::Term(term),
            (None, Some(input)) => Input::Json(input.clone()),
            (None, None) => Input::None,
        };
        Wanted::Evaluation(expected(&members)?)
    };
    program.settings = settings;
    Ok(Case {
        folder: origin.folder.clone(),
        note: members.text("note")?.ok_or("no note")?,
        file: origin.file.clone(),
        program,
        wanted,
    })
}

fn expected(members: &Members<'_>) -> Result<Expected, String> {
    let rows = match members.get("want_result") {
        None => None,
        Some(rows) => {
            let rows = rows.as_array().ok_or("want_result is no array")?;
            let row = |row: &Json| row.as_object().cloned().ok_or("a wanted row is no object");
            Some(rows.iter().map(row).collect::<Result<Vec<Row>, _>>()?)
        }
    };
    let expected = Expected {
        result: rows,
        error_code: members.text("want_error_code")?,
        error: members.text("want_error")?,
        sort_bindings: members.flag("sort_bindings")?,
        ignore_generated_vars: members.flag("ignore_generated_vars")?,
    };
    if expected.result.is_none() && expected.error_code.is_none() && expected.error.is_none() {
        return Err("wants nothing: no want_result, want_error_code or want_error".into());
    }
    Ok(expected)
}

fn wanted_error(error: &Json) -> Result<WantedError, String> {
    let members = Members::of(error, &ERROR)?;
    Ok(WantedError {
        module: members.text("module")?.unwrap_or_else(|| "test-0.rego".into()),
        code: members.text("code")?.ok_or("an error without code")?,
        row: members.number("row")?.ok_or("an error without row")?,
        col: members.number("col")?.filter(|col| *col != 0),
        message: members.text("message")?.ok_or("an error without message")?,
    })
}

struct Members<'a>(&'a BTreeMap<String, Json>);

impl<'a> Members<'a> {
    fn of(value: &'a Json, known: &[&str]) -> Result<Self, String> {
        let members = value.as_object().ok_or("no object")?;
        match members.keys().find(|name| !known.contains(&name.as_str())) {
            Some(unknown) => Err(format!("unknown member {unknown}")),
            None => Ok(Self(members)),
        }
    }

    /// `null` is as good as absent, as in Go.
    fn get(&self, name: &str) -> Option<&'a Json> {
        self.0.get(name).filter(|value| **value != Json::Null)
    }

    fn text(&self, name: &str) -> Result<Option<String>, String> {
        self.get(name)
            .map(|value| value.as_str().map(str::to_owned).ok_or(format!("{name} is no string")))
            .transpose()
    }

    fn flag(&self, name: &str) -> Result<bool, String> {
        self.get(name)
            .map_or(Ok(false), |value| value.as_bool().ok_or(format!("{name} is no boolean")))
    }

    fn number(&self, name: &str) -> Result<Option<u32>, String> {
        self.get(name)
            .map(|value| {
                let number = value.as_i64().and_then(|number| u32::try_from(number).ok());
                number.ok_or(format!("{name} is no number"))
            })
            .transpose()
    }

    fn array(&self, name: &str) -> Result<&'a [Json], String> {
        self.get(name)
            .map_or(Ok(&[]), |value| value.as_array().ok_or(format!("{name} is no array")))
    }

    fn strings(&self, name: &str) -> Result<Vec<String>, String> {
        let text = |value: &Json| {
            value.as_str().map(str::to_owned).ok_or(format!("{name} holds no strings"))
        };
        self.array(name)?.iter().map(text).collect()
    }

    fn env(&self) -> Result<BTreeMap<String, String>, String> {
        let Some(env) = self.get("env") else { return Ok(BTreeMap::new()) };
        let members = env.as_object().ok_or("env is no object")?;
        let text = |(name, value): (&String, &Json)| {
            let value = value.as_str().ok_or("env holds something that is no string")?;
            Ok((name.clone(), value.to_owned()))
        };
        members.iter().map(text).collect()
    }
}
