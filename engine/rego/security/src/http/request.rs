//! A request from the object that a policy gives.

use super::canonical;
use super::error::Failure;
use crate::go::pem;
use crate::x509::{check_key_pair, parse_certificate};
use referee_rego_builtin::{BuiltinError, Context, HostError, HttpRequest, Result};
use referee_rego_go::quote::quoted;
use referee_rego_go::time::duration;
use referee_rego_go::url::Url;
use referee_rego_value::bytes::{self, bytes_of};
use referee_rego_value::{Object, Value};
use std::collections::BTreeMap;
use std::time::Duration;

/// What a request may have.
const ALLOWED: &[&str] = &[
    "method",
    "url",
    "body",
    "enable_redirect",
    "force_json_decode",
    "force_yaml_decode",
    "headers",
    "raw_body",
    "tls_use_system_certs",
    "tls_ca_cert",
    "tls_ca_cert_file",
    "tls_ca_cert_env_variable",
    "tls_client_cert",
    "tls_client_cert_file",
    "tls_client_cert_env_variable",
    "tls_client_key",
    "tls_client_key_file",
    "tls_client_key_env_variable",
    "tls_insecure_skip_verify",
    "tls_server_name",
    "timeout",
    "cache",
    "force_cache",
    "force_cache_duration_seconds",
    "raise_error",
    "caching_mode",
    "max_retry_attempts",
    "cache_ignored_headers",
];

/// What must be strings.
const STRINGS: &[&str] = &[
    "method",
    "url",
    "raw_body",
    "tls_ca_cert",
    "tls_ca_cert_file",
    "tls_ca_cert_env_variable",
    "tls_client_cert",
    "tls_client_cert_file",
    "tls_client_cert_env_variable",
    "tls_client_key",
    "tls_client_key_file",
    "tls_client_key_env_variable",
    "tls_server_name",
];

/// How long a request may take where it does not say.
const TIMEOUT: Duration = Duration::from_secs(5);
/// The most bytes that are read of an answer.
const MAX_BYTES: usize = 64 << 20;
/// How the sender calls itself where a request does not say.
const USER_AGENT: &str = concat!("Referee/", env!("CARGO_PKG_VERSION"));

/// Checks that a request has no unknown members, and those that it must have.
///
/// # Errors
/// OPA's words.
pub(crate) fn check_members(request: &Object) -> Result<()> {
    let refused = |what: &str, names: Vec<Value>| {
        if names.is_empty() {
            return Ok(());
        }
        let names = Value::set(names);
        Err(BuiltinError::type_error(format!("operand 1 {what} request parameters(s): {names}")))
    };
    let unknown = request
        .iter()
        .map(|(key, _)| key)
        .filter(|key| key.as_str().is_none_or(|name| !ALLOWED.contains(&name)));
    refused("invalid", unknown.cloned().collect())?;
    let missing = ["method", "url"].into_iter().filter(|name| request.get_str(name).is_none());
    refused("missing required", missing.map(Value::from).collect())
}

/// A boolean that may be missing.
pub(super) fn boolean(request: &Object, name: &str) -> std::result::Result<bool, String> {
    match request.get_str(name) {
        None => Ok(false),
        Some(Value::Bool(value)) => Ok(*value),
        Some(_) => Err(format!("invalid value for \"{name}\" field")),
    }
}

/// How often a request may be tried again.
pub(super) fn retries(request: &Object) -> std::result::Result<i64, String> {
    let Some(value) = request.get_str("max_retry_attempts") else { return Ok(0) };
    value
        .as_i64()
        .filter(|count| *count >= 0)
        .ok_or_else(|| format!("invalid value {value} for field \"max_retry_attempts\""))
}

/// Go's `strconv.ParseBool` of the value's text.
fn parse_bool(value: &Value) -> std::result::Result<bool, String> {
    let text = value.to_string();
    match text.as_str() {
        "1" | "true" => Ok(true),
        "0" | "false" => Ok(false),
        _ => Err(format!("strconv.ParseBool: parsing {}: invalid syntax", quoted(&text))),
    }
}

fn timeout(value: &Value) -> std::result::Result<i64, BuiltinError> {
    let refused = |message: String| Err(BuiltinError::new(message));
    match value {
        Value::Number(number) => number.as_i64().map_or_else(
            || refused(format!("invalid timeout number value {number}, must be int64")),
            Ok,
        ),
        Value::String(text) => match text.parse::<i64>() {
            Ok(nanoseconds) => Ok(nanoseconds),
            Err(_) => duration::parse(text).map_or_else(
                |error| refused(format!("invalid timeout value {}: {error}", quoted(text))),
                Ok,
            ),
        },
        other => {
            let kind = other.type_name();
            let message =
                format!("operand 1 'timeout' must be one of {{string, number}} but got {kind}");
            Err(BuiltinError::type_error(message))
        }
    }
}

/// Certificates and keys as they are given: in the request, in files, in the environment.
#[derive(Default)]
struct Sources {
    direct: String,
    file: String,
    environment: String,
}

/// A request, and its URL in parts.
#[derive(Clone, Debug)]
pub(super) struct Built {
    pub(super) request: HttpRequest,
    pub(super) url: Url,
}

/// Builds a request.
pub(super) fn build(context: &Context<'_>, object: &Object) -> std::result::Result<Built, Failure> {
    let mut request = HttpRequest {
        method: String::new(),
        url: String::new(),
        headers: Vec::new(),
        body: None,
        timeout: TIMEOUT,
        follow_redirects: false,
        max_bytes: MAX_BYTES,
        tls: Default::default(),
    };
    let (mut authority, mut certificate, mut key) =
        (Sources::default(), Sources::default(), Sources::default());
    let mut headers = BTreeMap::new();
    for (name, value) in object.iter() {
        let Some(name) = name.as_str() else { continue };
        let text = value.as_str().map(|text| text.trim_matches('"').to_owned());
        if text.is_none() && STRINGS.contains(&name) {
            return Err(format!("{} must be a string", quoted(name)).into());
        }
        let text = text.unwrap_or_default();
        match name {
            "method" => request.method = text.to_uppercase(),
            "url" => request.url = text,
            "enable_redirect" => request.follow_redirects = parse_bool(value)?,
            "body" => request.body = Some(value.to_json().into_bytes()),
            "raw_body" => request.body = Some(bytes_of(&text).into_owned()),
            "tls_use_system_certs" => {
                request.tls.use_system_certificates = Some(parse_bool(value)?);
            }
            "tls_ca_cert" => authority.direct = text,
            "tls_ca_cert_file" => authority.file = text,
            "tls_ca_cert_env_variable" => authority.environment = text,
            "tls_client_cert" => certificate.direct = text,
            "tls_client_cert_file" => certificate.file = text,
            "tls_client_cert_env_variable" => certificate.environment = text,
            "tls_client_key" => key.direct = text,
            "tls_client_key_file" => key.file = text,
            "tls_client_key_env_variable" => key.environment = text,
            "tls_server_name" => {
                let name = Some(bytes::shown(&text).into_owned());
                request.tls.server_name = name.filter(|it| !it.is_empty());
            }
            "headers" => match value {
                Value::Object(fields) => {
                    for (name, value) in fields.iter() {
                        let name = name.as_str().map_or_else(|| name.to_json(), str::to_owned);
                        headers.insert(canonical::name(&name), value.clone());
                    }
                }
                _ => return Err("invalid type for headers key".to_owned().into()),
            },
            "tls_insecure_skip_verify" => request.tls.insecure_skip_verify = parse_bool(value)?,
            "timeout" => {
                let nanoseconds = timeout(value).map_err(Failure::Refused)?;
                // Zero and less mean no limit for Go; the evaluation's own limit still holds.
                request.timeout = u64::try_from(nanoseconds)
                    .ok()
                    .filter(|nanoseconds| *nanoseconds > 0)
                    .map_or(Duration::MAX, Duration::from_nanos);
            }
            _ => {}
        }
    }
    client_certificate(context, &mut request, &certificate, &key)?;
    authorities(context, &mut request, &authority)?;
    if request.tls.server_name.is_none() {
        let host = headers.get("Host").and_then(Value::as_str);
        request.tls.server_name =
            host.map(|host| bytes::shown(host).into_owned()).filter(|host| !host.is_empty());
    }
    let url = target(&mut request)?;
    for (name, value) in headers {
        match value.as_str() {
            Some(text) => {
                let field = [&name, text].map(|part| bytes::shown(part).into_owned());
                request.headers.push(field.into());
            }
            None => return Err(format!("invalid type for headers value {}", shown(&value)).into()),
        }
    }
    if !request.headers.iter().any(|(name, _)| name == "User-Agent") {
        request.headers.push(("User-Agent".to_owned(), USER_AGENT.to_owned()));
    }
    Ok(Built { request, url })
}

/// The method and the URL.
fn target(request: &mut HttpRequest) -> std::result::Result<Url, Failure> {
    if request.method.is_empty() {
        request.method = "GET".to_owned();
    }
    if !canonical::is_token(&request.method) {
        return Err(format!("net/http: invalid method {}", quoted(&request.method)).into());
    }
    let url = Url::parse(&request.url).map_err(|error| error.to_string())?;
    if url.scheme == "unix" && !url.raw_query.is_empty() {
        return Err("unix sockets cannot be reached here".to_owned().into());
    }
    request.url = bytes::shown(&url.to_string()).into_owned();
    Ok(url)
}

/// A value of another type as Go's `%q` shows it.
fn shown(value: &Value) -> String {
    match value {
        Value::Null => "%!q(<nil>)".to_owned(),
        Value::Bool(value) => format!("%!q(bool={value})"),
        Value::Number(number) => format!("\"{number}\""),
        Value::String(text) => quoted(text),
        Value::Array(elements) => listed(elements.as_slice()),
        Value::Set(elements) => listed(elements.as_slice()),
        Value::Object(members) => {
            let members = members.iter().map(|(key, value)| {
                let key = key.as_str().map_or_else(|| key.to_json(), str::to_owned);
                format!("{}:{}", quoted(&key), flat(value))
            });
            format!("map[{}]", members.collect::<Vec<_>>().join(" "))
        }
    }
}

fn listed(elements: &[Value]) -> String {
    format!("[{}]", elements.iter().map(flat).collect::<Vec<_>>().join(" "))
}

/// Collections within collections are shown as JSON: no recursion for a message.
fn flat(value: &Value) -> String {
    match value {
        Value::Array(_) | Value::Set(_) | Value::Object(_) => value.to_json(),
        other => shown(other),
    }
}

/// A file, where the host lets it be read.
fn read_file(context: &Context<'_>, path: &str) -> std::result::Result<Vec<u8>, Failure> {
    context.host.read_file(&bytes::shown(path)).map_err(|error| {
        let why = match error {
            HostError::Forbidden => "permission denied".to_owned(),
            other => other.to_string(),
        };
        Failure::Plain(format!("open {path}: {why}"))
    })
}

fn client_certificate(
    context: &Context<'_>,
    request: &mut HttpRequest,
    certificate: &Sources,
    key: &Sources,
) -> std::result::Result<(), Failure> {
    if !certificate.direct.is_empty() && !key.direct.is_empty() {
        let [pem, key_pem] = [certificate, key].map(|source| bytes_of(&source.direct).into_owned());
        check_key_pair(&pem, &key_pem)?;
        request.tls.client_certificate = Some(pem);
        request.tls.client_key = Some(key_pem);
    }
    if !certificate.file.is_empty() && !key.file.is_empty() {
        let pem = read_file(context, &certificate.file)?;
        let key_pem = read_file(context, &key.file)?;
        check_key_pair(&pem, &key_pem)?;
        request.tls.client_certificate = Some(pem);
        request.tls.client_key = Some(key_pem);
    }
    if !certificate.environment.is_empty() && !key.environment.is_empty() {
        let read =
            |name: &str| context.host.env(&bytes::shown(name)).unwrap_or_default().into_bytes();
        let (pem, key_pem) = (read(&certificate.environment), read(&key.environment));
        check_key_pair(&pem, &key_pem).map_err(|error| {
            format!(
                "cannot extract public/private key pair from envvars {}, {}: {error}",
                quoted(&certificate.environment),
                quoted(&key.environment)
            )
        })?;
        request.tls.client_certificate = Some(pem);
        request.tls.client_key = Some(key_pem);
    }
    Ok(())
}

fn authorities(
    context: &Context<'_>,
    request: &mut HttpRequest,
    sources: &Sources,
) -> std::result::Result<(), Failure> {
    let mut all = Vec::new();
    if !sources.direct.is_empty() {
        let pem = bytes_of(&sources.direct.replace("\\n", "\n")).into_owned();
        if !has_certificate(&pem) {
            return Err("could not append certificates".to_owned().into());
        }
        all.extend(pem);
    }
    if !sources.file.is_empty() {
        let pem = read_file(context, &sources.file)?;
        if !has_certificate(&pem) {
            let file = quoted(&sources.file);
            return Err(format!("could not append CA certificates from {file}").into());
        }
        all.push(b'\n');
        all.extend(pem);
    }
    if !sources.environment.is_empty() {
        let pem =
            context.host.env(&bytes::shown(&sources.environment)).unwrap_or_default().into_bytes();
        if !has_certificate(&pem) {
            let name = quoted(&sources.environment);
            let error = "could not append certificates";
            return Err(format!("could not add CA certificates from envvar {name}: {error}").into());
        }
        all.push(b'\n');
        all.extend(pem);
    }
    if !all.is_empty() {
        request.tls.ca_certificates = Some(all);
    }
    Ok(())
}

fn has_certificate(mut text: &[u8]) -> bool {
    while let (Some(block), rest) = pem::decode(text) {
        if block.kind == b"CERTIFICATE" && parse_certificate(&block.bytes).is_ok() {
            return true;
        }
        text = rest;
    }
    false
}
