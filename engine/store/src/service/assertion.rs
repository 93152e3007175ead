//! JSON Web Tokens that say who we are, signed with a key of the configuration (RFC 7523): as
//! client assertions (section 2.2) and as authorization grants (section 2.1).
//!
//! Claims are `iat`, `exp` ten minutes later, what `additional_claims` says (which may be other
//! times as well), `scope` and `jti`: OPA's. A token is made for each request and never kept.
//!
//! Refused: a key that is not there, that has no private part, or that is none of its algorithm; a
//! thumbprint that is no hexadecimal number.

use super::config::{OAuth2Config, SigningKeyConfig};
use crate::error::StoreError;
use crate::secret::Secret;
use data_encoding::{BASE64URL_NOPAD, HEXLOWER_PERMISSIVE};
use referee_core::Timestamp;
use referee_verify::primitive::jws::JwsSigner;
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::fmt;

/// How long a token holds, in seconds (OPA's ten minutes).
const LIFETIME: i64 = 600;

/// The longest thumbprint of a certificate: SHA-512 has 64 bytes.
const MAX_THUMBPRINT_BYTES: usize = 64;

/// Makes tokens.
pub(super) struct Assertion {
    signer: JwsSigner,
    /// The header, as it stands in the token.
    header: String,
    claims: Map<String, Value>,
    scope: Option<String>,
    named: bool,
}

impl fmt::Debug for Assertion {
    /// Without the claims, which may say more than is meant for a log.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Assertion").field("signer", &self.signer).finish_non_exhaustive()
    }
}

impl Assertion {
    /// What signs with the key that a configuration names.
    ///
    /// # Errors
    /// As `wrong` makes them of a setting below `credentials.oauth2` and of what is wrong with it.
    pub(super) fn new(
        oauth2: &OAuth2Config,
        keys: &BTreeMap<String, SigningKeyConfig>,
        wrong: &impl Fn(&str, &str) -> StoreError,
    ) -> Result<Self, StoreError> {
        let unusable = |problem: &str| wrong("signing_key", problem);
        if oauth2.signing_key.is_empty() {
            return Err(unusable("it is needed for the grant_type jwt_bearer"));
        }
        let Some(key) = keys.get(&oauth2.signing_key) else {
            return Err(unusable(&format!("keys has no {:?}", oauth2.signing_key)));
        };
        if key.private_key.is_empty() {
            return Err(unusable(&format!("keys.{} has no private_key", oauth2.signing_key)));
        }
        let algorithm = key.algorithm.parse();
        let signer = algorithm
            .map_err(|error: referee_verify::primitive::jws::JwsAlgorithmUnknown| {
                unusable(&format!("keys.{}: {error}", oauth2.signing_key))
            })
            .and_then(|algorithm| {
                // The error quotes nothing of the key.
                JwsSigner::new(algorithm, key.private_key.expose()).map_err(|error| {
                    unusable(&format!("keys.{}.private_key: {error}", oauth2.signing_key))
                })
            })?;
        let mut header = Map::new();
        header.insert("alg".to_owned(), signer.algorithm().as_str().into());
        header.insert("typ".to_owned(), "JWT".into());
        if !oauth2.thumbprint.is_empty() {
            let bytes = HEXLOWER_PERMISSIVE
                .decode(oauth2.thumbprint.as_bytes())
                .ok()
                .filter(|bytes| bytes.len() <= MAX_THUMBPRINT_BYTES)
                .ok_or_else(|| wrong("thumbprint", "it is no thumbprint in hexadecimal"))?;
            // RFC 7515, section 4.1.7.
            header.insert("x5t".to_owned(), BASE64URL_NOPAD.encode(&bytes).into());
        }
        Ok(Self {
            header: BASE64URL_NOPAD.encode(Value::Object(header).to_string().as_bytes()),
            signer,
            claims: oauth2.additional_claims.clone(),
            scope: (!oauth2.scopes.is_empty()).then(|| oauth2.scopes.join(" ")),
            named: oauth2.include_jti_claim,
        })
    }

    /// A token of now.
    ///
    /// # Errors
    /// [`StoreError::Configuration`] where the numbers of the key do not fit one another; `place`
    /// is what it calls the setting.
    pub(super) fn token(&self, now: Timestamp, place: &str) -> Result<Secret, StoreError> {
        let now = now.unix_seconds();
        let mut claims = Map::new();
        claims.insert("iat".to_owned(), now.into());
        claims.insert("exp".to_owned(), now.saturating_add(LIFETIME).into());
        for (name, value) in &self.claims {
            claims.insert(name.clone(), value.clone());
        }
        if let Some(scope) = &self.scope {
            claims.insert("scope".to_owned(), scope.as_str().into());
        }
        if self.named {
            claims.insert("jti".to_owned(), uuid::Uuid::new_v4().to_string().into());
        }
        let claims = BASE64URL_NOPAD.encode(Value::Object(claims).to_string().as_bytes());
        let message = format!("{}.{claims}", self.header);
        let signature = self.signer.sign(message.as_bytes()).map_err(|error| {
            let problem = "nothing can be signed with the key".to_owned();
            let setting = place.to_owned();
            StoreError::Configuration { setting, problem, source: Some(Box::new(error)) }
        })?;
        Ok(Secret::new(format!("{message}.{}", BASE64URL_NOPAD.encode(&signature))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use referee_verify::primitive::jws::{JwsAlgorithm, JwsKey};
    use serde_json::json;

    const SECRET: &str = "a secret that is long enough for HMAC, to be sure";

    fn keys() -> BTreeMap<String, SigningKeyConfig> {
        let key = |algorithm: &str, text: &str| SigningKeyConfig {
            algorithm: algorithm.to_owned(),
            private_key: Secret::new(text.to_owned()),
        };
        BTreeMap::from([
            ("good".to_owned(), key("HS256", SECRET)),
            ("public".to_owned(), key("ES256", "")),
            ("odd".to_owned(), key("XS256", SECRET)),
            ("torn".to_owned(), key("ES256", "hunter2")),
        ])
    }

    fn made(oauth2: Value) -> Result<Assertion, String> {
        let oauth2: OAuth2Config = serde_json::from_value(oauth2).unwrap();
        Assertion::new(&oauth2, &keys(), &|setting, problem| StoreError::Configuration {
            setting: setting.to_owned(),
            problem: problem.to_owned(),
            source: None,
        })
        .map_err(|error| error.to_string())
    }

    fn part(token: &str, at: usize) -> Value {
        let part = token.split('.').nth(at).unwrap();
        serde_json::from_slice(&BASE64URL_NOPAD.decode(part.as_bytes()).unwrap()).unwrap()
    }

    #[test]
    fn a_token_has_the_claims_that_are_configured_over_its_times() {
        let now = Timestamp::from_unix_seconds(1_000_000).unwrap();
        let plain = made(json!({"signing_key": "good"})).unwrap();
        let token = plain.token(now, "x").unwrap();
        assert_eq!(part(token.expose(), 0), json!({"alg": "HS256", "typ": "JWT"}));
        assert_eq!(part(token.expose(), 1), json!({"iat": 1_000_000, "exp": 1_000_600}));
        let (message, signature) = token.expose().rsplit_once('.').unwrap();
        let signature = BASE64URL_NOPAD.decode(signature.as_bytes()).unwrap();
        let key = JwsKey::new(JwsAlgorithm::Hs256, SECRET).unwrap();
        assert!(key.verify(message.as_bytes(), &signature));
        let full = made(json!({
            "signing_key": "good", "thumbprint": "00FFab", "include_jti_claim": true,
            "scopes": ["a", "b"],
            "additional_claims": {"iss": "me", "exp": 5, "scope": "lost", "n": {"x": [1]}},
        }))
        .unwrap();
        let tokens = [full.token(now, "x").unwrap(), full.token(now, "x").unwrap()];
        assert_eq!(part(tokens[0].expose(), 0)["x5t"], "AP-r");
        let [mut one, other] = tokens.map(|token| part(token.expose(), 1));
        assert_ne!(one["jti"], other["jti"]);
        one.as_object_mut().unwrap().remove("jti");
        let expected = json!({
            "iat": 1_000_000, "exp": 5, "iss": "me", "scope": "a b", "n": {"x": [1]},
        });
        assert_eq!(one, expected);
        assert!(!format!("{full:?}").contains("me\""));
    }

    #[test]
    fn a_key_that_cannot_sign_is_told_and_never_shown() {
        for (oauth2, expected) in [
            (json!({}), "signing_key: it is needed for the grant_type jwt_bearer"),
            (json!({"signing_key": "none"}), "signing_key: keys has no \"none\""),
            (json!({"signing_key": "public"}), "signing_key: keys.public has no private_key"),
            (json!({"signing_key": "odd"}), "signing_key: keys.odd: "),
            (json!({"signing_key": "torn"}), "signing_key: keys.torn.private_key: "),
            (json!({"signing_key": "good", "thumbprint": "xy"}), "thumbprint: it is no thumbprint"),
        ] {
            let error = made(oauth2).unwrap_err();
            assert!(error.starts_with(expected) && !error.contains("hunter2"), "{error}");
        }
    }
}
