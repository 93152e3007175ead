//! Which options OPA knows (its configuration reference, release 1.20), and what becomes of each.
//!
//! An option that nobody knows is told of, as OPA does. One that OPA knows and Referee has not is
//! told of where all that is lost is comfort, and refused where to go without it would serve
//! other policies than were meant, or with less protection.
//!
//! Below the top OPA reads members whatever the case of their letters: `keyID` demands a signature
//! as `keyid` does. Such members get their own names here, before anything looks at them.

use super::error::OpaConfigError;
use serde_json::{Map, Value};
use std::collections::BTreeSet;

/// The most warnings that are given.
const MAX_WARNINGS: usize = 100;

/// What becomes of an option.
#[derive(Clone, Copy, Debug)]
enum Fate {
    /// It is done.
    Done,
    /// It is passed over, and told of.
    Idle,
    /// It is refused; without it this would be lost.
    Refused(&'static str),
}

use Fate::{Done, Idle, Refused};

/// The members of one kind of mapping: where it stands (`*` is any member or entry), and what is
/// in it. A mapping that is not listed may hold anything.
type Spec = (&'static [&'static str], &'static [(&'static str, Fate)]);

const POLLING: &[(&str, Fate)] = &[
    ("min_delay_seconds", Done),
    ("max_delay_seconds", Done),
    ("long_polling_timeout_seconds", Done),
];

const COMPILED_IN: &str = "it names a plug-in that is compiled into OPA";

const SPECS: &[Spec] = &[
    (
        &[],
        &[
            ("services", Done),
            ("labels", Done),
            ("discovery", Refused("the policies would be named by a bundle that is never loaded")),
            ("bundle", Done),
            ("bundles", Done),
            ("decision_logs", Done),
            ("status", Done),
            ("plugins", Refused(COMPILED_IN)),
            ("keys", Done),
            ("default_decision", Done),
            ("default_authorization_decision", Done),
            // There is nothing that they would hold from one question to the next: policies reach
            // no network here.
            ("caching", Idle),
            ("nd_builtin_cache", Done),
            ("persistence_directory", Done),
            ("distributed_tracing", Idle),
            ("metrics_export", Idle),
            ("server", Done),
            ("storage", Done),
        ],
    ),
    (
        &["services", "*"],
        &[
            ("name", Done),
            ("url", Done),
            ("headers", Done),
            ("allow_insecure_tls", Done),
            ("response_header_timeout_seconds", Done),
            ("tls", Done),
            ("credentials", Done),
            ("type", Done),
        ],
    ),
    (&["services", "*", "tls"], &[("ca_cert", Done), ("system_ca_required", Done)]),
    (
        &["services", "*", "credentials"],
        &[
            ("bearer", Done),
            ("client_tls", Done),
            ("oauth2", Done),
            // The client refuses these by itself.
            ("s3_signing", Done),
            ("gcp_metadata", Done),
            ("azure_managed_identity", Done),
            ("plugin", Done),
        ],
    ),
    (
        &["services", "*", "credentials", "bearer"],
        &[("token", Done), ("token_path", Done), ("scheme", Done)],
    ),
    (
        &["services", "*", "credentials", "client_tls"],
        &[
            ("cert", Done),
            ("private_key", Done),
            ("private_key_passphrase", Done),
            ("ca_cert", Done),
            ("system_ca_required", Done),
            ("cert_reread_interval_seconds", Done),
        ],
    ),
    (
        &["services", "*", "credentials", "oauth2"],
        &[
            ("grant_type", Done),
            ("token_url", Done),
            ("client_id", Done),
            ("client_secret", Done),
            ("scopes", Done),
            ("additional_headers", Done),
            ("additional_parameters", Done),
            ("additional_claims", Done),
            ("include_jti_claim", Done),
            ("client_assertion", Done),
            ("client_assertion_path", Done),
            ("client_assertion_type", Done),
            ("signing_key", Done),
            ("thumbprint", Done),
            ("aws_kms", Done),
            ("aws_signing", Done),
            ("azure_keyvault", Done),
            ("azure_signing", Done),
        ],
    ),
    (&["keys", "*"], &[("key", Done), ("private_key", Done), ("algorithm", Done), ("scope", Done)]),
    (
        &["bundle"],
        &[
            ("name", Done),
            ("prefix", Done),
            ("service", Done),
            ("resource", Done),
            ("signing", Done),
            ("persist", Done),
            ("size_limit_bytes", Done),
            ("trigger", Done),
            ("polling", Done),
        ],
    ),
    (&["bundle", "polling"], POLLING),
    (
        &["bundles", "*"],
        &[
            ("service", Done),
            ("resource", Done),
            ("signing", Done),
            ("persist", Done),
            ("size_limit_bytes", Done),
            ("trigger", Done),
            ("polling", Done),
        ],
    ),
    (&["bundles", "*", "polling"], POLLING),
    (
        &["bundles", "*", "signing"],
        &[
            ("keyid", Done),
            ("keyids", Done),
            ("scope", Done),
            ("exclude_files", Done),
            ("public_keys", Refused("keys are named under keys")),
            ("plugin", Refused(COMPILED_IN)),
        ],
    ),
    (
        &["decision_logs"],
        &[
            ("plugin", Refused(COMPILED_IN)),
            ("service", Done),
            ("partition_name", Done),
            ("reporting", Done),
            ("request_context", Done),
            ("mask_decision", Done),
            ("drop_decision", Done),
            ("console", Done),
            ("resource", Done),
            // OPA looks at the one at the top only.
            ("nd_builtin_cache", Idle),
        ],
    ),
    (
        &["decision_logs", "reporting"],
        &[
            ("buffer_type", Done),
            ("buffer_size_limit_bytes", Done),
            ("buffer_size_limit_events", Done),
            ("upload_size_limit_bytes", Done),
            ("min_delay_seconds", Done),
            ("max_delay_seconds", Done),
            ("max_decisions_per_second", Done),
            ("trigger", Done),
            ("spool", Done),
        ],
    ),
    (&["decision_logs", "request_context"], &[("http", Done)]),
    (&["decision_logs", "request_context", "http"], &[("headers", Done)]),
    (
        &["status"],
        &[
            ("plugin", Refused(COMPILED_IN)),
            ("service", Done),
            ("partition_name", Done),
            ("console", Done),
            ("prometheus", Done),
            ("prometheus_config", Done),
            ("trigger", Done),
        ],
    ),
    (&["status", "prometheus_config"], &[("collectors", Done)]),
    (&["status", "prometheus_config", "collectors"], &[("bundle_loading_duration_ns", Done)]),
    (
        &["status", "prometheus_config", "collectors", "bundle_loading_duration_ns"],
        &[("buckets", Done)],
    ),
    (
        &["server"],
        &[
            ("metrics", Done),
            ("encoding", Done),
            ("decoding", Done),
            ("logger_plugin", Refused(COMPILED_IN)),
        ],
    ),
    (&["server", "metrics"], &[("prom", Done)]),
    (&["server", "metrics", "prom"], &[("http_request_duration_seconds", Done)]),
    (&["server", "metrics", "prom", "http_request_duration_seconds"], &[("buckets", Done)]),
    (&["server", "decoding"], &[("max_length", Done), ("gzip", Done)]),
    (&["server", "decoding", "gzip"], &[("max_length", Done)]),
    (&["server", "encoding"], &[("gzip", Done)]),
    (&["server", "encoding", "gzip"], &[("min_length", Done), ("compression_level", Done)]),
    (&["storage"], &[("disk", Idle)]),
    (
        &["caching"],
        &[("inter_query_builtin_cache", Done), ("inter_query_builtin_value_cache", Done)],
    ),
    (
        &["caching", "inter_query_builtin_cache"],
        &[
            ("max_size_bytes", Done),
            ("forced_eviction_threshold_percentage", Done),
            ("stale_entry_eviction_period_seconds", Done),
        ],
    ),
    (
        &["caching", "inter_query_builtin_value_cache"],
        &[("max_num_entries", Done), ("named", Done)],
    ),
];

/// Names members as they are known, and checks every member of a tree; what is to be told.
///
/// # Errors
/// [`OpaConfigError::Unsupported`] for the first option that is refused, [`OpaConfigError::Shape`]
/// for one that is there twice, in letters of another case, and for what stands in place of a
/// mapping.
pub(super) fn check(name: &str, tree: &mut Value) -> Result<Vec<String>, OpaConfigError> {
    let mut warnings = BTreeSet::new();
    let mut path = Vec::new();
    walk(name, tree, &mut path, &mut warnings)?;
    Ok(warnings.into_iter().take(MAX_WARNINGS).collect())
}

fn walk(
    name: &str,
    value: &mut Value,
    path: &mut Vec<String>,
    warnings: &mut BTreeSet<String>,
) -> Result<(), OpaConfigError> {
    let spec = SPECS.iter().find(|(pattern, _)| matches(pattern, path));
    // Members could be taken from a list by their places.
    if spec.is_some() && !value.is_object() && !value.is_null() {
        return Err(OpaConfigError::Shape {
            name: name.to_owned(),
            path: path.join("."),
            message: format!("a mapping is needed, and there is {}", kind(value)),
        });
    }
    match value {
        Value::Object(members) => {
            if let Some((_, known)) = spec.filter(|_| !path.is_empty()) {
                rename(name, members, known, path)?;
            }
            for (member, value) in members {
                path.push(member.clone());
                if let Some((_, known)) = spec {
                    judge(name, member, value, known, path, warnings)?;
                }
                walk(name, value, path, warnings)?;
                path.pop();
            }
        }
        Value::Array(items) => {
            for (index, item) in items.iter_mut().enumerate() {
                path.push(index.to_string());
                walk(name, item, path, warnings)?;
                path.pop();
            }
        }
        _ => {}
    }
    Ok(())
}

/// Gives members that are known but for the case of their letters the names that they have.
fn rename(
    name: &str,
    members: &mut Map<String, Value>,
    known: &[(&str, Fate)],
    path: &[String],
) -> Result<(), OpaConfigError> {
    let others: Vec<String> = members
        .keys()
        .filter(|member| !known.iter().any(|(known, _)| known == member))
        .cloned()
        .collect();
    for member in others {
        let folded: String = member.chars().map(folded).collect();
        let Some((known, _)) = known.iter().find(|(known, _)| *known == folded) else { continue };
        if members.contains_key(*known) {
            let path = path.iter().chain(Some(&member)).map(String::as_str).collect::<Vec<_>>();
            return Err(OpaConfigError::Shape {
                name: name.to_owned(),
                path: path.join("."),
                message: format!("{known} is there twice, in letters of another case"),
            });
        }
        if let Some(value) = members.remove(&member) {
            members.insert((*known).to_owned(), value);
        }
    }
    Ok(())
}

/// A letter as Go compares it that reads names of members: two others than those of ASCII stand for
/// letters of it.
fn folded(letter: char) -> char {
    match letter {
        '\u{17f}' => 's',
        '\u{212a}' => 'k',
        letter => letter.to_ascii_lowercase(),
    }
}

fn judge(
    name: &str,
    member: &str,
    value: &Value,
    known: &[(&str, Fate)],
    path: &[String],
    warnings: &mut BTreeSet<String>,
) -> Result<(), OpaConfigError> {
    let dotted = path.join(".");
    match known.iter().find(|(known, _)| *known == member) {
        None => {
            // OPA's words.
            warnings.insert(format!("unknown configuration option {dotted:?} encountered"));
        }
        Some((_, Done)) => {}
        // Who turns off what is not there has what was wanted.
        Some((_, Idle)) if *value == Value::Bool(false) => {}
        Some((_, Idle)) => {
            warnings
                .insert(format!("configuration option {dotted:?} is not supported and ignored"));
        }
        // An empty section asks for nothing.
        Some((_, Refused(_))) if value.as_object().is_some_and(serde_json::Map::is_empty) => {}
        Some((_, Refused(reason))) => {
            let name = name.to_owned();
            return Err(OpaConfigError::Unsupported { name, path: dotted, reason });
        }
    }
    Ok(())
}

/// What a value is, without what it says.
fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "nothing",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "a list",
        Value::Object(_) => "a mapping",
    }
}

fn matches(pattern: &[&str], path: &[String]) -> bool {
    pattern.len() == path.len()
        && pattern.iter().zip(path).all(|(wanted, found)| *wanted == "*" || wanted == found)
}

/// Whether a member of a kind of mapping is known.
pub(super) fn is_known(pattern: &[&str], member: &str) -> bool {
    SPECS
        .iter()
        .find(|(other, _)| *other == pattern)
        .is_some_and(|(_, known)| known.iter().any(|(known, _)| *known == member))
}
