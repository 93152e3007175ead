//! Runs the cases.

use super::case::Case;
use super::client::{Artifact, Client, Ruling, Unusable};
use super::expected::Codes;
use crate::report::{Report, Standing, Verdict};
use referee_core::trust::WellKnown;
use referee_core::{Coded, Timestamp};

/// The name of the suite.
pub const SUITE: &str = "sigstore-bundle-verify";

/// Runs cases at a point in time. A case that must be refused passes where it is refused for the
/// code that the list names, or where the list does not name it for any.
#[must_use]
pub fn run(cases: &[Case], codes: &Codes, now: Timestamp) -> Report {
    let verdicts = cases.iter().map(|case| {
        let artifact = Artifact::Bytes(&case.artifact);
        let root = case.trusted_root.as_deref();
        let client = Client::new(&case.signer, root, WellKnown::PublicGood);
        let ruling = client.map(|client| client.judge(&case.bundle, artifact, now));
        let failure = failure(case, &ruling, codes.of(&case.name));
        Verdict {
            folder: if case.must_fail() { "refused" } else { "accepted" }.to_owned(),
            name: case.name.clone(),
            standing: if failure.is_some() { Standing::Failed } else { Standing::Passed },
            failure,
        }
    });
    Report {
        suite: SUITE.to_owned(),
        implementation: "referee".to_owned(),
        verdicts: verdicts.collect(),
        stale: Vec::new(),
    }
}

/// What is wrong with a ruling.
fn failure(case: &Case, ruling: &Result<Ruling, Unusable>, code: Option<&str>) -> Option<String> {
    let (found, message) = match ruling {
        Ok(Ruling::Trusted) if case.must_fail() => {
            let reason = code.map(|code| format!(" for {code}")).unwrap_or_default();
            return Some(format!("it was accepted, and must be refused{reason}"));
        }
        Ok(Ruling::Trusted) => return None,
        Ok(Ruling::Refused(problems)) => problems.first().cloned().unwrap_or_default(),
        Err(error) => (error.code().to_owned(), error.to_string()),
    };
    if !case.must_fail() {
        return Some(format!("it was refused for {found}, and must be accepted: {message}"));
    }
    let code = code.filter(|code| *code != found)?;
    Some(format!("it was refused for {found}, and must be for {code}: {message}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sigstore::Signer;

    fn case(name: &str) -> Case {
        Case {
            name: name.into(),
            bundle: Vec::new(),
            artifact: Vec::new(),
            signer: Signer::Key { pem: String::new() },
            trusted_root: None,
        }
    }

    #[test]
    fn a_case_is_refused_for_its_own_reason_or_fails() {
        let refused = Ok(Ruling::Refused(vec![("a".into(), String::new())]));
        let told = |name: &str, ruling, code| failure(&case(name), ruling, code).is_some();
        assert!(!told("x_fail", &refused, Some("a")));
        assert!(!told("x_fail", &refused, None));
        assert!(told("x_fail", &refused, Some("b")));
        assert!(told("x_fail", &Ok(Ruling::Trusted), None));
        assert!(told("x", &refused, None));
        assert!(!told("x", &Ok(Ruling::Trusted), None));
    }
}
