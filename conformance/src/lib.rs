//! Runs other projects' conformance suites against Referee.
