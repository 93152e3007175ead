//! The builtins of OPA 1.20.2 (`v1/ast/builtins.go`): their names, signatures and properties.
//!
//! Each family has a file with a table. Signatures are read by `crate::signature`.

mod collections;
mod comparison;
mod documents;
mod encoding;
mod graphs;
mod net;
mod numbers;
mod operators;
mod regex;
mod strings;
mod time;
mod tokens;

use crate::{Declaration, signature};
use std::sync::Arc;

/// A builtin, as the tables have it.
#[derive(Clone, Copy)]
struct Spec {
    name: &'static str,
    infix: Option<&'static str>,
    signature: &'static str,
    categories: &'static [&'static str],
    relation: bool,
    deprecated: bool,
    nondeterministic: bool,
    contextual: bool,
}

/// A builtin with its signature.
const fn builtin(name: &'static str, signature: &'static str) -> Spec {
    Spec {
        name,
        infix: None,
        signature,
        categories: &[],
        relation: false,
        deprecated: false,
        nondeterministic: false,
        contextual: false,
    }
}

impl Spec {
    /// The sign it is written with.
    const fn infix(self, sign: &'static str) -> Self {
        Self { infix: Some(sign), ..self }
    }

    /// The families it belongs to.
    const fn of(self, categories: &'static [&'static str]) -> Self {
        Self { categories, ..self }
    }

    /// It gives several values.
    const fn relation(self) -> Self {
        Self { relation: true, ..self }
    }

    /// It should not be used any more.
    const fn deprecated(self) -> Self {
        Self { deprecated: true, ..self }
    }

    /// It may give something else the next time.
    const fn nondeterministic(self) -> Self {
        Self { nondeterministic: true, ..self }
    }

    /// It needs something of the query it is called in.
    const fn contextual(self) -> Self {
        Self { contextual: true, ..self }
    }

    fn declare(&self) -> Option<Declaration> {
        Some(Declaration {
            name: Arc::from(self.name),
            infix: self.infix.map(Arc::from),
            function: Arc::new(signature::read(self.signature)?),
            relation: self.relation,
            deprecated: self.deprecated,
            nondeterministic: self.nondeterministic,
            can_skip_bctx: !self.contextual,
            categories: self.categories.iter().copied().map(Arc::from).collect(),
            description: None,
        })
    }
}

const FAMILIES: &[&[Spec]] = &[
    collections::BUILTINS,
    comparison::BUILTINS,
    documents::BUILTINS,
    encoding::BUILTINS,
    graphs::BUILTINS,
    net::BUILTINS,
    numbers::BUILTINS,
    operators::BUILTINS,
    regex::BUILTINS,
    strings::BUILTINS,
    time::BUILTINS,
    tokens::BUILTINS,
];

/// All builtins.
pub(crate) fn all() -> impl Iterator<Item = Declaration> {
    FAMILIES.iter().copied().flatten().filter_map(Spec::declare)
}

#[cfg(test)]
mod tests {
    use super::{FAMILIES, all};
    use std::collections::BTreeSet;

    #[test]
    fn every_signature_can_be_read() {
        let listed = FAMILIES.iter().map(|family| family.len()).sum::<usize>();
        assert_eq!((listed, all().count()), (206, 206));
    }

    #[test]
    fn no_builtin_is_declared_twice() {
        assert_eq!(all().map(|builtin| builtin.name).collect::<BTreeSet<_>>().len(), 206);
    }
}
