//! Certificates, paths and certificate transparency from outside: chains made at run time, every
//! algorithm by openssl, real certificates, and webpki's judgement of the same chains.

#[cfg(test)]
mod algorithms;
#[cfg(test)]
mod certificates;
#[cfg(test)]
mod fulcio;
#[cfg(test)]
mod paths;
#[cfg(test)]
mod scts;
#[cfg(test)]
mod support;
#[cfg(test)]
mod vectors;
#[cfg(test)]
mod webpki;
