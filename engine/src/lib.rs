//! Referee's engine: from a reference to a decision, inside a deadline.
//!
//! [`Engine`] finds everything that refers to an artifact, has each referrer examined by the
//! verifiers that want it, writes what they established into one document of facts, and has a
//! policy rule over it.
//!
//! Verifiers and policies are pure; stores do the IO; `drive` is the one place that waits, so
//! deadlines, concurrency and the life of background work are decided there and nowhere else.

mod coverage;
mod decide;
mod documents;
mod drive;
mod engine;
mod established;
mod evaluate;
mod file;
mod gatherings;
mod order;
mod plan;
mod policy;
mod report;
mod request;
mod resolve;
mod rulings;
mod schema;
mod settings;
mod troubles;
mod view;

pub use engine::{Engine, EngineBuilder, GatherError, Gathered, Ruled};
pub use evaluate::{Asked, EvaluateError};
pub use file::FileRequest;
pub use policy::{LoadedPolicy, PolicySource};
pub use request::Request;
pub use resolve::ResolveError;
pub use schema::{SchemaError, SchemaVerifier};
pub use settings::Settings;
pub use view::{InputView, RatifyViewError};
