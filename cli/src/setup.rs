//! From the configuration to what a command works with.

use crate::config::{Config, PolicyChoice, PolicyConfig};
use crate::console::{Console, Role};
use crate::error::CliError;
use crate::files::read_text;
use crate::load::Loaded;
use crate::packs;
use referee_core::{Limits, Trust, document};
use referee_engine::{Engine, LoadedPolicy, PolicySource, SchemaVerifier};
use referee_policies::Pack;
use referee_rego::{CompileOptions, Module, RegoEngine, SyntaxTree, Value};
use referee_store::{
    Cached, Environment, LayoutStore, RegistryStore, Router, Store, SystemClock, load_policies,
    load_trust,
};
use serde_json::json;
use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Reads the trust documents.
///
/// # Errors
/// Where one cannot be read or says what it cannot mean.
pub(crate) fn trust(config: &Config) -> Result<Trust, CliError> {
    Ok(load_trust(&config.trust, &config.limits)?)
}

/// Says so where nothing can be trusted.
///
/// # Errors
/// Where the note cannot be written.
pub(crate) fn note_trust(config: &Config, console: &mut Console) -> io::Result<()> {
    if !config.trust.is_empty() {
        return Ok(());
    }
    let note = console.err_paint.show(Role::Warn, "note");
    writeln!(
        console.err(),
        "{note}: no trust document is given (--trust), so no signature can be trusted"
    )
}

/// The registries, with a cache before them.
///
/// # Errors
/// Where the registry client cannot be set up.
pub(crate) fn registries(config: &Config) -> Result<Cached<RegistryStore>, CliError> {
    let environment = Environment::of_process();
    let store = RegistryStore::new(&config.registry, &config.limits, &environment)?;
    Ok(Cached::new(store, &config.cache))
}

/// Which places a command asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reach {
    /// Registries and layouts.
    Anywhere,
    /// Layouts. No client for registries is made.
    Offline,
}

/// The store of a command.
///
/// # Errors
/// Where the registry client cannot be set up.
pub(crate) fn store(config: &Config, reach: Reach) -> Result<Arc<dyn Store>, CliError> {
    let layouts = Cached::new(LayoutStore::new(&config.limits), &config.cache);
    let mut router = Router::new().with_layout(Arc::new(layouts));
    if reach == Reach::Anywhere {
        router = router.with_registry(Arc::new(registries(config)?));
    }
    Ok(Arc::new(router))
}

/// An engine over a store.
///
/// # Errors
/// Where a key cannot be used.
pub(crate) fn engine_over(
    store: Arc<dyn Store>,
    config: &Config,
    trust: Trust,
) -> Result<Engine, CliError> {
    let mut builder = Engine::builder(store, Arc::new(SystemClock))
        .trust(trust)
        .limits(config.limits.clone())
        .settings(config.engine.clone());
    if let Some(verifier) = schemas(config)? {
        builder = builder.verifier(Arc::new(verifier));
    }
    Ok(builder.build()?)
}

/// The verifier that holds files against the configuration's JSON Schemas.
fn schemas(config: &Config) -> Result<Option<SchemaVerifier>, CliError> {
    if config.schemas.is_empty() {
        return Ok(None);
    }
    let read = |(media_type, path): (&String, &PathBuf)| {
        let text = read_text(path, config.limits.max_policy_data_bytes).map_err(|source| {
            CliError::SchemaFile { media_type: media_type.clone(), path: path.clone(), source }
        })?;
        Ok((media_type.clone(), text))
    };
    let texts: Result<Vec<(String, String)>, CliError> = config.schemas.iter().map(read).collect();
    let texts = texts?;
    let texts = texts.iter().map(|(media_type, text)| (media_type.as_str(), text.as_str()));
    Ok(Some(SchemaVerifier::new(texts)?))
}

/// Reads and compiles the policy.
///
/// # Errors
/// Where it cannot be read, does not compile, or could not rule.
pub(crate) fn policy(config: &Config) -> Result<LoadedPolicy, CliError> {
    Ok(LoadedPolicy::compile(&policy_source(&config.policy, &config.limits)?)?)
}

/// Reads the policy.
///
/// # Errors
/// Where there is no such pack or its files cannot be read.
pub(crate) fn policy_source(
    policy: &PolicyConfig,
    limits: &Limits,
) -> Result<PolicySource, CliError> {
    let mut library = packs::library();
    let (modules, data, package) = match &policy.source {
        PolicyChoice::Pack(name) => {
            let pack = pack(name)?;
            let given = load_policies::<&Path, PathBuf>(&[], &policy.data, limits)?;
            let data = packs::default_data(pack)?.merged_with(&given.data);
            (packs::modules(pack), data, Some(pack.package.to_owned()))
        }
        PolicyChoice::Path(path) => {
            let files = load_policies(&[path], &policy.data, limits)?;
            if files.modules.is_empty() {
                return Err(CliError::NoModules { path: path.clone() });
            }
            let named = packs::named(files.modules.iter().map(|(_, text)| text.as_str()));
            let package = match named.is_empty() {
                true => None,
                false => own_package(&files.modules, library.iter().chain(&named), policy),
            };
            library.extend(named);
            (files.modules, files.data, package)
        }
    };
    // Where nothing is set nothing is added: a policy may have a package `parameters` of its own.
    let set = if policy.set.is_empty() { json!({}) } else { json!({ "parameters": policy.set }) };
    let set = Value::from_json(set)
        .map_err(|source| CliError::Input { name: "policy.set".to_owned(), source })?;
    let data = data.merged_with(&set);
    Ok(PolicySource {
        modules,
        data,
        package: policy.package.clone().or(package),
        revision: policy.revision.clone(),
        mode: policy.mode,
        rego_v0: policy.rego_v0,
        own_rego_v0: matches!(policy.source, PolicyChoice::Pack(_)).then_some(false),
        view: policy.input_view,
        engine: policy.engine,
        library,
    })
}

/// The package that decides in a policy that names packs: the only one of its own with a rule that
/// decides. Where none has one, a package of its own all the same, so that no pack decides in place of
/// a policy that was written wrong. `None` where there are several, or what is wrong is told when
/// the policy is compiled.
fn own_package<'m>(
    own: &'m [(String, String)],
    others: impl Iterator<Item = &'m (String, String)>,
    policy: &PolicyConfig,
) -> Option<String> {
    const DECIDING: [&str; 4] = ["deny", "violation", "warn", "allow"];
    let trees = own.iter().filter_map(|(name, text)| {
        SyntaxTree::parse(name, text, policy.rego_v0)
            .ok()
            .map(|tree| tree.package_parts().join("."))
    });
    let packages: BTreeSet<String> = trees.filter(|package| !package.ends_with("_test")).collect();
    let modules: Vec<_> = own
        .iter()
        .chain(others)
        .map(|(name, text)| Module::new(name.as_str(), text.as_str()))
        .collect();
    let options = CompileOptions::DEFAULT.with_rego_v0(policy.rego_v0).with_engine(policy.engine);
    let program = RegoEngine::compile(&modules, Value::object([]), options).ok()?;
    let decides = |package: &&String| {
        program.rules(package).any(|rule| {
            let head = rule.name.split(['.', '[']).next().unwrap_or_default();
            DECIDING.contains(&head)
        })
    };
    let deciding: Vec<_> = packages.iter().filter(decides).collect();
    match deciding.as_slice() {
        [] => packages.first().cloned(),
        [package] => Some((*package).clone()),
        _ => None,
    }
}

/// The pack of a name.
///
/// # Errors
/// [`CliError::UnknownPack`] with the nearest name.
pub(crate) fn pack(name: &str) -> Result<&'static Pack, CliError> {
    Pack::find(name).ok_or_else(|| {
        let known = packs::names();
        CliError::UnknownPack {
            name: name.to_owned(),
            closest: document::closest(name, &known),
            known,
            is_path: Path::new(name).exists(),
        }
    })
}

/// Reads a policy that is named: a pack with its defaults, or what a path holds.
///
/// # Errors
/// Where there is no such pack or a file cannot be read.
pub(crate) fn named_policy(policy: &PolicyChoice, limits: &Limits) -> Result<Loaded, CliError> {
    match policy {
        PolicyChoice::Path(path) => {
            let files = load_policies::<_, PathBuf>(&[path], &[], limits)?;
            Ok(loaded(files.modules, files.data))
        }
        PolicyChoice::Pack(name) => {
            let pack = pack(name)?;
            Ok(loaded(packs::modules(pack), packs::default_data(pack)?))
        }
    }
}

/// Reads a pack with its tests.
///
/// # Errors
/// Where there is no such pack.
pub(crate) fn pack_with_tests(name: &str) -> Result<Loaded, CliError> {
    let pack = pack(name)?;
    let mut modules = packs::modules(pack);
    modules.extend(packs::tests(pack));
    Ok(loaded(modules, packs::default_data(pack)?))
}

fn loaded(modules: Vec<(String, String)>, data: Value) -> Loaded {
    let modules = modules.into_iter().map(|(name, text)| Module::new(name, text)).collect();
    Loaded { modules, data: Some(data), ..Loaded::default() }
}
