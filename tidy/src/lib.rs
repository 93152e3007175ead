//! Holds no code: the tests in `tests/` read the workspace and fail where it breaks its own rules.
