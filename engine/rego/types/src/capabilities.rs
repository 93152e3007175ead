//! The builtins, keywords and features that policies may count on (OPA's
//! `v1/ast/capabilities.go`), and their JSON form.

use crate::{Declaration, DocumentError, Function, builtins};
use referee_rego_value::{Object, Value};
use std::collections::BTreeMap;
use std::sync::Arc;

/// The builtins and features that there are.
#[derive(Clone, Debug, Default)]
pub struct Capabilities {
    /// The builtins by name.
    pub builtins: BTreeMap<Arc<str>, Arc<Declaration>>,
    /// Keywords that can be imported from `future.keywords`.
    pub future_keywords: Vec<Arc<str>>,
    /// Features, such as `rego_v1` and `keywords_in_refs`.
    pub features: Vec<Arc<str>>,
    /// The versions of the WebAssembly interface: major and minor.
    pub wasm_abi_versions: Vec<(i64, i64)>,
    /// The hosts that may be asked for remote schemas; `None`: any. Nothing here ever asks one.
    pub allow_net: Option<Vec<Arc<str>>>,
}

fn names(names: &[&str]) -> Vec<Arc<str>> {
    names.iter().copied().map(Arc::from).collect()
}

impl Capabilities {
    /// Those of OPA 1.20.2.
    #[must_use]
    pub fn current() -> Self {
        Self::with(&["and", "not", "or"], &["keywords_in_refs", "rego_v1", "template_strings"])
    }

    /// Those of OPA 1.20.2 where policies are Rego v0 (`--v0-compatible`).
    #[must_use]
    pub fn v0() -> Self {
        Self::with(
            &["and", "contains", "every", "if", "in", "not", "or"],
            &[
                "keywords_in_refs",
                "rego_v1",
                "rego_v1_import",
                "rule_head_ref_string_prefixes",
                "rule_head_refs",
            ],
        )
    }

    fn with(future_keywords: &[&str], features: &[&str]) -> Self {
        let named = |builtin: Declaration| (Arc::clone(&builtin.name), Arc::new(builtin));
        Self {
            builtins: builtins::all().map(named).collect(),
            future_keywords: names(future_keywords),
            features: names(features),
            wasm_abi_versions: Vec::new(),
            allow_net: None,
        }
    }

    /// The builtin of a name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Arc<Declaration>> {
        self.builtins.get(name)
    }

    /// Whether there is a feature.
    #[must_use]
    pub fn has_feature(&self, feature: &str) -> bool {
        self.features.iter().any(|found| **found == *feature)
    }

    /// Whether a keyword can be imported from `future.keywords`.
    #[must_use]
    pub fn has_future_keyword(&self, keyword: &str) -> bool {
        self.future_keywords.iter().any(|found| **found == *keyword)
    }

    /// As a JSON document, as `opa capabilities` prints it. Descriptions are only there where
    /// they were read.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let list = |names: &[Arc<str>]| Value::array(names.iter().map(|name| Value::from(&**name)));
        let mut fields = Vec::new();
        if !self.builtins.is_empty() {
            let builtins = self.builtins.values().map(|builtin| builtin.to_json());
            fields.push(("builtins", Value::array(builtins)));
        }
        if !self.wasm_abi_versions.is_empty() {
            let versions = self.wasm_abi_versions.iter().map(|(version, minor)| {
                let (version, minor) = (Value::from(*version), Value::from(*minor));
                Value::object([("version", version), ("minor_version", minor)])
            });
            fields.push(("wasm_abi_versions", Value::array(versions)));
        }
        let hosts = self.allow_net.as_deref().unwrap_or_default();
        let lists = [
            ("future_keywords", &*self.future_keywords),
            ("features", &*self.features),
            ("allow_net", hosts),
        ];
        let lists = lists.into_iter().filter(|(_, names)| !names.is_empty());
        fields.extend(lists.map(|(field, names)| (field, list(names))));
        Value::object(fields)
    }

    /// Reads them from a JSON document. Fields that OPA does not know are left out.
    ///
    /// # Errors
    /// What is wrong with the document, and where.
    pub fn from_json(document: &Value) -> Result<Self, DocumentError> {
        let document = object(document, "capabilities")?;
        let mut builtins = BTreeMap::new();
        for (at, builtin) in list(document, "builtins")?.iter().enumerate() {
            let read = object(builtin, "a builtin").and_then(Declaration::from_fields);
            let builtin =
                read.map_err(|error| error.at(format!("capabilities: builtins[{at}]")))?;
            builtins.insert(Arc::clone(&builtin.name), Arc::new(builtin));
        }
        let mut wasm_abi_versions = Vec::new();
        for version in list(document, "wasm_abi_versions")? {
            let version = object(version, "a wasm ABI version")?;
            let number = |field| version.get_str(field).and_then(Value::as_i64).unwrap_or_default();
            wasm_abi_versions.push((number("version"), number("minor_version")));
        }
        Ok(Self {
            builtins,
            future_keywords: strings(document, "future_keywords")?,
            features: strings(document, "features")?,
            wasm_abi_versions,
            allow_net: match field(document, "allow_net") {
                None => None,
                Some(_) => Some(strings(document, "allow_net")?),
            },
        })
    }
}

impl Declaration {
    fn to_json(&self) -> Value {
        let mut fields =
            vec![("name", Value::from(&*self.name)), ("decl", self.function.to_json())];
        let texts = [("infix", &self.infix), ("description", &self.description)];
        for (field, text) in texts {
            fields.extend(text.as_deref().map(|text| (field, Value::from(text))));
        }
        if !self.categories.is_empty() {
            let categories = self.categories.iter().map(|category| Value::from(&**category));
            fields.push(("categories", Value::array(categories)));
        }
        let flags = [
            ("relation", self.relation),
            ("deprecated", self.deprecated),
            ("nondeterministic", self.nondeterministic),
        ];
        let set = flags.into_iter().filter(|(_, set)| *set);
        fields.extend(set.map(|(field, _)| (field, Value::from(true))));
        Value::object(fields)
    }

    fn from_fields(fields: &Object) -> Result<Self, DocumentError> {
        let text = |name| match field(fields, name) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(Arc::<str>::from(text.as_str()))),
            Some(other) => Err(DocumentError::member(name, "a string", other)),
        };
        let flag = |name| match field(fields, name) {
            None => Ok(false),
            Some(Value::Bool(set)) => Ok(*set),
            Some(other) => Err(DocumentError::member(name, "a boolean", other)),
        };
        let name = text("name")?.ok_or(DocumentError::Missing { name: "name" })?;
        let decl = field(fields, "decl").ok_or(DocumentError::Missing { name: "decl" });
        let function = decl.and_then(Function::from_json);
        let function = function.map_err(|error| error.at(name.to_string()))?;
        Ok(Self {
            infix: text("infix")?.filter(|infix| !infix.is_empty()),
            function: Arc::new(function),
            relation: flag("relation")?,
            deprecated: flag("deprecated")?,
            nondeterministic: flag("nondeterministic")?,
            can_skip_bctx: false,
            categories: strings(fields, "categories")?,
            description: text("description")?,
            name,
        })
    }
}

/// A member that may be missing; `null` counts as missing, as in Go.
fn field<'a>(object: &'a Object, name: &str) -> Option<&'a Value> {
    object.get_str(name).filter(|value| !matches!(value, Value::Null))
}

fn object<'a>(value: &'a Value, what: &str) -> Result<&'a Object, DocumentError> {
    value.as_object().ok_or_else(|| DocumentError::Kind {
        what: what.to_owned(),
        wanted: "an object",
        got: value.type_name(),
    })
}

fn list<'a>(object: &'a Object, name: &str) -> Result<&'a [Value], DocumentError> {
    match field(object, name) {
        None => Ok(&[]),
        Some(Value::Array(array)) => Ok(array.as_slice()),
        Some(other) => Err(DocumentError::member(name, "an array", other)),
    }
}

fn strings(object: &Object, name: &str) -> Result<Vec<Arc<str>>, DocumentError> {
    let text = |element: &Value| match element {
        Value::String(text) => Ok(Arc::from(text.as_str())),
        other => Err(DocumentError::member(name, "an array of strings", other)),
    };
    list(object, name)?.iter().map(text).collect()
}
