//! Which capabilities a program needs (`Compiler.Required` in OPA).

use super::Backend;
use super::options::current;
use crate::value::Value;
use referee_rego_value as native;

impl Backend {
    /// The builtins with their declarations, the imported keywords and the features, in the form of
    /// a document of capabilities.
    pub(in crate::back) fn required(&self) -> Value {
        let compiled = &self.made.compiled;
        let all = current().to_json();
        let declared = all.as_object().and_then(|all| all.get_str("builtins"));
        let declared = declared.and_then(native::Value::as_array);
        let name = |builtin: &native::Value| {
            let name = builtin.as_object()?.get_str("name")?.as_str()?;
            Some(name.to_owned())
        };
        let needed = |builtin: &&native::Value| {
            name(builtin).is_some_and(|name| compiled.required.contains(name.as_str()))
        };
        let builtins: Vec<native::Value> =
            declared.into_iter().flat_map(|all| all.iter()).filter(needed).cloned().collect();
        let texts = |texts: Vec<&'static str>| {
            native::Value::array(texts.into_iter().map(native::Value::from))
        };
        let mut members = vec![("builtins", native::Value::array(builtins))];
        let keywords = compiled.required_keywords();
        if !keywords.is_empty() {
            members.push(("future_keywords", texts(keywords.into_iter().collect())));
        }
        let features = compiled.required_features();
        if !features.is_empty() {
            members.push(("features", texts(features.into_iter().collect())));
        }
        Value(native::Value::object(members))
    }
}
