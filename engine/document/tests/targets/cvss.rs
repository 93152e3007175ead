//! Any text as a CVSS vector, by way of a report that states nothing else.

use referee_document::Limits;
use referee_document::vulnerability::{self, IN_TOTO_PREDICATE};

pub(crate) fn any(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let severity = serde_json::json!([{ "method": "cvss", "score": text }]);
    let result = serde_json::json!([{ "id": "CVE-2026-1", "severity": severity }]);
    let document = serde_json::json!({ "scanner": { "result": result } }).to_string();
    let read = vulnerability::read(Some(IN_TOTO_PREDICATE), document.as_bytes(), &Limits::DEFAULT);
    for score in &read.unwrap().findings[0].scores {
        assert!((0.0..=10.0).contains(&score.score), "{score:?}");
        let tenths = score.score * 10.0;
        let vector = score.vector.is_some();
        assert!(!vector || (tenths - tenths.round()).abs() < 1e-6, "{score:?}");
    }
}
