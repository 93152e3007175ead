//! How what is in a bundle is shown: OPA's document, or tables. All of it was written by others.

use super::Found;
use crate::escape::escape;
use crate::output::doc::Doc;
use crate::output::table::Table;
use referee_bundles::Manifest;
use referee_rego::{Annotated, Value};
use std::io::{self, Write};

/// The longest text of a cell, in characters: OPA's number.
const CELL: usize = 50;
/// As wide a page as OPA takes one to be.
const PAGE: usize = 80;

/// OPA's document.
pub(super) fn json(found: &Found) -> Doc {
    let texts = |texts: &[String]| Doc::List(texts.iter().map(Doc::text).collect());
    let namespaces = found.namespaces.iter().map(|(name, files)| (name.clone(), texts(files)));
    let wasm = found.wasm.iter().map(|(path, entrypoints)| {
        Doc::members([
            ("entrypoints", Some(texts(entrypoints))),
            ("path", Some(Doc::text(path))),
            ("url", Some(Doc::text(path))),
        ])
    });
    let annotations = found.annotations.as_ref().filter(|said| !said.is_empty());
    Doc::members([
        ("manifest", found.manifest.as_ref().map(manifest)),
        ("signatures_config", Some(signatures(found.signatures.as_ref()))),
        ("wasm_modules", (!found.wasm.is_empty()).then(|| Doc::List(wasm.collect()))),
        ("namespaces", (!found.namespaces.is_empty()).then(|| Doc::Members(namespaces.collect()))),
        ("annotations", annotations.map(|said| Doc::List(said.iter().map(annotated).collect()))),
        ("capabilities", found.capabilities.as_ref().map(capabilities)),
    ])
}

/// In OPA's order of members.
fn ordered(value: &Value, order: &[&str]) -> Doc {
    let member = |name: &&str| (name.to_string(), value.get(name).as_ref().map(Doc::from));
    let members = order.iter().map(member).filter_map(|(name, doc)| Some((name, doc?)));
    Doc::Members(members.collect())
}

fn manifest(manifest: &Manifest) -> Doc {
    let order = ["revision", "roots", "wasm", "rego_version", "file_rego_versions", "metadata"];
    ordered(&manifest.to_value(), &order)
}

fn signatures(signatures: Option<&Value>) -> Doc {
    signatures
        .map_or_else(|| Doc::Members(Vec::new()), |value| ordered(value, &["signatures", "plugin"]))
}

fn capabilities(value: &Value) -> Doc {
    ordered(value, &["builtins", "future_keywords", "features"])
}

fn annotated(said: &Annotated) -> Doc {
    Doc::members([
        ("annotations", Some(Doc::from(&said.annotations))),
        ("location", Some(crate::output::rego::location(&said.location))),
        ("path", Some(Doc::from(&said.path))),
    ])
}

/// Tables.
///
/// # Errors
/// Where they cannot be written.
pub(super) fn pretty(found: &Found, out: &mut dyn Write) -> io::Result<()> {
    if let Some(manifest) = &found.manifest {
        about(manifest, out)?;
    }
    if !found.namespaces.is_empty() {
        let mut table = Table::new(["NAMESPACE", "FILE"].map(str::to_owned));
        for (name, files) in &found.namespaces {
            for (at, file) in files.iter().enumerate() {
                let name = if at == 0 { name.as_str() } else { "" };
                table.row([name.to_owned(), cut(file, CELL)]);
            }
        }
        writeln!(out, "NAMESPACES:")?;
        table.write(out)?;
    }
    if let Some(said) = found.annotations.as_ref().filter(|said| !said.is_empty()) {
        writeln!(out, "ANNOTATIONS:")?;
        for one in said {
            explained(one, out)?;
        }
    }
    Ok(())
}

fn about(manifest: &Manifest, out: &mut dyn Write) -> io::Result<()> {
    let mut rows = Vec::new();
    if let Some(rego_v0) = manifest.rego_v0 {
        rows.push(("Rego Version", if rego_v0 { "0" } else { "1" }.to_owned()));
    }
    if !manifest.revision.is_empty() {
        rows.push(("Revision", manifest.revision.clone()));
    }
    let roots = manifest.effective_roots();
    let mut named: Vec<&str> = roots.iter().filter(|root| !root.is_empty()).collect();
    named.sort_unstable();
    for (at, root) in named.iter().enumerate() {
        rows.push((if at == 0 { "Roots" } else { "" }, (*root).to_owned()));
    }
    if let Some(metadata) = &manifest.metadata {
        rows.push(("Metadata", metadata.to_json_string()));
    }
    if rows.is_empty() {
        return Ok(());
    }
    let mut table = Table::new(["FIELD", "VALUE"].map(str::to_owned));
    for (name, value) in rows {
        table.row([name.to_owned(), cut(&value, CELL)]);
    }
    writeln!(out, "MANIFEST:")?;
    table.write(out)
}

/// What is said about one package or rule.
fn explained(said: &Annotated, out: &mut dyn Write) -> io::Result<()> {
    let text = |name: &str| {
        said.annotations.get(name).and_then(|value| value.as_str().map(|text| escape(text.trim())))
    };
    let path = path_text(&said.path);
    let title = text("title").filter(|title| !title.is_empty()).unwrap_or_else(|| escape(&path));
    writeln!(out, "{title}\n{}\n", "=".repeat(title.chars().count().min(PAGE)))?;
    if let Some(description) = text("description").filter(|text| !text.is_empty()) {
        writeln!(out, "{description}\n")?;
    }
    let place = format!("{}:{}", said.location.file, said.location.row);
    writeln!(out, "Path:     {}\nLocation: {}", escape(&path), escape(&place))?;
    if let Some(scope) = text("scope") {
        writeln!(out, "Scope: {scope}")?;
    }
    if said.annotations.get("entrypoint").and_then(|value| value.as_bool()) == Some(true) {
        writeln!(out, "Entrypoint: true")?;
    }
    writeln!(out)?;
    let lists = [
        ("organizations", "Organizations"),
        ("authors", "Authors"),
        ("schemas", "Schemas"),
        ("related_resources", "Related Resources"),
    ];
    for (name, label) in lists {
        let Some(elements) = said.annotations.get(name).and_then(|value| value.elements()) else {
            continue;
        };
        writeln!(out, "{label}:")?;
        for element in elements {
            let shown = element.as_str().map(|text| text.into_owned());
            let shown = shown.unwrap_or_else(|| element.to_json_string());
            writeln!(out, " {}", escape(&cut(&shown, PAGE)))?;
        }
        writeln!(out)?;
    }
    if let Some(custom) = said.annotations.get("custom").and_then(|value| value.entries()) {
        writeln!(out, "Custom:")?;
        for (name, value) in custom {
            let line = format!("{}: {value}", name.as_str().unwrap_or_default());
            writeln!(out, " {}", escape(&cut(&line, PAGE)))?;
        }
        writeln!(out)?;
    }
    Ok(())
}

/// The path of what is annotated, with dots and without `data`.
fn path_text(path: &Value) -> String {
    let parts = path.elements().unwrap_or_default();
    let part = |part: &Value| {
        let value = part.get("value").unwrap_or_else(Value::null);
        value.as_str().map_or_else(|| value.to_json_string(), |text| text.into_owned())
    };
    parts.iter().skip(1).map(part).collect::<Vec<_>>().join(".")
}

/// The beginning of a text that is too long.
fn cut(text: &str, most: usize) -> String {
    if text.chars().count() < most {
        return text.to_owned();
    }
    let mut cut: String = text.chars().take(most - 3).collect();
    cut.push_str("...");
    cut
}
