//! What the parser, the compiler and the evaluator are given of the options of the front.

use crate::options::{CompileOptions, Schema, Schemas, TestRules};
use crate::program::Module;
use crate::value::Value;
use referee_rego_builtin::Table;
use referee_rego_syntax::ast::{RegoVersion, Term, TermKind};
use referee_rego_syntax::{Location, ParseCapabilities, ParseOptions};
use referee_rego_types::check::SchemaSet;
use referee_rego_types::{Capabilities, Nulls};
use referee_rego_value as native;
use referee_rego_value::bytes;
use std::sync::{Arc, OnceLock};

/// The builtins there are where nothing else is said; made once.
pub(super) fn current() -> Arc<Capabilities> {
    static CURRENT: OnceLock<Arc<Capabilities>> = OnceLock::new();
    Arc::clone(CURRENT.get_or_init(|| Arc::new(Capabilities::current())))
}

/// All builtins that have an implementation outside the evaluator.
pub(super) fn tables(options: &CompileOptions) -> Vec<Table> {
    let families =
        [referee_rego_text::TABLES, referee_rego_formats::TABLES, referee_rego_security::TABLES];
    let mut tables = families.concat();
    tables.extend(&options.builtins);
    tables
}

/// How a module is parsed that says of itself which Rego it is.
pub(super) fn of_module(parse: &ParseOptions, module: &Module) -> Option<ParseOptions> {
    let version = if module.rego_v0? { RegoVersion::V0 } else { RegoVersion::V1 };
    (version != parse.version).then(|| ParseOptions { version, ..parse.clone() })
}

pub(super) fn parse_options(options: &CompileOptions, capabilities: &Capabilities) -> ParseOptions {
    let version = match (options.rego_v0_v1, options.rego_v0) {
        (true, _) => RegoVersion::V0CompatV1,
        (false, true) => RegoVersion::V0,
        (false, false) => RegoVersion::V1,
    };
    let words = |words: &[Arc<str>]| words.iter().map(ToString::to_string).collect();
    // Without capabilities of the caller's, those that the parser has for the version.
    let given = options.capabilities.as_ref().map(|_| ParseCapabilities {
        future_keywords: words(&capabilities.future_keywords),
        features: words(&capabilities.features),
    });
    ParseOptions {
        capabilities: given,
        all_future_keywords: options.experimental_keywords,
        ..ParseOptions::new(version).with_annotations(true)
    }
}

pub(super) fn compile_options(
    options: &CompileOptions,
    capabilities: Arc<Capabilities>,
    data: &Value,
) -> referee_rego_compile::Options {
    let mut schemas = SchemaSet::default();
    let schema = |path: &[String]| {
        let head = Term { kind: TermKind::Var("schema".into()), location: Location::NONE };
        let keys = path.iter().map(|key| Term {
            kind: TermKind::String(bytes::taken(key).into()),
            location: Location::NONE,
        });
        std::iter::once(head).chain(keys).collect::<Vec<_>>()
    };
    let Schemas { input, named } = &options.schemas;
    let mut insert = |path: &[String], Schema { document, nulls }: &Schema| {
        let nulls = if *nulls { Nulls::Typed } else { Nulls::Ignored };
        schemas.insert(&schema(path), document.0.clone(), nulls);
    };
    input.iter().for_each(|input| insert(&[], input));
    named.iter().for_each(|(path, named)| insert(path, named));
    let given = input.is_some() || !named.is_empty();
    referee_rego_compile::Options {
        capabilities,
        strict: options.strict,
        keep_prints: true,
        schemas: given.then_some(schemas),
        use_annotations: options.annotated_schemas,
        data: if options.check_data_conflicts {
            data.0.clone()
        } else {
            native::Value::object::<&str>([])
        },
        max_errors: options.max_errors,
        tests: options.tests != TestRules::Plain,
        rewrite_tests: options.tests == TestRules::Values,
        ..referee_rego_compile::Options::default()
    }
}
