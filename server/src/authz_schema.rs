//! What `system.authz` may read of `input`, checked before anybody is served: a member that is
//! misspelled would be undefined for ever, and a rule that forbids by it would forbid nothing.
//! OPA checks the same when it starts (`verifyAuthorizationPolicySchema`).

use crate::app::Server;
use crate::config::{Authentication, Authorization};
use referee_rego::{RegoErrors, Value};

impl Server {
    /// Checks the rules that say who may ask for what, where there are any yet, against the
    /// document that they are given. Warns where callers are known and nothing asks who they are.
    ///
    /// # Errors
    /// The type errors, such as a member of `input` that there never is.
    pub fn check_authorization(&self) -> Result<(), RegoErrors> {
        let config = &self.app.config;
        if config.authorization == Authorization::Off {
            if config.authentication == Authentication::Token {
                tracing::error!(
                    "tokens are read, but nothing asks whose they are: without authorization \
                     (--authorization basic) everybody may do everything"
                );
            }
            return Ok(());
        }
        if config.skip_known_schema_check {
            return Ok(());
        }
        let path = config.default_authorization_decision.trim_matches('/');
        let path: Vec<&str> = path.split('/').collect();
        self.app.state.current().program().check_input(&path, &schema())
    }
}

/// The document that [`crate::authz`] makes. Bodies are whatever was sent.
fn schema() -> Value {
    let of = |name, members: Vec<(&'static str, Value)>| {
        Value::object([("type", Value::from(name))].into_iter().chain(members))
    };
    let text = || of("string", Vec::new());
    let texts = || of("array", vec![("items", text())]);
    let lists = || of("object", vec![("additionalProperties", texts())]);
    let certificates = of("array", vec![("items", of("object", Vec::new()))]);
    let properties = Value::object([
        ("body", Value::object([])),
        ("client_certificates", certificates),
        ("headers", lists()),
        ("identity", text()),
        ("method", text()),
        ("params", lists()),
        ("path", texts()),
    ]);
    of("object", vec![("properties", properties)])
}
