//! RFC 3161 timestamps from outside: tokens of real authorities, of openssl, and of our making.

#[cfg(test)]
mod made;
#[cfg(test)]
mod maker;
#[cfg(test)]
mod mutations;
#[cfg(test)]
mod openssl;
#[cfg(test)]
mod support;
#[cfg(test)]
mod vectors;
