//! Referee over HTTP: OPA's data API and POST /v1/verify.
