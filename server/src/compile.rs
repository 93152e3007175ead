//! `/v1/compile`: OPA's partial evaluation and data filters. The requests are read and refused as
//! OPA refuses them; what is left when a query is evaluated in part is not answered yet.

use crate::adhoc::refused;
use crate::app::App;
use crate::error::ApiError;
use crate::input::{self, member, mistyped};
use axum::extract::Request;
use referee_rego::{Value, ValueKind};

/// What OPA's decoder calls the body.
const GO_TYPE: &str = "CompileRequestV1";

/// A question that is to be answered as far as what is known goes.
#[derive(Debug)]
pub(crate) struct Partial {
    /// The query.
    pub(crate) query: String,
    /// The input, where it is known.
    pub(crate) input: Option<Value>,
    /// What is not known: references, by default `input`.
    pub(crate) unknowns: Option<Vec<String>>,
    /// Rules that are left as they are.
    pub(crate) disable_inlining: Vec<String>,
    /// Whether builtins that do not always answer alike are asked.
    pub(crate) nondeterministic_builtins: bool,
}

pub(crate) async fn answer(app: &App, request: Request) -> Result<crate::reply::Reply, ApiError> {
    let _room = app.admit(1)?;
    let (head, body) = request.into_parts();
    let bytes = input::read(app, &head.headers, body).await?;
    let partial = Partial::read(&bytes)?;
    if partial.query.trim().is_empty() {
        return Err(ApiError::Json("missing required 'query' value".to_owned()));
    }
    // Its syntax is looked at, so that what is wrong with it is told as OPA tells it.
    referee_rego::check_query(&partial.query).map_err(refused)?;
    tracing::debug!(
        unknowns = partial.unknowns.as_ref().map_or(1, Vec::len),
        inlining_disabled = partial.disable_inlining.len(),
        nondeterministic = partial.nondeterministic_builtins,
        has_input = partial.input.is_some(),
        "a query to be evaluated in part"
    );
    Err(ApiError::NotImplemented("partial evaluation is not there yet"))
}

/// `/v1/compile/{path}`: conditions for databases out of rules.
pub(crate) fn filters() -> Result<crate::reply::Reply, ApiError> {
    Err(ApiError::NotImplemented("data filters are not there yet"))
}

impl Partial {
    /// Reads the body of a request.
    pub(crate) fn read(bytes: &[u8]) -> Result<Self, ApiError> {
        let request = input::request(bytes, GO_TYPE)?;
        let unknowns = match member(&request, "unknowns") {
            None => None,
            Some(unknowns) => Some(strings(&unknowns, "unknowns")?),
        };
        let options = member(&request, "options");
        if let Some(options) = options.as_ref().filter(|it| it.kind() != ValueKind::Object) {
            let wanted = "struct { DisableInlining []string \"json:\\\"disableInlining,omitempty\\\"\"; \
                          NondeterministicBuiltins bool \"json:\\\"nondeterministicBuiltins\\\"\" }";
            return Err(mistyped(options, GO_TYPE, "options", wanted));
        }
        let option = |name| options.as_ref().and_then(|options| member(options, name));
        let disable_inlining = match option("disableInlining") {
            None => Vec::new(),
            Some(rules) => strings(&rules, "options.disableInlining")?,
        };
        let nondeterministic_builtins = match option("nondeterministicBuiltins") {
            None => false,
            Some(value) => value.as_bool().ok_or_else(|| {
                mistyped(&value, GO_TYPE, "options.nondeterministicBuiltins", "bool")
            })?,
        };
        Ok(Self {
            query: input::text(&request, GO_TYPE, "query")?,
            input: member(&request, "input"),
            unknowns,
            disable_inlining,
            nondeterministic_builtins,
        })
    }
}

fn strings(value: &Value, name: &str) -> Result<Vec<String>, ApiError> {
    let elements = value.elements().filter(|_| value.kind() == ValueKind::Array);
    let elements = elements.ok_or_else(|| mistyped(value, GO_TYPE, name, "[]string"))?;
    let text = |element: &Value| match element.as_str() {
        Some(text) => Ok(text.into_owned()),
        None => Err(mistyped(element, GO_TYPE, name, "string")),
    };
    elements.iter().map(text).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_read_and_refused_in_opas_words() {
        let body = br#"{"query": "data.a.p", "input": {"x": 1}, "unknowns": ["data.b"],
            "options": {"disableInlining": ["data.a.q"], "nondeterministicBuiltins": true}}"#;
        let read = Partial::read(body).unwrap();
        assert_eq!((read.query.as_str(), read.unknowns), ("data.a.p", Some(vec!["data.b".into()])));
        assert_eq!(read.disable_inlining, ["data.a.q"]);
        assert!(read.nondeterministic_builtins && read.input.is_some());
        let field = "Go struct field CompileRequestV1";
        for (body, told) in [
            ("", "EOF".to_owned()),
            (
                "[]",
                "json: cannot unmarshal array into Go value of type types.CompileRequestV1"
                    .to_owned(),
            ),
            (
                r#"{"query": 5}"#,
                format!("json: cannot unmarshal number into {field}.query of type string"),
            ),
            (
                r#"{"unknowns": [5]}"#,
                format!("json: cannot unmarshal number into {field}.unknowns of type string"),
            ),
        ] {
            let error = Partial::read(body.as_bytes()).unwrap_err().to_string();
            assert_eq!(
                error,
                format!("error(s) occurred while decoding request: {told}"),
                "{body}"
            );
        }
    }
}
