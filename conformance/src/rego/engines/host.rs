//! What OPA's cases need of the world: names that the machine itself resolves, an environment, and
//! `test.sleep`, a builtin that only OPA's own test binary has.
//!
//! It refuses every request over the network.

use referee_rego::builtin::{
    BuiltinError, Context, Host, HostError, HttpRequest, HttpResponse, Implementation, Result,
    Table, Value, operand,
};
use referee_rego::{Capabilities, CompileOptions, capabilities_document, capabilities_from};
use std::collections::BTreeMap;
use std::net::{IpAddr, ToSocketAddrs as _};
use std::sync::Arc;
use std::time::Duration;

/// The longest that a case may sleep.
const LONGEST: Duration = Duration::from_secs(1);

/// The builtins of OPA's test binary.
const BUILTINS: Table = &[("test.sleep", Implementation::Function(sleep))];

/// A host with an environment of its own and without a network.
#[derive(Clone, Copy, Debug)]
pub(super) struct LocalHost<'a> {
    env: &'a BTreeMap<String, String>,
}

impl<'a> LocalHost<'a> {
    pub(super) fn new(env: &'a BTreeMap<String, String>) -> Self {
        Self { env }
    }
}

impl Host for LocalHost<'_> {
    fn http(&self, _: &HttpRequest) -> std::result::Result<HttpResponse, HostError> {
        Err(HostError::Forbidden)
    }

    fn lookup(&self, name: &str) -> std::result::Result<Vec<IpAddr>, HostError> {
        let found = (name, 0).to_socket_addrs();
        let found = found.map_err(|error| HostError::Failed(error.to_string()))?;
        Ok(found.map(|address| address.ip()).collect())
    }

    fn env(&self, name: &str) -> Option<String> {
        self.env.get(name).cloned()
    }
}

/// The options with `test.sleep` declared and done.
pub(super) fn with_sleep(options: CompileOptions) -> std::result::Result<CompileOptions, String> {
    let mut document = capabilities_document(&Capabilities::current()).to_json();
    let builtins = document.get_mut("builtins").and_then(serde_json::Value::as_array_mut);
    builtins.ok_or("capabilities without builtins")?.push(serde_json::json!({
        "name": "test.sleep",
        "decl": {
            "type": "function",
            "args": [{"type": "string"}],
            "result": {"type": "null"},
        },
    }));
    let document = referee_rego::Value::from_json(document).map_err(|error| error.to_string())?;
    let capabilities = capabilities_from(&document).map_err(|error| error.to_string())?;
    Ok(options.with_capabilities(Arc::new(capabilities)).with_builtins(vec![BUILTINS]))
}

/// Sleeps for so many milliseconds: `"10ms"`.
fn sleep(_: &mut Context<'_>, operands: &[Value]) -> Result<Option<Value>> {
    let text = operand::string(operands, 1)?;
    let millis = text.strip_suffix("ms").and_then(|digits| digits.parse().ok());
    let millis = millis.ok_or_else(|| BuiltinError::new("not a number of milliseconds"))?;
    std::thread::sleep(Duration::from_millis(millis).min(LONGEST));
    Ok(Some(Value::Null))
}
