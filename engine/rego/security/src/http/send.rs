//! Sends a request, or finds its answer in a cache.

use super::cache::{CachedResponse, InterQueryCache, QueryCache, ResponseCache, key};
use super::canonical;
use super::error::Failure;
use super::freshness;
use super::request::{Built, boolean, build, check_members, retries};
use super::response::{Decoding, is_cacheable, show};
use referee_rego_builtin::{
    BuiltinError, Context, HostError, HttpResponse, Result as BuiltinResult, operand,
};
use referee_rego_go::quote::quoted;
use referee_rego_value::{Object, Value};
use std::sync::Arc;
use std::time::Duration;

type Result<T> = std::result::Result<T, Failure>;

/// A request costs as much as so many steps.
const REQUEST: u32 = 10_000;

/// The longest that is waited between two tries.
const MAX_PAUSE: Duration = Duration::from_secs(60);

pub(super) fn http_send(
    context: &mut Context<'_>,
    operands: &[Value],
) -> BuiltinResult<Option<Value>> {
    let request = operand::object(operands, 1)?;
    // It is written: into the body, into errors.
    operands.iter().try_for_each(|operand| context.room_for(operand))?;
    let raise = match request.get_str("raise_error") {
        None => true,
        Some(Value::Bool(raise)) => *raise,
        Some(_) => return Err(BuiltinError::new("invalid value for raise_error field")),
    };
    let answered =
        check_members(request).map_err(Failure::Refused).and_then(|()| answer(context, request));
    match answered {
        Ok(answer) => Ok(Some(answer)),
        Err(failure) if raise => Err(failure.raised()),
        Err(failure) => failure.shown().map(Some),
    }
}

/// How answers are remembered between queries.
#[derive(Clone, Copy, Debug)]
struct Remembering {
    /// Whether they are.
    wanted: bool,
    /// For how many seconds, whatever the answer says; 0 is as it says.
    forced: i64,
}

fn remembering(request: &Object) -> Result<Remembering> {
    let wanted = boolean(request, "cache")?;
    if !boolean(request, "force_cache")? {
        return Ok(Remembering { wanted, forced: 0 });
    }
    let Some(seconds) = request.get_str("force_cache_duration_seconds") else {
        return Err("'force_cache' set but 'force_cache_duration_seconds' parameter is missing"
            .to_owned()
            .into());
    };
    let text = seconds.to_string();
    let invalid = |why: &str| format!("strconv.ParseInt: parsing {}: {why}", quoted(&text));
    let digits = text.strip_prefix(['-', '+']).unwrap_or(&text);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(invalid("invalid syntax").into());
    }
    match text.parse::<i32>() {
        Ok(seconds) => Ok(Remembering { wanted: true, forced: i64::from(seconds) }),
        Err(_) => Err(invalid("value out of range").into()),
    }
}

fn answer(context: &mut Context<'_>, request: &Object) -> Result<Value> {
    let key = key(request).map_err(Failure::Plain)?;
    let remembering = remembering(request)?;
    let between = context.cache::<InterQueryCache>().get().filter(|_| remembering.wanted);
    if let Some(known) = context.cache::<QueryCache>().0.get(&key) {
        return known.clone();
    }
    let answered = match between {
        Some(cache) => {
            let decoding = decoding(request)?;
            Between { cache, key: &key, request, remembering, decoding }.answer(context)
        }
        None => within(context, request),
    };
    match answered {
        Ok((value, keep)) => {
            if keep {
                context.cache::<QueryCache>().0.insert(key, Ok(value.clone()));
            }
            Ok(value)
        }
        Err(failure) => {
            // What ends the evaluation, and what was wrong before anything was sent, is not kept.
            if matches!(failure, Failure::Network(_) | Failure::Timeout { .. }) {
                context.cache::<QueryCache>().0.insert(key, Err(failure.clone()));
            }
            Err(failure)
        }
    }
}

fn decoding(request: &Object) -> Result<Decoding> {
    Ok(Decoding {
        json: boolean(request, "force_json_decode")?,
        yaml: boolean(request, "force_yaml_decode")?,
    })
}

fn shown(context: &mut Context<'_>, response: &HttpResponse, decoding: Decoding) -> Result<Value> {
    let status = (response.status.as_str(), response.status_code);
    show(context, status, &response.headers, &response.body, decoding).map_err(Failure::Ended)
}

/// Asks, and remembers for this query only what may be remembered.
fn within(context: &mut Context<'_>, request: &Object) -> Result<(Value, bool)> {
    let built = build(context, request)?;
    let response = exchange(context, &built, request)?;
    let decoding = decoding(request)?;
    let value = shown(context, &response, decoding)?;
    Ok((value, is_cacheable(response.status_code)))
}

/// Has the host send a request, again and again where it fails and the request says so.
fn exchange(context: &mut Context<'_>, built: &Built, request: &Object) -> Result<HttpResponse> {
    let most = retries(request).map_err(Failure::Plain)?;
    check_sendable(built)?;
    let mut tries = 0;
    loop {
        context.work(REQUEST).map_err(|ended| Failure::Ended(ended.into()))?;
        let (host, meter) = (context.host, &context.meter);
        let answered = host.http_until(&built.request, &|| meter.check().is_err());
        meter.check().map_err(|ended| Failure::Ended(ended.into()))?;
        let error = match answered {
            Ok(response) => {
                let reserved = context.reserve(response.body.len());
                reserved.map_err(|ended| Failure::Ended(ended.into()))?;
                return Ok(response);
            }
            Err(error) => error,
        };
        if tries == most || error == HostError::Forbidden {
            return Err(network(built, &error));
        }
        let meter = &context.meter;
        context.host.wait_until(pause(tries), &|| meter.check().is_err());
        tries += 1;
    }
}

/// How long to wait before it is tried again: not at all at first, then ever longer. (OPA varies
/// it by a fifth.)
fn pause(tries: i64) -> Duration {
    let tries = i32::try_from(tries).unwrap_or(i32::MAX);
    if tries == 0 {
        return Duration::ZERO;
    }
    Duration::try_from_secs_f64(0.1 * 1.6f64.powi(tries)).map_or(MAX_PAUSE, |it| it.min(MAX_PAUSE))
}

/// `Get` of `GET`.
fn operation(built: &Built) -> String {
    let mut characters = built.request.method.chars();
    let first: String = characters.next().into_iter().collect();
    first + &characters.as_str().to_lowercase()
}

/// The URL as errors show it: without its password.
fn shown_url(built: &Built) -> String {
    let mut url = built.url.clone();
    if let Some((_, Some(password))) = &mut url.user {
        *password = b"***".to_vec();
    }
    url.to_string()
}

fn network(built: &Built, error: &HostError) -> Failure {
    let (operation, url) = (operation(built), shown_url(built));
    match error {
        HostError::Timeout => Failure::Timeout { operation, url },
        other => Failure::Network(format!("{operation} {}: {other}", quoted(&url))),
    }
}

/// What Go's client refuses before it sends.
fn check_sendable(built: &Built) -> Result<()> {
    let refused = |why: String| {
        Err(Failure::Network(format!("{} {}: {why}", operation(built), quoted(&shown_url(built)))))
    };
    for (name, value) in &built.request.headers {
        if !canonical::is_token(name) {
            return refused(format!("net/http: invalid header field name {}", quoted(name)));
        }
        if !canonical::is_value(value) {
            return refused(format!("net/http: invalid header field value for {}", quoted(name)));
        }
    }
    if !matches!(built.url.scheme.as_str(), "http" | "https") {
        return refused(format!("unsupported protocol scheme {}", quoted(&built.url.scheme)));
    }
    if built.url.host.is_empty() {
        return refused("http: no Host in request URL".to_owned());
    }
    Ok(())
}

/// A request whose answer is remembered between queries.
struct Between<'a> {
    cache: Arc<dyn ResponseCache>,
    key: &'a Value,
    request: &'a Object,
    remembering: Remembering,
    decoding: Decoding,
}

impl Between<'_> {
    fn answer(&self, context: &mut Context<'_>) -> Result<(Value, bool)> {
        if let Some(kept) = self.cache.get(self.key)
            && let Some(value) = self.kept(context, kept)?
        {
            return Ok((value, true));
        }
        let built = build(context, self.request)?;
        let response = exchange(context, &built, self.request)?;
        let value = shown(context, &response, self.decoding)?;
        // An answer that cannot be kept is still an answer.
        let _ = self.keep(context.now_ns, &response);
        Ok((value, true))
    }

    /// What is kept, where it is fresh, or the server says that it still holds.
    fn kept(&self, context: &mut Context<'_>, kept: CachedResponse) -> Result<Option<Value>> {
        let now = context.now_ns;
        if kept.expires_ns.is_some_and(|expires| now < expires) {
            return self.show(context, &kept).map(Some);
        }
        let mut built = build(context, self.request)?;
        let (tag, modified) = ("etag", "last-modified");
        let mut conditions = Vec::new();
        for (condition, field) in [("If-None-Match", tag), ("If-Modified-Since", modified)] {
            let value = freshness::first(&kept.headers, field);
            if !value.is_empty() {
                conditions.push((condition.to_owned(), value.to_owned()));
            }
        }
        if conditions.is_empty() {
            self.cache.remove(self.key);
            return Ok(None);
        }
        let replaced = |name: &String| conditions.iter().any(|(condition, _)| condition == name);
        built.request.headers.retain(|(name, _)| !replaced(name));
        built.request.headers.extend(conditions.clone());
        let response = exchange(context, &built, self.request);
        self.cache.remove(self.key);
        let response = response?;
        match response.status_code {
            304 => self.renew(context, kept, &response).map(Some),
            200 => {
                let value = shown(context, &response, self.decoding)?;
                self.keep(now, &response).map_err(Failure::Plain)?;
                Ok(Some(value))
            }
            _ => Ok(None),
        }
    }

    /// The kept answer with the header fields of the new one.
    fn renew(
        &self,
        context: &mut Context<'_>,
        mut kept: CachedResponse,
        response: &HttpResponse,
    ) -> Result<Value> {
        let newer =
            |name: &str| response.headers.iter().any(|(known, _)| known.eq_ignore_ascii_case(name));
        kept.headers.retain(|(name, _)| !newer(name));
        kept.headers.extend(response.headers.iter().cloned());
        kept.expires_ns =
            self.expires(context.now_ns, &response.headers).map_err(Failure::Plain)?;
        self.check_mode().map_err(Failure::Plain)?;
        self.cache.insert(self.key.clone(), kept.clone());
        self.show(context, &kept)
    }

    fn show(&self, context: &mut Context<'_>, kept: &CachedResponse) -> Result<Value> {
        let status = (kept.status.as_str(), kept.status_code);
        show(context, status, &kept.headers, &kept.body, self.decoding).map_err(Failure::Ended)
    }

    fn expires(
        &self,
        now: i64,
        headers: &[(String, String)],
    ) -> std::result::Result<Option<i64>, String> {
        if self.remembering.forced > 0 {
            let nanoseconds = self.remembering.forced.saturating_mul(1_000_000_000);
            return Ok(Some(now.saturating_add(nanoseconds)));
        }
        freshness::expires(headers)
    }

    /// How OPA would keep it, which makes no difference here.
    fn check_mode(&self) -> std::result::Result<(), String> {
        match self.request.get_str("caching_mode") {
            None => Ok(()),
            Some(Value::String(mode)) if matches!(mode.as_str(), "serialized" | "deserialized") => {
                Ok(())
            }
            Some(Value::String(mode)) => {
                Err(format!("invalid value specified for \"caching_mode\" field: {mode}"))
            }
            Some(_) => Err("invalid value for \"caching_mode\" field".to_owned()),
        }
    }

    fn keep(&self, now: i64, response: &HttpResponse) -> std::result::Result<(), String> {
        let stored = self.remembering.forced > 0 || freshness::may_be_stored(&response.headers);
        if !stored || !is_cacheable(response.status_code) {
            return Ok(());
        }
        self.check_mode()?;
        let kept = CachedResponse {
            status: response.status.clone(),
            status_code: response.status_code,
            headers: response.headers.clone(),
            body: response.body.clone(),
            expires_ns: self.expires(now, &response.headers)?,
        };
        self.cache.insert(self.key.clone(), kept);
        Ok(())
    }
}
