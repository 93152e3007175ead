//! Referee's IO: registries, OCI layouts, caches, credentials and the clock.
