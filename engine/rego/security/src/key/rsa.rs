//! What Go's `crypto/rsa` checks of a private key, and the values of the Chinese remainder
//! theorem where a key lacks them.

use super::{RsaPrivate, RsaPublic};
use num_bigint::BigUint;

/// The most bits of a modulus that is computed with here.
const MAX_BITS: u64 = 16_384;

impl RsaPublic {
    /// What `checkPublicKey` and `checkKeySize` say.
    pub(crate) fn check(&self) -> Result<(), String> {
        let refused = |message: &str| Err(format!("crypto/rsa: {message}"));
        if self.n.bits() < 1024 {
            return refused(&format!(
                "{}-bit keys are insecure (see https://go.dev/pkg/crypto/rsa#hdr-Minimum_key_size)",
                self.n.bits()
            ));
        }
        self.check_values()
    }

    fn check_values(&self) -> Result<(), String> {
        let refused = |message: &str| Err(format!("crypto/rsa: {message}"));
        if !self.n.bit(0) {
            refused("public modulus is even")
        } else if self.e < 2 {
            refused("public exponent too small or negative")
        } else if self.e & 1 == 0 {
            refused("public exponent is even")
        } else if self.e > i64::from(i32::MAX) {
            refused("public exponent too large")
        } else if self.n.bits() > MAX_BITS {
            refused("modulus is larger than is computed with here")
        } else {
            Ok(())
        }
    }
}

impl RsaPrivate {
    /// Checks the key and fills in what it lacks (`PrivateKey.Validate`, `Precompute`).
    ///
    /// # Errors
    /// Go's words.
    pub(crate) fn complete(mut self) -> Result<Self, String> {
        let refused = |message: &str| Err(format!("crypto/rsa: {message}"));
        if self.primes.len() < 2 {
            return refused("missing primes");
        }
        if self.d >= self.public.n {
            return Err("input overflows the modulus size".to_owned());
        }
        let one = BigUint::from(1_u8);
        let [p, q] = self.primes.as_slice() else { return self.complete_many() };
        if *p <= one || *q <= one {
            return refused("invalid prime");
        }
        if !p.bit(0) {
            return refused("p is even");
        }
        let (p1, q1) = (p - &one, q - &one);
        let given = (self.dp.take(), self.dq.take(), self.qinv.take());
        let (dp, dq, qinv) = match given {
            (Some(dp), Some(dq), Some(qinv)) => (dp, dq, qinv),
            _ => {
                let inverse = (q % p).modpow(&(p - 2_u8), p);
                (&self.d % &p1, &self.d % &q1, inverse)
            }
        };
        self.public.check_values()?;
        let n = &self.public.n;
        if p >= n || q >= n {
            return refused("invalid prime");
        }
        if (p * q) % n != BigUint::ZERO {
            return refused("p * q != n");
        }
        let e = BigUint::from(self.public.e.unsigned_abs());
        if dp >= p1 || dq >= q1 || (&dp * &e) % &p1 != one || (&dq * &e) % &q1 != one {
            return refused("invalid CRT exponent");
        }
        if qinv >= *p || (q * &qinv) % p != one {
            return refused("invalid CRT coefficient");
        }
        if &self.d % &p1 != dp {
            return refused("d does not match dP");
        }
        if &self.d % &q1 != dq {
            return refused("d does not match dQ");
        }
        let apart = if p > q { p - q } else { q - p };
        if apart == BigUint::ZERO {
            return refused("p == q");
        }
        if apart.bits() + 100 <= n.bits() / 2 {
            return refused("|p - q| too small");
        }
        if self.d.bits() <= n.bits() / 2 {
            return refused("d too small");
        }
        (self.dp, self.dq, self.qinv) = (Some(dp), Some(dq), Some(qinv));
        Ok(self)
    }

    /// A key of more than two primes: only the first two are looked at.
    fn complete_many(mut self) -> Result<Self, String> {
        let refused = |message: &str| Err(format!("crypto/rsa: {message}"));
        self.public.check_values()?;
        let one = BigUint::from(1_u8);
        if self.primes.iter().any(|prime| *prime <= one) {
            return refused("prime factor is <= 1");
        }
        if let [p, q, ..] = self.primes.as_slice() {
            let inverse = q.modinv(p);
            (self.dp, self.dq) = (Some(&self.d % (p - &one)), Some(&self.d % (q - &one)));
            self.qinv = inverse;
        }
        if self.qinv.is_none() {
            return refused("prime factors are not relatively prime");
        }
        Ok(self)
    }
}
