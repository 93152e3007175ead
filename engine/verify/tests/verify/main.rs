//! The crate from outside: real keys and signatures by openssl and cosign, and hostile bytes.

#[cfg(test)]
mod attached;
#[cfg(test)]
mod attested;
#[cfg(test)]
mod bundles;
#[cfg(test)]
mod codes;
mod documents;
#[cfg(test)]
mod keys;
#[cfg(test)]
mod layouts;
#[cfg(test)]
mod legacy;
#[cfg(test)]
mod limits;
#[cfg(test)]
mod mutations;
#[cfg(test)]
mod properties;
#[cfg(test)]
mod support;
#[cfg(test)]
mod trusting;
#[cfg(test)]
mod unsigned;
