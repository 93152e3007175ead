//! Keys as Go's `encoding/json` shows its key structures.

use super::{EcPublic, PrivateKey, PublicKey, RsaPrivate};
use data_encoding::BASE64;
use num_bigint::BigUint;
use referee_rego_value::{Number, Value};

/// A number of any size as a value.
pub(crate) fn number(value: &BigUint) -> Value {
    Number::parse(&value.to_string()).map_or(Value::Null, Value::from)
}

fn point(key: &EcPublic) -> Vec<(&'static str, Value)> {
    let curve = Value::object::<&str>([]);
    vec![("Curve", curve), ("X", number(&key.x)), ("Y", number(&key.y))]
}

impl PublicKey {
    pub(crate) fn show(&self) -> Value {
        match self {
            Self::Rsa(key) => Value::object([("N", number(&key.n)), ("E", Value::from(key.e))]),
            Self::Ec(key) => Value::object(point(key)),
            Self::Ed25519(key) => Value::from(BASE64.encode(key)),
            Self::X25519(_) => Value::object::<&str>([]),
            Self::Dsa { p, q, g, y } => Value::object([
                ("P", number(p)),
                ("Q", number(q)),
                ("G", number(g)),
                ("Y", number(y)),
            ]),
        }
    }
}

impl PrivateKey {
    pub(crate) fn show(&self) -> Value {
        match self {
            Self::Rsa(key) => rsa(key),
            Self::Ec(key) => {
                let mut members = point(&key.public);
                members.push(("D", number(&key.d)));
                Value::object(members)
            }
            Self::Ed25519 { seed, public } => {
                Value::from(BASE64.encode(&[seed.as_slice(), public].concat()))
            }
            Self::X25519 { .. } => Value::object::<&str>([]),
        }
    }
}

fn rsa(key: &RsaPrivate) -> Value {
    let optional = |value: &Option<BigUint>| value.as_ref().map_or(Value::Null, number);
    Value::object([
        ("N", number(&key.public.n)),
        ("E", Value::from(key.public.e)),
        ("D", number(&key.d)),
        ("Primes", Value::array(key.primes.iter().map(number))),
        (
            "Precomputed",
            Value::object([
                ("Dp", optional(&key.dp)),
                ("Dq", optional(&key.dq)),
                ("Qinv", optional(&key.qinv)),
                ("CRTValues", Value::array(further_primes(key))),
            ]),
        ),
    ])
}

/// What Go computes for each prime after the first two.
fn further_primes(key: &RsaPrivate) -> Vec<Value> {
    let one = BigUint::from(1_u8);
    let mut product = key.primes.iter().take(2).fold(one.clone(), |product, prime| product * prime);
    let mut values = Vec::new();
    for prime in key.primes.iter().skip(2) {
        let coefficient = product.modinv(prime);
        values.push(Value::object([
            ("Exp", number(&(&key.d % (prime - &one)))),
            ("Coeff", coefficient.as_ref().map_or(Value::Null, number)),
            ("R", number(&product)),
        ]));
        product *= prime;
    }
    values
}
