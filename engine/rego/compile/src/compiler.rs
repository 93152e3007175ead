//! Modules through all stages.

use crate::annotations::AnnotationSet;
use crate::conflicts::Conflicts;
use crate::errors::Errors;
use crate::functions::{self, Functions};
use crate::graph::Graph;
use crate::locals::Rewritten;
use crate::make::Generator;
use crate::prints::{self, Prints};
use crate::rule_locals::Stage;
use crate::templates::Templates;
use crate::tree::{Arities, RuleTree};
use crate::typing;
use crate::withs::Withs;
use crate::{
    Compiled, Options, comprehensions, dynamics, heads, metadata, resolve, roots, terms, testing,
    unsafe_vars,
};
use referee_rego_syntax::Error;
use referee_rego_syntax::ast::Module;
use referee_rego_types::check::TypeEnv;
use std::collections::BTreeSet;
use std::sync::Arc;

/// Takes modules through the stages.
pub(crate) fn compile(
    named: Vec<(Arc<str>, Module)>,
    options: &Options,
) -> Result<Compiled, Vec<Error>> {
    let mut named = named;
    named.sort_by(|a, b| a.0.cmp(&b.0));
    let (names, mut modules): (Vec<_>, Vec<_>) = named.into_iter().unzip();
    let mut errors = Errors::new(options.max_errors);
    let capabilities = &*options.capabilities;
    let input = typing::input_schema(options, &mut errors);
    errors.check()?;

    resolve::resolve(&mut modules, options.strict, &mut errors);
    errors.check()?;
    let mut generator = Generator::for_modules(&modules);
    heads::rewrite_references(&mut modules, &mut generator, capabilities, &mut errors);
    errors.check()?;
    if options.tests {
        testing::number_duplicates(&mut modules);
    }
    roots::check_overrides(&modules, options.strict, &mut errors);
    errors.check()?;
    roots::check_imports(&modules, options.strict, capabilities, &mut errors);
    errors.check()?;
    let imports = modules.iter_mut().map(|module| std::mem::take(&mut module.imports)).collect();

    let tree = RuleTree::new(&modules);
    let arities = Arities { builtins: &capabilities.builtins, tree: &tree };
    let mut required: BTreeSet<Arc<str>> = BTreeSet::new();
    let mut require = |needed: bool, name: &str| {
        if needed {
            required.insert(Arc::from(name));
        }
    };
    let mut rewritten = Rewritten::new();
    let mut locals = Stage {
        generator: &mut generator,
        rewritten: &mut rewritten,
        builtins: &capabilities.builtins,
        strict: options.strict,
    };
    require(locals.run(&mut modules, &mut errors), "assign");
    errors.check()?;
    if options.tests {
        testing::name_cases(&mut modules);
    }
    let templates = Templates::new(&mut generator, &rewritten, arities, capabilities, &*modules);
    require(templates.run(&mut modules, &mut errors), "internal.template_string");
    errors.check()?;
    prints::check_void(&modules, &arities, &mut errors);
    errors.check()?;
    let printed = if options.keep_prints {
        let mut prints = Prints { generator: &mut generator, rewritten: &rewritten, arities };
        prints.run(&mut modules, &mut errors)
    } else {
        prints::erase_all(&mut modules)
    };
    require(printed, "print");
    errors.check()?;
    terms::rewrite(&mut modules, &mut generator);

    if metadata::is_called(&modules) {
        typing::parse_metadata(&mut modules, &mut errors);
        errors.check()?;
    }
    let annotations = AnnotationSet::new(&modules, &tree, &mut errors);
    errors.check()?;
    metadata::rewrite(&mut modules, &tree, &annotations, &mut generator, capabilities);
    let graph = Graph::new(&modules, &tree);
    comprehensions::rewrite(&mut modules, &mut generator);
    heads::rewrite_terms(&mut modules, &mut generator);
    let mut withs = Withs {
        generator: &mut generator,
        arities,
        unsafe_builtins: &options.unsafe_builtins,
        allow_undefined: options.allow_undefined_functions,
    };
    withs.run(&mut modules, &mut errors);
    errors.check()?;
    let conflicts = Conflicts { modules: &modules, tree: &tree, rewritten: &rewritten };
    conflicts.check(&options.data, &mut errors);
    errors.check()?;

    let mut env = TypeEnv::new(capabilities, input);
    if !options.allow_undefined_functions {
        let functions = Functions { arities, rewritten: &rewritten, env: &env };
        functions.check(&modules, &mut errors);
        errors.check()?;
    }
    unsafe_vars::check_heads(&modules, &rewritten, &mut errors);
    errors.check()?;
    if !options.allow_undefined_functions {
        unsafe_vars::reorder(&mut modules, &arities, &rewritten, &mut errors);
        errors.check()?;
    }
    require(dynamics::rewrite_equals(&mut modules), "equal");
    dynamics::rewrite(&mut modules, &mut generator);
    if options.rewrite_tests {
        dynamics::rewrite_tests(&mut modules, &mut generator);
    }
    graph.check_recursion(&modules, &tree, &mut errors);
    errors.check()?;
    let run = typing::Run {
        modules: &modules,
        tree: &tree,
        graph: &graph,
        annotations: &annotations,
        rewritten: &rewritten,
        subjects: &generator.subjects,
        pulled: &generator.pulled,
        options,
    };
    let outcome = run.check(&mut env);
    errors.extend(outcome.errors);
    errors.check()?;
    required.extend(outcome.required);
    functions::check_unsafe(&modules, &options.unsafe_builtins, &mut errors);
    errors.check()?;
    functions::check_deprecated(&modules, options.strict, &arities, &mut errors);
    errors.check()?;

    Ok(Compiled {
        modules: names.into_iter().zip(modules.into_iter().map(Arc::new)).collect(),
        rewritten,
        capabilities: options.capabilities.clone(),
        imports,
        tree,
        graph,
        annotations,
        required,
        types: env,
        options: options.clone(),
    })
}
