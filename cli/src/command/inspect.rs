//! `referee inspect`: what is in a bundle, as `opa inspect` shows it. Nothing is verified and
//! nothing is run.

mod show;

use crate::config::Config;
use crate::console::{Console, Role};
use crate::error::CliError;
use crate::escape::escape;
use crate::exit::Exit;
use crate::files;
use crate::load::{LoadError, LoadErrors, Wanted, bundle_files};
use crate::rego::{self, LoadArgs};
use clap::{Args, ValueEnum};
use referee_bundles::{
    Bundle, BundleLimits, Files, Manifest, RawKind, ReadOptions, SIGNATURES_FILE, SignaturePolicy,
};
use referee_core::Limits;
use referee_rego::{Annotated, CompileOptions, Module, SyntaxTree, Value};
use std::collections::BTreeMap;
use std::path::Path;

/// The arguments of `referee inspect`.
#[derive(Args, Debug)]
pub(crate) struct InspectArgs {
    /// A bundle, a folder or an archive; or a module
    #[arg(value_name = "PATH")]
    path: String,
    /// Show what is said about packages and rules
    #[arg(short, long)]
    annotations: bool,
    /// The form of the answer: pretty or json
    #[arg(
        short,
        long,
        short_alias = 'f',
        alias = "format",
        value_name = "FORM",
        default_value = "pretty",
        hide_possible_values = true
    )]
    output: Form,
    #[command(flatten)]
    load: LoadArgs,
    /// Read modules as Rego v0, as OPA did before 1.0
    #[arg(long)]
    v0_compatible: bool,
    /// Read modules as Rego v1, which is the default
    #[arg(long, hide = true, conflicts_with = "v0_compatible")]
    v1_compatible: bool,
}

/// The form of the answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Form {
    /// Tables.
    #[value(alias = "human")]
    Pretty,
    /// OPA's document.
    Json,
}

/// What is in a bundle.
#[derive(Debug, Default)]
struct Found {
    /// `None` of a module alone.
    manifest: Option<Manifest>,
    /// What `.signatures.json` holds.
    signatures: Option<Value>,
    /// Files of WebAssembly, with the documents that they answer for.
    wasm: Vec<(String, Vec<String>)>,
    /// The files of each package and place of data.
    namespaces: BTreeMap<String, Vec<String>>,
    /// What is said about packages and rules, where that was asked for.
    annotations: Option<Vec<Annotated>>,
    /// What the modules need.
    capabilities: Option<Value>,
}

/// Runs the command.
///
/// # Errors
/// Where files cannot be read, or are none of a bundle.
pub(crate) fn run(
    args: &InspectArgs,
    config: &Config,
    console: &mut Console,
) -> Result<Exit, CliError> {
    let limits = &config.limits;
    let rego_v0 = args.v0_compatible || (config.policy.rego_v0 && !args.v1_compatible);
    let given = args.path.strip_prefix("file://").unwrap_or(&args.path);
    let path = Path::new(given);
    let mut found = Found::default();
    let alone_is_given = given.ends_with(".rego");
    let modules = if alone_is_given {
        vec![alone(path, limits)?]
    } else {
        bundle(args, path, limits, rego_v0, &mut found)?
    };
    let mut said = Vec::new();
    for module in &modules {
        let tree =
            SyntaxTree::parse(&module.name, &module.text, module.rego_v0.unwrap_or(rego_v0))?;
        let files = found.namespaces.entry(tree.package_text()).or_default();
        // Modules come before data.
        let at = files.iter().take_while(|file| file.ends_with(".rego")).count();
        // As it stands in the archive a name may begin with a dot; here it is told without.
        let name = if alone_is_given {
            module.name.to_string()
        } else {
            cleaned(Path::new(&*module.name))
        };
        files.insert(at, name);
        said.extend(tree.annotations());
    }
    said.sort_by(|a, b| {
        let key = |one: &Annotated| (one.path.clone(), one.location.file.clone());
        key(a).cmp(&key(b)).then(a.location.row.cmp(&b.location.row))
    });
    found.annotations = args.annotations.then_some(said);
    let loaded = crate::load::Loaded { modules, data: None, parse_time: None };
    let options = CompileOptions::DEFAULT.with_rego_v0(rego_v0);
    match rego::compile(&loaded, false, options) {
        Ok(program) => found.capabilities = program.required_capabilities(),
        // What is in it can be shown all the same.
        Err(error) => {
            let note = console.err_paint.show(Role::Warn, "note");
            let text = escape(&error.to_string());
            writeln!(console.err(), "{note}: the modules do not compile: {text}")?;
        }
    }
    match args.output {
        Form::Json => show::json(&found).write(console.out())?,
        Form::Pretty => show::pretty(&found, console.out())?,
    }
    Ok(Exit::Success)
}

/// A module that is in no bundle.
fn alone(path: &Path, limits: &Limits) -> Result<Module, CliError> {
    let text = files::read_text(path, limits.max_policy_file_bytes)
        .map_err(|source| CliError::File { path: path.to_owned(), source })?;
    Ok(Module::new(cleaned(path), text))
}

/// Reads a bundle, but for its modules' trees, and gives its modules.
fn bundle(
    args: &InspectArgs,
    path: &Path,
    limits: &Limits,
    rego_v0: bool,
    found: &mut Found,
) -> Result<Vec<Module>, CliError> {
    let wanted = Wanted { ignore: &args.load.ignore, own: false, all: false, links: true };
    let files = bundle_files(path, wanted, limits).map_err(LoadErrors::from)?;
    let refused = |source| LoadErrors::from(LoadError::Bundle { path: path.to_owned(), source });
    found.signatures = signatures(&files);
    let options = ReadOptions {
        limits: BundleLimits::of_policies(limits),
        rego_v0,
        keep_unparsed: true,
        without_data: true,
        ..ReadOptions::new(&SignaturePolicy::Ignored)
    };
    // As in OPA the files of a folder are told by their paths, and those of an archive as they
    // stand in it.
    let folder = path.is_dir();
    let names: BTreeMap<String, String> =
        files.iter().map(|file| (file.path.clone(), file.name.clone())).collect();
    let written = |inside: &str| match names.get(inside) {
        Some(name) if !folder => name.clone(),
        _ => cleaned(&path.join(inside)),
    };
    let told = |inside: &str| cleaned(Path::new(&written(inside)));
    let snapshot = match Bundle::from_files(files, &options).map_err(refused)? {
        Bundle::Delta(delta) => {
            found.manifest = Some(delta.manifest);
            return Ok(Vec::new());
        }
        Bundle::Snapshot(snapshot) => snapshot,
    };
    for file in &snapshot.data_files {
        let place = file.rsplit_once('/').map(|(folders, _)| folders.replace('/', "."));
        let place = place.map_or_else(|| "data".to_owned(), |place| format!("data.{place}"));
        found.namespaces.entry(place).or_default().push(told(file));
    }
    for resolver in &snapshot.manifest.wasm {
        let place =
            format!("data.{}", resolver.entrypoint.trim_start_matches('/').replace('/', "."));
        found.namespaces.entry(place).or_default().push(resolver.module.clone());
    }
    for file in snapshot.raw.iter().filter(|file| file.kind == RawKind::Wasm) {
        let answered = snapshot.manifest.wasm.iter();
        let answered = answered
            .filter(|resolver| resolver.module.trim_start_matches('/') == file.path)
            .map(|resolver| format!("data.{}", resolver.entrypoint.replace('/', ".")));
        found.wasm.push((told(&file.path), answered.collect()));
    }
    let modules = snapshot.modules.iter().map(|module| {
        Module::new(written(&module.path), module.text.clone()).with_rego_v0(module.rego_v0)
    });
    let modules = modules.collect();
    found.manifest = Some(snapshot.manifest);
    Ok(modules)
}

/// What a file of signatures holds, where it can be read.
fn signatures(files: &Files) -> Option<Value> {
    let file = files.iter().find(|file| file.base() == SIGNATURES_FILE)?;
    Value::from_json_str(std::str::from_utf8(&file.bytes).ok()?).ok()
}

/// A path without dots that say nothing.
fn cleaned(path: &Path) -> String {
    let cleaned: std::path::PathBuf =
        path.components().filter(|part| *part != std::path::Component::CurDir).collect();
    cleaned.display().to_string()
}
