//! Which definition of a rule a reason comes from.
//!
//! `deny` may have many definitions. The native engine tells which of them gives an element.
//!
//! The interpreter says which elements the rule has, not which definition made each. So where
//! there are several, a second program is made of the same
//! modules in which each definition has a name of its own, and a rule of the old name joins them;
//! evaluating those names tells them apart, in one evaluation that shares what they share. Lines
//! stay where they are. The verdict never comes from that program, only places do.

use crate::budget::EvalBudget;
use crate::error::Location;
use crate::gather::Gathering;
use crate::path::in_package;
use crate::program::{Module, Program};
use crate::rules::{RuleInfo, RuleKind};
use crate::value::Value;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::OnceLock;

/// What begins the name of a single definition. A policy that uses it only loses its places.
const PREFIX: &str = "__referee_definition_";

/// The module in which the definitions are joined.
const JOINING_MODULE: &str = "<referee attribution>";

/// The definitions of a package's decision rules.
#[derive(Debug)]
pub(crate) struct Attribution {
    /// By the rule's name: its definitions, in order.
    definitions: BTreeMap<&'static str, Vec<Definition>>,
    /// The program with a name for each; `None` where it cannot be made.
    values: OnceLock<Option<Gathering>>,
    original: Program,
    package: String,
}

#[derive(Debug)]
struct Definition {
    location: Location,
    /// Its own name; `None` where the rule has only one definition, or none that makes elements.
    name: Option<String>,
    head: std::ops::Range<usize>,
}

/// The places found for one evaluation.
pub(crate) struct Places<'a> {
    attribution: &'a Attribution,
    /// By rule and element, the first definition that makes it.
    found: BTreeMap<(&'static str, Value), Location>,
}

impl Attribution {
    pub(crate) fn new(program: &Program, package: &str, rules: &[&'static str]) -> Self {
        let mut count = 0_usize;
        let mut definitions = BTreeMap::new();
        for rule in rules {
            let of_rule: Vec<&RuleInfo> =
                program.rules(package).filter(|info| info.name == *rule).collect();
            // The one place of `allow` is its default, which is the definition that stays false.
            let several = of_rule.len() > 1;
            let mut named = Vec::with_capacity(of_rule.len());
            for info in of_rule {
                count = count.saturating_add(1);
                let makes_elements = info.kind == RuleKind::PartialSet && !info.default;
                named.push(Definition {
                    location: info.location.clone(),
                    name: (several && makes_elements).then(|| format!("{PREFIX}{count}")),
                    head: info.head.clone(),
                });
            }
            let default = program.rules(package).find(|info| info.name == *rule && info.default);
            if let Some(default) = default {
                named.retain(|definition| definition.location == default.location);
            }
            definitions.insert(*rule, named);
        }
        Self {
            definitions,
            values: OnceLock::new(),
            original: program.clone(),
            package: package.to_owned(),
        }
    }

    /// Evaluates which definitions make which elements, as far as the budget goes.
    pub(crate) fn places(&self, input: &Value, budget: &EvalBudget) -> Places<'_> {
        let found = self.evaluate(input, budget).unwrap_or_default();
        Places { attribution: self, found }
    }

    fn evaluate(
        &self,
        input: &Value,
        budget: &EvalBudget,
    ) -> Option<BTreeMap<(&'static str, Value), Location>> {
        let named: Vec<_> = self
            .definitions
            .iter()
            .flat_map(|(rule, definitions)| {
                definitions.iter().map(|definition| (*rule, definition))
            })
            .filter_map(|(rule, definition)| Some((rule, definition, definition.name.as_ref()?)))
            .collect();
        if named.is_empty() {
            return None;
        }
        if self.original.is_native() {
            return self.told(input, budget);
        }
        let gather = || {
            let paths = named.iter().map(|(_, _, name)| in_package(&self.package, name)).collect();
            Some(Gathering::new(self.compile()?, paths))
        };
        let values = self.values.get_or_init(gather).as_ref()?.eval(input, budget).ok()?;
        let mut found = BTreeMap::new();
        for ((rule, definition, _), value) in named.iter().zip(values) {
            for element in value.and_then(|value| value.elements()).unwrap_or_default() {
                let place = definition.location.clone();
                found.entry((*rule, element)).or_insert(place);
            }
        }
        Some(found)
    }

    /// What the engine itself tells.
    fn told(
        &self,
        input: &Value,
        budget: &EvalBudget,
    ) -> Option<BTreeMap<(&'static str, Value), Location>> {
        let several = |definitions: &&Vec<Definition>| definitions.len() > 1;
        let asked = self.definitions.iter().filter(|(_, definitions)| several(definitions));
        let by_path: BTreeMap<String, &'static str> =
            asked.map(|(rule, _)| (in_package(&self.package, rule), *rule)).collect();
        let paths: Vec<String> = by_path.keys().cloned().collect();
        let told = self.original.producers(&paths, input, budget)?;
        let named = told
            .into_iter()
            .filter_map(|((path, element), place)| Some(((*by_path.get(&path)?, element), place)));
        Some(named.collect())
    }

    /// The program in which each definition has a name of its own.
    fn compile(&self) -> Option<Program> {
        let mut texts: BTreeMap<&str, Vec<(&Definition, &str)>> = BTreeMap::new();
        let mut joining = format!("package {}\n\nimport rego.v1\n", self.package);
        for (rule, definitions) in &self.definitions {
            for definition in definitions {
                let Some(name) = &definition.name else { continue };
                texts.entry(&definition.location.file).or_default().push((definition, name));
                write!(joining, "\n{rule} contains element if some element in {name}\n").ok()?;
            }
        }
        let mut modules = Vec::new();
        for module in self.original.modules() {
            let mut text = module.text.to_string();
            let mut heads = texts.remove(&*module.name).unwrap_or_default();
            // From the end, so that what comes before keeps its place.
            heads.sort_by_key(|(definition, _)| std::cmp::Reverse(definition.head.start));
            for (definition, name) in heads {
                text.get(definition.head.clone())?;
                text.replace_range(definition.head.clone(), name);
            }
            modules.push(Module { text: text.into(), ..module.clone() });
        }
        modules.push(Module::new(JOINING_MODULE, joining));
        self.original.with_modules(&modules).ok()
    }
}

impl Places<'_> {
    /// Where the definition stands that made an element of a rule, `trust.rego:12`.
    pub(crate) fn of(&self, rule: &'static str, element: Option<&Value>) -> Option<String> {
        if let [only] = self.attribution.definitions.get(rule)?.as_slice() {
            return Some(only.location.to_string());
        }
        let location = self.found.get(&(rule, element?.clone()))?;
        Some(location.to_string())
    }
}
