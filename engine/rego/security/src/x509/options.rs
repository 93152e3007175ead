//! The options of `crypto.x509.parse_and_verify_certificates_with_options`.

use referee_rego_builtin::{BuiltinError, Result};
use referee_rego_value::{Object, Value};

/// What a chain is checked against.
#[derive(Debug, Default)]
pub(super) struct Options {
    pub(super) dns_name: String,
    /// Nanoseconds since 1970; now, where there is none.
    pub(super) time: Option<i64>,
    /// Go's numbers; of a server, where there is none.
    pub(super) usages: Vec<i64>,
}

/// Reads the options; the first that is wrong is told.
pub(super) fn read(object: &Object) -> Result<Options> {
    let wrong = |message: &str| Err(BuiltinError::new(message));
    let mut options = Options::default();
    for (key, value) in object.iter() {
        let Some(name) = key.as_str() else { continue };
        match name {
            "DNSName" => match value.as_str() {
                Some(text) => options.dns_name = text.trim_matches('"').to_owned(),
                None => return wrong("'DNSName' should be a string"),
            },
            "CurrentTime" => match value.as_number() {
                Some(number) => match number.as_i64() {
                    Some(time) => options.time = Some(time),
                    None => return wrong("'CurrentTime' should be a valid int64 number"),
                },
                None => return wrong("'CurrentTime' should be a number"),
            },
            // Go no longer looks at it.
            "MaxConstraintComparisons" => match value.as_number() {
                Some(number) if number.as_i64().is_none() => {
                    return wrong("'MaxConstraintComparisons' should be a valid number");
                }
                Some(_) => {}
                None => return wrong("'MaxConstraintComparisons' should be a number"),
            },
            "KeyUsages" => options.usages = usages(value)?,
            _ => return wrong("invalid key option"),
        }
    }
    Ok(options)
}

fn usages(value: &Value) -> Result<Vec<i64>> {
    let elements = match value {
        Value::Array(elements) => elements.as_slice(),
        Value::Set(elements) => elements.as_slice(),
        _ => return Err(BuiltinError::new("'KeyUsages' should be an Array or Set")),
    };
    let (mut found, mut unknown) = (Vec::new(), Vec::new());
    for name in elements.iter().filter_map(Value::as_str) {
        let name = name.trim_matches('"');
        match usage(name) {
            Some(number) => found.push(number),
            None => unknown.push(name),
        }
    }
    if unknown.is_empty() {
        return Ok(found);
    }
    let unknown = unknown.join(" ");
    Err(BuiltinError::new(format!("invalid entries for 'KeyUsages' found: [{unknown}]")))
}

fn usage(name: &str) -> Option<i64> {
    Some(match name.strip_prefix("KeyUsage")? {
        "Any" => 0,
        "ServerAuth" => 1,
        "ClientAuth" => 2,
        "CodeSigning" => 3,
        "EmailProtection" => 4,
        "IPSECEndSystem" => 5,
        "IPSECTunnel" => 6,
        "IPSECUser" => 7,
        "TimeStamping" => 8,
        "OCSPSigning" => 9,
        "MicrosoftServerGatedCrypto" => 10,
        "NetscapeServerGatedCrypto" => 11,
        "MicrosoftCommercialCodeSigning" => 12,
        "MicrosoftKernelCodeSigning" => 13,
        _ => return None,
    })
}
