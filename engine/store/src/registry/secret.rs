//! Who we are to a registry, so wrapped that it cannot be printed by accident.

pub(super) use crate::secret::Secret;
use reqwest::header::HeaderValue;

/// Who we are to a registry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Credential {
    /// A user name and password.
    Basic {
        /// The user.
        user: String,
        /// The password.
        password: Secret,
    },
    /// A token that a token server exchanges for others (an OAuth 2 refresh token).
    Identity(Secret),
}

impl Credential {
    /// The value of an `Authorization` header (RFC 7617); `None` for an identity token, which is
    /// for token servers only.
    pub(super) fn basic(&self) -> Option<HeaderValue> {
        let Self::Basic { user, password } = self else { return None };
        let pair = format!("{user}:{}", password.expose());
        header(&format!("Basic {}", data_encoding::BASE64.encode(pair.as_bytes())))
    }
}

/// A header value that HTTP libraries will not print.
pub(crate) fn header(text: &str) -> Option<HeaderValue> {
    let mut value = HeaderValue::from_str(text).ok()?;
    value.set_sensitive(true);
    Some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_not_in_debug_output() {
        let credential =
            Credential::Basic { user: "u".into(), password: Secret::new("hunter2".into()) };
        let shown = format!("{credential:?} {:?}", credential.basic().unwrap());
        assert!(!shown.contains("hunter2") && !shown.contains("aHVudGVyMg"), "{shown}");
        assert_eq!(credential.basic().unwrap().to_str().unwrap(), "Basic dTpodW50ZXIy");
    }
}
