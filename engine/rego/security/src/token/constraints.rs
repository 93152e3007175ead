//! What `io.jwt.decode_verify` demands of a token.

use super::SIGNATURE;
use super::algorithm;
use super::keys::{self, VerificationKey};
use crate::digest::work;
use crate::jwk::RawKey;
use referee_rego_builtin::{BuiltinError, Context, Result};
use referee_rego_value::bytes::bytes_of;
use referee_rego_value::{Number, Object, Value};

/// The demands. An empty text demands nothing.
pub(super) struct Constraints {
    keys: Option<Vec<VerificationKey>>,
    secret: String,
    pub(super) algorithm: String,
    pub(super) issuer: String,
    pub(super) audience: String,
    /// The time that counts, in nanoseconds.
    time: f64,
}

impl Constraints {
    /// Reads the demands one after another; the first that is wrong is told.
    pub(super) fn read(context: &mut Context<'_>, object: &Object) -> Result<Self> {
        let mut constraints = Self {
            keys: None,
            secret: String::new(),
            algorithm: String::new(),
            issuer: String::new(),
            audience: String::new(),
            time: -1.0,
        };
        for (key, value) in object.iter() {
            let name = key.as_str().unwrap_or_default();
            match name {
                "cert" => {
                    let text = string(name, value)?;
                    constraints.keys = Some(keys::read(context, text)?);
                }
                "secret" => constraints.secret = string(name, value)?.to_owned(),
                "alg" => constraints.algorithm = string(name, value)?.to_owned(),
                "iss" => constraints.issuer = string(name, value)?.to_owned(),
                "aud" => constraints.audience = string(name, value)?.to_owned(),
                "time" => constraints.time = time(value)?,
                _ => {
                    return Err(BuiltinError::new(format!(
                        "unknown token validation constraint: {name}"
                    )));
                }
            }
        }
        if constraints.time < 0.0 {
            constraints.time = time(&Value::from(context.now_ns))?;
        }
        match (&constraints.keys, constraints.secret.is_empty()) {
            (Some(_), false) => Err(BuiltinError::new("duplicate key constraints")),
            (None, true) => Err(BuiltinError::new("no key constraint")),
            _ => Ok(constraints),
        }
    }

    /// Whether a signature is good.
    pub(super) fn verify(
        &self,
        context: &mut Context<'_>,
        key_id: &str,
        name: &str,
        signed: &[u8],
        signature: &[u8],
    ) -> Result<bool> {
        let algorithm = algorithm::of_header(name);
        let mut check = |key: Option<&RawKey>| {
            context.work(SIGNATURE)?;
            work(context, signed.len())?;
            Ok(match (algorithm, key) {
                (Some(algorithm), Some(key)) => algorithm.verify(key, signed, signature),
                _ => false,
            })
        };
        match &self.keys {
            Some(keys) => keys::any(keys, key_id, name, check),
            None => check(Some(&RawKey::Symmetric(bytes_of(&self.secret).into_owned()))),
        }
    }

    /// Whether the time is before one in seconds.
    pub(super) fn is_before(&self, seconds: &Number) -> bool {
        Number::from_f64(self.time / 1e9).is_some_and(|now| now < *seconds)
    }

    /// Whether the token is meant for whom it should be.
    pub(super) fn accepts_audience(&self, audience: &Value) -> bool {
        let wanted = |value: &Value| value.as_str() == Some(self.audience.as_str());
        match audience {
            Value::Array(audiences) => audiences.iter().any(wanted),
            other => wanted(other),
        }
    }
}

fn string<'a>(name: &str, value: &'a Value) -> Result<&'a str> {
    value.as_str().ok_or_else(|| BuiltinError::new(format!("{name} constraint: must be a string")))
}

fn time(value: &Value) -> Result<f64> {
    let Some(number) = value.as_number() else {
        return Err(BuiltinError::new("token time constraint: must be a number"));
    };
    let time = number.as_f64();
    if !time.is_finite() {
        return Err(BuiltinError::new("token time constraint: unvalid float64"));
    }
    if time < 0.0 {
        return Err(BuiltinError::new("token time constraint: must not be negative"));
    }
    Ok(time)
}
