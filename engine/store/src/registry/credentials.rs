//! Whose credentials a registry gets: Docker's `config.json`, then podman's `auth.json`.
//!
//! Docker's file is the one that `docker login` writes (docker/cli, "Configuration files");
//! the other is containers-auth.json(5), whose keys may also name a repository or the start of
//! one. Within a file a helper for the registry comes first, then what the file itself holds,
//! then the helper for all registries.
//!
//! A file that is not there means no credentials. One that cannot be read, or a helper that
//! fails, is an error: to go on anonymously would show another world than the one that was
//! logged in to.

use super::helper::{self, Helper};
use super::secret::{Credential, Secret};
use crate::config::RegistryConfig;
use crate::env::Environment;
use crate::error::StoreError;
use crate::files;
use data_encoding::BASE64;
use referee_core::Repository;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The largest credentials file, in bytes. Each registry takes some hundred.
const MAX_FILE_BYTES: u64 = 1024 * 1024;

/// The key under which `docker login` keeps Docker Hub (docker/cli, `registry.IndexServer`).
const DOCKER_HUB_KEY: &str = "https://index.docker.io/v1/";

/// Where credentials are looked for.
#[derive(Clone, Debug)]
pub(super) struct Credentials {
    /// For all registries, whatever is found elsewhere.
    given: Option<Credential>,
    files: Vec<Source>,
    helpers: helper::Settings,
}

#[derive(Clone, Debug)]
struct Source {
    path: PathBuf,
    /// A file that configuration itself names must be there.
    required: bool,
}

impl Credentials {
    pub(super) fn new(config: &RegistryConfig, environment: &Environment) -> Self {
        let mut files = Vec::new();
        if !config.anonymous {
            let home_docker = || environment.home.as_ref().map(|home| home.join(".docker"));
            let optional = || environment.docker_config.clone().or_else(home_docker);
            let docker = match &config.docker_config {
                Some(folder) => Some((folder.clone(), true)),
                None => optional().map(|folder| (folder, false)),
            };
            files.extend(
                docker.map(|(folder, required)| Source {
                    path: folder.join("config.json"),
                    required,
                }),
            );
            let runtime = || environment.xdg_runtime_dir.as_ref();
            let podman = environment
                .registry_auth_file
                .clone()
                .or_else(|| runtime().map(|folder| folder.join("containers/auth.json")));
            files.extend(podman.map(|path| Source { path, required: false }));
        }
        let helpers = helper::Settings {
            path: environment.path.clone(),
            timeout: Duration::from_millis(config.helper_timeout_ms),
        };
        Self { given: None, files, helpers }
    }

    /// The same, with a credential for all registries.
    pub(super) fn with(self, given: Credential) -> Self {
        Self { given: Some(given), ..self }
    }

    /// The credentials for a repository; `None` is anonymous.
    ///
    /// # Errors
    /// [`StoreError::Configuration`] naming the file or the helper at fault.
    pub(super) async fn find(
        &self,
        repository: &Repository,
    ) -> Result<Option<Credential>, StoreError> {
        if let Some(given) = &self.given {
            return Ok(Some(given.clone()));
        }
        for source in &self.files {
            let (source, wanted) = (source.clone(), repository.clone());
            let target = source.path.display().to_string();
            let answer = files::blocking(target, move || look_up(&source, &wanted)).await?;
            let found = match answer {
                Answer::Nothing => None,
                Answer::Credential(credential) => Some(credential),
                Answer::Ask(helper) => helper::run(&helper, &self.helpers).await?,
            };
            if found.is_some() {
                return Ok(found);
            }
        }
        Ok(None)
    }
}

/// What a file says about a repository.
#[derive(Debug, PartialEq, Eq)]
enum Answer {
    Nothing,
    Credential(Credential),
    Ask(Helper),
}

/// Docker's `config.json` and podman's `auth.json`, as far as they are about credentials.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct File {
    #[serde(default)]
    auths: Option<BTreeMap<String, Entry>>,
    #[serde(default)]
    creds_store: Option<String>,
    #[serde(default)]
    cred_helpers: Option<BTreeMap<String, String>>,
}

#[derive(Deserialize)]
struct Entry {
    #[serde(default)]
    auth: Option<String>,
    #[serde(default)]
    username: Option<String>,
    #[serde(default)]
    password: Option<String>,
    #[serde(default)]
    identitytoken: Option<String>,
}

fn unusable(
    path: &Path,
    problem: impl Into<String>,
    source: Option<Box<dyn std::error::Error + Send + Sync>>,
) -> StoreError {
    StoreError::Configuration {
        setting: path.display().to_string(),
        problem: problem.into(),
        source,
    }
}

fn look_up(source: &Source, repository: &Repository) -> Result<Answer, StoreError> {
    let path = &source.path;
    if !source.required && !path.exists() {
        return Ok(Answer::Nothing);
    }
    let bytes = files::read(path, MAX_FILE_BYTES)
        .map_err(|error| unusable(path, "the credentials cannot be read", Some(Box::new(error))))?;
    // A derived reader takes a JSON list for an object with its fields in order.
    if bytes.trim_ascii_start().first() != Some(&b'{') {
        return Err(unusable(path, "not a credentials file: it holds no JSON object", None));
    }
    // The parser's message may quote the file, which holds passwords: line and column do not.
    let file: File = serde_json::from_slice(&bytes).map_err(|error| {
        let (line, column) = (error.line(), error.column());
        unusable(path, format!("not a credentials file (line {line}, column {column})"), None)
    })?;
    file.answer(path, repository)
}

impl File {
    fn answer(&self, path: &Path, repository: &Repository) -> Result<Answer, StoreError> {
        let names = Names::of(repository);
        let ask = |name: &str| Answer::Ask(Helper::new(name, names.address(), path));
        let helpers = self.cred_helpers.iter().flatten();
        let mut fitting = helpers.filter(|(key, name)| !name.is_empty() && names.is_host(key));
        if let Some((_, name)) = fitting.next() {
            return Ok(ask(name));
        }
        let entries = self.auths.iter().flatten();
        // The longest key that fits: a repository before its registry.
        let entry = entries
            .filter(|(_, entry)| !entry.is_empty())
            .filter_map(|(key, entry)| Some((names.fit(key)?, key, entry)))
            .max_by_key(|(fit, _, _)| *fit);
        if let Some((_, key, entry)) = entry {
            let credential = entry.credential().ok_or_else(|| {
                unusable(path, format!("the entry for {key} cannot be decoded"), None)
            })?;
            return Ok(Answer::Credential(credential));
        }
        match self.creds_store.as_deref() {
            Some(name) if !name.is_empty() => Ok(ask(name)),
            _ => Ok(Answer::Nothing),
        }
    }
}

impl Entry {
    /// `docker login` leaves empty entries behind where a helper keeps the secret.
    fn is_empty(&self) -> bool {
        let empty = |field: &Option<String>| field.as_ref().is_none_or(String::is_empty);
        empty(&self.auth) && empty(&self.identitytoken) && empty(&self.password)
    }

    fn credential(&self) -> Option<Credential> {
        if let Some(token) = self.identitytoken.as_ref().filter(|token| !token.is_empty()) {
            return Some(Credential::Identity(Secret::new(token.clone())));
        }
        let (user, password) = match self.auth.as_ref().filter(|auth| !auth.is_empty()) {
            Some(auth) => {
                // Some tools leave the padding off.
                let mut padded = auth.trim().to_owned();
                while !padded.len().is_multiple_of(4) {
                    padded.push('=');
                }
                let pair = String::from_utf8(BASE64.decode(padded.as_bytes()).ok()?).ok()?;
                let (user, password) = pair.split_once(':')?;
                // Docker writes and strips a trailing NUL.
                (user.to_owned(), password.trim_end_matches('\0').to_owned())
            }
            None => (self.username.clone()?, self.password.clone()?),
        };
        Some(Credential::Basic { user, password: Secret::new(password) })
    }
}

/// What the files may call a repository.
struct Names<'a> {
    repository: &'a Repository,
    hub: bool,
}

impl<'a> Names<'a> {
    fn of(repository: &'a Repository) -> Self {
        Self { repository, hub: repository.registry() == "docker.io" }
    }

    /// What helpers are asked for.
    fn address(&self) -> &str {
        if self.hub { DOCKER_HUB_KEY } else { self.repository.registry() }
    }

    fn is_host(&self, key: &str) -> bool {
        let host = stripped(key).split('/').next().unwrap_or("");
        self.names_host(host)
    }

    fn names_host(&self, host: &str) -> bool {
        host == self.repository.registry()
            || (self.hub && matches!(host, "index.docker.io" | "registry-1.docker.io"))
    }

    /// How well a key fits: how much of the repository it names; `None` where it names another.
    fn fit(&self, key: &str) -> Option<usize> {
        let bare = stripped(key);
        let (host, path) = bare.split_once('/').unwrap_or((bare, ""));
        if !self.names_host(host) {
            return None;
        }
        let path = path.trim_matches('/');
        // `https://host/v1/` is how old clients wrote the host alone.
        if path.is_empty() || bare != key || matches!(path, "v1" | "v2") {
            return Some(0);
        }
        let rest = self.repository.path().strip_prefix(path)?;
        (rest.is_empty() || rest.starts_with('/')).then_some(path.len())
    }
}

fn stripped(key: &str) -> &str {
    key.strip_prefix("https://").or_else(|| key.strip_prefix("http://")).unwrap_or(key)
}

#[cfg(test)]
mod tests {
    use super::*;
    use referee_core::Coded as _;

    fn answer(file: &str, registry: &str, path: &str) -> Result<Answer, StoreError> {
        let folder = tempfile::tempdir().unwrap();
        let file_path = folder.path().join("config.json");
        std::fs::write(&file_path, file).unwrap();
        let source = Source { path: file_path, required: false };
        look_up(&source, &Repository::new(registry, path).unwrap())
    }

    fn basic(user: &str, password: &str) -> Answer {
        let password = Secret::new(password.into());
        Answer::Credential(Credential::Basic { user: user.into(), password })
    }

    #[test]
    fn the_keys_that_tools_write_are_found() {
        // u:p
        let cases = [
            (r#"{"auths":{"registry.example":{"auth":"dTpw"}}}"#, "registry.example"),
            (r#"{"auths":{"https://registry.example":{"auth":"dTpw"}}}"#, "registry.example"),
            (r#"{"auths":{"https://registry.example/v2/":{"auth":"dTpw"}}}"#, "registry.example"),
            (r#"{"auths":{"registry.example:5000":{"auth":"dTpw"}}}"#, "registry.example:5000"),
            (r#"{"auths":{"registry.example/team":{"auth":"dTpw"}}}"#, "registry.example"),
            (r#"{"auths":{"https://index.docker.io/v1/":{"auth":"dTpw"}}}"#, "docker.io"),
            (
                r#"{"auths":{"registry.example":{"username":"u","password":"p"}}}"#,
                "registry.example",
            ),
        ];
        for (file, registry) in cases {
            assert_eq!(answer(file, registry, "team/app").unwrap(), basic("u", "p"), "{file}");
        }
    }

    #[test]
    fn credentials_of_one_place_are_not_given_to_another() {
        let cases = [
            r#"{"auths":{"registry.example:5000":{"auth":"dTpw"}}}"#,
            r#"{"auths":{"registry.example.evil":{"auth":"dTpw"}}}"#,
            r#"{"auths":{"registry.example/tea":{"auth":"dTpw"}}}"#,
            r#"{"auths":{"registry.example/other":{"auth":"dTpw"}}}"#,
            r#"{"auths":{"docker.io":{"auth":"dTpw"}}}"#,
            r#"{"credHelpers":{"other.example":"x"}}"#,
            r#"{"auths":{"registry.example":{}}}"#,
            "{}",
        ];
        for file in cases {
            let found = answer(file, "registry.example", "team/app").unwrap();
            assert_eq!(found, Answer::Nothing, "{file}");
        }
    }

    #[test]
    fn the_nearest_entry_wins_and_helpers_have_their_turn() {
        let nearest = r#"{"auths":{"registry.example":{"auth":"eDp5"},"registry.example/team/app":{"auth":"dTpw"}}}"#;
        assert_eq!(answer(nearest, "registry.example", "team/app").unwrap(), basic("u", "p"));
        let helper = r#"{"auths":{"registry.example":{"auth":"dTpw"}},"credHelpers":{"registry.example":"x"}}"#;
        let found = answer(helper, "registry.example", "a").unwrap();
        assert!(matches!(found, Answer::Ask(_)), "{found:?}");
        let store = r#"{"auths":{"registry.example":{}},"credsStore":"x"}"#;
        let found = answer(store, "registry.example", "a").unwrap();
        assert!(matches!(found, Answer::Ask(_)), "{found:?}");
        let token = r#"{"auths":{"registry.example":{"auth":"dTpw","identitytoken":"t"}}}"#;
        let expected = Answer::Credential(Credential::Identity(Secret::new("t".into())));
        assert_eq!(answer(token, "registry.example", "a").unwrap(), expected);
    }

    #[test]
    fn a_broken_file_is_an_error_that_does_not_quote_it() {
        for file in ["{\"auths\": {\"registry.example\": {\"auth\": \"hunter2\"", "hunter2", "[]"] {
            let error = answer(file, "registry.example", "a").unwrap_err();
            assert_eq!(error.code(), "configuration", "{error}");
            assert!(!referee_core::error::chain(&error).contains("hunter2"), "{error}");
        }
        let undecodable = r#"{"auths":{"registry.example":{"auth":"!!"}}}"#;
        let error = answer(undecodable, "registry.example", "a").unwrap_err();
        assert!(matches!(error, StoreError::Configuration { .. }), "{error}");
    }

    #[test]
    fn a_file_that_is_not_there_is_anonymous_unless_it_was_configured() {
        let repository = Repository::new("registry.example", "a").unwrap();
        let path = PathBuf::from("/nonexistent/config.json");
        let optional = Source { path: path.clone(), required: false };
        assert_eq!(look_up(&optional, &repository).unwrap(), Answer::Nothing);
        let error = look_up(&Source { path, required: true }, &repository).unwrap_err();
        assert!(matches!(error, StoreError::Configuration { .. }), "{error}");
    }
}
