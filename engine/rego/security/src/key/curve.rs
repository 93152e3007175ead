//! The NIST curves: parameters, whether a point lies on one, and the slow arithmetic for the one
//! curve that AWS-LC does not offer (P-224, FIPS 186-4 appendix D). It works on public values;
//! only the public point of a P-224 key is computed from a secret, and nothing is signed with it.

use num_bigint::{BigInt, BigUint, Sign};

/// A curve.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Curve {
    P224,
    P256,
    P384,
    P521,
}

/// The prime, the coefficient b, the order, and the base point.
struct Parameters {
    prime: &'static [u8],
    b: &'static [u8],
    order: &'static [u8],
    base: (&'static [u8], &'static [u8]),
}

/// A point that is not the one at infinity.
type Point = (BigInt, BigInt);

impl Curve {
    /// The curve of an identifier.
    pub(crate) fn from_oid(oid: &[u32]) -> Option<Self> {
        match oid {
            [1, 3, 132, 0, 33] => Some(Self::P224),
            [1, 2, 840, 10045, 3, 1, 7] => Some(Self::P256),
            [1, 3, 132, 0, 34] => Some(Self::P384),
            [1, 3, 132, 0, 35] => Some(Self::P521),
            _ => None,
        }
    }

    /// The curve of the name that a JWK gives it.
    pub(crate) fn from_name(name: &str) -> Option<Self> {
        match name {
            "P-256" => Some(Self::P256),
            "P-384" => Some(Self::P384),
            "P-521" => Some(Self::P521),
            _ => None,
        }
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::P224 => "P-224",
            Self::P256 => "P-256",
            Self::P384 => "P-384",
            Self::P521 => "P-521",
        }
    }

    /// What Go says of a point that is not one of the curve: a coordinate is too large, or the
    /// equation does not hold.
    pub(crate) fn refusal(self, x: &BigUint, y: &BigUint) -> String {
        let name = self.name().replace('-', "");
        let prime = self.prime();
        if *x < prime && *y < prime {
            return format!("{name} point not on curve");
        }
        let space = if self == Self::P256 { " element" } else { "Element" };
        format!("invalid {name}{space} encoding")
    }

    /// How many bytes a coordinate has.
    pub(crate) fn size(self) -> usize {
        match self {
            Self::P224 => 28,
            Self::P256 => 32,
            Self::P384 => 48,
            Self::P521 => 66,
        }
    }

    /// How many bits a coordinate has.
    pub(crate) fn bits(self) -> u64 {
        match self {
            Self::P224 => 224,
            Self::P256 => 256,
            Self::P384 => 384,
            Self::P521 => 521,
        }
    }

    fn parameters(self) -> Parameters {
        match self {
            Self::P224 => Parameters {
                prime: b"ffffffffffffffffffffffffffffffff000000000000000000000001",
                b: b"b4050a850c04b3abf54132565044b0b7d7bfd8ba270b39432355ffb4",
                order: b"ffffffffffffffffffffffffffff16a2e0b8f03e13dd29455c5c2a3d",
                base: (
                    b"b70e0cbd6bb4bf7f321390b94a03c1d356c21122343280d6115c1d21",
                    b"bd376388b5f723fb4c22dfe6cd4375a05a07476444d5819985007e34",
                ),
            },
            Self::P256 => Parameters {
                prime: b"ffffffff00000001000000000000000000000000ffffffffffffffffffffffff",
                b: b"5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604b",
                order: b"ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551",
                base: (
                    b"6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296",
                    b"4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5",
                ),
            },
            Self::P384 => Parameters {
                prime: b"fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffeffffffff0000000000000000ffffffff",
                b: b"b3312fa7e23ee7e4988e056be3f82d19181d9c6efe8141120314088f5013875ac656398d8a2ed19d2a85c8edd3ec2aef",
                order: b"ffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973",
                base: (
                    b"aa87ca22be8b05378eb1c71ef320ad746e1d3b628ba79b9859f741e082542a385502f25dbf55296c3a545e3872760ab7",
                    b"3617de4a96262c6f5d9e98bf9292dc29f8f41dbd289a147ce9da3113b5f0b8c00a60b1ce1d7e819d7a431d7c90ea0e5f",
                ),
            },
            Self::P521 => Parameters {
                prime: b"1ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
                b: b"51953eb9618e1c9a1f929a21a0b68540eea2da725b99b315f3b8b489918ef109e156193951ec7e937b1652c0bd3bb1bf073573df883d2c34f1ef451fd46b503f00",
                order: b"1fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffa51868783bf2f966b7fcc0148f709a5d03bb5c9b8899c47aebb6fb71e91386409",
                base: (
                    b"c6858e06b70404e9cd9e3ecb662395b4429c648139053fb521f828af606b4d3dbaa14b5e77efe75928fe1dc127a2ffa8de3348b3c1856a429bf97e7e31c2e5bd66",
                    b"11839296a789a3bc0045c8a5fb42c7d1bd998f54449579b446817afbd17273e662c97ee72995ef42640c550b9013fad0761353c7086a272c24088be94769fd16650",
                ),
            },
        }
    }

    /// The prime of the field.
    pub(crate) fn prime(self) -> BigUint {
        hex(self.parameters().prime).magnitude().clone()
    }

    /// The order of the base point.
    pub(crate) fn order(self) -> BigUint {
        hex(self.parameters().order).magnitude().clone()
    }

    /// Whether a point of two coordinates below the prime lies on the curve.
    pub(crate) fn contains(self, x: &BigUint, y: &BigUint) -> bool {
        let parameters = self.parameters();
        let prime = hex(parameters.prime);
        let (x, y) = (BigInt::from(x.clone()), BigInt::from(y.clone()));
        if x >= prime || y >= prime {
            return false;
        }
        let right = &x * &x * &x - 3 * &x + hex(parameters.b);
        modulo(&(&y * &y - right), &prime) == BigInt::ZERO
    }

    /// The public point of a secret, as coordinates of full size.
    pub(crate) fn public_point(self, secret: &BigUint) -> Option<(Vec<u8>, Vec<u8>)> {
        let arithmetic = Arithmetic::new(self);
        let (x, y) = arithmetic.multiply(&arithmetic.base.clone(), secret)?;
        Some((self.coordinate(x.magnitude()), self.coordinate(y.magnitude())))
    }

    /// A number as a coordinate of full size.
    pub(crate) fn coordinate(self, value: &BigUint) -> Vec<u8> {
        let bytes = value.to_bytes_be();
        let mut coordinate = vec![0; self.size().saturating_sub(bytes.len())];
        coordinate.extend(bytes);
        coordinate
    }

    /// Whether (r, s) is a signature of a digest (FIPS 186-4 section 6.4), computed slowly.
    pub(crate) fn verify(
        self,
        (x, y): (&BigUint, &BigUint),
        digest: &[u8],
        (r, s): (&BigUint, &BigUint),
    ) -> bool {
        let order = self.order();
        let zero = BigUint::ZERO;
        if *r == zero || *s == zero || *r >= order || *s >= order {
            return false;
        }
        let arithmetic = Arithmetic::new(self);
        let digest = BigUint::from_bytes_be(digest.get(..self.size()).unwrap_or(digest));
        let Some(inverse) = s.modinv(&order) else { return false };
        let first = digest * &inverse % &order;
        let second = r * inverse % &order;
        let key = (BigInt::from(x.clone()), BigInt::from(y.clone()));
        let sum = arithmetic.add(
            arithmetic.multiply(&arithmetic.base.clone(), &first),
            arithmetic.multiply(&key, &second),
        );
        sum.is_some_and(|(x, _)| x.magnitude() % order == *r)
    }
}

/// Affine arithmetic; the point at infinity is `None`.
struct Arithmetic {
    prime: BigInt,
    base: Point,
}

impl Arithmetic {
    fn new(curve: Curve) -> Self {
        let parameters = curve.parameters();
        Self {
            prime: hex(parameters.prime),
            base: (hex(parameters.base.0), hex(parameters.base.1)),
        }
    }

    fn add(&self, a: Option<Point>, b: Option<Point>) -> Option<Point> {
        let (Some(a), Some(b)) = (&a, &b) else { return a.or(b) };
        let (rise, run) = if a.0 == b.0 {
            if a.1 != b.1 {
                return None;
            }
            (3 * &a.0 * &a.0 - 3, 2 * &a.1)
        } else {
            (&b.1 - &a.1, &b.0 - &a.0)
        };
        let slope = rise * modulo(&run, &self.prime).modinv(&self.prime)?;
        let x = modulo(&(&slope * &slope - &a.0 - &b.0), &self.prime);
        let y = modulo(&(slope * (&a.0 - &x) - &a.1), &self.prime);
        Some((x, y))
    }

    fn multiply(&self, point: &Point, by: &BigUint) -> Option<Point> {
        (0..by.bits()).rev().fold(None, |sum: Option<Point>, bit| {
            let doubled = self.add(sum.clone(), sum);
            if by.bit(bit) { self.add(doubled, Some(point.clone())) } else { doubled }
        })
    }
}

fn hex(digits: &[u8]) -> BigInt {
    BigInt::parse_bytes(digits, 16).unwrap_or_default()
}

fn modulo(value: &BigInt, prime: &BigInt) -> BigInt {
    let rest = value % prime;
    if rest.sign() == Sign::Minus { rest + prime } else { rest }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base_points_lie_on_their_curves_and_have_their_order() {
        for curve in [Curve::P224, Curve::P256, Curve::P384, Curve::P521] {
            let arithmetic = Arithmetic::new(curve);
            let (x, y) = &arithmetic.base;
            assert!(curve.contains(x.magnitude(), y.magnitude()), "{curve:?}");
            assert!(!curve.contains(y.magnitude(), x.magnitude()), "{curve:?}");
        }
        let arithmetic = Arithmetic::new(Curve::P224);
        assert_eq!(arithmetic.multiply(&arithmetic.base, &Curve::P224.order()), None);
    }
}
