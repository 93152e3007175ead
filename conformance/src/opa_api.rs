//! OPA's REST API, compared: the same requests are sent to two servers, and what they answer must
//! be the same.
//!
//! The cases are files of scenarios (`conformance/opa-api/*.yaml`). A scenario puts its own
//! policies and data on both servers, sends its requests one after another, and leaves both servers
//! empty. Each request is a case. Statuses, the headers a client acts on ([`HEADERS`]) and bodies
//! are compared, bodies to the letter, but for what differs from one run of a server to the next
//! ([`normal`]). A difference is an error unless a list says that it is expected ([`Expected`]),
//! strictly both ways.
//!
//! Both servers lose what they hold: a server that has policies or data when the suite begins is
//! refused. Only `http://` is spoken.

mod case;
mod compare;
mod differences;
mod error;
mod expand;
mod expected;
mod files;
mod http;
mod normal;
mod run;
mod server;

pub use case::{Case, Scenario, Strictness, load, load_folder};
pub use compare::{HEADERS, differences};
pub use differences::Difference;
pub use error::Unusable;
pub use expand::SuiteError;
pub use expected::{Expected, ExpectedError};
pub use http::{Answer, NoAnswer};
pub use normal::normal;
pub use run::{SUITE, run};
pub use server::{Address, AddressError, RunError};
