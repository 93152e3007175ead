//! Python with the reference libraries: `REFEREE_PYTHON`, or `python3` of the path.

use std::ffi::OsString;
use std::io::Write as _;
use std::process::{Command, Stdio};

/// Writes past the test harness's capture: a skip must be seen.
pub(crate) fn aloud(line: &str) {
    let _seen = writeln!(std::io::stderr(), "{line}");
}

/// A Python that has a module, if there is one.
pub(crate) fn python(what: &str, module: &str) -> Option<OsString> {
    let python = std::env::var_os("REFEREE_PYTHON").unwrap_or_else(|| "python3".into());
    let import = format!("import {module}");
    let tried = Command::new(&python).args(["-c", &import]).stderr(Stdio::null()).status();
    if tried.is_ok_and(|status| status.success()) {
        return Some(python);
    }
    aloud(&format!("SKIPPED {what}: no Python with {module}; set REFEREE_PYTHON"));
    None
}

/// What a script writes, given this to read.
pub(crate) fn run(python: &OsString, script: &str, input: &str) -> String {
    let mut child = Command::new(python)
        .args(["-c", script])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let input = input.to_owned();
    let writer = std::thread::spawn(move || stdin.write_all(input.as_bytes()).unwrap());
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    assert!(output.status.success(), "the script failed");
    String::from_utf8(output.stdout).unwrap()
}
