//! From YAML nodes to the fields of an annotation, with the errors of Go's YAML library
//! (`decode.go`): what does not fit is skipped and told, all of it together at the end.

use super::node::{Document, Node, NodeKind};
use super::resolve::{Scalar, resolve};
use std::collections::HashMap;

/// Any YAML value.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Yaml {
    Scalar(Scalar),
    Sequence(Vec<Yaml>),
    /// A mapping all of whose keys are strings.
    Map(Vec<(String, Yaml)>),
    /// A mapping with another key.
    Mixed,
}

/// The fields as they are written.
#[derive(Debug, Default)]
pub(super) struct Raw {
    pub(super) scope: String,
    pub(super) title: String,
    pub(super) entrypoint: bool,
    pub(super) description: String,
    pub(super) organizations: Vec<String>,
    pub(super) related_resources: Vec<Yaml>,
    pub(super) authors: Vec<Yaml>,
    pub(super) schemas: Vec<Vec<(String, Yaml)>>,
    pub(super) compile: Option<Vec<(String, Yaml)>>,
    pub(super) custom: Option<Vec<(String, Yaml)>>,
    pub(super) labels: Option<Vec<(String, Yaml)>>,
}

/// How many misfits are told at most: pairs of equal keys multiply.
const MAX_ERRORS: usize = 1000;

const MAP: &str = "map[string]interface {}";

struct Decoder<'a> {
    document: &'a Document,
    errors: Vec<String>,
    decoded: u32,
    aliased: u32,
    /// The aliases that are being followed.
    following: Vec<usize>,
}

/// Reads the fields of an annotation.
pub(super) fn decode(text: &str) -> Result<Raw, String> {
    let document = Document::read(text)?;
    let mut decoder = Decoder {
        document: &document,
        errors: Vec::new(),
        decoded: 0,
        aliased: 0,
        following: Vec::new(),
    };
    let mut raw = Raw::default();
    if let Some(root) = document.root {
        decoder.raw(root, &mut raw)?;
    }
    if decoder.errors.is_empty() {
        Ok(raw)
    } else {
        Err(format!("yaml: unmarshal errors:\n  {}", decoder.errors.join("\n  ")))
    }
}

type Decoded<T> = Result<Option<T>, String>;

impl<'a> Decoder<'a> {
    /// The node behind an index, after the aliases that lead to it.
    fn enter(&mut self, index: usize) -> Result<Option<&'a Node>, String> {
        self.decoded += 1;
        if !self.following.is_empty() {
            self.aliased += 1;
        }
        if self.aliased > 100
            && self.decoded > 1000
            && f64::from(self.aliased) / f64::from(self.decoded) > allowed_ratio(self.decoded)
        {
            return Err("yaml: document contains excessive aliasing".to_owned());
        }
        Ok(self.document.node(index))
    }

    /// Follows aliases while something is decoded.
    fn follow<T>(
        &mut self,
        index: usize,
        decode: impl FnOnce(&mut Self, &'a Node) -> Decoded<T>,
    ) -> Decoded<T> {
        let Some(node) = self.enter(index)? else { return Ok(None) };
        let NodeKind::Alias(name, target) = &node.kind else { return decode(self, node) };
        if self.following.contains(&index) {
            return Err(format!("yaml: anchor '{name}' value contains itself"));
        }
        self.following.push(index);
        let result = self.follow_target(*target, decode);
        self.following.pop();
        result
    }

    fn follow_target<T>(
        &mut self,
        index: usize,
        decode: impl FnOnce(&mut Self, &'a Node) -> Decoded<T>,
    ) -> Decoded<T> {
        // The target of an alias is no alias itself.
        match self.enter(index)? {
            Some(node) => decode(self, node),
            None => Ok(None),
        }
    }

    fn misfit(&mut self, node: &Node, wanted: &str) {
        let value = match &node.kind {
            NodeKind::Scalar { value, .. } if value.len() > 10 => {
                let bytes = value.as_bytes().get(..7).unwrap_or_default();
                format!(" `{}...`", String::from_utf8_lossy(bytes))
            }
            NodeKind::Scalar { value, .. } => format!(" `{value}`"),
            _ => String::new(),
        };
        self.error(format!(
            "line {}: cannot unmarshal {}{value} into {wanted}",
            node.line, node.tag
        ));
    }

    fn error(&mut self, error: String) {
        if self.errors.len() < MAX_ERRORS {
            self.errors.push(error);
        }
    }

    fn scalar_of(node: &Node) -> Result<Option<Scalar>, String> {
        match &node.kind {
            NodeKind::Scalar { value, quoted } if *quoted && node.tag == "!!str" => {
                Ok(Some(Scalar::Text(value.clone())))
            }
            NodeKind::Scalar { value, .. } => {
                resolve(&node.tag, value).map(|(_, scalar)| Some(scalar))
            }
            _ => Ok(None),
        }
    }

    fn string(&mut self, index: usize) -> Decoded<String> {
        self.follow(index, |decoder, node| {
            let NodeKind::Scalar { value, .. } = &node.kind else {
                decoder.misfit(node, "string");
                return Ok(None);
            };
            Ok(match Self::scalar_of(node)? {
                None | Some(Scalar::Null) => None,
                Some(Scalar::Text(text)) if node.tag == "!!binary" => Some(text),
                Some(_) => Some(value.clone()),
            })
        })
    }

    fn boolean(&mut self, index: usize) -> Decoded<bool> {
        self.follow(index, |decoder, node| {
            match Self::scalar_of(node)? {
                Some(Scalar::Null) => return Ok(None),
                Some(Scalar::Bool(value)) => return Ok(Some(value)),
                Some(Scalar::Text(text)) => match text.as_str() {
                    "y" | "Y" | "yes" | "Yes" | "YES" | "on" | "On" | "ON" => {
                        return Ok(Some(true));
                    }
                    "n" | "N" | "no" | "No" | "NO" | "off" | "Off" | "OFF" => {
                        return Ok(Some(false));
                    }
                    _ => {}
                },
                _ => {}
            }
            decoder.misfit(node, "bool");
            Ok(None)
        })
    }

    fn list<T>(
        &mut self,
        index: usize,
        wanted: &str,
        element: impl Fn(&mut Self, usize) -> Decoded<T>,
    ) -> Decoded<Vec<T>> {
        self.follow(index, |decoder, node| match &node.kind {
            NodeKind::Sequence(elements) => {
                let mut list = Vec::new();
                for &index in elements {
                    list.extend(element(decoder, index)?);
                }
                Ok(Some(list))
            }
            _ => {
                if Self::scalar_of(node)? != Some(Scalar::Null) {
                    decoder.misfit(node, wanted);
                }
                Ok(None)
            }
        })
    }

    /// Whether no two keys of a mapping are the same.
    fn keys_differ(&mut self, children: &[usize]) -> bool {
        let mut seen: HashMap<(u8, &str), Vec<u64>> = HashMap::new();
        let mut order = Vec::new();
        for &index in children.iter().step_by(2) {
            let Some(node) = self.document.node(index) else { continue };
            let key = match &node.kind {
                NodeKind::Scalar { value, .. } => (0, value.as_str()),
                NodeKind::Sequence(_) => (1, ""),
                NodeKind::Mapping(_) => (2, ""),
                NodeKind::Alias(name, _) => (3, name.as_str()),
            };
            seen.entry(key).or_default().push(node.line);
            order.push(key);
        }
        let mut differ = true;
        for key in order {
            let Some(lines) = seen.get_mut(&key) else { continue };
            let first = lines.remove(0);
            for line in lines.iter().take(MAX_ERRORS) {
                differ = false;
                let name = crate::print::quote(key.1);
                let error =
                    format!("line {line}: mapping key {name} already defined at line {first}");
                if self.errors.len() < MAX_ERRORS {
                    self.errors.push(error);
                }
            }
        }
        differ
    }

    /// The members of a mapping with strings for keys.
    fn map(&mut self, index: usize) -> Decoded<Vec<(String, Yaml)>> {
        self.follow(index, |decoder, node| match &node.kind {
            NodeKind::Mapping(children) => decoder.members(children, Self::string),
            _ => {
                if Self::scalar_of(node)? != Some(Scalar::Null) {
                    decoder.misfit(node, MAP);
                }
                Ok(None)
            }
        })
    }

    fn members(
        &mut self,
        children: &[usize],
        key_of: fn(&mut Self, usize) -> Decoded<String>,
    ) -> Decoded<Vec<(String, Yaml)>> {
        if !self.keys_differ(children) {
            return Ok(None);
        }
        let mut members: Vec<(String, Yaml)> = Vec::new();
        let mut merged = None;
        for pair in children.chunks_exact(2) {
            let &[key, value] = pair else { continue };
            if self.is_merge(key) {
                merged = Some(value);
                continue;
            }
            let Some(key) = key_of(self, key)? else { continue };
            if let Some(value) = self.any(value)? {
                members.push((key, value));
            }
        }
        if let Some(merged) = merged {
            for source in self.merge_sources(merged)? {
                for (key, value) in self.map(source)?.unwrap_or_default() {
                    if members.iter().all(|(known, _)| *known != key) {
                        members.push((key, value));
                    }
                }
            }
        }
        Ok(Some(members))
    }

    fn is_merge(&self, index: usize) -> bool {
        self.document.node(index).is_some_and(|node| {
            matches!(&node.kind, NodeKind::Scalar { value, .. } if value == "<<")
                && matches!(node.tag.as_str(), "" | "!" | "!!merge")
        })
    }

    /// The mappings that `<<` takes in.
    fn merge_sources(&self, index: usize) -> Result<Vec<usize>, String> {
        let is_map = |index: usize| {
            let node = self.document.node(index);
            let node = match node.map(|node| &node.kind) {
                Some(NodeKind::Alias(_, target)) => self.document.node(*target),
                _ => node,
            };
            matches!(node.map(|node| &node.kind), Some(NodeKind::Mapping(_)))
        };
        let sources = match self.document.node(index).map(|node| &node.kind) {
            Some(NodeKind::Sequence(sources)) => sources.clone(),
            _ => vec![index],
        };
        if sources.iter().all(|&source| is_map(source)) {
            Ok(sources)
        } else {
            Err("yaml: map merge requires map or sequence of maps as the value".to_owned())
        }
    }

    /// A key of a mapping that has others than strings. Collections are none.
    fn any_key(&mut self, index: usize) -> Decoded<String> {
        match self.any(index)? {
            Some(key @ (Yaml::Sequence(_) | Yaml::Map(_) | Yaml::Mixed)) => {
                Err(format!("yaml: invalid map key: {}", go_syntax(&key)))
            }
            key => Ok(key.map(|key| go_syntax(&key))),
        }
    }

    fn any(&mut self, index: usize) -> Decoded<Yaml> {
        self.follow(index, |decoder, node| match &node.kind {
            NodeKind::Sequence(elements) => {
                let mut list = Vec::new();
                for &element in elements {
                    list.extend(decoder.any(element)?);
                }
                Ok(Some(Yaml::Sequence(list)))
            }
            NodeKind::Mapping(children) => {
                let strings = children.iter().step_by(2).all(|&key| {
                    decoder
                        .document
                        .node(key)
                        .is_some_and(|key| matches!(key.tag.as_str(), "!!str" | "!!merge"))
                });
                let key_of = if strings { Self::string } else { Self::any_key };
                let members = decoder.members(children, key_of)?;
                Ok(members.map(|members| if strings { Yaml::Map(members) } else { Yaml::Mixed }))
            }
            _ => Ok(Self::scalar_of(node)?.map(Yaml::Scalar)),
        })
    }

    fn raw(&mut self, index: usize, raw: &mut Raw) -> Result<(), String> {
        let fields = self.follow(index, |decoder, node| match &node.kind {
            NodeKind::Mapping(children) => {
                Ok(decoder.keys_differ(children).then(|| children.clone()))
            }
            _ => {
                if Self::scalar_of(node)? != Some(Scalar::Null) {
                    decoder.misfit(node, "ast.rawAnnotation");
                }
                Ok(None)
            }
        })?;
        let mut merged = None;
        for pair in fields.unwrap_or_default().chunks_exact(2) {
            let &[key, value] = pair else { continue };
            if self.is_merge(key) {
                merged = Some(value);
            } else if let Some(name) = self.string(key)? {
                self.field(&name, value, raw)?;
            }
        }
        if let Some(merged) = merged {
            self.merge_sources(merged)?;
        }
        Ok(())
    }

    fn field(&mut self, name: &str, value: usize, raw: &mut Raw) -> Result<(), String> {
        match name {
            "scope" => raw.scope = self.string(value)?.unwrap_or_default(),
            "title" => raw.title = self.string(value)?.unwrap_or_default(),
            "description" => raw.description = self.string(value)?.unwrap_or_default(),
            "entrypoint" => raw.entrypoint = self.boolean(value)?.unwrap_or_default(),
            "organizations" => {
                raw.organizations = self.list(value, "[]string", Self::string)?.unwrap_or_default();
            }
            "related_resources" => {
                raw.related_resources =
                    self.list(value, "[]interface {}", Self::any)?.unwrap_or_default();
            }
            "authors" => {
                raw.authors = self.list(value, "[]interface {}", Self::any)?.unwrap_or_default();
            }
            "schemas" => {
                let map = |decoder: &mut Self, index| {
                    let null = decoder.is_null(index);
                    Ok(decoder.map(index)?.or_else(|| null.then(Vec::new)))
                };
                raw.schemas =
                    self.list(value, "[]map[string]interface {}", map)?.unwrap_or_default();
            }
            "compile" => raw.compile = self.map(value)?,
            "custom" => raw.custom = self.map(value)?,
            "labels" => raw.labels = self.map(value)?,
            _ => {}
        }
        Ok(())
    }

    fn is_null(&self, index: usize) -> bool {
        self.document.node(index).is_some_and(|node| node.tag == "!!null")
    }
}

/// A value as Go's `%#v` writes it.
fn go_syntax(value: &Yaml) -> String {
    match value {
        Yaml::Scalar(Scalar::Null) => "interface {}(nil)".to_owned(),
        Yaml::Scalar(Scalar::Bool(value)) => value.to_string(),
        Yaml::Scalar(Scalar::Int(value)) => value.to_string(),
        Yaml::Scalar(Scalar::Uint(value)) => format!("{value:#x}"),
        Yaml::Scalar(Scalar::Float(value)) => value.to_string(),
        Yaml::Scalar(Scalar::Text(text) | Scalar::Time(text)) => crate::print::quote(text),
        Yaml::Sequence(elements) => {
            let elements: Vec<String> = elements.iter().map(go_syntax).collect();
            format!("[]interface {{}}{{{}}}", elements.join(", "))
        }
        Yaml::Map(members) => {
            let mut members: Vec<_> = members.iter().collect();
            members.sort_by(|a, b| a.0.cmp(&b.0));
            let members = members.into_iter();
            let members: Vec<String> = members
                .map(|(name, value)| format!("{}:{}", crate::print::quote(name), go_syntax(value)))
                .collect();
            format!("map[string]interface {{}}{{{}}}", members.join(", "))
        }
        Yaml::Mixed => "map[interface {}]interface {}{}".to_owned(),
    }
}

/// How much of a document may come from aliases: Go's library tolerates less the more it decodes.
fn allowed_ratio(decoded: u32) -> f64 {
    let (low, high) = (400_000.0, 4_000_000.0);
    let decoded = f64::from(decoded);
    if decoded <= low {
        0.99
    } else if decoded >= high {
        0.10
    } else {
        0.99 - 0.89 * ((decoded - low) / (high - low))
    }
}
