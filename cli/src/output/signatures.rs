//! The signatures of an artifact, a line each.

use crate::console::Role;
use crate::escape::{Safe, escape};
use crate::layout::{column_widths, columns, pad};
use crate::output::backing;
use crate::output::sheet::Sheet;
use referee_core::facts::{PlatformFact, Problem, Purpose, SignatureFact, SignatureStatus};
use referee_core::{Decision, Digest, Facts};
use std::io;

/// How many signatures that are trusted are listed before they are only counted.
const TRUSTED: usize = 10;

/// How many of the same signer with the same problem are.
const ALIKE: usize = 3;

/// The widest column: longer names and scopes push the rest of their line to the right.
const WIDEST: usize = 44;

/// How many hexadecimal digits of a digest are shown where there is little room; git's and
/// docker's number.
const SHORT: usize = 12;

/// Writes the signatures: first those that are trusted, then what is wrong with the others. What
/// the decision tells already is not told twice.
///
/// # Errors
/// Where they cannot be written.
pub(crate) fn write(sheet: &mut Sheet<'_>, facts: &Facts, decision: &Decision) -> io::Result<()> {
    sheet.label("signatures");
    if facts.signatures.is_empty() {
        return match facts.complete {
            true => sheet.text("none"),
            false => sheet.text("none found, and not everything could be looked at"),
        };
    }
    let mut rows: Vec<(&SignatureFact, [String; 3])> =
        facts.signatures.iter().map(|signature| (signature, row(signature))).collect();
    rows.sort_by_cached_key(|(signature, row)| (kind(signature, row), signature.id));
    let cells: Vec<[String; 3]> = rows.iter().map(|(_, row)| row.clone()).collect();
    let widths = column_widths(&cells, WIDEST);
    let heads: Vec<String> = rows.iter().map(|(signature, _)| head(signature)).collect();
    let head_width = heads.iter().map(|head| columns(head)).max().unwrap_or(0) + 1;
    for alike in rows.chunk_by(|a, b| kind(a.0, &a.1) == kind(b.0, &b.1)) {
        let trusted = alike.first().is_some_and(|(s, _)| s.status == SignatureStatus::Trusted);
        let limit = match (sheet.view().verbose, trusted) {
            (true, _) => usize::MAX,
            (false, true) => TRUSTED,
            (false, false) => ALIKE,
        };
        for (signature, row) in alike.iter().take(limit) {
            let head = pad(&head(signature), head_width);
            let aligned = row.iter().zip(widths).map(|(cell, width)| pad(cell, width));
            let aligned = aligned.collect::<Vec<_>>().join("  ");
            // Where there is no room for columns the scope beside its key is worth more.
            let fits = sheet.fits(head_width + columns(aligned.trim_end()));
            let line = if fits { aligned } else { row.join("  ") };
            sheet.headed(role(signature.status), &head, line.trim_end(), head_width)?;
            details(sheet, facts, decision, signature)?;
        }
        let word = if trusted { "that are trusted" } else { "like it" };
        match alike.len().saturating_sub(limit) {
            0 => {}
            more => sheet.faint(&format!("and {more} more {word} (-v lists them)"))?,
        }
    }
    Ok(())
}

/// What signatures must have in common to be counted instead of listed: being trusted, else
/// their status, their signer and what is wrong with them.
fn kind(signature: &SignatureFact, row: &[String; 3]) -> (SignatureStatus, String) {
    let [signer, ..] = row;
    let problem = signature.errors.first().map(|problem| problem.code.as_str());
    match signature.status {
        SignatureStatus::Trusted => (signature.status, String::new()),
        status => (status, format!("{signer} {}", problem.unwrap_or_default())),
    }
}

/// The status and the number, by which policies call a signature.
fn head(signature: &SignatureFact) -> String {
    let status = match signature.status {
        SignatureStatus::Trusted => "trusted",
        SignatureStatus::Untrusted => "untrusted",
        SignatureStatus::Invalid => "invalid",
        SignatureStatus::Unavailable => "unavailable",
        SignatureStatus::Unsupported => "unsupported",
    };
    format!("{status} #{}", signature.id)
}

fn role(status: SignatureStatus) -> Role {
    match status {
        SignatureStatus::Trusted => Role::Good,
        SignatureStatus::Invalid => Role::Bad,
        _ => Role::Warn,
    }
}

/// Signer, algorithm (where a certificate is trusted, that there is no key to name) and scope.
fn row(signature: &SignatureFact) -> [String; 3] {
    let key = signature.key.as_ref();
    let signer = backing::signer(signature);
    let scope = signature.scope.as_deref().filter(|_| signer.is_some()).map(escape);
    let keyless = signature.certificate.is_some() && signature.trusted;
    [
        signer.unwrap_or_else(|| "unknown signer".to_owned()),
        match key {
            Some(key) => escape(&key.algorithm),
            None if keyless => "keyless".to_owned(),
            None => String::new(),
        },
        scope.unwrap_or_default(),
    ]
}

/// What a reader must know besides: what else than the artifact is signed, what stands behind it,
/// and what is wrong.
fn details(
    sheet: &mut Sheet<'_>,
    facts: &Facts,
    decision: &Decision,
    signature: &SignatureFact,
) -> io::Result<()> {
    if signature.purpose == Purpose::Attestation {
        let predicate = signature.predicate_type.as_deref().unwrap_or("an unnamed type");
        sheet.aside(&format!("over a statement of the type {}", Safe(predicate)))?;
    }
    if let Some(other) = of_other(facts, &signature.subject) {
        sheet.aside(&other)?;
    }
    backing::write(sheet, signature)?;
    for problem in &signature.errors {
        if is_told(decision, signature, problem) {
            sheet.aside(&format!("{}: see above", Safe(&problem.code)))?;
            continue;
        }
        sheet.aside(&format!("{}: {}", Safe(&problem.code), Safe(&problem.message)))?;
        if let Some(hint) = &problem.hint {
            sheet.aside(&format!("hint: {}", Safe(hint)))?;
        }
    }
    Ok(())
}

/// What is signed or spoken of, where that is not the artifact itself: a platform by its name.
pub(crate) fn of_other(facts: &Facts, subject: &Digest) -> Option<String> {
    if *subject == facts.subject.digest {
        return None;
    }
    let platform = facts.subject.platforms.iter().find(|p| p.digest == *subject);
    let digest = short(subject);
    Some(match platform {
        Some(platform) => format!("of {}, {digest}", platform_name(platform)),
        None => format!("of {digest}"),
    })
}

/// Whether the decision tells a problem of a signature: about its referrer, and in its words.
fn is_told(decision: &Decision, signature: &SignatureFact, problem: &Problem) -> bool {
    decision.reasons.iter().chain(&decision.warnings).any(|reason| {
        reason.referrer.as_deref() == Some(signature.referrer.as_str())
            && reason.message.contains(&problem.message)
    })
}

/// The start of a digest, which tells it from others at a glance.
pub(crate) fn short(digest: &Digest) -> String {
    let (algorithm, hex) = digest.as_str().split_once(':').unwrap_or(("", digest.as_str()));
    format!("{algorithm}:{}", hex.chars().take(SHORT).collect::<String>())
}

/// A platform as it is written on a command line: `linux/arm64/v8`.
pub(crate) fn platform_name(platform: &PlatformFact) -> String {
    let parts = [&platform.os, &platform.architecture, &platform.variant];
    let parts: Vec<String> = parts.into_iter().flatten().map(|part| escape(part)).collect();
    if parts.is_empty() { "unknown platform".to_owned() } else { parts.join("/") }
}
