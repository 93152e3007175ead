//! `providers.aws.sign_req`: AWS Signature Version 4 over a request as `http.send` takes it (OPA:
//! `v1/topdown/providers.go`, `internal/providers/aws/signing_v4.go`). Version 4a is not offered
//! to policies, so it is not here.

use crate::digest::{Hash, hex, work};
use crate::http::request::check_members;
use crate::x509::compact_time;
use referee_rego_builtin::{BuiltinError, Context, Implementation, Result, Table, operand};
use referee_rego_go::url::Url;
use referee_rego_value::bytes::bytes_of;
use referee_rego_value::{JsonStyle, Object, Value};
use std::collections::BTreeMap;

pub(crate) const TABLE: Table = &[("providers.aws.sign_req", Implementation::Function(sign_req))];

/// What the configuration must have, as strings.
const REQUIRED: [&str; 4] =
    ["aws_access_key", "aws_region", "aws_secret_access_key", "aws_service"];
/// Header fields that proxies may change on the way: they are not signed.
const UNSIGNED: [&str; 3] = ["authorization", "user-agent", "x-amzn-trace-id"];

struct Credentials<'a> {
    access_key: &'a str,
    secret_key: &'a str,
    region: &'a str,
    service: &'a str,
    session_token: &'a str,
}

fn sign_req(context: &mut Context<'_>, operands: &[Value]) -> Result<Option<Value>> {
    operands.iter().try_for_each(|operand| context.room_for(operand))?;
    let request = operand::object(operands, 1)?;
    let config = object_as_first(operand::value(operands, 2)?)?;
    check_config(config)?;
    let time = match operand::value(operands, 3)? {
        Value::Number(time) => time,
        other => return Err(BuiltinError::operand(1, "number", other.type_name())),
    };
    let Some(time) = time.as_i64() else {
        let message = "operand 3 could not convert time_ns value into a unix timestamp";
        return Err(BuiltinError::type_error(message));
    };
    check_members(request)?;
    let headers = match request.get_str("headers") {
        None => Object::from_iter([]),
        Some(Value::Object(headers)) => headers.clone(),
        Some(other) => return Err(BuiltinError::operand(0, "object", other.type_name())),
    };
    let wrong: Vec<Value> = ["method", "url"]
        .into_iter()
        .filter(|name| request.get_str(name).and_then(Value::as_str).is_none())
        .map(Value::from)
        .collect();
    if !wrong.is_empty() {
        let wrong = Value::set(wrong);
        let message =
            format!("operand 1 invalid values for required request parameters(s): {wrong}");
        return Err(BuiltinError::type_error(message));
    }
    let target = Url::parse(text(request.get_str("url")))
        .map_err(|error| BuiltinError::new(error.to_string()))?;
    let body = match (request.get_str("raw_body"), request.get_str("body")) {
        (Some(raw), _) => bytes_of(text(Some(raw))).into_owned(),
        (None, Some(body)) => context.json(body, JsonStyle::GO)?.into_bytes(),
        (None, None) => Vec::new(),
    };
    work(context, body.len())?;
    let unsigned_payload = match config.get_str("disable_payload_signing") {
        None => false,
        Some(Value::Bool(disabled)) => *disabled,
        Some(_) => {
            let message = "operand 2 invalid value for 'disable_payload_signing' in AWS config";
            return Err(BuiltinError::type_error(message));
        }
    };
    let headers: BTreeMap<String, String> = headers
        .iter()
        .map(|(key, value)| (text(Some(key)).to_owned(), text(Some(value)).to_owned()))
        .collect();
    let credentials = Credentials {
        access_key: text(config.get_str("aws_access_key")),
        secret_key: text(config.get_str("aws_secret_access_key")),
        region: text(config.get_str("aws_region")),
        service: text(config.get_str("aws_service")),
        session_token: text(config.get_str("aws_session_token")),
    };
    let payload = if unsigned_payload {
        "UNSIGNED-PAYLOAD".to_owned()
    } else {
        hex(&Hash::Sha256.of_long(context, &body)?)
    };
    let (date, clock) = compact_time(time.div_euclid(1_000_000_000));
    let moment = format!("{date}T{clock}Z");
    let added = added_headers(&credentials, &target.host_text(), &moment, &payload);
    let signed = signed_headers(&added, &headers);
    let canonical = [
        text(request.get_str("method")),
        &target.escaped_path(),
        &target.raw_query,
        &signed.lines,
        &signed.names,
        &payload,
    ]
    .join("\n");
    let authorization = authorization(&credentials, &date, &moment, &canonical, &signed.names);
    let members = headers
        .into_iter()
        .chain([("Authorization".to_owned(), authorization)])
        .chain(added)
        .map(|(key, value)| (Value::from(key), Value::from(value)));
    let headers = Value::Object(members.collect());
    let members = request.iter().cloned().chain([(Value::from("headers"), headers)]);
    Ok(Some(Value::Object(members.collect())))
}

/// OPA counts the configuration as the first operand, too.
fn object_as_first(value: &Value) -> Result<&Object> {
    value.as_object().ok_or_else(|| BuiltinError::operand(1, "object", value.type_name()))
}

fn text(value: Option<&Value>) -> &str {
    value.and_then(Value::as_str).unwrap_or_default()
}

fn check_config(config: &Object) -> Result<()> {
    let refused = |names: Vec<&str>, what: &str| {
        if names.is_empty() {
            return Ok(());
        }
        let names = Value::set(names.into_iter().map(Value::from));
        Err(BuiltinError::type_error(format!("operand 2 {what} AWS config parameters(s): {names}")))
    };
    let missing = REQUIRED.into_iter().filter(|name| config.get_str(name).is_none());
    refused(missing.collect(), "missing required")?;
    let is_text = |name: &&str| config.get_str(name).and_then(Value::as_str).is_some();
    let wrong = REQUIRED.into_iter().filter(|name| !is_text(name));
    refused(wrong.collect(), "invalid values for required")
}

fn added_headers(
    credentials: &Credentials<'_>,
    host: &str,
    moment: &str,
    payload: &str,
) -> BTreeMap<String, String> {
    let mut added = BTreeMap::from([
        ("host".to_owned(), host.to_owned()),
        ("x-amz-date".to_owned(), moment.to_owned()),
    ]);
    if matches!(credentials.service, "s3" | "glacier") {
        added.insert("x-amz-content-sha256".to_owned(), payload.to_owned());
    }
    if !credentials.session_token.is_empty() {
        let token = credentials.session_token.to_owned();
        added.insert("x-amz-security-token".to_owned(), token);
    }
    added
}

struct Signed {
    /// `name:value` a line, and an empty line.
    lines: String,
    /// The names with semicolons between.
    names: String,
}

fn signed_headers(added: &BTreeMap<String, String>, headers: &BTreeMap<String, String>) -> Signed {
    let mut all = added.clone();
    for (name, value) in headers {
        let name = name.to_lowercase();
        if !UNSIGNED.contains(&name.as_str()) {
            all.insert(name, value.clone());
        }
    }
    let lines = all.iter().map(|(name, value)| format!("{name}:{value}\n")).collect();
    Signed { lines, names: all.into_keys().collect::<Vec<_>>().join(";") }
}

fn authorization(
    credentials: &Credentials<'_>,
    date: &str,
    moment: &str,
    canonical: &str,
    names: &str,
) -> String {
    let Credentials { access_key, secret_key, region, service, .. } = credentials;
    let scope = format!("{date}/{region}/{service}/aws4_request");
    let hashed = hex(&Hash::Sha256.of(&bytes_of(canonical)));
    let to_sign = format!("AWS4-HMAC-SHA256\n{moment}\n{scope}\n{hashed}");
    let mut key = bytes_of(&format!("AWS4{secret_key}")).into_owned();
    for part in [date, region, service, "aws4_request"] {
        key = Hash::Sha256.hmac(&key, &bytes_of(part));
    }
    let signature = hex(&Hash::Sha256.hmac(&key, &bytes_of(&to_sign)));
    format!(
        "AWS4-HMAC-SHA256 Credential={access_key}/{scope},SignedHeaders={names},\
         Signature={signature}"
    )
}
