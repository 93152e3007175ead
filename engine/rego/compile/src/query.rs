//! Queries through the stages of OPA's `QueryCompiler`.

use crate::errors::{compile, limit_reached};
use crate::functions::{self, Functions};
use crate::locals::{Locals, Rewritten, steps};
use crate::make::Generator;
use crate::names::VarSet;
use crate::prints::{self, Prints};
use crate::resolve::{self, Names};
use crate::scope::{Scope, Scopes};
use crate::templates::{Templates, has_template};
use crate::tree::Arities;
use crate::typing::{Subjects, dependents};
use crate::unsafe_vars;
use crate::withs::Withs;
use crate::{
    Compiled, CompiledQuery, QueryOptions, capture, comprehensions, dynamics, make, order, roots,
    safety, terms, walk,
};
use referee_rego_syntax::ast::{Body, Package, Ref, TermKind};
use referee_rego_syntax::{Error, Location};
use referee_rego_types::check::Checker;
use referee_rego_value::Str;

/// Nothing, or errors.
fn none(errors: Vec<Error>) -> Result<(), Vec<Error>> {
    if errors.is_empty() { Ok(()) } else { Err(errors) }
}

/// Compiles a query; of too many errors only the first are told.
pub(crate) fn compile_query(
    compiled: &Compiled,
    body: Body,
    options: &QueryOptions,
) -> Result<CompiledQuery, Vec<Error>> {
    run(compiled, body, options).map_err(|mut errors| {
        let limit = compiled.options.max_errors;
        if limit > 0 && errors.len() > limit {
            errors.truncate(limit);
            errors.push(limit_reached());
        }
        errors
    })
}

/// The names in a query, by its package and imports.
fn names(compiled: &Compiled, options: &QueryOptions) -> Names {
    if options.package.is_none() && options.imports.is_empty() {
        return Names::default();
    }
    let nowhere = || vec![make::term(TermKind::Var(Str::default()))];
    let path = options.package.clone().unwrap_or_else(nowhere);
    let package = Package { path, location: Location::NONE };
    let modules = compiled.modules.iter().map(|(_, module)| &**module);
    let exported = resolve::exports_of(modules, &package.path);
    Names::new(&package, Some(&exported), &options.imports)
}

fn run(
    compiled: &Compiled,
    mut body: Body,
    options: &QueryOptions,
) -> Result<CompiledQuery, Vec<Error>> {
    if body.is_empty() {
        return Err(vec![compile("empty query cannot be compiled", &Location::NONE)]);
    }
    order::normalize_body(&mut body);
    let all = &compiled.options;
    let strict = all.strict || options.strict;
    let capabilities = &*compiled.capabilities;
    let arities = Arities { builtins: &capabilities.builtins, tree: &compiled.tree };
    if strict {
        none(roots::overrides_in_query(&body))?;
    }
    names(compiled, options).query(&mut body);
    let strict_rows = capture::strict(&body, capabilities);
    if options.capture_values {
        capture::query(&mut body, &compiled.types, strict_rows);
    }

    let mut rewritten = Rewritten::new();
    let mut generator = Generator::for_query(&body);
    let written = body.iter().map(|expr| expr.location.length).fold(0, u32::saturating_add);
    let mut locals = Locals {
        generator: &mut generator,
        rewritten: &mut rewritten,
        strict,
        scopes: Scopes::new(Scope::new()),
        errors: Vec::new(),
        assignment: false,
        steps: steps(written),
    };
    locals.body(&mut body, &VarSet::new());
    none(std::mem::take(&mut locals.errors))?;
    if has_template(&body) {
        let mut generator = Generator::for_query(&body);
        let modules = &*compiled.modules;
        let names = &compiled.rewritten;
        let templates = Templates::new(&mut generator, names, arities, capabilities, modules);
        templates.query(&mut body)?;
    }
    none(prints::check_void_query(&body, &arities))?;
    if options.keep_prints {
        let mut generator = Generator::for_query(&body);
        let mut prints = Prints { generator: &mut generator, rewritten: &rewritten, arities };
        prints.body(&mut body, &VarSet::reserved())?;
    } else {
        prints::erase(&mut body);
    }
    let mut expanded = Generator::for_query(&body);
    terms::body(&mut body, &mut expanded);
    let mut generator = Generator::for_query(&body);
    comprehensions::rewrite_query(&mut body, &mut generator);
    let unsafe_builtins = options.unsafe_builtins.as_deref().unwrap_or(&all.unsafe_builtins);
    let mut generator = Generator::for_query(&body);
    let mut withs = Withs {
        generator: &mut generator,
        arities,
        unsafe_builtins,
        allow_undefined: all.allow_undefined_functions,
    };
    withs.body(&mut body).map_err(|error| vec![error])?;

    let functions = Functions { arities, rewritten: &rewritten, env: &compiled.types };
    none(functions.check_query(&body))?;
    let (mut body, unbound) = safety::reorder(body, &VarSet::reserved(), &arities);
    none(unsafe_vars::report(unbound, &rewritten, ""))?;
    if options.rewrite_equals {
        dynamics::rewrite_equals_in(&mut body);
    }
    let mut generator = Generator::for_query(&body);
    dynamics::body(&mut body, &mut generator);
    check_types(compiled, &body, &rewritten, (&expanded, &generator))?;
    let mut found = Vec::new();
    walk::body(&body, &mut |node| functions::unsafe_calls(node, unsafe_builtins, &mut found));
    none(found)?;
    let mut found = Vec::new();
    if strict {
        walk::body(&body, &mut |node| functions::deprecated_calls(node, &arities, &mut found));
    }
    none(found)?;
    Ok(CompiledQuery { body, rewritten, strict_rows })
}

fn check_types(
    compiled: &Compiled,
    body: &Body,
    rewritten: &Rewritten,
    (expanded, dynamic): (&Generator, &Generator),
) -> Result<(), Vec<Error>> {
    let subjects = Subjects::new(&expanded.subjects, &dynamic.pulled);
    let rewrite = |reference: &Ref| {
        let names = [rewritten, &compiled.rewritten];
        subjects.rewrite(reference, &names, |mut enter| walk::body(body, &mut enter))
    };
    let dependents = |reference: &Ref| {
        dependents(&*compiled.modules, &compiled.tree, &compiled.graph, reference)
    };
    let checker = Checker {
        rewrite: &rewrite,
        dependents: &dependents,
        schemas: compiled.options.schemas.as_ref(),
        allow_undefined_functions: false,
    };
    none(checker.check_body(&compiled.types, body).errors)
}
