//! Terms that are written down rather than made: operands of which only a few make sense.

use super::kind::Ground;

/// Terms of Rego for one use.
pub(super) fn terms(use_of: Ground) -> &'static [&'static str] {
    match use_of {
        Ground::Patch => &[
            r#"[{"op": "add", "path": "/a", "value": 1}]"#,
            r#"[{"op": "remove", "path": "a"}]"#,
            r#"[{"op": "replace", "path": "/a/b", "value": {"c": [1]}}]"#,
            r#"[{"op": "add", "path": "/a/-", "value": 3}, {"op": "test", "path": "/b", "value": 2}]"#,
            r#"[{"op": "move", "from": "/a", "path": "/z"}]"#,
            r#"[{"op": "copy", "from": ["a"], "path": ["y", "z"]}]"#,
            r#"[{"op": "nonsense", "path": "/a"}]"#,
            r#"[{"path": "/a", "value": 1}]"#,
            r#"[{"op": "add", "path": "", "value": {"whole": true}}]"#,
            r#"[{"op": "add", "path": "/0", "value": "first"}]"#,
            r"[]",
        ],
        Ground::Moment => &[
            r#"[1614834367000000000, "UTC", "RFC1123Z"]"#,
            r#"[1614834367123000000, "Asia/Tokyo", "2006-01-02 15:04:05.000 Mon Jan -0700 MST"]"#,
            r#"[1614834367000000000, "", "Kitchen"]"#,
            r#"[1614834367000000000, "Europe/Zurich"]"#,
            r#"[1700000000123456789, "America/New_York"]"#,
            r#"[951782400000000000, "UTC"]"#,
        ],
        Ground::Zoned => &[
            r#"[1614834367000000000, "Europe/Zurich"]"#,
            r#"[1700000000123456789, "America/New_York"]"#,
            r#"[951782400000000000, "UTC"]"#,
            r#"[1614834367000000000, "Nowhere/Land"]"#,
            r#"[1635639300000000000, "Europe/Berlin"]"#,
            r#"[1614834367000000000, ""]"#,
            r#"[-5, "Asia/Kolkata"]"#,
        ],
        Ground::Constraints => &[
            r#"{"secret": "secret"}"#,
            r#"{"secret": "secret", "alg": "HS256"}"#,
            r#"{"secret": "secret", "iss": "fuzz", "aud": "a"}"#,
            r#"{"secret": "secret", "iss": "other"}"#,
            r#"{"secret": "wrong"}"#,
            r#"{"secret": "secret", "time": 2100000000000000000}"#,
            r#"{"secret": "secret", "time": 1700000000000000000, "aud": "c"}"#,
            r#"{"secret": "secret", "nonsense": 1}"#,
            r#"{"secret": 1}"#,
            r"{}",
        ],
        Ground::Header => &[
            r#"{"alg": "HS256"}"#,
            r#"{"typ": "JWT", "alg": "HS256"}"#,
            r#"{"alg": "HS512", "kid": "k"}"#,
            r#"{"alg": "none"}"#,
            r#"{"typ": "text/plain", "alg": "HS384"}"#,
            r"{}",
        ],
        Ground::Key => &[
            r#"{"kty": "oct", "k": "c2VjcmV0"}"#,
            r#"{"kty": "oct", "k": "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow"}"#,
            r#"{"kty": "nonsense"}"#,
            r#"{"kty": "oct"}"#,
            r"{}",
        ],
        Ground::Layout => &[
            r#"{"pretty": true}"#,
            r#"{"pretty": true, "indent": "  "}"#,
            r#"{"indent": "\t", "prefix": "> "}"#,
            r#"{"pretty": false, "indent": "  "}"#,
            r#"{"prefix": "--"}"#,
            r"{}",
        ],
        Ground::Request => &[
            r#"{"method": "get", "url": "https://example.com/a/b?x=1&a=2"}"#,
            r#"{"method": "PUT", "url": "https://bucket.s3.amazonaws.com/k", "body": {"a": 1}, "headers": {"X-A": "b"}}"#,
            r#"{"method": "post", "url": "https://example.com", "raw_body": "text"}"#,
            r#"{"url": "https://example.com"}"#,
        ],
        Ground::Credentials => &[
            r#"{"aws_access_key": "AKID", "aws_secret_access_key": "SECRET", "aws_service": "s3", "aws_region": "eu-west-1"}"#,
            r#"{"aws_access_key": "AKID", "aws_secret_access_key": "SECRET", "aws_service": "execute-api", "aws_region": "us-east-1", "aws_session_token": "T"}"#,
            r#"{"aws_access_key": "AKID"}"#,
        ],
        Ground::Verification => &[
            r#"{"DNSName": "fuzz.test"}"#,
            r#"{"DNSName": "other.test"}"#,
            r#"{"CurrentTime": 1900000000000000000, "KeyUsages": ["KeyUsageAny"]}"#,
            r#"{"MaxConstraintComparisons": 1}"#,
            r#"{"nonsense": 1}"#,
            r"{}",
        ],
    }
}
