//! A base document that is put together from several, as OPA's loader does it (`v1/loader`).

use crate::value::Value;
use std::borrow::Cow;
use std::collections::BTreeMap;

/// Data that is being put together: objects are merged member by member, and two values for one
/// place are refused, equal or not.
#[derive(Debug, Default)]
pub struct DataTree(BTreeMap<String, Node>);

#[derive(Debug)]
enum Node {
    /// What one file says.
    Value(Value),
    /// What several say.
    Tree(DataTree),
}

impl DataTree {
    /// Puts a value at a path.
    ///
    /// # Errors
    /// The path at which there is something already, or at whose end something other than an
    /// object would have to be the whole. Then the tree holds a part of the value.
    pub fn insert(&mut self, path: &[String], value: Value) -> Result<(), Vec<String>> {
        self.put(path, value, &mut Vec::new())
    }

    fn put(
        &mut self,
        path: &[String],
        value: Value,
        at: &mut Vec<String>,
    ) -> Result<(), Vec<String>> {
        if let Some((first, rest)) = path.split_first() {
            at.push(first.clone());
            let node = self.0.entry(first.clone()).or_insert_with(|| Node::Tree(Self::default()));
            if rest.is_empty() && matches!(node, Node::Tree(tree) if tree.0.is_empty()) {
                *node = Node::Value(value);
                return Ok(());
            }
            return node.opened(at)?.put(rest, value, at);
        }
        let Some(members) = value.entries() else { return Err(at.clone()) };
        for (name, member) in members {
            let Some(name) = name.as_str().map(Cow::into_owned) else { continue };
            at.push(name.clone());
            match self.0.get_mut(&name) {
                None => {
                    self.0.insert(name, Node::Value(member));
                }
                Some(node) => {
                    if member.entries().is_none() {
                        return Err(at.clone());
                    }
                    node.opened(at)?.put(&[], member, at)?;
                }
            }
            at.pop();
        }
        Ok(())
    }

    /// The whole; `None` where nothing was said.
    #[must_use]
    pub fn into_value(self) -> Option<Value> {
        (!self.0.is_empty()).then(|| self.value())
    }

    fn value(self) -> Value {
        let members: Vec<(String, Value)> = self
            .0
            .into_iter()
            .map(|(name, node)| {
                let value = match node {
                    Node::Value(value) => value,
                    Node::Tree(tree) => tree.value(),
                };
                (name, value)
            })
            .collect();
        Value::object(members.iter().map(|(name, value)| (name.as_str(), value.clone())))
    }
}

impl Node {
    /// The node, ready to be added to.
    fn opened(&mut self, at: &[String]) -> Result<&mut DataTree, Vec<String>> {
        if let Self::Value(value) = self {
            let members = value.entries().ok_or_else(|| at.to_vec())?;
            let named = members.into_iter().filter_map(|(name, member)| {
                Some((name.as_str()?.into_owned(), Self::Value(member)))
            });
            *self = Self::Tree(DataTree(named.collect()));
        }
        match self {
            Self::Tree(tree) => Ok(tree),
            Self::Value(_) => Err(at.to_vec()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn value(document: serde_json::Value) -> Value {
        Value::from_json(document).unwrap()
    }

    #[test]
    fn objects_are_merged_and_two_values_for_one_place_are_refused() {
        let mut tree = DataTree::default();
        tree.insert(&[], value(json!({"a": {"b": 1}}))).unwrap();
        tree.insert(&["a".into()], value(json!({"c": 2}))).unwrap();
        tree.insert(&["x".into()], value(json!([1]))).unwrap();
        let mut refused = |path: &[&str], document| {
            let path: Vec<String> = path.iter().map(|part| (*part).to_owned()).collect();
            tree.insert(&path, value(document)).unwrap_err().join(".")
        };
        assert_eq!(refused(&["a"], json!({"b": 1})), "a.b");
        assert_eq!(refused(&["x", "y"], json!({})), "x");
        let whole = tree.into_value().unwrap().to_json();
        assert_eq!(whole, json!({"a": {"b": 1, "c": 2}, "x": [1]}));
    }

    #[test]
    fn where_nothing_is_said_there_is_no_data() {
        assert!(DataTree::default().into_value().is_none());
    }
}
