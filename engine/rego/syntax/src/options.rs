//! What a parser is told: the version of Rego, which keywords are on, and its bounds.

use crate::ast::RegoVersion;

/// The greatest depth of nesting that is read unless another is asked for. OPA's own bound
/// (100,000 steps of its recursion) relies on stacks that grow; this one keeps every stage after
/// the parser within a usual stack.
pub const DEFAULT_MAX_DEPTH: u32 = 500;

/// The largest source that is read unless another is asked for: 64 MiB.
pub const DEFAULT_MAX_BYTES: usize = 64 << 20;

/// How text is read.
#[derive(Clone, Debug)]
pub struct ParseOptions {
    /// The version of Rego.
    pub version: RegoVersion,
    /// Future keywords that are on without an import, by name.
    pub future_keywords: Vec<String>,
    /// Whether all future keywords that the capabilities allow are on.
    pub all_future_keywords: bool,
    /// What the capabilities allow; `None` for those of OPA 1.20.2 in this version of Rego.
    pub capabilities: Option<ParseCapabilities>,
    /// Whether metadata in comments is read.
    pub process_annotations: bool,
    /// Whether statements are never taken for rules: for queries.
    pub skip_rules: bool,
    /// How deep nodes may be nested.
    pub max_depth: u32,
    /// How many bytes a source may have.
    pub max_bytes: usize,
}

impl Default for ParseOptions {
    fn default() -> Self {
        Self {
            version: RegoVersion::V1,
            future_keywords: Vec::new(),
            all_future_keywords: false,
            capabilities: None,
            process_annotations: false,
            skip_rules: false,
            max_depth: DEFAULT_MAX_DEPTH,
            max_bytes: DEFAULT_MAX_BYTES,
        }
    }
}

impl ParseOptions {
    /// The usual options for a module of this version.
    #[must_use]
    pub fn new(version: RegoVersion) -> Self {
        Self { version, ..Self::default() }
    }

    /// The usual options for a query of this version.
    #[must_use]
    pub fn query(version: RegoVersion) -> Self {
        Self { version, skip_rules: true, ..Self::default() }
    }

    /// The same with metadata in comments read or not.
    #[must_use]
    pub fn with_annotations(self, process_annotations: bool) -> Self {
        Self { process_annotations, ..self }
    }
}

/// The part of a document of capabilities that a parser asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParseCapabilities {
    /// `future_keywords`: those that may be imported.
    pub future_keywords: Vec<String>,
    /// `features`.
    pub features: Vec<String>,
}

impl ParseCapabilities {
    /// Those of OPA 1.20.2.
    #[must_use]
    pub fn of_version(version: RegoVersion) -> Self {
        let words = |words: &[&str]| words.iter().map(|&word| word.to_owned()).collect();
        match version {
            RegoVersion::V1 => Self {
                future_keywords: words(&["and", "not", "or"]),
                features: words(&["keywords_in_refs", "rego_v1", "template_strings"]),
            },
            RegoVersion::V0 | RegoVersion::V0CompatV1 => Self {
                future_keywords: words(&["and", "contains", "every", "if", "in", "not", "or"]),
                features: words(&[
                    "keywords_in_refs",
                    "rego_v1",
                    "rego_v1_import",
                    "rule_head_ref_string_prefixes",
                    "rule_head_refs",
                ]),
            },
        }
    }

    /// Whether the feature is among them.
    #[must_use]
    pub fn has_feature(&self, feature: &str) -> bool {
        self.features.iter().any(|one| one == feature)
    }
}
