//! Putting a VEX document together: what OpenVEX and CSAF have in common. Limits, times, hashes.

use crate::hashes;
use crate::limits::Limits;
use crate::problems::Problems;
use crate::text;
use referee_core::Timestamp;
use referee_core::facts::{
    Vex, VexFormat, VexJustification, VexProductFact, VexStatementFact, VexStatus,
};
use smol_str::{SmolStr, format_smolstr};

/// The longest identifier or purl, in bytes: what browsers take for an address.
pub(super) const MAX_NAME: usize = 2048;

/// The longest prose, in characters, as the facts have it.
pub(super) const MAX_PROSE: usize = 1000;

/// The most products, with their components, of a document; one product counts as often as
/// statements name it. Red Hat's largest documents have some 60,000.
const MAX_PRODUCTS: u64 = 250_000;

/// The most other names of one vulnerability.
const MAX_ALIASES: usize = 32;

/// A document in the making.
pub(super) struct Builder {
    limits: Limits,
    vex: Vex,
    products: u64,
    problems: Problems,
}

impl Builder {
    pub(super) fn new(format: VexFormat, limits: &Limits) -> Self {
        Self {
            limits: *limits,
            vex: Vex {
                format,
                spec_version: None,
                document_id: None,
                version: None,
                author: None,
                role: None,
                issued_at: None,
                updated_at: None,
                statements: Vec::new(),
                statement_count: 0,
                truncated: false,
                problems: Vec::new(),
            },
            products: 0,
            problems: Problems::new(limits.max_problems),
        }
    }

    /// The document's own members.
    pub(super) fn document(&mut self) -> &mut Vex {
        &mut self.vex
    }

    pub(super) fn problem(&mut self, code: &'static str, message: impl FnOnce() -> String) {
        self.problems.add(code, message);
    }

    /// A time; one that cannot be read is a problem.
    pub(super) fn time(&mut self, what: &'static str, written: Option<&str>) -> Option<Timestamp> {
        self.problems.time(what, written)
    }

    /// A hash as a digest, `sha256:` and lower-case hex; one that is none is a problem.
    pub(super) fn digest(&mut self, algorithm: &str, value: &str) -> Option<SmolStr> {
        match hashes::hash(algorithm, value) {
            Ok((name, hex)) => Some(format_smolstr!("{name}:{hex}")),
            Err(problem) => {
                self.problem("document_hash", || {
                    let (algorithm, value) =
                        (text::shorten(algorithm, 40), text::shorten(value, 80));
                    format!("the {algorithm:?} hash {value:?} {}", problem.what())
                });
                None
            }
        }
    }

    /// Other names of a vulnerability, each once.
    pub(super) fn aliases<'t>(
        &mut self,
        id: &str,
        names: impl IntoIterator<Item = &'t str>,
    ) -> Vec<SmolStr> {
        let mut kept: Vec<SmolStr> = Vec::new();
        for name in names.into_iter().filter_map(|name| text::fact(name, MAX_NAME)) {
            if kept.len() >= MAX_ALIASES {
                self.leave_out("aliases", 1);
            } else if name != id && !kept.contains(&name) {
                kept.push(name);
            }
        }
        kept
    }

    /// Whether there is room for a product with so many components; where there is none, it is
    /// counted as left out.
    pub(super) fn room(&mut self, components: usize) -> bool {
        let more = u64::try_from(components).unwrap_or(u64::MAX).saturating_add(1);
        let products = self.products.saturating_add(more);
        if products > MAX_PRODUCTS {
            self.vex.truncated = true;
            self.leave_out("products", 1);
            return false;
        }
        self.products = products;
        true
    }

    /// Counts a statement that is there and cannot be read.
    pub(super) fn unread(&mut self, why: impl FnOnce() -> String) {
        self.vex.statement_count = self.vex.statement_count.saturating_add(1);
        self.problem("document_statement", why);
    }

    /// Whether a further statement has a place.
    pub(super) fn full(&self) -> bool {
        self.vex.statements.len() >= self.limits.max_statements
    }

    /// Adds a statement. One that says that something is not affected and not why is a problem, and
    /// no finding is set aside for it (CISA, "Minimum Requirements for VEX", 3.2.2).
    pub(super) fn statement(&mut self, statement: VexStatementFact) {
        if !super::bind::holds(&statement) {
            self.problem("document_statement", || {
                format!(
                    "the statement on {:?} says neither by justification nor by impact why it is \
                     not affected",
                    text::shorten(&statement.vulnerability, 80)
                )
            });
        }
        self.vex.statement_count = self.vex.statement_count.saturating_add(1);
        if self.full() {
            self.vex.truncated = true;
            self.leave_out("statements", 1);
        } else {
            self.vex.statements.push(statement);
        }
    }

    fn leave_out(&mut self, what: &'static str, so_many: u64) {
        self.problems.leave_out(what, so_many);
    }

    pub(super) fn finish(self) -> Vex {
        let Self { mut vex, problems, .. } = self;
        vex.problems = problems.finish();
        vex.statements.shrink_to_fit();
        vex
    }
}

/// A justification by its name, the same in OpenVEX and CSAF.
pub(super) fn justification(name: &str) -> Option<VexJustification> {
    Some(match name {
        "component_not_present" => VexJustification::ComponentNotPresent,
        "vulnerable_code_not_present" => VexJustification::VulnerableCodeNotPresent,
        "vulnerable_code_not_in_execute_path" => VexJustification::VulnerableCodeNotInExecutePath,
        "vulnerable_code_cannot_be_controlled_by_adversary" => {
            VexJustification::VulnerableCodeCannotBeControlledByAdversary
        }
        "inline_mitigations_already_exist" => VexJustification::InlineMitigationsAlreadyExist,
        _ => return None,
    })
}

/// A status by OpenVEX's name.
pub(super) fn status(name: &str) -> Option<VexStatus> {
    Some(match name {
        "not_affected" => VexStatus::NotAffected,
        "affected" => VexStatus::Affected,
        "fixed" => VexStatus::Fixed,
        "under_investigation" => VexStatus::UnderInvestigation,
        _ => return None,
    })
}

/// Adds the digest of an image reference to a product that is called by one.
pub(super) fn image_digest(product: &mut VexProductFact) {
    let Some(id) = product.id.as_deref().filter(|id| !id.starts_with("pkg:")) else { return };
    let digest = id.rsplit_once('@').map(|(_, digest)| digest);
    let digest = digest.filter(|digest| digest.parse::<referee_core::Digest>().is_ok());
    if let Some(digest) = digest.map(SmolStr::new)
        && !product.digests.contains(&digest)
    {
        product.digests.push(digest);
    }
}
