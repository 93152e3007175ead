//! What a parser is told: the version of Rego, which keywords are on, and its bounds.

use crate::ast::RegoVersion;
use crate::token::{Keyword, Keywords};

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
        let (keywords, features) = usual(version);
        let words = |words: &[&str]| words.iter().map(|&word| word.to_owned()).collect();
        Self { future_keywords: words(keywords), features: words(features) }
    }

    /// Whether the feature is among them.
    #[must_use]
    pub fn has_feature(&self, feature: &str) -> bool {
        self.features.iter().any(|one| one == feature)
    }
}

/// The future keywords and features of OPA 1.20.2 in this version of Rego.
pub(crate) fn usual(version: RegoVersion) -> (&'static [&'static str], &'static [&'static str]) {
    match version {
        RegoVersion::V1 => {
            (&["and", "not", "or"], &["keywords_in_refs", "rego_v1", "template_strings"])
        }
        RegoVersion::V0 | RegoVersion::V0CompatV1 => (
            &["and", "contains", "every", "if", "in", "not", "or"],
            &[
                "keywords_in_refs",
                "rego_v1",
                "rego_v1_import",
                "rule_head_ref_string_prefixes",
                "rule_head_refs",
            ],
        ),
    }
}

/// The keywords that may be imported and those that are on, or what is wrong with the options.
pub(crate) fn keywords(
    options: &ParseOptions,
    rego_v1: bool,
) -> Result<(Keywords, Keywords), String> {
    let v1 = options.version == RegoVersion::V1;
    let mut allowed = Keywords::NONE;
    if v1 && !rego_v1 {
        return Err("illegal capabilities: rego_v1 feature required for parsing v1 Rego".to_owned());
    }
    let mut allow = |word: &str| match Keyword::named(word) {
        Some(keyword) => {
            allowed.add_only(keyword);
            Ok(())
        }
        None => Err(format!("illegal capabilities: unknown keyword: {word}")),
    };
    match &options.capabilities {
        Some(capabilities) => {
            capabilities.future_keywords.iter().try_for_each(|word| allow(word))?
        }
        None => usual(options.version).0.iter().try_for_each(|word| allow(word))?,
    }
    if rego_v1 {
        allowed = allowed.union(Keywords::V1);
    }
    let mut selected = if v1 { Keywords::V1 } else { Keywords::NONE };
    for word in &options.future_keywords {
        match Keyword::named(word) {
            Some(keyword) if allowed.contains(keyword) => selected.add(keyword),
            _ => return Err(format!("unknown future keyword: {word}")),
        }
    }
    if options.all_future_keywords {
        selected = allowed;
    }
    Ok((allowed, selected))
}
