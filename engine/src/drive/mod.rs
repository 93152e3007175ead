//! Where the engine waits: the only module with an `.await`.
//!
//! A gathering runs as a task of its own. Callers wait for it as long as their deadline allows
//! and take what it has by then; it goes on to its own limit, fills the caches, and serves whoever
//! asks next. So one caller's impatience never fails another, and a retry finds the work done.

mod allowance;
mod answer;
mod examine;
mod file;
mod gather;
mod policy;
mod question;

pub(crate) use answer::{gather, rule};
pub(crate) use file::{gather_file, rule_file};
pub(crate) use gather::{Context, Gathering, State, spawn};
pub(crate) use question::{ask, run};
