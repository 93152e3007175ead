//! What the commands about Rego have in common: how modules are read and how they are compiled.

mod absent;
mod facts;
mod network;

use crate::config::{Config, EngineName};
use crate::error::CliError;
use crate::files;
use crate::load::{Loaded, Loader};
use crate::packs;
use clap::Args;
use referee_core::Limits;
use referee_rego::{
    CompileOptions, CoverageKind, EngineChoice, Module, Program, RegoEngine, Schemas, SyntaxTree,
    Value, ValueKind, capabilities_from,
};
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

pub(crate) use absent::{AbsentFromBuild, AbsentFromEval, AbsentFromTest};
pub(crate) use facts::{FACTS, are_over_facts, facts_schema};
pub(crate) use network::{NetworkArgs, world};

/// Which Rego, and what evaluates it.
#[derive(Args, Debug)]
#[command(next_help_heading = "Rego")]
pub(crate) struct LanguageArgs {
    /// The JSON Schema of the input: a file, or facts for the one that is built in. A folder:
    /// schemas by the names that annotations use
    #[arg(short, long, value_name = "FILE|DIR|facts")]
    pub(crate) schema: Option<String>,
    /// The builtins there are: a file of capabilities, in OPA's form
    #[arg(long, value_name = "FILE")]
    pub(crate) capabilities: Option<PathBuf>,
    /// Read modules as Rego v0, as OPA did before 1.0
    #[arg(long)]
    pub(crate) v0_compatible: bool,
    /// Read modules as Rego v1, which is the default
    #[arg(long, hide = true, conflicts_with = "v0_compatible")]
    pub(crate) v1_compatible: bool,
    /// What evaluates: native, regorus or both [default: native]
    #[arg(long, value_name = "ENGINE", hide_possible_values = true)]
    pub(crate) engine: Option<EngineName>,
}

/// Which files are left out, and whether folders are bundles.
#[derive(Args, Debug)]
pub(crate) struct LoadArgs {
    /// Leave out files and folders of this name; .* are hidden ones
    #[arg(long, value_name = "PATTERN", value_delimiter = ',')]
    pub(crate) ignore: Vec<String>,
}

impl LanguageArgs {
    /// Whether modules are Rego v0.
    pub(crate) fn rego_v0(&self, config: &Config) -> bool {
        self.v0_compatible || (config.policy.rego_v0 && !self.v1_compatible)
    }

    /// Which engine evaluates.
    pub(crate) fn engine(&self, config: &Config) -> EngineChoice {
        self.engine.map_or(config.policy.engine, EngineChoice::from)
    }

    /// How modules are compiled.
    ///
    /// # Errors
    /// Where a schema or the capabilities cannot be used, or the engine knows neither.
    pub(crate) fn options(&self, config: &Config) -> Result<CompileOptions, CliError> {
        let engine = self.engine(config);
        let native_only =
            [("schema", self.schema.is_some()), ("capabilities", self.capabilities.is_some())];
        if engine == EngineChoice::Regorus {
            require_native(&native_only)?;
        }
        let mut options =
            CompileOptions::DEFAULT.with_engine(engine).with_rego_v0(self.rego_v0(config));
        if let Some(path) = &self.capabilities {
            let document = read_json(path, &config.limits)?;
            let capabilities = capabilities_from(&document)
                .map_err(|source| CliError::Capabilities { path: path.clone(), source })?;
            options = options.with_capabilities(Arc::new(capabilities));
        }
        if let Some(schema) = &self.schema {
            options = options.with_schemas(schemas(schema, &config.limits)?);
        }
        Ok(options)
    }
}

/// Refuses flags that only the native engine knows.
///
/// # Errors
/// [`CliError::NativeOnly`] with the first that is given.
pub(crate) fn require_native(flags: &[(&'static str, bool)]) -> Result<(), CliError> {
    match flags.iter().find(|(_, given)| *given) {
        Some((flag, _)) => Err(CliError::NativeOnly { flag }),
        None => Ok(()),
    }
}

/// Why something is not covered.
#[derive(Args, Clone, Debug)]
pub(crate) struct CoverageRuns {
    /// With what is not covered, why: index_excluded, early_exit; an empty list for none
    #[arg(
        long,
        value_name = "KIND",
        value_delimiter = ',',
        default_values = ["index_excluded", "early_exit"]
    )]
    coverage_runs: Vec<String>,
}

impl CoverageRuns {
    /// The reasons that are looked for.
    ///
    /// # Errors
    /// [`CliError::UnknownWord`] with the first that is none.
    pub(crate) fn kinds(&self) -> Result<Vec<CoverageKind>, CliError> {
        const KINDS: [CoverageKind; 2] = [CoverageKind::IndexExcluded, CoverageKind::EarlyExit];
        let kind = |word: &String| {
            let found = KINDS.into_iter().find(|kind| kind.as_str() == word);
            found.ok_or_else(|| CliError::UnknownWord {
                flag: "coverage-runs",
                word: word.clone(),
                known: "index_excluded, early_exit",
            })
        };
        // An empty word is an empty list.
        self.coverage_runs.iter().filter(|word| !word.is_empty()).map(kind).collect()
    }
}

/// Where the rule library stands in the data document.
pub(crate) const LIBRARY: &str = "referee";

/// Whether a text may name the rule library, `data.referee`.
pub(crate) fn may_use_library(text: &str) -> bool {
    text.contains(LIBRARY)
}

/// Whether a module names the rule library. One that does not parse names nothing.
fn uses_library(module: &Module, options: &CompileOptions) -> bool {
    may_use_library(&module.text)
        && SyntaxTree::of_module(module, options)
            .is_ok_and(|tree| tree.data_paths().iter().any(|path| is_library(path)))
}

/// Whether a path of the data document leads into the rule library.
fn is_library(path: &[String]) -> bool {
    path.first().is_some_and(|first| first == LIBRARY)
}

/// Whether a module is of a package where the rule library would stand.
pub(crate) fn stands_in_library(module: &Module, options: &CompileOptions) -> bool {
    may_use_library(&module.text)
        && SyntaxTree::of_module(module, options)
            .is_ok_and(|tree| is_library(&tree.package_parts()))
}

/// The rule library and the packs that modules name, where they name any of it, or it is asked for.
pub(crate) fn library_of(modules: &[Module], asked: bool, options: &CompileOptions) -> Vec<Module> {
    if !asked && !modules.iter().any(|module| uses_library(module, options)) {
        return Vec::new();
    }
    let packs = packs::named(modules.iter().map(|module| module.text.as_ref()));
    // It is Rego v1, whatever the modules are.
    let module = |(name, text)| Module::new(name, text).with_rego_v0(Some(false));
    packs::library().into_iter().chain(packs).map(module).collect()
}

/// Options under which an annotation that names the built-in schema finds it.
///
/// # Errors
/// Where that schema is none, which a test rules out.
pub(crate) fn with_facts(
    mut options: CompileOptions,
    modules: &[Module],
) -> Result<CompileOptions, CliError> {
    let named = |module: &Module| module.text.contains("schema.facts");
    if options.engine != EngineChoice::Regorus
        && modules.iter().any(named)
        && !options.schemas.named.iter().any(|(path, _)| path.first().is_some_and(|p| p == FACTS))
    {
        options.schemas.named.push((vec![FACTS.to_owned()], facts_schema()?));
    }
    Ok(options)
}

/// Compiles modules and data, with the rule library where they or a query use it, and with the packs
/// that they name.
///
/// # Errors
/// [`CliError::Compile`] with everything that is wrong with them.
pub(crate) fn compile(
    loaded: &Loaded,
    with_library: bool,
    options: CompileOptions,
) -> Result<Program, CliError> {
    let options = with_facts(options, &loaded.modules)?;
    let mut modules = library_of(&loaded.modules, with_library, &options);
    modules.extend(loaded.modules.iter().cloned());
    let data = loaded.data.clone().unwrap_or_else(|| Value::object([]));
    Ok(RegoEngine::compile(&modules, data, options)?)
}

/// Reads paths as OPA does it.
///
/// # Errors
/// [`CliError::Load`] with everything that cannot be read.
pub(crate) fn load(
    paths: &[String],
    ignore: &[String],
    bundle: bool,
    only_rego: bool,
    (limits, rego_v0): (&Limits, bool),
) -> Result<Loaded, CliError> {
    Ok(Loader { ignore, bundle, only_rego, limits, rego_v0 }.load(paths)?)
}

/// The schemas that a flag names.
fn schemas(given: &str, limits: &Limits) -> Result<Schemas, CliError> {
    let mut schemas = Schemas::default();
    let path = Path::new(given);
    if given == FACTS {
        schemas.input = Some(facts_schema()?);
        return Ok(schemas);
    }
    let metadata = std::fs::metadata(path)
        .map_err(|source| CliError::File { path: path.to_owned(), source })?;
    if metadata.is_dir() {
        folder(path, &mut Vec::new(), &mut schemas, limits)?;
    } else {
        schemas.input = Some(read_json(path, limits)?.into());
    }
    Ok(schemas)
}

/// How deep folders of schemas may be inside one another.
const MAX_DEPTH: usize = 64;

/// Every file of a folder is a schema; its path without the ending is its name.
fn folder(
    path: &Path,
    at: &mut Vec<String>,
    schemas: &mut Schemas,
    limits: &Limits,
) -> Result<(), CliError> {
    let fail = |source| CliError::File { path: path.to_owned(), source };
    let mut entries: Vec<_> = std::fs::read_dir(path)
        .and_then(|entries| entries.map(|entry| entry.map(|entry| entry.path())).collect())
        .map_err(fail)?;
    entries.sort();
    let limit = usize::try_from(limits.max_policy_files).unwrap_or(usize::MAX);
    if entries.len().saturating_add(schemas.named.len()) > limit || at.len() > MAX_DEPTH {
        let message = "it holds too many files, or folders too deep";
        return Err(fail(std::io::Error::new(std::io::ErrorKind::FileTooLarge, message)));
    }
    for entry in entries {
        let name = |part: Option<&OsStr>| part.unwrap_or_default().to_string_lossy().into_owned();
        if entry.is_dir() {
            at.push(name(entry.file_name()));
            folder(&entry, at, schemas, limits)?;
            at.pop();
        } else {
            let mut named = at.clone();
            named.push(name(entry.file_stem()));
            schemas.named.push((named, read_json(&entry, limits)?.into()));
        }
    }
    Ok(())
}

/// Reads a JSON or YAML file.
///
/// # Errors
/// Where it cannot be read, or is neither.
pub(crate) fn read_json(path: &Path, limits: &Limits) -> Result<Value, CliError> {
    let text = files::read_text(path, limits.max_policy_data_bytes)
        .map_err(|source| CliError::File { path: path.to_owned(), source })?;
    parse_document(&path.display().to_string(), &text)
}

/// Reads a document: JSON where it is, else YAML.
///
/// # Errors
/// What is wrong with it as JSON, unless it is YAML by its name.
pub(crate) fn parse_document(name: &str, text: &str) -> Result<Value, CliError> {
    // As OPA, whatever the document is then read as.
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let failed = match Value::from_json_str(text) {
        Ok(value) => return Ok(value),
        Err(source) => CliError::Input { name: name.to_owned(), source },
    };
    let is_yaml = name.ends_with(".yaml") || name.ends_with(".yml");
    // Nothing is YAML, too: what a pipe has that broke off.
    if text.trim().is_empty() && !is_yaml {
        return Err(failed);
    }
    match Value::from_yaml_str(text) {
        // A text without any mark is YAML, too: more often it is a mistake.
        Ok(document)
            if is_yaml || matches!(document.kind(), ValueKind::Object | ValueKind::Array) =>
        {
            Ok(document)
        }
        Err(source) if is_yaml => Err(CliError::Input { name: name.to_owned(), source }),
        _ => Err(failed),
    }
}
