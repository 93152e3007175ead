//! The real OPA, as a process that is asked over pipes (`conformance/opa`).
//!
//! The process answers in any order; a thread writes while answers are read, so that neither side
//! waits for the other with full pipes.

use crate::json::Json;
use crate::rego::program::{Answer, Fault, Implementation, Input, Outcome, Place, Program, Row};
use std::collections::BTreeMap;
use std::io::{self, BufRead, BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::{Mutex, PoisonError};

/// Where `conformance/opa/build.sh` puts the program, below the cache folder.
const PROGRAM: &str = "referee-peers/bin/opa-oracle";

/// OPA behind pipes.
#[derive(Debug)]
pub struct Oracle {
    program: PathBuf,
    workers: usize,
    process: Mutex<Process>,
}

#[derive(Debug)]
struct Process {
    child: Child,
    to: BufWriter<ChildStdin>,
    from: BufReader<ChildStdout>,
}

/// An oracle that cannot be asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OracleError {
    /// The program cannot be started.
    #[error("{} cannot be started: {source}", program.display())]
    Start {
        /// Which.
        program: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The program has no pipes.
    #[error("the oracle has no pipes")]
    NoPipes,
}

impl Oracle {
    /// Where the program lies: `opa_oracle` where it is named, else in the peers' folder, or in
    /// the cache folder of the user. `None` where it has not been built.
    #[must_use]
    pub fn find() -> Option<PathBuf> {
        let named = std::env::var_os("REFEREE_OPA_ORACLE").map(PathBuf::from);
        let peers =
            std::env::var_os("REFEREE_PEERS").map(|folder| Path::new(&folder).join("opa-oracle"));
        let cache = std::env::var_os("XDG_CACHE_HOME")
            .map(PathBuf::from)
            .or_else(|| std::env::var_os("HOME").map(|home| Path::new(&home).join(".cache")));
        let cached = cache.map(|cache| cache.join(PROGRAM));
        [named, peers, cached].into_iter().flatten().find(|path| path.is_file())
    }

    /// Starts it.
    ///
    /// # Errors
    /// Where it cannot be started.
    pub fn start(program: &Path, workers: usize) -> Result<Self, OracleError> {
        let process = Mutex::new(Process::start(program, workers)?);
        Ok(Self { program: program.to_owned(), workers, process })
    }

    /// OPA's capabilities, as `opa capabilities` prints them.
    ///
    /// # Errors
    /// Where the program cannot be run, or prints something else.
    pub fn capabilities(program: &Path) -> io::Result<Json> {
        let output = Command::new(program).arg("--capabilities").output()?;
        let text = String::from_utf8(output.stdout).map_err(io::Error::other)?;
        Json::parse(&text).map_err(io::Error::other)
    }
}

impl Process {
    fn start(program: &Path, workers: usize) -> Result<Self, OracleError> {
        let mut child = Command::new(program)
            .arg("--workers")
            .arg(workers.to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|source| OracleError::Start { program: program.to_owned(), source })?;
        let (Some(to), Some(from)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(OracleError::NoPipes);
        };
        let (to, from) = (BufWriter::new(to), BufReader::with_capacity(1 << 16, from));
        Ok(Self { child, to, from })
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It has no state worth an orderly end.
        let _gone = self.child.kill();
        let _reaped = self.child.wait();
    }
}

impl Implementation for Oracle {
    fn name(&self) -> &'static str {
        "opa"
    }

    fn renew(&self) {
        // Where no other can be started, the old one goes on.
        if let Ok(fresh) = Process::start(&self.program, self.workers) {
            *self.process.lock().unwrap_or_else(PoisonError::into_inner) = fresh;
        }
    }

    fn run(&self, program: &Program) -> Outcome {
        let mut outcomes = self.run_all(std::slice::from_ref(program));
        outcomes.pop().unwrap_or_else(|| Outcome::Broken("no answer".into()))
    }

    fn run_all(&self, programs: &[Program]) -> Vec<Outcome> {
        let mut process = self.process.lock().unwrap_or_else(PoisonError::into_inner);
        let Process { to, from, .. } = &mut *process;
        let mut outcomes = vec![Outcome::Broken("the oracle ended".into()); programs.len()];
        std::thread::scope(|scope| {
            scope.spawn(move || {
                // Where the process is gone, reading ends and says so.
                let _written = send(to, programs);
            });
            for _answer in programs {
                let mut line = String::new();
                if !matches!(from.read_line(&mut line), Ok(1..)) {
                    break;
                }
                let Some((id, outcome)) = decode(&line) else { continue };
                if let Some(place) = outcomes.get_mut(id) {
                    *place = outcome;
                }
            }
        });
        outcomes
    }
}

fn send(to: &mut BufWriter<ChildStdin>, programs: &[Program]) -> io::Result<()> {
    for (id, program) in programs.iter().enumerate() {
        writeln!(to, "{}", encode(id, program))?;
    }
    to.flush()
}

fn encode(id: usize, program: &Program) -> Json {
    let settings = &program.settings;
    let modules = program.modules.iter().map(|module| {
        Json::object([("name", module.name.as_str().into()), ("text", module.text.as_str().into())])
    });
    let queries = program.queries.iter().map(|query| Json::string(query.as_str()));
    let env = settings.env.iter().map(|(name, value)| (name.clone(), value.as_str().into()));
    let timeout = i64::try_from(settings.timeout.as_millis()).unwrap_or(i64::MAX);
    let mut members = BTreeMap::from([
        ("id".to_owned(), id.into()),
        ("modules".to_owned(), modules.collect()),
        ("queries".to_owned(), queries.collect()),
        ("rego".to_owned(), settings.dialect.as_str().into()),
        ("strict".to_owned(), settings.strict.into()),
        ("strict_builtin_errors".to_owned(), settings.strict_builtin_errors.into()),
        ("experimental_keywords".to_owned(), settings.experimental_keywords.into()),
        ("prints".to_owned(), settings.prints.into()),
        ("erase_conflicts".to_owned(), (!settings.data_conflicts).into()),
        ("timeout_ms".to_owned(), Json::integer(timeout)),
        ("env".to_owned(), Json::Object(env.collect())),
    ]);
    if let Some(data) = &program.data {
        members.insert("data".into(), data.clone());
    }
    match &program.input {
        Input::None => {}
        Input::Json(input) => {
            members.insert("input".into(), input.clone());
        }
        Input::Term(term) => {
            members.insert("input_term".into(), term.as_str().into());
        }
    }
    if let Some(now) = settings.now_ns {
        members.insert("now_ns".into(), Json::integer(now));
    }
    Json::Object(members)
}

fn decode(line: &str) -> Option<(usize, Outcome)> {
    let reply = Json::parse(line).ok()?;
    let id = usize::try_from(reply.get("id")?.as_i64()?).ok()?;
    let outcome = match reply.get("errors") {
        Some(errors) => rejected(faults(errors)),
        None => {
            let answers = reply.get("answers").and_then(Json::as_array).unwrap_or_default();
            Outcome::Answered(answers.iter().map(answer).collect())
        }
    };
    Some((id, outcome))
}

fn rejected(errors: Vec<Fault>) -> Outcome {
    match errors.first() {
        Some(first) if matches!(first.code.as_str(), "panic" | "oracle_error" | "error") => {
            Outcome::Broken(format!("{}: {}", first.code, first.message))
        }
        _ => Outcome::Rejected(errors),
    }
}

fn answer(answer: &Json) -> Answer {
    if let Some(errors) = answer.get("errors") {
        return Answer::Errors(faults(errors));
    }
    let rows = answer.get("rows").and_then(Json::as_array).unwrap_or_default();
    Answer::Rows(rows.iter().map(|row| row.as_object().cloned().unwrap_or_else(Row::new)).collect())
}

fn faults(errors: &Json) -> Vec<Fault> {
    let text =
        |error: &Json, name| error.get(name).and_then(Json::as_str).unwrap_or_default().to_owned();
    let number = |error: &Json, name| {
        let number = error.get(name).and_then(Json::as_i64);
        number.and_then(|number| u32::try_from(number).ok()).unwrap_or_default()
    };
    let fault = |error: &Json| Fault {
        code: text(error, "code"),
        message: text(error, "message"),
        place: error.get("row").map(|_| Place {
            file: text(error, "file"),
            row: number(error, "row"),
            col: number(error, "col"),
        }),
    };
    errors.as_array().unwrap_or_default().iter().map(fault).collect()
}
