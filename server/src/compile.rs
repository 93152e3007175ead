//! `/v1/compile`: OPA's partial evaluation. Data filters are not answered yet.

use crate::adhoc::{self, refused};
use crate::app::App;
use crate::deadline::{Due, said_deadline};
use crate::error::{ApiError, PARSING};
use crate::explain::{self, Mode, Telling};
use crate::input::{self, member, mistyped};
use crate::members::Members;
use crate::query::Query;
use crate::reply::{self, Reply};
use crate::state::WriteError;
use crate::timers::{self, Timers};
use axum::extract::Request;
use axum::http::StatusCode;
use referee_rego::{PartialAnswer, PartialQuestion, RegoErrors, Value, ValueKind, World};
use tokio::time::Instant;

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

pub(crate) async fn answer(
    app: &App,
    request: Request,
    started: Instant,
) -> Result<Reply, ApiError> {
    let _room = app.admit(1)?;
    let (head, body) = request.into_parts();
    let query = Query::parse(head.uri.query())?;
    let allowed = said_deadline(&head.headers, &query)?.within(app, None)?;
    let due = Due::new(started, allowed);
    let bytes = input::read(app, &head, body).await.map_err(|error| match error {
        // OPA says no more here.
        ApiError::Unpack(_) => ApiError::Json("could not decompress the body".to_owned()),
        other => other,
    })?;
    let partial = Partial::read(&bytes)?;
    partial.check()?;
    let revision = app.state.current();
    let (mode, pretty) = (Mode::of(&query), query.flag("pretty"));
    let telling = Telling { mode, pretty, instrumented: timers::instrumented(&query) };
    let evaluation = app.engine().run(due.left_to_evaluate(), move |budget| {
        let question = PartialQuestion::new(&partial.query, *budget).over(partial.input.as_ref());
        let mut question =
            question.without(partial.unknowns.as_deref()).without_builtins(adhoc::UNSAFE);
        question.disable_inlining = &partial.disable_inlining;
        question.nondeterministic_builtins = partial.nondeterministic_builtins;
        question.world = World::NONE.with_runtime(revision.runtime());
        question.reports = telling.reports();
        revision.program().partial(&question)
    });
    let PartialAnswer { residual, prints, times, explanation, measures, read_base, .. } =
        evaluation.await?;
    explain::log_prints(&prints);
    let residual = residual.map_err(|errors| match refused(errors) {
        ApiError::AdHoc(errors) => WriteError::Modules(errors).into(),
        other => other,
    })?;
    let mut timers = Timers::asked(&query);
    timers.note("timer_rego_query_parse_ns", times.parse);
    timers.note(timers::QUERY_COMPILE, times.compile);
    timers.note("timer_rego_partial_eval_ns", times.eval);
    timers.since(timers::HANDLER, started);
    timers.measured(measures);
    timers.read_base(read_base);
    let mut members = Members::new();
    members.raw("result", &residual.to_json());
    if let Some(mode) = mode {
        members.raw("explanation", &explain::text(&explanation, mode, pretty)?);
    }
    if let Some(all) = timers.told() {
        let written = members.json("metrics", &all);
        written.map_err(|error| ApiError::Unwritable(Box::new(error)))?;
    }
    Ok(reply::text(StatusCode::OK, members.end(), pretty))
}

/// `/v1/compile/{path}`: conditions for databases out of rules.
pub(crate) fn filters() -> Result<Reply, ApiError> {
    Err(ApiError::NotImplemented("data filters are not there yet"))
}

impl Partial {
    /// Looks at the texts in it, in OPA's order. What is wrong with a text is told apart from what
    /// does not compile.
    fn check(&self) -> Result<(), ApiError> {
        let told = |errors: RegoErrors| match errors.first() {
            first if first.location.is_some() => ApiError::AdHoc(errors),
            first => ApiError::Json(format!("{PARSING}: {}", first.message)),
        };
        if !referee_rego::check_query(&self.query).map_err(told)? {
            return Err(ApiError::Json("missing required 'query' value".to_owned()));
        }
        for unknown in self.unknowns.iter().flatten() {
            referee_rego::check_term(unknown).map_err(|error| {
                ApiError::Json(format!("error(s) occurred while parsing unknowns: {error}"))
            })?;
        }
        for rule in &self.disable_inlining {
            referee_rego::check_reference(rule).map_err(ApiError::Json)?;
        }
        Ok(())
    }

    /// Reads the body of a request.
    pub(crate) fn read(bytes: &[u8]) -> Result<Self, ApiError> {
        let request = input::request(bytes, GO_TYPE)?;
        let unknowns = match member(&request, "unknowns") {
            None => None,
            Some(unknowns) => Some(strings(&unknowns, GO_TYPE, "unknowns")?),
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
            Some(rules) => strings(&rules, "", "options.disableInlining")?,
        };
        let nondeterministic_builtins = match option("nondeterministicBuiltins") {
            None => false,
            Some(value) => value
                .as_bool()
                .ok_or_else(|| mistyped(&value, "", "options.nondeterministicBuiltins", "bool"))?,
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

fn strings(value: &Value, go_type: &str, name: &str) -> Result<Vec<String>, ApiError> {
    let elements = value.elements().filter(|_| value.kind() == ValueKind::Array);
    let elements = elements.ok_or_else(|| mistyped(value, go_type, name, "[]string"))?;
    let text = |element: &Value| match element.as_str() {
        Some(text) => Ok(text.into_owned()),
        None => Err(mistyped(element, go_type, name, "string")),
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
