//! Decisions for a reader: the verdict first, then why, then what it rests on.

use crate::console::Role;
use crate::escape::{Safe, escape};
use crate::exit::Exit;
use crate::output::sheet::{Sheet, View};
use crate::output::signatures::short;
use crate::output::{Answer, documents, signatures};
use crate::packs;
use referee_core::decision::Elapsed;
use referee_core::{Digest, Mode, Reason, Unavailable, Verdict};
use std::collections::BTreeMap;
use std::io::{self, Write};

/// How many reasons with one code from one rule are told before they are only counted.
const ALIKE: usize = 5;

/// Writes one decision.
///
/// # Errors
/// Where it cannot be written.
pub(crate) fn write(out: &mut dyn Write, answer: &Answer, view: View) -> io::Result<()> {
    let decision = &answer.decision;
    let (role, word) = match decision.verdict {
        Verdict::Allow => (Role::Good, "ALLOW"),
        Verdict::Deny => (Role::Bad, "DENY "),
        Verdict::Error => (Role::Bad, "ERROR"),
    };
    let reference = view.paint.show(Role::Head, Safe(&decision.reference));
    writeln!(out, "{}  {reference}", view.paint.show(role, word))?;
    if let Some(subject) = &decision.subject {
        writeln!(out, "       {}", view.paint.show(Role::Faint, subject.digest.as_str()))?;
    }
    writeln!(out)?;
    let mut sheet = Sheet::new(out, view);
    let sheet = &mut sheet;
    sheet.label(if decision.verdict == Verdict::Error { "failed" } else { "because" });
    reasons(sheet, Role::Bad, &decision.reasons)?;
    sheet.label("warnings");
    reasons(sheet, Role::Warn, &decision.warnings)?;
    if answer.is_let_through() {
        sheet.label("mode").headed(
            Role::Warn,
            mode(decision.mode),
            let_through(decision.mode),
            2,
        )?;
    }
    if let Some(facts) = &answer.facts {
        signatures::write(sheet, facts, decision)?;
        documents::write(sheet, facts)?;
        sheet.label("missing");
        for trouble in &facts.unavailable {
            unavailable(sheet, trouble)?;
        }
    }
    if decision.retryable {
        sheet.label("retry").text("asking again later may bring another answer")?;
    }
    basis(sheet, answer)?;
    Ok(())
}

/// What the decision rests on, and how long it took.
fn basis(sheet: &mut Sheet<'_>, answer: &Answer) -> io::Result<()> {
    let decision = &answer.decision;
    let policy = &decision.policy;
    let verbose = sheet.view().verbose;
    let revision = Safe(&policy.revision);
    let name = match packs::name_of(&policy.package) {
        Some(pack) => format!("pack {pack}"),
        None => format!("package {}", Safe(&policy.package)),
    };
    sheet.label("policy").text(&format!("{name}, revision {revision}"))?;
    if let Some(read_from) = &answer.read_from {
        sheet.label("read from").text(&escape(read_from))?;
    }
    if let Some(config) = &answer.config {
        sheet.label("config").text(&escape(config))?;
    }
    if verbose {
        sheet.label("decision").text(&escape(&decision.decision_id))?;
        sheet.label("at").text(&decision.evaluated_at.to_string())?;
        if let Some(digest) = &decision.facts_digest {
            sheet.label("facts").text(digest.as_str())?;
        }
    }
    sheet.label("took").text(&took(&decision.elapsed_ms, verbose))
}

/// Writes reasons; of many with one code from one rule the first, and how many more there are.
fn reasons(sheet: &mut Sheet<'_>, role: Role, reasons: &[Reason]) -> io::Result<()> {
    let verbose = sheet.view().verbose;
    let mut told: BTreeMap<(Option<&str>, Option<&str>), usize> = BTreeMap::new();
    for cause in reasons {
        let count = told.entry((cause.code.as_deref(), cause.rule.as_deref())).or_default();
        *count += 1;
        if *count <= ALIKE || verbose {
            reason(sheet, role, cause)?;
        }
    }
    for ((code, rule), count) in told.iter().filter(|_| !verbose) {
        if let more @ 1.. = count.saturating_sub(ALIKE) {
            let name = code.or(*rule).unwrap_or("this kind");
            sheet.faint(&format!("and {more} more of {} (-v lists them)", Safe(name)))?;
        }
    }
    Ok(())
}

fn reason(sheet: &mut Sheet<'_>, role: Role, reason: &Reason) -> io::Result<()> {
    let mark = if role == Role::Bad { "✗ " } else { "! " };
    sheet.headed(role, mark, &escape(&reason.message), 2)?;
    if let Some(hint) = &reason.hint {
        sheet.aside(&format!("hint: {}", Safe(hint)))?;
    }
    let origin = origin(reason, sheet.view().verbose);
    if origin.is_empty() { Ok(()) } else { sheet.faint(&origin) }
}

/// Where a reason comes from and what it is about, for those who look closer.
fn origin(reason: &Reason, verbose: bool) -> String {
    let mut origin = String::new();
    if let Some(code) = &reason.code {
        origin.push_str(&format!("[{}] ", Safe(code)));
    }
    if let Some(rule) = &reason.rule {
        origin.push_str(&format!("{} ", Safe(rule)));
    }
    if let Some(location) = &reason.location {
        origin.push_str(&format!("at {} ", Safe(location)));
    }
    if let Some(referrer) = &reason.referrer {
        match referrer.parse::<Digest>() {
            Ok(digest) if !verbose => origin.push_str(&format!("about {}", short(&digest))),
            _ => origin.push_str(&format!("about {}", Safe(referrer))),
        }
    }
    origin.truncate(origin.trim_end().len());
    origin
}

fn unavailable(sheet: &mut Sheet<'_>, trouble: &Unavailable) -> io::Result<()> {
    let what = format!("{} {}", trouble.kind.as_str(), Safe(&trouble.target));
    sheet.headed(Role::Warn, &format!("{}  ", trouble.code.as_str()), &what, 2)?;
    sheet.aside(&escape(&trouble.message))
}

fn mode(mode: Mode) -> &'static str {
    match mode {
        Mode::Enforce => "enforce  ",
        Mode::Warn => "warn  ",
        Mode::Audit => "audit  ",
    }
}

fn let_through(mode: Mode) -> &'static str {
    match mode {
        Mode::Audit => "the denial is only recorded, the artifact may be used",
        _ => "the denial is only a warning, the artifact may be used",
    }
}

fn took(elapsed: &Elapsed, verbose: bool) -> String {
    let Elapsed { resolve, discover, fetch, verify, policy, total } = elapsed;
    if verbose {
        format!(
            "{total} ms (resolve {resolve}, discover {discover}, fetch {fetch}, verify {verify}, \
             policy {policy})"
        )
    } else {
        format!("{total} ms")
    }
}

/// One line over all decisions, where there are several.
///
/// # Errors
/// Where it cannot be written.
pub(crate) fn summary(out: &mut dyn Write, answers: &[Answer], view: View) -> io::Result<()> {
    if answers.len() < 2 {
        return Ok(());
    }
    let of = |verdict| answers.iter().filter(|a| a.decision.verdict == verdict).count();
    let (allowed, denied, failed) = (of(Verdict::Allow), of(Verdict::Deny), of(Verdict::Error));
    let worst = answers.iter().map(Answer::exit).fold(Exit::Success, Exit::and);
    let role = if worst == Exit::Success { Role::Good } else { Role::Bad };
    let mut text = format!("{} references: {allowed} allowed, {denied} denied", answers.len());
    if failed > 0 {
        text.push_str(&format!(", {failed} without a decision"));
    }
    writeln!(out, "\n{}", view.paint.show(role, text))
}
