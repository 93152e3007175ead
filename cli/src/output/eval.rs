//! What `referee eval` answers, in OPA's forms.

use super::doc::Doc;
use super::rego;
use super::stats::{COLUMNS, Stats};
use super::table::Table;
use referee_rego::{CoverageReport, ProfileLine, QueryResults, QueryRow, Trace, TraceEvent};
use std::io::{self, Write};
use std::time::Duration;

/// The form of the answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Form {
    /// OPA's result document.
    Json,
    /// The values of each row, a JSON array.
    Values,
    /// The variables of each row, a JSON object.
    Bindings,
    /// The value, or a table of variables and values.
    Pretty,
    /// Rego text: what is left of a query that was evaluated partially.
    Source,
    /// Values alone, strings without quotes.
    Raw,
    /// The result document with `discarded` for the result.
    Discard,
}

/// What is answered.
#[derive(Debug, Default)]
pub(crate) struct Output<'o> {
    /// The errors of its evaluation, in OPA's form.
    pub(crate) errors: Vec<Doc>,
    /// The rows.
    pub(crate) results: Option<&'o QueryResults>,
    /// How long its parts took, sorted by name.
    pub(crate) metrics: Option<Vec<(String, u64)>>,
    /// The same over several evaluations.
    pub(crate) aggregated_metrics: Vec<(String, Stats)>,
    /// The steps.
    pub(crate) explanation: Vec<&'o TraceEvent>,
    /// Whether steps are printed with their variables.
    pub(crate) variables: bool,
    /// How often expressions were evaluated.
    pub(crate) profile: Vec<ProfileLine>,
    /// The same over several evaluations.
    pub(crate) aggregated_profile: Vec<(ProfileLine, Stats)>,
    /// What was covered.
    pub(crate) coverage: Option<CoverageReport>,
}

impl Output<'_> {
    fn is_undefined(&self) -> bool {
        self.results.is_none_or(|results| results.rows.is_empty())
    }

    fn rows(&self) -> &[QueryRow] {
        self.results.map_or(&[], |results| results.rows.as_slice())
    }

    /// Writes it; errors in other forms than JSON are told apart from it.
    ///
    /// # Errors
    /// Where it cannot be written.
    pub(crate) fn write(&self, form: Form, out: &mut dyn Write) -> io::Result<()> {
        let failed = !self.errors.is_empty();
        match form {
            Form::Json => self.document(false).write(out),
            Form::Discard => self.document(true).write(out),
            Form::Pretty => self.pretty(out),
            Form::Values | Form::Bindings | Form::Raw if failed => Ok(()),
            Form::Values => self.rows().iter().try_for_each(|row| {
                let values = row.expressions.iter().map(|one| Doc::from(&one.value));
                Doc::List(values.collect()).write(out)
            }),
            Form::Bindings => self.rows().iter().try_for_each(|row| rego::bindings(row).write(out)),
            // What has rows has no such form: see `command::eval::partial`.
            Form::Source => Ok(()),
            Form::Raw => self.rows().iter().try_for_each(|row| raw(row, out)),
        }
    }

    fn document(&self, discard: bool) -> Doc {
        let list = |docs: Vec<Doc>| (!docs.is_empty()).then_some(Doc::List(docs));
        let result = self.results.and_then(rego::result);
        let result = result.map(|doc| if discard { Doc::text("discarded") } else { doc });
        let metrics = self.metrics.as_ref().map(|metrics| {
            let timers = metrics.iter().map(|(name, nanos)| (name.clone(), Doc::number(*nanos)));
            Doc::Members(timers.collect())
        });
        let aggregated = self.aggregated_metrics.iter();
        let aggregated = aggregated.map(|(name, stats)| (name.clone(), stats.doc()));
        let aggregated =
            (!self.aggregated_metrics.is_empty()).then(|| Doc::Members(aggregated.collect()));
        let explanation =
            (!self.explanation.is_empty()).then(|| rego::explanation(&self.explanation));
        Doc::members([
            ("errors", list(self.errors.clone())),
            ("result", result),
            ("metrics", metrics),
            ("aggregated_metrics", aggregated),
            ("explanation", explanation),
            ("profile", (!self.profile.is_empty()).then(|| rego::profile(&self.profile))),
            ("aggregated_profile", list(self.profile_stats())),
            ("coverage", self.coverage.as_ref().map(rego::coverage)),
        ])
    }

    fn profile_stats(&self) -> Vec<Doc> {
        let line = |(line, stats): &(ProfileLine, Stats)| {
            Doc::members([
                ("total_time_ns_stats", Some(stats.doc())),
                ("num_eval", Some(Doc::number(line.evaluated))),
                ("num_redo", Some(Doc::number(line.redone))),
                ("num_gen_expr", Some(Doc::count(line.expressions))),
                ("location", Some(rego::location(&line.location))),
            ])
        };
        self.aggregated_profile.iter().map(line).collect()
    }

    fn pretty(&self, out: &mut dyn Write) -> io::Result<()> {
        if !self.explanation.is_empty() {
            let steps = Trace::print(&self.explanation, self.variables);
            for line in steps.lines() {
                writeln!(out, "{}", crate::escape::escape_whole(line))?;
            }
        }
        if self.errors.is_empty() {
            if self.is_undefined() {
                writeln!(out, "undefined")?;
            } else {
                self.values(out)?;
            }
        }
        self.measured(out)?;
        if let Some(report) = &self.coverage {
            let mut table = Table::default();
            table.row(["Overall Coverage".to_owned(), format!("{:.2}", report.percent())]);
            table.write(out)?;
        }
        Ok(())
    }

    fn measured(&self, out: &mut dyn Write) -> io::Result<()> {
        let titles =
            |titles: &[&str]| -> Vec<String> { titles.iter().map(|title| titled(title)).collect() };
        if let Some(metrics) = self.metrics.as_ref().filter(|metrics| !metrics.is_empty()) {
            let mut table = Table::new(titles(&["metric", "value"]));
            for (name, nanos) in metrics {
                table.row([name.clone(), nanos.to_string()]);
            }
            table.write(out)?;
        }
        let counts = |line: &ProfileLine| {
            let place = if line.location.file.is_empty() {
                line.text.clone()
            } else {
                line.location.to_string()
            };
            let (a, b) = (line.evaluated.to_string(), line.redone.to_string());
            [a, b, line.expressions.to_string(), place]
        };
        const COUNTS: [&str; 4] = ["num eval", "num redo", "num gen expr", "location"];
        if !self.profile.is_empty() {
            let mut table = Table::new(titles(&[&["time"][..], &COUNTS[..]].concat()));
            for line in &self.profile {
                let time = rego::go_duration(line.time);
                table.row([time].into_iter().chain(counts(line)));
            }
            table.write(out)?;
        }
        if !self.aggregated_metrics.is_empty() {
            let mut table = Table::new(titles(&[&["metric"][..], &COLUMNS[..]].concat()));
            for (name, stats) in &self.aggregated_metrics {
                table.row([name.clone()].into_iter().chain(stats.cells(false)));
            }
            table.write(out)?;
        }
        if !self.aggregated_profile.is_empty() {
            let mut table = Table::new(titles(&[&COLUMNS[..], &COUNTS[..]].concat()));
            for (line, stats) in &self.aggregated_profile {
                table.row(stats.cells(true).into_iter().chain(counts(line)));
            }
            table.write(out)?;
        }
        Ok(())
    }

    /// The value of a query of one expression, or a table.
    fn values(&self, out: &mut dyn Write) -> io::Result<()> {
        if let [QueryRow { expressions, bindings }] = self.rows()
            && bindings.is_empty()
            && let Some(first) = expressions.first()
            && (expressions.len() == 1
                || expressions.iter().all(|one| one.value.as_bool().is_some()))
        {
            return Doc::from(&first.value).write(out);
        }
        let Some(first) = self.rows().first() else { return Ok(()) };
        // Expressions come first, as in OPA's order: by variable, and they have none.
        let shown: Vec<usize> = first
            .expressions
            .iter()
            .enumerate()
            .filter(|(_, one)| first.bindings.is_empty() || one.value.as_bool().is_none())
            .map(|(position, _)| position)
            .collect();
        let names = shown.iter().filter_map(|at| Some(first.expressions.get(*at)?.text.clone()));
        let variables = first.bindings.iter().map(|(name, _)| name.clone());
        let mut table = Table::new(names.chain(variables));
        for row in self.rows() {
            let values = shown.iter().map(|at| {
                row.expressions
                    .get(*at)
                    .map_or(String::new(), |one| Doc::from(&one.value).compact())
            });
            let bound = first.bindings.iter().map(|(name, _)| {
                let found = row.bindings.iter().find(|(known, _)| known == name);
                found.map_or_else(|| "null".to_owned(), |(_, value)| Doc::from(value).compact())
            });
            table.row(values.chain(bound));
        }
        table.write(out)
    }
}

/// A title: each word with a capital.
fn titled(text: &str) -> String {
    let word = |word: &str| {
        let mut characters = word.chars();
        let first = characters.next().map(|first| first.to_uppercase().to_string());
        format!("{}{}", first.unwrap_or_default(), characters.as_str())
    };
    text.split(' ').map(word).collect::<Vec<_>>().join(" ")
}

/// The values of a row, for scripts.
fn raw(row: &QueryRow, out: &mut dyn Write) -> io::Result<()> {
    for (position, expression) in row.expressions.iter().enumerate() {
        if position > 0 {
            out.write_all(b" ")?;
        }
        match expression.value.string_bytes() {
            Some(bytes) => out.write_all(&bytes)?,
            None => out.write_all(Doc::from(&expression.value).compact().as_bytes())?,
        }
    }
    writeln!(out)
}

/// Whole nanoseconds.
pub(crate) fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}
