//! Referee's engine: from a reference to a decision, inside a deadline.
