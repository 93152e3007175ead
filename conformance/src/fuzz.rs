//! A differential fuzzer: programs of its own making, run by two implementations.
//!
//! [`sketch`] writes a program from a seed: modules, data, input and queries that use every form
//! of the language and most builtins, mostly well typed and mostly defined. It knows no engine.
//! [`Differ`] runs such programs through an implementation and the one it is held against, and
//! [`shrink`] cuts a program that divides them down to what is needed for that. What is left is
//! written in the form of OPA's cases, with what was wanted of it, so the case runner reads it.
//!
//! A seed gives the same program on every machine.

mod body;
mod builtins;
mod casefile;
mod chance;
mod compare;
mod differ;
mod generator;
mod grounds;
mod kind;
mod literal;
mod lookup;
mod module;
mod mutate;
mod piece;
mod pools;
mod rule;
mod shrink;
mod sketch;
mod term;
mod with;
mod world;

pub use casefile::{case_document, write_case};
pub use chance::Chance;
pub use compare::{Difference, Level, differs};
pub use differ::{Differ, Divergence, Tally};
pub use piece::Piece;
pub use shrink::shrink;
pub use sketch::{Options, Sketch, sketch};
