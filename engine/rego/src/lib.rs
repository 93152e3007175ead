//! Referee's Rego: one front, several engines behind it.
