//! Sends every scenario to both servers and judges what they answer.

use super::case::{Case, Scenario};
use super::compare::differences;
use super::differences::Difference;
use super::expected::Expected;
use super::server::{Address, RunError, Server};
use crate::report::{Report, Standing, Verdict};

/// What the suite is called.
pub const SUITE: &str = "opa-api";

/// The most differences of a case that a report tells.
const TOLD: usize = 6;

/// Runs scenarios against two servers.
///
/// Each scenario begins and ends with both servers empty. A server that gives no answer to a
/// request fails that case; one that does not answer `/health` after that ends the run.
///
/// # Errors
/// Where a server does not answer, or holds something when the suite begins.
pub fn run(
    scenarios: &[Scenario],
    reference: &Address,
    target: &Address,
    expected: &Expected,
) -> Result<Report, RunError> {
    let mut pair = Pair { reference: Server::new(reference), target: Server::new(target) };
    pair.both(Server::lives)?;
    pair.both(Server::must_be_empty)?;
    let mut verdicts = Vec::new();
    for scenario in scenarios {
        let told = pair.scenario(scenario, expected, &mut verdicts);
        told?;
        pair.both(Server::empty).map_err(|error| error.since(&scenario.name))?;
    }
    let names = scenarios.iter().flat_map(|scenario| {
        scenario.cases.iter().map(|case| case.name.as_str()).chain([scenario.name.as_str()])
    });
    Ok(Report {
        suite: SUITE.into(),
        implementation: target.to_string(),
        stale: expected.stale(names),
        verdicts,
    })
}

/// The two servers.
struct Pair {
    reference: Server,
    target: Server,
}

impl Pair {
    fn both(&mut self, act: fn(&mut Server) -> Result<(), RunError>) -> Result<(), RunError> {
        act(&mut self.reference)?;
        act(&mut self.target)
    }

    fn scenario(
        &mut self,
        scenario: &Scenario,
        expected: &Expected,
        verdicts: &mut Vec<Verdict>,
    ) -> Result<(), RunError> {
        for wire in &scenario.setup {
            let answers = (self.reference.send(wire), self.target.send(wire));
            let mut found = Vec::new();
            for answer in [&answers.0, &answers.1] {
                match answer {
                    Ok(answer) if (200..300).contains(&answer.status) => {}
                    Ok(answer) => found.push(Difference::new(
                        "setup",
                        &format!("{} {}", wire.method, wire.target),
                        &String::from_utf8_lossy(&answer.body),
                    )),
                    Err(no) => found.push(Difference::new("answer", &wire.target, no)),
                }
            }
            if !found.is_empty() {
                // What the scenario is about is not there: its cases say nothing.
                let name = &scenario.name;
                verdicts.push(verdict(&scenario.group, name, &found, expected));
                return self.both(Server::lives).map_err(|error| error.since(name));
            }
        }
        for case in &scenario.cases {
            let found = self.ask(case);
            verdicts.push(verdict(&scenario.group, &case.name, &found, expected));
            if found.iter().any(|difference| difference.aspect == "answer") {
                self.both(Server::lives).map_err(|error| error.since(&case.name))?;
            }
        }
        Ok(())
    }

    fn ask(&mut self, case: &Case) -> Vec<Difference> {
        let reference = self.reference.send(&case.wire);
        let target = self.target.send(&case.wire);
        if let (Err(_), Ok(answer)) = (&reference, &target)
            && case.crashes
            && (400..500).contains(&answer.status)
        {
            return Vec::new();
        }
        differences(&reference, &target, case.strictness)
    }
}

fn verdict(group: &str, name: &str, found: &[Difference], expected: &Expected) -> Verdict {
    let told = |differences: &[Difference]| {
        let told: Vec<_> = differences.iter().take(TOLD).map(ToString::to_string).collect();
        told.join("\n     ")
    };
    let failure = (!found.is_empty()).then(|| told(found));
    let standing = match (expected.reason(name), expected.uncovered(name, found)) {
        (None, None) => Standing::Passed,
        (Some(reason), None) if found.is_empty() => Standing::UnexpectedPass(reason),
        (Some(reason), None) => Standing::ExpectedFailure(reason),
        (_, Some(_)) => Standing::Failed,
    };
    Verdict { folder: group.to_owned(), name: name.to_owned(), failure, standing }
}
