//! Entries of transparency logs from outside: the Sigstore project's own bundles, every part of
//! good ones altered, and logs made here for what no bundle shows.

#[cfg(test)]
mod altered;
#[cfg(test)]
mod bodies;
#[cfg(test)]
mod cases;
#[cfg(test)]
mod made;
#[cfg(test)]
mod rules;
#[cfg(test)]
mod vectors;
