//! Referee's verifiers: pure functions from evidence and trust to facts.
