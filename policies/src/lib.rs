//! Referee's policy packs and Rego library, embedded.
