//! Which statement each metadata block belongs to (`attachAnnotationsNodes` and
//! `attachRuleAnnotations` in OPA's `v1/ast/annotations.go`).

use crate::ast::{Annotations, Module, Package, Rule, TermKind};
use crate::{Code, Error, inspect, metadata, print};
use referee_rego_value::Str;
use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

/// What a block stands over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Target {
    Nothing,
    Package,
    Import,
    Rule(usize),
}

impl Target {
    fn name(self) -> &'static str {
        match self {
            Self::Nothing => "",
            Self::Package => "package",
            Self::Import => "import",
            Self::Rule(_) => "rule",
        }
    }
}

/// Reads the metadata of a module that was read without it, from its comments.
///
/// # Errors
/// All that is wrong with the blocks, or with where they stand. The module is then as it was.
pub fn attach_annotations(module: &mut Module) -> Result<(), Vec<Error>> {
    let mut annotations = Vec::new();
    let mut errors = Vec::new();
    for result in metadata::read(&module.comments) {
        match result {
            Ok(one) => annotations.push(one),
            Err(error) => {
                let location =
                    module.comments.get(error.comment).map(|comment| comment.location.clone());
                errors.push(Error::new(Code::Parse, error.message, &location.unwrap_or_default()));
            }
        }
    }
    if errors.is_empty() {
        errors = attach(module, annotations);
    }
    if errors.is_empty() { Ok(()) } else { Err(errors) }
}

/// Finds the statement of each block, and gives the blocks to the module and its rules.
pub(crate) fn attach(module: &mut Module, annotations: Vec<Annotations>) -> Vec<Error> {
    if annotations.is_empty() {
        return Vec::new();
    }
    let statements = statements(module);
    let mut errors = Vec::new();
    let mut found = Vec::with_capacity(annotations.len());
    for mut block in annotations {
        let row = block.location.row;
        // Statements are in order, save for those that were read as one.
        let start = statements.partition_point(|&(most, ..)| most <= row);
        let target = statements.get(start).map_or(Target::Nothing, |&(.., target)| target);
        if block.scope.is_empty() {
            block.scope = Str::new_static(match target {
                Target::Rule(_) if block.entrypoint => "document",
                Target::Nothing => "",
                target => target.name(),
            });
        }
        errors.extend(check_scope(&block, target));
        errors.extend(check_entrypoint(&block));
        found.push((Arc::new(block), target));
    }
    if errors.is_empty() {
        give_to_rules(module, &found);
        module.annotations = found.into_iter().map(|(block, _)| block).collect();
    }
    errors
}

/// The statements in the order of the source, each with the greatest row so far and its own.
fn statements(module: &Module) -> Vec<(u32, u32, Target)> {
    let mut statements =
        vec![(module.package.location.row, module.package.location.offset, Target::Package)];
    let imports = module.imports.iter();
    statements.extend(
        imports.map(|import| (import.location.row, import.location.offset, Target::Import)),
    );
    let rules = module.rules.iter().enumerate();
    statements.extend(
        rules.map(|(index, rule)| (rule.location.row, rule.location.offset, Target::Rule(index))),
    );
    statements.sort_by_key(|&(_, offset, _)| offset);
    let mut most = 0;
    for (row, ..) in &mut statements {
        most = most.max(*row);
        *row = most;
    }
    statements
}

fn check_scope(block: &Annotations, target: Target) -> Option<Error> {
    let scope = &block.scope;
    let (wanted, fits) = match scope.as_str() {
        "rule" | "document" => ("rule", matches!(target, Target::Rule(_))),
        "package" | "subpackages" => ("package", target == Target::Package),
        _ => {
            let message = format!(
                "invalid annotation scope '{scope}'. Use one of 'rule', 'document', 'package', or 'subpackages'"
            );
            return Some(Error::new(Code::Parse, message, &block.location));
        }
    };
    if fits {
        return None;
    }
    let have = match target {
        Target::Nothing => String::new(),
        target => format!(" (have {})", target.name()),
    };
    let message = format!("annotation scope '{scope}' must be applied to {wanted}{have}");
    Some(Error::new(Code::Parse, message, &block.location))
}

fn check_entrypoint(block: &Annotations) -> Option<Error> {
    if !block.entrypoint || matches!(block.scope.as_str(), "document" | "package") {
        return None;
    }
    let scope = &block.scope;
    let message =
        format!("annotation entrypoint applied to non-document or package scope '{scope}'");
    Some(Error::new(Code::Parse, message, &block.location))
}

/// The blocks of one path that are still to be given out, by their number.
#[derive(Default)]
struct Waiting {
    document: Vec<usize>,
    rule: VecDeque<usize>,
}

/// Gives each rule the blocks of its document, and those over it that no rule before it took.
fn give_to_rules(module: &mut Module, blocks: &[(Arc<Annotations>, Target)]) {
    let mut waiting: HashMap<String, Waiting> = HashMap::new();
    for (index, (block, target)) in blocks.iter().enumerate() {
        let path = match *target {
            Target::Rule(rule) => module.rules.get(rule).map(|rule| path(&module.package, rule)),
            _ => None,
        };
        let Some(path) = path else { continue };
        let waiting = waiting.entry(path).or_default();
        match block.scope.as_str() {
            "document" => waiting.document.push(index),
            "rule" => waiting.rule.push_back(index),
            _ => {}
        }
    }
    for rule in &mut module.rules {
        let Some(waiting) = waiting.get_mut(&path(&module.package, rule)) else { continue };
        let row = rule.location.row;
        let above =
            |&&index: &&usize| blocks.get(index).is_some_and(|(block, _)| block.location.row < row);
        let mut given: Vec<usize> = waiting.rule.iter().take_while(above).copied().collect();
        if let Some(last) = given.len().checked_sub(1) {
            waiting.rule.remove(last);
        }
        given.extend(&waiting.document);
        given.sort_unstable();
        let given = given.into_iter().filter_map(|index| blocks.get(index));
        rule.annotations = given.map(|(block, _)| Arc::clone(block)).collect();
    }
}

/// The path of a rule as far as it is ground.
fn path(package: &Package, rule: &Rule) -> String {
    let mut path = print::reference(&package.path);
    for part in inspect::ground_prefix(&rule.head.reference) {
        path.push('.');
        match &part.kind {
            TermKind::Var(name) | TermKind::String(name) => path.push_str(&print::quote(name)),
            _ => path.push_str(&part.to_string()),
        }
    }
    path
}
