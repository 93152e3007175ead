//! What a server begins with: files and folders of policies and data, and bundles, as
//! `opa run --server` is given them (`internal/runtime/init`).
//!
//! An archive that is named by itself is a bundle, and with `--bundle` every path is one. A bundle
//! is named by its path as it was given, owns its roots, and its signature must hold where it has
//! one. What is refused: signed bundles without a key, deltas, bundles whose roots overlap.

use crate::config::{Config, Overlay};
use crate::error::CliError;
use crate::load::{LoadError, LoadErrors, Loaded, Wanted, bundle_files, joined, without_scheme};
use crate::rego::{self, LoadArgs};
use crate::signing::{BundleCommandError, VerifyingArgs};
use clap::Args;
use referee_bundles::{
    Bundle, BundleLimits, ReadOptions, Roots, SignaturePolicy, Snapshot, check_roots,
};
use referee_core::Limits;
use referee_rego::{CompileOptions, Module, RegoErrors, SyntaxTree, Value};
use referee_server::Server;
use referee_server::state::{Beginning, BundleContent, FirstPolicy, WriteError};
use std::path::Path;

/// The arguments about what a server begins with.
#[derive(Args, Debug)]
pub(crate) struct BeginArgs {
    /// Files and folders of policies and data to begin with, and archives of bundles, as OPA's
    /// server takes them, for its API; none of them rules over artifacts
    #[arg(value_name = "PATH", conflicts_with_all = ["policy", "no_policy", "data", "set", "package"])]
    paths: Vec<String>,
    /// Each PATH is a bundle, a folder or an archive
    #[arg(short, long, conflicts_with_all = ["policy", "data", "set", "package"])]
    bundle: bool,
    #[command(flatten)]
    load: LoadArgs,
    /// Read policies as Rego v0, as OPA did before 1.0: these, and those of bundles and the API
    #[arg(long)]
    v0_compatible: bool,
    /// Read policies as Rego v1, which is the default
    #[arg(long, hide = true, conflicts_with = "v0_compatible")]
    v1_compatible: bool,
    #[command(flatten)]
    verifying: VerifyingArgs,
    /// The algorithm of that key: RS, PS, ES or HS with 256, 384 or 512, or EdDSA
    #[arg(long, value_name = "NAME", default_value = "RS256", help_heading = "Verifying")]
    signing_alg: String,
    /// Take bundles without looking at their signatures
    #[arg(long, conflicts_with = "verification_key", help_heading = "Verifying")]
    skip_verify: bool,
}

impl BeginArgs {
    /// Adds what is given to the configuration.
    pub(super) fn overlay(&self, overlay: &mut Overlay) {
        let given = self.bundle || !self.paths.is_empty();
        overlay.set_some("server", "without_policy", given.then_some(true));
        let rego_v0 = (self.v0_compatible || self.v1_compatible).then_some(self.v0_compatible);
        overlay.set_some("policy", "rego_v0", rego_v0);
    }

    /// Reads what is named.
    ///
    /// # Errors
    /// Everything that cannot be read, a bundle whose signature does not hold, and bundles that
    /// claim the same.
    pub(super) fn read(&self, config: &Config) -> Result<Beginning, CliError> {
        if self.verifying.is_given() && !self.bundle {
            return Err(BundleCommandError::NotABundle { flag: "verification-key" }.into());
        }
        let algorithm = self.signing_alg.parse().map_err(BundleCommandError::from)?;
        let limits = &config.limits;
        let rego_v0 = config.policy.rego_v0;
        let is_bundle = |path: &&String| self.bundle || path.ends_with(".tar.gz");
        let (mut named, files): (Vec<String>, Vec<String>) =
            self.paths.iter().cloned().partition(|path| is_bundle(&path));
        named.sort();
        named.dedup();
        let loaded = rego::load(&files, &self.load.ignore, false, false, (limits, rego_v0))?;
        let options = CompileOptions::DEFAULT
            .with_engine(config.policy.engine)
            .with_rego_v0(rego_v0)
            .with_annotated_schemas(false);
        let options = rego::with_facts(options, &loaded.modules)?;
        let reading = Reading {
            ignore: &self.load.ignore,
            signatures: match self.skip_verify {
                true => SignaturePolicy::Ignored,
                false => self.verifying.policy(algorithm, limits)?,
            },
            limits,
            options: &options,
        };
        let bundles = named.into_iter().map(|name| {
            let snapshot = reading.bundle(&name)?;
            Ok((name, snapshot))
        });
        let bundles = bundles.collect::<Result<Vec<_>, CliError>>()?;
        let roots: Vec<(&str, Roots)> = bundles
            .iter()
            .map(|(name, bundle)| (name.as_str(), bundle.manifest.effective_roots().into_owned()))
            .collect();
        check_roots(roots.iter().map(|(name, roots)| (*name, roots)))
            .map_err(|source| LoadErrors::from(LoadError::Roots { source }))?;
        Ok(beginning(loaded, bundles, options))
    }
}

/// How bundles are read.
struct Reading<'a> {
    ignore: &'a [String],
    signatures: SignaturePolicy,
    limits: &'a Limits,
    options: &'a CompileOptions,
}

impl Reading<'_> {
    fn bundle(&self, name: &str) -> Result<Snapshot, CliError> {
        let root = Path::new(without_scheme(name));
        let folder = root.is_dir();
        // All of a signed bundle is signed, and links lead nowhere, as in OPA.
        let all = matches!(self.signatures, SignaturePolicy::Checked(_));
        let wanted = Wanted { ignore: self.ignore, own: true, all, links: false };
        let files = bundle_files(root, wanted, self.limits).map_err(LoadErrors::from)?;
        let options = ReadOptions {
            limits: BundleLimits::of_policies(self.limits),
            rego_v0: self.options.rego_v0,
            folder: folder.then_some(name),
            compile: (!folder).then(|| self.options.clone()),
            // What does not parse in a folder is told with the path of its file.
            keep_unparsed: folder,
            ..ReadOptions::new(&self.signatures)
        };
        let refused =
            |source| LoadErrors::from(LoadError::Bundle { path: root.to_owned(), source });
        let snapshot = Bundle::from_files(files, &options).and_then(Bundle::into_snapshot);
        let mut snapshot = snapshot.map_err(refused)?;
        snapshot.check_usable().map_err(refused)?;
        if folder {
            self.in_folder(root, &mut snapshot)?;
        }
        Ok(snapshot)
    }

    /// Names modules by the paths of their files, as OPA does for folders, and parses them as such.
    fn in_folder(&self, root: &Path, snapshot: &mut Snapshot) -> Result<(), RegoErrors> {
        let mut errors = Vec::new();
        for module in &mut snapshot.modules {
            module.path = joined(root, Path::new(&module.path)).display().to_string();
            let parsed =
                Module::new(module.path.as_str(), module.text.clone()).with_rego_v0(module.rego_v0);
            match SyntaxTree::of_module(&parsed, self.options) {
                Ok(tree) => module.tree = Some(tree),
                Err(wrong) => errors.push(wrong),
            }
        }
        RegoErrors::joined(errors).map_or(Ok(()), Err)
    }
}

/// What was read, as a server takes it. The ids of policies are their paths without slashes at the
/// beginning, as OPA has them: no URL could name them otherwise.
fn beginning(
    loaded: Loaded,
    bundles: Vec<(String, Snapshot)>,
    options: CompileOptions,
) -> Beginning {
    let all: Vec<Module> = loaded
        .modules
        .iter()
        .cloned()
        .chain(bundles.iter().flat_map(|(name, bundle)| bundle.modules_named(name)))
        .collect();
    let data = loaded.data.unwrap_or_else(|| Value::object([]));
    let first = |library| {
        move |module: Module| {
            let id = module.name.trim_start_matches('/').to_owned();
            FirstPolicy { id, module, library }
        }
    };
    // Whoever has something of one's own at that place means that.
    let held = |data: &Value| data.at_path(&[rego::LIBRARY.to_owned()]).is_ok();
    let own = held(&data)
        || bundles.iter().any(|(_, bundle)| held(&bundle.data))
        || all.iter().any(|module| rego::stands_in_library(module, &options));
    let library = if own { Vec::new() } else { rego::library_of(&all, false, &options) };
    let mut beginning = Beginning::new(options);
    beginning.policies = library.into_iter().map(first(true)).collect();
    beginning.policies.extend(loaded.modules.into_iter().map(first(false)));
    beginning.data = data;
    let bundle = |(name, snapshot): (String, _)| BundleContent::of_snapshot(&name, snapshot, "");
    beginning.bundles = bundles.into_iter().map(bundle).collect();
    beginning
}

/// The server with what it begins with.
///
/// # Errors
/// [`CliError::Compile`] where policies do not compile together.
pub(super) fn begun(server: Server, beginning: Beginning) -> Result<Server, CliError> {
    server.beginning_with(beginning).map_err(|error| match error {
        WriteError::Modules(errors) | WriteError::Needed(errors) | WriteError::Rules(errors) => {
            errors.into()
        }
        error => super::OpaError::Begin(error).into(),
    })
}
