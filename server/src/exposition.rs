//! `/metrics` in the form a scraper asks for: OpenMetrics where it names that, else the text format
//! of Prometheus (`text/plain; version=0.0.4`), which is what OPA answers.
//!
//! What is counted is written as OpenMetrics 1.0; the older form is made from that text. The two
//! differ in what a family of counters is called, in kinds that the older one does not know, and in
//! the last line.

use axum::http::header::ACCEPT;
use axum::http::{HeaderMap, HeaderValue};

/// Where most of the text fits.
const USUAL_LENGTH: usize = 16 * 1_024;

/// A form of the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    OpenMetrics,
    Text,
}

impl Form {
    /// The form that a scraper takes. Those of Prometheus name both, the newer one first.
    pub(crate) fn of(headers: &HeaderMap) -> Self {
        let accepted = headers.get_all(ACCEPT).iter().filter_map(|value| value.to_str().ok());
        let mut ranges = accepted.flat_map(|value| value.split(','));
        let named = ranges.any(|range| {
            let media_type = range.split(';').next().unwrap_or_default().trim();
            media_type.eq_ignore_ascii_case("application/openmetrics-text")
        });
        if named { Self::OpenMetrics } else { Self::Text }
    }

    /// Its media type.
    pub(crate) fn media_type(self) -> HeaderValue {
        HeaderValue::from_static(match self {
            Self::OpenMetrics => "application/openmetrics-text; version=1.0.0; charset=utf-8",
            Self::Text => "text/plain; version=0.0.4; charset=utf-8; escaping=underscores",
        })
    }

    /// A text of OpenMetrics in this form. `names` are the families that are wanted; none: all.
    pub(crate) fn write(self, openmetrics: &str, names: &[&str]) -> String {
        let mut out = String::with_capacity(openmetrics.len().min(USUAL_LENGTH));
        let mut family = Family::default();
        for line in openmetrics.lines() {
            match line.strip_prefix("# ").and_then(|rest| rest.split_once(' ')) {
                Some(("HELP" | "TYPE" | "UNIT", rest)) => {
                    let (name, said) = rest.split_once(' ').unwrap_or((rest, ""));
                    if name != family.name {
                        family.end(self, names, &mut out);
                        family.name = name;
                    }
                    match line.get(2..6) {
                        Some("HELP") => family.help = said,
                        Some("TYPE") => family.kind = said,
                        _ => {}
                    }
                }
                _ if line.starts_with('#') => {}
                _ => family.samples.push(line),
            }
        }
        family.end(self, names, &mut out);
        if self == Self::OpenMetrics {
            out.push_str("# EOF\n");
        }
        out
    }
}

/// A family on its way from one form to another.
#[derive(Debug, Default)]
struct Family<'t> {
    name: &'t str,
    help: &'t str,
    kind: &'t str,
    samples: Vec<&'t str>,
}

impl Family<'_> {
    /// Writes it, where it is wanted and has samples, and begins anew.
    fn end(&mut self, form: Form, names: &[&str], out: &mut String) {
        let Self { name, help, kind, samples } = std::mem::take(self);
        let (suffix, kind) = match (form, kind) {
            (Form::Text, "counter") => ("_total", kind),
            (Form::Text, "info") => ("_info", "gauge"),
            (Form::Text, "stateset") => ("", "gauge"),
            (Form::Text, "unknown") => ("", "untyped"),
            _ => ("", kind),
        };
        let name = format!("{name}{suffix}");
        let wanted = names.is_empty() || names.contains(&name.as_str());
        if samples.is_empty() || !wanted {
            return;
        }
        out.push_str(&format!("# HELP {name} {help}\n# TYPE {name} {kind}\n"));
        for sample in samples {
            match form {
                Form::OpenMetrics => out.push_str(sample),
                Form::Text => out.push_str(&with_go_bound(sample)),
            }
            out.push('\n');
        }
    }
}

/// A sample with the bound of its bucket as Go writes numbers: a series is known by the text of its
/// labels, and dashboards have OPA's.
fn with_go_bound(sample: &str) -> String {
    const LABEL: &str = "le=\"";
    let bound = sample.split_once(LABEL).and_then(|(before, rest)| {
        let (bound, after) = rest.split_once('"')?;
        Some((before, bound.parse::<f64>().ok().filter(|bound| bound.is_finite())?, after))
    });
    match bound {
        None => sample.to_owned(),
        Some((before, bound, after)) => format!("{before}{LABEL}{}\"{after}", go_number(bound)),
    }
}

/// A number as Go's `strconv.FormatFloat(_, 'g', -1, 64)` writes it: with an exponent of two digits
/// where it is below 1e-4 or not below 1e6.
fn go_number(number: f64) -> String {
    let size = number.abs();
    if size == 0.0 || (1e-4..1e6).contains(&size) {
        return number.to_string();
    }
    let text = format!("{number:e}");
    let Some((digits, exponent)) = text.split_once('e') else { return text };
    let (sign, exponent) = match exponent.strip_prefix('-') {
        Some(exponent) => ('-', exponent),
        None => ('+', exponent),
    };
    format!("{digits}e{sign}{exponent:0>2}")
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "# HELP build What is running.\n# TYPE build info\n\
        build_info{version=\"1\"} 1\n\
        # HELP asked Requests.\n# TYPE asked counter\nasked_total{code=\"200\"} 3\n\
        # HELP unused Nothing yet.\n# TYPE unused counter\n\
        # HELP held Bytes.\n# TYPE held gauge\n# UNIT held bytes\nheld 5\n\
        # HELP took Seconds.\n# TYPE took histogram\ntook_sum 0.5\ntook_count 2\n\
        took_bucket{le=\"0.000001\"} 1\ntook_bucket{le=\"0.0001\"} 1\ntook_bucket{le=\"1.0\"} 2\n\
        took_bucket{le=\"+Inf\"} 2\n# EOF\n";

    #[test]
    fn the_text_format_has_its_own_names_of_counters_and_go_writes_its_bounds() {
        let text = Form::Text.write(TEXT, &[]);
        assert_eq!(
            text,
            "# HELP build_info What is running.\n# TYPE build_info gauge\n\
             build_info{version=\"1\"} 1\n\
             # HELP asked_total Requests.\n# TYPE asked_total counter\nasked_total{code=\"200\"} 3\n\
             # HELP held Bytes.\n# TYPE held gauge\nheld 5\n\
             # HELP took Seconds.\n# TYPE took histogram\ntook_sum 0.5\ntook_count 2\n\
             took_bucket{le=\"1e-06\"} 1\ntook_bucket{le=\"0.0001\"} 1\ntook_bucket{le=\"1\"} 2\n\
             took_bucket{le=\"+Inf\"} 2\n"
        );
        let text = Form::OpenMetrics.write(TEXT, &["held"]);
        assert_eq!(text, "# HELP held Bytes.\n# TYPE held gauge\nheld 5\n# EOF\n");
        assert_eq!(Form::Text.write(TEXT, &["asked"]), "");
        assert!(Form::Text.write(TEXT, &["x", "asked_total"]).starts_with("# HELP asked_total "));
    }

    #[test]
    fn openmetrics_is_written_where_it_is_asked_for() {
        const PROMETHEUS: &str =
            "application/openmetrics-text;version=1.0.0;q=0.6,text/plain;q=0.5";
        for (accepted, form) in [
            (PROMETHEUS, Form::OpenMetrics),
            ("text/plain", Form::Text),
            ("*/*", Form::Text),
            ("application/openmetrics-text-x", Form::Text),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(ACCEPT, HeaderValue::from_str(accepted).unwrap());
            assert_eq!(Form::of(&headers), form, "{accepted}");
        }
        assert_eq!(Form::of(&HeaderMap::new()), Form::Text);
        for (number, text) in
            [(5e-5, "5e-05"), (1e-4, "0.0001"), (30.0, "30"), (1_024_000.0, "1.024e+06")]
        {
            assert_eq!(go_number(number), text);
        }
    }
}
