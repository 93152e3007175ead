//! YAML as OPA reads and writes it: `sigs.k8s.io/yaml` over go-yaml v2, which is a port of libyaml.

use referee_rego_builtin::{Context, Result};
use referee_rego_value::Value;

/// Reads a document into a JSON value; the inner error is in OPA's words.
///
/// # Errors
/// Where the work or the memory of the evaluation is used up.
pub fn decode(
    _context: &mut Context<'_>,
    _text: &[u8],
) -> Result<std::result::Result<Value, String>> {
    Ok(Err("not there yet".to_owned()))
}
