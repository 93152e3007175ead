//! Modules in the form that the compiler gives them, checked in the order they are written in.
//!
//! References are absolute already, calls have their results as last operands, and nothing is
//! pulled out, so that what is tested is the checker alone.

use referee_rego_syntax::ast::{Body, Module, Ref, Rule, SchemaAnnotation, Term, TermKind};
use referee_rego_syntax::{Error, Location, ParseOptions, parse_body, parse_module, parse_ref};
use referee_rego_types::check::{Checker, Outcome, RuleToCheck, SchemaSet, TypeEnv};
use referee_rego_types::{Capabilities, Nulls, load_schema};
use referee_rego_value::{JsonLimits, Str, Value};

/// A value of JSON.
pub fn json(text: &str) -> Value {
    Value::from_json(text, &JsonLimits::DEFAULT).unwrap_or_else(|error| panic!("{text}: {error:?}"))
}

pub fn reference(text: &str) -> Ref {
    if !text.contains(['.', '[']) {
        return vec![Term { kind: TermKind::Var(Str::new(text)), location: Location::NONE }];
    }
    parse_ref(text, &ParseOptions::default()).unwrap()
}

/// What a test is given.
#[derive(Default)]
pub struct World {
    pub input: Option<&'static str>,
    pub schemas: Vec<(&'static str, &'static str)>,
    /// The schemas of rules by the name of the rule, by path: each the name of a schema.
    pub annotations: Vec<(&'static str, &'static str, &'static str)>,
    /// What depends on what a `with` replaces.
    pub dependents: Vec<(&'static str, &'static str)>,
}

fn rules(module: &Module) -> Vec<&Rule> {
    let mut rules = Vec::new();
    for rule in &module.rules {
        let mut next = Some(rule);
        while let Some(rule) = next {
            rules.push(rule);
            next = rule.else_rule.as_deref();
        }
    }
    rules
}

impl World {
    pub fn env(&self) -> TypeEnv {
        let input =
            self.input.map(|schema| load_schema(&json(schema), Nulls::Ignored, None).unwrap());
        TypeEnv::new(&Capabilities::current(), input)
    }

    fn with_checker<T>(&self, run: impl FnOnce(&Checker<'_>) -> T) -> T {
        let mut schemas = SchemaSet::default();
        for (name, schema) in &self.schemas {
            schemas.insert(&reference(name), json(schema), Nulls::Ignored);
        }
        let dependents = |target: &Ref| -> Vec<Ref> {
            let target = referee_rego_types::check::write_ref(target);
            let of = self.dependents.iter().filter(|(replaced, _)| *replaced == target);
            of.map(|(_, dependent)| reference(dependent)).collect()
        };
        run(&Checker {
            rewrite: &Ref::clone,
            dependents: &dependents,
            schemas: (!self.schemas.is_empty()).then_some(&schemas),
            allow_undefined_functions: false,
        })
    }

    /// Checks the rules of a module in the order they are written in.
    pub fn rules(&self, env: &mut TypeEnv, text: &str) -> Outcome {
        let module = parse_module("a.rego", text, &ParseOptions::default())
            .unwrap_or_else(|errors| panic!("{errors:?}"));
        let annotations: Vec<(&str, SchemaAnnotation)> = self
            .annotations
            .iter()
            .map(|(rule, path, schema)| {
                let definition = schema.starts_with('{').then(|| json(schema));
                let schema = definition.is_none().then(|| reference(schema));
                (*rule, SchemaAnnotation { path: reference(path), schema, definition })
            })
            .collect();
        let rules: Vec<RuleToCheck<'_>> = rules(&module)
            .into_iter()
            .map(|rule| RuleToCheck {
                rule,
                package: &module.package.path,
                schemas: annotations
                    .iter()
                    .filter(|(name, _)| rule.head.name == *name)
                    .map(|(_, annotation)| annotation)
                    .collect(),
            })
            .collect();
        self.with_checker(|checker| checker.check_rules(env, &rules))
    }

    /// Checks a query.
    pub fn query(&self, env: &TypeEnv, body: &Body) -> Outcome {
        self.with_checker(|checker| checker.check_body(env, body))
    }
}

/// The errors of a module, each as it is printed.
pub fn errors(text: &str) -> Vec<String> {
    World::default().errors(text)
}

impl World {
    pub fn errors(&self, text: &str) -> Vec<String> {
        written(&self.rules(&mut self.env(), &format!("package test\n{text}")).errors)
    }
}

pub fn written(errors: &[Error]) -> Vec<String> {
    errors.iter().map(ToString::to_string).collect()
}

/// The type of the rule `p` of a module that is right.
pub fn type_of(text: &str) -> String {
    let world = World::default();
    let mut env = world.env();
    let outcome = world.rules(&mut env, &format!("package test\n{text}"));
    assert_eq!(written(&outcome.errors), Vec::<String>::new(), "{text}");
    env.lookup(&reference("data.test.p")).to_string()
}

pub fn body(text: &str) -> Body {
    parse_body(text, &ParseOptions::default()).unwrap_or_else(|errors| panic!("{errors:?}"))
}
