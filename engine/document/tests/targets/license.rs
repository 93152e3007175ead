//! Any text is a licence or is not; what is one keeps the laws of expressions.

use referee_core::facts::LicenseStatus;
use referee_document::license;

pub(crate) fn any(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let fact = license::read(&text);
    assert_eq!(fact.error.is_some(), fact.status == LicenseStatus::Unknown);
    let Some(written) = &fact.expression else {
        assert!(fact.licenses.is_empty() && fact.alternatives.is_empty());
        assert!(license::permits(&text, |_| true).is_err());
        return;
    };
    let again = license::read(written);
    assert_eq!(again.expression, fact.expression, "it is read as it was written");
    assert_eq!(again.licenses, fact.licenses);
    assert!(license::permits(&text, |_| true).unwrap_or(false), "all of them are allowed");
    assert!(!license::permits(&text, |_| false).unwrap_or(true), "none of them is");
    assert_eq!(fact.alternatives.is_empty(), fact.alternatives_omitted);
    for way in &fact.alternatives {
        let permitted = license::permits(&text, |name| way.iter().any(|one| one == name));
        assert!(permitted.unwrap_or(false), "each alternative is enough: {way:?}");
    }
}
