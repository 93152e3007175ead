//! What stands behind a signature: who a certificate names, what proves it, which stage failed.
//!
//! Who a certificate names is told as a fact only where the certificate was proven and made the
//! signature: anybody can put another's certificate beside a signature of their own.

use crate::escape::{Safe, escape};
use crate::output::sheet::Sheet;
use referee_core::facts::{Check, ChecksFact, SignatureFact, SignatureStatus, TimestampSource};
use std::io;

/// The stages in the order of their names for a reader.
fn stages(checks: &ChecksFact) -> [(&'static str, Check); 6] {
    [
        ("certificate", checks.certificate),
        ("certificate transparency", checks.sct),
        ("transparency log", checks.log),
        ("time of signing", checks.time),
        ("signature", checks.signature),
        ("digest", checks.binding),
    ]
}

/// Whether the signature was certainly made by whom its certificate names.
pub(crate) fn is_proven(signature: &SignatureFact) -> bool {
    let checks = &signature.checks;
    [checks.certificate, checks.signature].iter().all(|check| *check == Check::Passed)
}

/// Who made a signature, as far as that is known: the names in the trust document, or else who a
/// proven certificate names.
pub(crate) fn signer(signature: &SignatureFact) -> Option<String> {
    if let Some(key) = &signature.key {
        return Some(escape(&key.name));
    }
    if !signature.trusted_by.is_empty() {
        return Some(escape(&signature.trusted_by.join("/")));
    }
    let proven = || signature.identity.as_ref().filter(|_| is_proven(signature));
    proven().map(|identity| escape(&identity.subject))
}

/// Writes what stands behind a signature: where it was made with a certificate, and for those who
/// look closer always.
///
/// # Errors
/// Where it cannot be written.
pub(crate) fn write(sheet: &mut Sheet<'_>, signature: &SignatureFact) -> io::Result<()> {
    let verbose = sheet.view().verbose;
    if signature.certificate.is_none() && !verbose {
        return Ok(());
    }
    identity(sheet, signature)?;
    let proofs = proofs(signature);
    if !proofs.is_empty() {
        sheet.aside(&proofs.join("; "))?;
    }
    if signature.certificate.is_some() && signature.status != SignatureStatus::Trusted {
        sheet.aside(&told(&signature.checks, signature.status))?;
    }
    if verbose && let Some(certificate) = &signature.certificate {
        for (name, value) in &certificate.claims {
            let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            sheet.faint(&format!("{}: {}", Safe(name), Safe(&value)))?;
        }
    }
    Ok(())
}

fn identity(sheet: &mut Sheet<'_>, signature: &SignatureFact) -> io::Result<()> {
    let Some(identity) = &signature.identity else { return Ok(()) };
    let issuer = identity.issuer.as_deref().unwrap_or("nobody");
    let subject = Safe(&identity.subject);
    if !is_proven(signature) {
        return sheet.aside(&format!(
            "its certificate names {subject}, vouched for by {}; that is not proven",
            Safe(issuer)
        ));
    }
    // What is not trusted has no other name than this, so it stands in its line already.
    if !signature.trusted_by.is_empty() {
        sheet.aside(&subject.to_string())?;
    }
    sheet.aside(&format!("vouched for by {}", Safe(issuer)))
}

/// Log entries and timestamps that hold.
fn proofs(signature: &SignatureFact) -> Vec<String> {
    let stamps = || signature.timestamps.iter().filter(|stamp| stamp.verified);
    let of_log = |name: &str| {
        stamps().find(|stamp| stamp.source == TimestampSource::Rekor && stamp.authority == name)
    };
    let entries = signature.transparency.iter().filter(|entry| entry.verified).map(|entry| {
        let name = entry.name.as_deref().filter(|name| !name.is_empty());
        let since = name.and_then(of_log).and_then(|stamp| stamp.time);
        let since = since.map(|time| format!(" since {time}")).unwrap_or_default();
        let witnesses: Vec<&str> = entry.witnesses.iter().map(|w| w.name.as_str()).collect();
        let seen = match witnesses.as_slice() {
            [] => String::new(),
            names => format!(", cosigned by {}", Safe(&names.join(", "))),
        };
        let log = Safe(name.unwrap_or(&entry.log));
        format!("in the log {log}, entry {}{since}{seen}", entry.index)
    });
    let stamped = stamps().filter(|stamp| stamp.source == TimestampSource::Rfc3161);
    let stamped = stamped.filter_map(|stamp| {
        Some(format!("stamped at {} by {}", stamp.time?, Safe(&stamp.authority)))
    });
    entries.chain(stamped).map(|text| text.trim_end().to_owned()).collect()
}

/// What each stage came to, the worst first.
fn told(checks: &ChecksFact, status: SignatureStatus) -> String {
    let bad = |check: Check| matches!(check, Check::Failed | Check::NotReached);
    if !stages(checks).iter().any(|(_, check)| bad(*check)) {
        return match status {
            SignatureStatus::Untrusted => "every check holds: what is missing is trust".to_owned(),
            _ => "every check holds".to_owned(),
        };
    }
    let of = |wanted: Check| {
        let names: Vec<&str> =
            stages(checks).iter().filter(|(_, c)| *c == wanted).map(|(name, _)| *name).collect();
        names.join(", ")
    };
    [("fails", Check::Failed), ("not reached", Check::NotReached), ("holds", Check::Passed)]
        .into_iter()
        .map(|(word, check)| (word, of(check)))
        .filter(|(_, names)| !names.is_empty())
        .map(|(word, names)| format!("{word}: {names}"))
        .collect::<Vec<_>>()
        .join("; ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::console::Paint;
    use crate::output::sheet::View;
    use serde_json::{Value, json};

    /// A signature by an identity, with some members of its fact replaced.
    fn signature(changes: &Value) -> SignatureFact {
        let digest = format!("sha256:{}", "a".repeat(64));
        let mut fact = json!({
            "id": 0, "verifier": "cosign", "format": "sigstore-bundle", "purpose": "signature",
            "predicate_type": null, "referrer": digest, "subject": digest, "status": "trusted",
            "valid": true, "trusted": true, "key": null,
            "certificate": {
                "subject": "", "issuer": "CN=fulcio", "serial": "1", "sans": ["a@example.org"],
                "not_before": "2026-01-31T11:50:00Z", "not_after": "2026-01-31T12:00:00Z",
                "claims": {"runnerEnvironment": "github-hosted"},
            },
            "identity": {"subject": "a@example.org", "issuer": "https://issuer.example"},
            "trusted_by": ["staff"], "in_scope": true, "scope": "**", "claimed_reference": null,
            "checks": {
                "certificate": "passed", "sct": "passed", "log": "passed", "time": "passed",
                "signature": "passed", "binding": "passed",
            },
            "transparency": [{
                "log": "c0ff", "name": "https://log.example", "kind": "dsse", "index": 7,
                "integrated_at": null, "proof": "inclusion", "proofs": ["inclusion"],
                "witnesses": [{"name": "witness.example", "time": "2026-01-31T11:52:00Z"}],
                "verified": true,
            }],
            "timestamps": [{
                "source": "rfc3161", "authority": "https://tsa.example",
                "time": "2026-01-31T11:51:00Z", "verified": true,
            }],
            "revocation": null, "signed_at": null, "expires_at": null, "annotations": {},
            "errors": [],
        });
        for (name, value) in changes.as_object().unwrap() {
            fact[name] = value.clone();
        }
        serde_json::from_value(fact).unwrap()
    }

    fn untrusted(mut changes: Value) -> SignatureFact {
        changes["status"] = json!("untrusted");
        changes["trusted"] = json!(false);
        changes["trusted_by"] = json!([]);
        signature(&changes)
    }

    fn shown(signature: &SignatureFact, verbose: bool) -> Vec<String> {
        let mut out = Vec::new();
        let view = View { paint: Paint::PLAIN, width: None, verbose };
        write(&mut Sheet::new(&mut out, view), signature).unwrap();
        let text = String::from_utf8(out).unwrap();
        text.lines().map(|line| line.trim().to_owned()).collect()
    }

    #[test]
    fn a_trusted_identity_is_told_with_its_name_and_what_proves_it() {
        let signature = signature(&json!({}));
        assert_eq!(signer(&signature).as_deref(), Some("staff"));
        assert_eq!(
            shown(&signature, false),
            [
                "a@example.org",
                "vouched for by https://issuer.example",
                "in the log https://log.example, entry 7, cosigned by witness.example; stamped at \
                 2026-01-31T11:51:00Z by https://tsa.example",
            ]
        );
        let all = shown(&signature, true);
        assert_eq!(all.last().map(String::as_str), Some("runnerEnvironment: github-hosted"));
    }

    #[test]
    fn a_proven_identity_that_nobody_trusts_is_the_signer_and_all_stages_hold() {
        let signature = untrusted(json!({}));
        assert_eq!(signer(&signature).as_deref(), Some("a@example.org"));
        let lines = shown(&signature, false);
        assert_eq!(lines.first().unwrap(), "vouched for by https://issuer.example");
        assert_eq!(lines.last().unwrap(), "every check holds: what is missing is trust");
    }

    #[test]
    fn who_an_unproven_certificate_names_is_not_the_signer() {
        for failing in ["certificate", "signature"] {
            let mut signature = untrusted(json!({"transparency": [], "timestamps": []}));
            match failing {
                "certificate" => signature.checks.certificate = Check::Failed,
                _ => signature.checks.signature = Check::NotReached,
            }
            assert_eq!(signer(&signature), None);
            let lines = shown(&signature, false);
            assert_eq!(
                lines.first().unwrap(),
                "its certificate names a@example.org, vouched for by https://issuer.example; that \
                 is not proven"
            );
        }
    }

    #[test]
    fn the_stage_that_fails_is_told_first() {
        let checks = json!({
            "certificate": "not-reached", "sct": "not-reached", "log": "not-needed",
            "time": "failed", "signature": "passed", "binding": "passed",
        });
        let signature = untrusted(json!({"checks": checks, "transparency": [], "timestamps": []}));
        assert_eq!(
            shown(&signature, false).last().unwrap(),
            "fails: time of signing; not reached: certificate, certificate transparency; holds: \
             signature, digest"
        );
    }

    #[test]
    fn the_time_that_a_log_states_is_told_with_its_entry() {
        let mut signature = signature(&json!({}));
        for stamp in &mut signature.timestamps {
            stamp.source = TimestampSource::Rekor;
            stamp.authority = "https://log.example".to_owned();
        }
        assert_eq!(
            shown(&signature, false).last().unwrap(),
            "in the log https://log.example, entry 7 since 2026-01-31T11:51:00Z, cosigned by \
             witness.example"
        );
    }

    #[test]
    fn what_was_not_verified_is_no_proof() {
        let mut signature = signature(&json!({}));
        signature.transparency.iter_mut().for_each(|entry| entry.verified = false);
        signature.timestamps.iter_mut().for_each(|stamp| stamp.verified = false);
        assert_eq!(shown(&signature, false).len(), 2);
    }

    #[test]
    fn names_in_certificates_and_roots_cannot_write_to_the_terminal() {
        let hostile = "a\u{1b}[2J\u{202e}@example.org\n";
        let mut fact = signature(&json!({
            "identity": {"subject": hostile, "issuer": hostile},
            "trusted_by": [hostile],
        }));
        for entry in &mut fact.transparency {
            entry.name = Some(hostile.to_owned());
        }
        for stamp in &mut fact.timestamps {
            stamp.authority = hostile.to_owned();
        }
        let claims = &mut fact.certificate.as_mut().unwrap().claims;
        claims.insert(hostile.to_owned(), json!(hostile));
        let unproven = untrusted(json!({"identity": {"subject": hostile, "issuer": hostile}}));
        let stranger = SignatureFact { checks: ChecksFact::default(), ..unproven.clone() };
        for signature in [fact, unproven, stranger] {
            let written = [shown(&signature, true), vec![signer(&signature).unwrap_or_default()]];
            for line in written.concat() {
                assert!(!line.chars().any(crate::escape::is_deceptive), "{line:?}");
            }
        }
    }
}
