//! A provenance in the making: what the readers of all versions have in common.

use super::builder::Origin;
use super::material::Materials;
use super::{build_type, image};
use crate::limits::Limits;
use crate::problems::Problems;
use referee_core::facts::{BuildKind, Problem, Provenance};
use serde_json::Value;
use smol_str::SmolStr;
use std::collections::BTreeMap;

/// The most parts of a builder that are kept.
const MAX_PARTS: usize = 100;

/// A provenance in the making.
#[derive(Debug)]
pub(super) struct Draft {
    /// What is read so far.
    pub(super) facts: Provenance,
    /// What is wrong with it.
    pub(super) problems: Problems,
    left_out: u64,
}

impl Draft {
    /// An empty one of a builder's build of a type.
    pub(super) fn new(
        slsa_version: &'static str,
        builder: Option<String>,
        build_type: Option<String>,
        limits: &Limits,
    ) -> Self {
        let builder = said(builder);
        let build_type = said(build_type);
        let kind = build_type::kind(build_type.as_deref(), builder.as_deref());
        Self {
            facts: Provenance {
                slsa_version: SmolStr::new_static(slsa_version),
                builder,
                builder_version: BTreeMap::new(),
                build_type,
                kind,
                source: None,
                source_claimed: None,
                materials: Vec::new(),
                material_count: 0,
                images: Vec::new(),
                parameters: Value::Null,
                internal_parameters: Value::Null,
                invocation: None,
                trigger: None,
                started_at: None,
                finished_at: None,
                completeness: None,
                reproducible: None,
                truncated: false,
                problems: Vec::new(),
            },
            problems: Problems::new(limits.max_problems),
            left_out: 0,
        }
    }

    /// The kind of the builder.
    pub(super) fn kind(&self) -> BuildKind {
        self.facts.kind
    }

    /// The versions of the builder's parts.
    pub(super) fn builder_version(&mut self, parts: Option<BTreeMap<SmolStr, Option<String>>>) {
        let parts = parts.unwrap_or_default();
        if parts.len() > MAX_PARTS {
            self.facts.truncated = true;
            self.problems.add("document_truncated", || {
                format!("{} versions of the builder's parts are left out", parts.len() - MAX_PARTS)
            });
        }
        let said = parts.into_iter().filter_map(|(part, version)| Some((part, version?)));
        self.facts.builder_version = said.take(MAX_PARTS).collect();
    }

    /// When it began and ended.
    pub(super) fn times(&mut self, started: Option<String>, finished: Option<String>) {
        self.facts.started_at = self.problems.time("time of the start", started.as_deref());
        self.facts.finished_at = self.problems.time("time of the end", finished.as_deref());
    }

    /// The materials.
    pub(super) fn materials(&mut self, materials: Materials) {
        self.left_out = materials.left_out();
        self.facts.material_count = materials.count;
        self.facts.materials = materials.kept;
    }

    /// The provenance, of a build with this origin.
    pub(super) fn finish(self, origin: Origin) -> Provenance {
        let Self { mut facts, mut problems, left_out } = self;
        for (position, material) in facts.materials.iter().enumerate() {
            let position = u32::try_from(position).ok();
            facts.images.extend(image::of(material, position, &mut problems));
        }
        for material in &origin.images {
            facts.images.extend(image::of(material, None, &mut problems));
        }
        facts.source = origin.source;
        facts.source_claimed = origin.claimed;
        facts.trigger = said(origin.trigger);
        facts.problems = problems.finish();
        if left_out > 0 {
            facts.truncated = true;
            facts.problems.push(Problem {
                code: "document_truncated".to_owned(),
                message: format!("{left_out} materials are left out"),
                hint: None,
            });
        }
        facts
    }
}

/// A text that says something: SLSA takes unset, null and empty for the same ("Parsing rules").
pub(super) fn said(text: Option<String>) -> Option<String> {
    text.filter(|text| !text.is_empty())
}
