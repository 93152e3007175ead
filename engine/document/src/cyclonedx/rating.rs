//! How bad a vulnerability is, from what several sources say of it.
//!
//! The worst of what they say is what is taken: the format does not say whose word counts. Where a
//! source has a word its word is taken, else its score. Scores of other methods than CVSS (`OWASP`,
//! `SSVC`, `other`: EPSS is written so) are no CVSS scores; the word beside them is read all the same.

use super::finding::MAX_NAME;
use super::model::{Rating, Source, said};
use crate::problems::Problems;
use crate::text::{self, shorten};
use crate::vulnerability::{cvss, severity};
use referee_core::facts::{ScoreFact, Severity};
use smol_str::{SmolStr, format_smolstr};

/// The most scores that a finding keeps. Trivy writes some six.
pub(super) const MAX_SCORES: usize = 16;

/// What several ratings come to.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Rated {
    pub(super) severity: Severity,
    pub(super) stated: Option<SmolStr>,
    pub(super) source: Option<SmolStr>,
    pub(super) scores: Vec<ScoreFact>,
    /// How many scores there are beyond those.
    pub(super) left_out: u64,
}

/// What ratings come to.
pub(super) fn rate(ratings: &[Rating<'_>], problems: &mut Problems) -> Rated {
    let mut rated = Rated {
        severity: Severity::Unknown,
        stated: None,
        source: None,
        scores: Vec::new(),
        left_out: 0,
    };
    for rating in ratings {
        let word = said(rating.severity.as_ref());
        let score = score(rating, problems);
        let of_word = word.map_or(Severity::Unknown, severity::of_word);
        let (severity, stated) = match (of_word, &score) {
            (Severity::Unknown, Some(score)) => {
                (severity::of_scores(std::slice::from_ref(score)), None)
            }
            (severity, _) => (severity, word),
        };
        // The first says as much as a later one that is no worse.
        if severity > rated.severity
            || (rated.severity == Severity::Unknown && rated.stated.is_none())
        {
            rated.severity = severity;
            rated.stated = stated.or(word).and_then(|word| text::fact(word, MAX_NAME));
            rated.source = rating.source.as_ref().and_then(source);
        }
        if let Some(score) = score {
            if rated.scores.len() < MAX_SCORES {
                rated.scores.push(score);
            } else {
                rated.left_out = rated.left_out.saturating_add(1);
            }
        }
    }
    rated
}

/// Who says it: a name, else an address.
fn source(source: &Source<'_>) -> Option<SmolStr> {
    let named = said(source.name.as_ref()).or_else(|| said(source.url.as_ref()))?;
    text::fact(named, MAX_NAME)
}

/// The CVSS score of a rating.
fn score(rating: &Rating<'_>, problems: &mut Problems) -> Option<ScoreFact> {
    let method = said(rating.method.as_ref());
    let version = match method {
        Some("CVSSv2") => Some("2.0"),
        Some("CVSSv3") => Some("3.0"),
        Some("CVSSv31") => Some("3.1"),
        Some("CVSSv4") => Some("4.0"),
        _ => None,
    };
    let stated = rating.score.filter(|stated| {
        let sensible = (0.0..=10.0).contains(stated);
        if !sensible && (version.is_some() || method.is_none()) {
            problems.add("document_score", || "a CVSS score is not between 0 and 10".to_owned());
        }
        sensible
    });
    let vector = said(rating.vector.as_ref());
    let computed = vector.and_then(|vector| {
        cvss::score(vector).or_else(|| match version {
            // Vectors of version 3 and later begin with it; tools leave that out.
            Some(version) if !is_prefixed(vector) => {
                cvss::score(&format_smolstr!("CVSS:{version}/{vector}"))
            }
            _ => None,
        })
    });
    if let (None, Some(vector), Some(version)) = (&computed, vector, version) {
        problems.add("document_score", || {
            format!("{:?} is no vector of CVSS {version}", shorten(vector, 80))
        });
    }
    // Nought without a vector is how tools write that they know of no score.
    let stated = stated.filter(|stated| *stated > 0.0 || computed.is_some());
    let (version, score) = match computed {
        Some((version, score)) => (Some(version), score),
        None if version.is_some() || method.is_none() => (version.map(SmolStr::from), stated?),
        None => return None,
    };
    Some(ScoreFact {
        rating: cvss::rating(version.as_deref(), score),
        version,
        score,
        stated,
        vector: vector.and_then(|vector| text::fact(vector, MAX_NAME)),
        source: rating.source.as_ref().and_then(source),
    })
}

fn is_prefixed(vector: &str) -> bool {
    vector.get(..5).is_some_and(|start| start.eq_ignore_ascii_case("CVSS:"))
}
