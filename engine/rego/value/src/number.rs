//! Numbers: integers of 64 bits without allocation, everything else by its text.

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

/// A number of any precision. Its text is kept as it was read (`1.0` stays `1.0`).
#[derive(Clone, Debug)]
pub enum Number {
    /// An integer whose text is its usual decimal writing.
    Int(i64),
    /// Any other number, as its JSON text.
    Text(Arc<str>),
}

/// What has no number for an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum NumberError {
    /// Division by zero.
    DivideByZero,
    /// The modulus of a number that is not whole.
    NotInteger,
    /// Too large or too precise to be computed with.
    TooLarge,
}

impl Number {
    /// Reads a number in JSON's writing. `None` where the text is no JSON number.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        if let Ok(value) = text.parse::<i64>()
            && value.to_string() == text
        {
            return Some(Self::Int(value));
        }
        text.parse::<f64>().ok()?;
        Some(Self::Text(Arc::from(text)))
    }

    /// The number nearest to a floating-point number; `None` where it is not finite.
    #[must_use]
    pub fn from_f64(value: f64) -> Option<Self> {
        value.is_finite().then(|| Self::parse(&value.to_string())).flatten()
    }

    /// Its value where that is whole and in the range of `i64`: of `2.0` it is 2.
    #[must_use]
    pub fn as_i64(&self) -> Option<i64> {
        match self {
            Self::Int(value) => Some(*value),
            Self::Text(_) => None,
        }
    }

    /// The nearest floating-point number.
    #[must_use]
    pub fn as_f64(&self) -> f64 {
        self.to_string().parse().unwrap_or(f64::NAN)
    }

    /// Whether its value is whole.
    #[must_use]
    pub fn is_integer(&self) -> bool {
        self.as_i64().is_some() || self.as_f64().fract() == 0.0
    }

    fn float(value: f64) -> Result<Self, NumberError> {
        Self::from_f64(value).ok_or(NumberError::TooLarge)
    }

    /// The sum, as OPA's `plus` has it.
    ///
    /// # Errors
    /// [`NumberError::TooLarge`].
    pub fn add(&self, other: &Self) -> Result<Self, NumberError> {
        match (self, other) {
            (Self::Int(a), Self::Int(b)) if a.checked_add(*b).is_some() => {
                Ok(Self::Int(a.wrapping_add(*b)))
            }
            _ => Self::float(self.as_f64() + other.as_f64()),
        }
    }

    /// The difference, as OPA's `minus` has it.
    ///
    /// # Errors
    /// [`NumberError::TooLarge`].
    pub fn sub(&self, other: &Self) -> Result<Self, NumberError> {
        match (self, other) {
            (Self::Int(a), Self::Int(b)) if a.checked_sub(*b).is_some() => {
                Ok(Self::Int(a.wrapping_sub(*b)))
            }
            _ => Self::float(self.as_f64() - other.as_f64()),
        }
    }

    /// The product, as OPA's `mul` has it.
    ///
    /// # Errors
    /// [`NumberError::TooLarge`].
    pub fn mul(&self, other: &Self) -> Result<Self, NumberError> {
        match (self, other) {
            (Self::Int(a), Self::Int(b)) if a.checked_mul(*b).is_some() => {
                Ok(Self::Int(a.wrapping_mul(*b)))
            }
            _ => Self::float(self.as_f64() * other.as_f64()),
        }
    }

    /// The quotient, as OPA's `div` has it.
    ///
    /// # Errors
    /// [`NumberError::DivideByZero`], [`NumberError::TooLarge`].
    pub fn div(&self, other: &Self) -> Result<Self, NumberError> {
        if other.as_f64() == 0.0 {
            return Err(NumberError::DivideByZero);
        }
        Self::float(self.as_f64() / other.as_f64())
    }

    /// The remainder, as OPA's `rem` has it (the sign is the dividend's).
    ///
    /// # Errors
    /// [`NumberError::NotInteger`], [`NumberError::DivideByZero`].
    pub fn rem(&self, other: &Self) -> Result<Self, NumberError> {
        match (self.as_i64(), other.as_i64()) {
            (_, Some(0)) => Err(NumberError::DivideByZero),
            (Some(a), Some(b)) => Ok(Self::Int(a.wrapping_rem(b))),
            _ => Err(NumberError::NotInteger),
        }
    }
}

impl From<i64> for Number {
    fn from(value: i64) -> Self {
        Self::Int(value)
    }
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Int(value) => write!(f, "{value}"),
            Self::Text(text) => f.write_str(text),
        }
    }
}

impl Ord for Number {
    fn cmp(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Int(a), Self::Int(b)) => a.cmp(b),
            _ => self.as_f64().total_cmp(&other.as_f64()),
        }
    }
}

impl PartialOrd for Number {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Number {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Number {}

impl Hash for Number {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.as_f64().to_bits().hash(state);
    }
}
