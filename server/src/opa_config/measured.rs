//! The section `server.metrics` of OPA's configuration: the bounds of the histogram of requests.

use serde::Deserialize;

/// The most bounds of a histogram: each is a series for every code, handler and method.
const MOST: usize = 100;

/// What is measured of requests.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct ServerMetrics {
    /// For Prometheus.
    pub prom: Prom,
}

/// What is told to Prometheus.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Prom {
    /// How long answers took.
    pub http_request_duration_seconds: RequestDuration,
}

/// The histogram of requests.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct RequestDuration {
    /// Its bounds; without them OPA's.
    pub buckets: Option<Bounds>,
}

/// Upper bounds of buckets, in seconds: at most a hundred, each greater than the one before.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(try_from = "Vec<f64>")]
pub struct Bounds(Vec<f64>);

impl Bounds {
    /// The bounds.
    #[must_use]
    pub fn as_slice(&self) -> &[f64] {
        &self.0
    }
}

/// Bounds that make no histogram.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the bounds of buckets must be at most {MOST} numbers, each greater than the one before")]
pub struct BoundsError;

impl TryFrom<Vec<f64>> for Bounds {
    type Error = BoundsError;

    fn try_from(bounds: Vec<f64>) -> Result<Self, BoundsError> {
        let finite = bounds.iter().all(|bound| bound.is_finite());
        let grows = bounds.iter().zip(bounds.iter().skip(1)).all(|(one, next)| one < next);
        if finite && grows && bounds.len() <= MOST { Ok(Self(bounds)) } else { Err(BoundsError) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_are_numbers_that_grow() {
        let read = |text: &str| serde_json::from_str::<RequestDuration>(text);
        let found = read(r#"{"buckets": [0.1, 1, 2.5]}"#).unwrap().buckets.unwrap();
        assert_eq!(found.as_slice(), [0.1, 1.0, 2.5]);
        assert_eq!(read("{}").unwrap().buckets, None);
        for text in [r#"{"buckets": [1, 1]}"#, r#"{"buckets": [2, 1]}"#] {
            let error = read(text).unwrap_err().to_string();
            assert!(error.starts_with("the bounds of buckets must be at most 100"), "{error}");
        }
        assert_eq!(Bounds::try_from(vec![f64::NAN]), Err(BoundsError));
        let many = (0..101).map(f64::from).collect::<Vec<_>>();
        assert_eq!(Bounds::try_from(many), Err(BoundsError));
    }
}
