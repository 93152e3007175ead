//! Which capabilities modules need, beside the builtins they call (OPA's stage
//! BuildRequiredCapabilities).

use crate::Compiled;
use referee_rego_syntax::ast::{Import, Module, RegoVersion, Term, TermKind};
use std::collections::BTreeSet;

const KEYWORDS: [&str; 3] = ["and", "not", "or"];
const KEYWORDS_V0: [&str; 4] = ["contains", "every", "if", "in"];

fn is_named(part: &Term, name: &str) -> bool {
    matches!(&part.kind, TermKind::Var(found) | TermKind::String(found) if found == name)
}

fn path(import: &Import) -> &[Term] {
    match &import.path.kind {
        TermKind::Ref(parts) => parts,
        _ => &[],
    }
}

/// The keywords that an import asks for.
fn keywords(import: &Import, v1: bool) -> Vec<&'static str> {
    let (future, keywords) = match path(import) {
        [future, keywords, ..] => (future, keywords),
        _ => return Vec::new(),
    };
    if !is_named(future, "future") || !is_named(keywords, "keywords") {
        return Vec::new();
    }
    let old = if v1 { [].as_slice() } else { KEYWORDS_V0.as_slice() };
    let wanted = path(import).get(2);
    let all = KEYWORDS.iter().chain(old).copied();
    all.filter(|name| wanted.is_none_or(|part| is_named(part, name))).collect()
}

/// The features that the heads of a module's rules need.
fn head_features(module: &Module) -> impl Iterator<Item = &'static str> {
    let long = module.rules.iter().filter(|rule| rule.head.reference.len() >= 3);
    long.map(|rule| {
        let constant = rule.head.reference.iter().skip(1).all(crate::walk::is_constant);
        if constant { "rule_head_ref_string_prefixes" } else { "rule_head_refs" }
    })
}

impl Compiled {
    /// The future keywords that are imported.
    #[must_use]
    pub fn required_keywords(&self) -> BTreeSet<&'static str> {
        let modules = self.modules.iter().zip(&self.imports);
        modules
            .flat_map(|((_, module), imports)| {
                let v1 = module.version == RegoVersion::V1;
                imports.iter().flat_map(move |import| keywords(import, v1))
            })
            .collect()
    }

    /// The features that are used.
    #[must_use]
    pub fn required_features(&self) -> BTreeSet<&'static str> {
        let mut features = BTreeSet::new();
        for ((_, module), imports) in self.modules.iter().zip(&self.imports) {
            if module.version == RegoVersion::V1 {
                features.insert("rego_v1");
                continue;
            }
            let is_v1 = |import: &Import| match path(import) {
                [rego, v1] => is_named(rego, "rego") && is_named(v1, "v1"),
                _ => false,
            };
            if imports.iter().any(is_v1) {
                features.insert("rego_v1_import");
            }
            features.extend(head_features(module));
        }
        if self.required.contains("internal.template_string") {
            features.insert("template_strings");
        }
        features
    }
}
