//! Data that is put together from several files.

use referee_rego::Value;
use std::collections::BTreeMap;

/// Data that is being put together.
#[derive(Debug, Default)]
pub(super) struct Tree(BTreeMap<String, Node>);

#[derive(Debug)]
enum Node {
    /// What one file says.
    Value(Value),
    /// What several say.
    Tree(Tree),
}

impl Tree {
    /// Puts a value at a path. Objects are merged.
    ///
    /// # Errors
    /// The path at which there is something already.
    pub(super) fn insert(&mut self, path: &[String], value: Value) -> Result<(), String> {
        self.put(path, value, &mut vec!["data".to_owned()])
    }

    fn put(&mut self, path: &[String], value: Value, at: &mut Vec<String>) -> Result<(), String> {
        if let Some((first, rest)) = path.split_first() {
            at.push(first.clone());
            let node = self.0.entry(first.clone()).or_insert_with(|| Node::Tree(Self::default()));
            if rest.is_empty() && matches!(node, Node::Tree(tree) if tree.0.is_empty()) {
                *node = Node::Value(value);
                return Ok(());
            }
            return node.opened(at)?.put(rest, value, at);
        }
        let Some(members) = value.entries() else { return Err(at.join(".")) };
        for (name, member) in members {
            let Some(name) = name.as_str().map(str::to_owned) else { continue };
            at.push(name.clone());
            match self.0.get_mut(&name) {
                None => {
                    self.0.insert(name, Node::Value(member));
                }
                Some(node) => {
                    if member.entries().is_none() {
                        return Err(at.join("."));
                    }
                    node.opened(at)?.put(&[], member, at)?;
                }
            }
            at.pop();
        }
        Ok(())
    }

    /// The whole; `None` where nothing was said.
    pub(super) fn into_value(self) -> Option<Value> {
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
    fn opened(&mut self, at: &[String]) -> Result<&mut Tree, String> {
        if let Self::Value(value) = self {
            let members = value.entries().ok_or_else(|| at.join("."))?;
            let named = members.into_iter().filter_map(|(name, member)| {
                Some((name.as_str()?.to_owned(), Self::Value(member)))
            });
            *self = Self::Tree(Tree(named.collect()));
        }
        match self {
            Self::Tree(tree) => Ok(tree),
            Self::Value(_) => Err(at.join(".")),
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
        let mut tree = Tree::default();
        tree.insert(&[], value(json!({"a": {"b": 1}}))).unwrap();
        tree.insert(&["a".into()], value(json!({"c": 2}))).unwrap();
        tree.insert(&["x".into()], value(json!([1]))).unwrap();
        assert_eq!(tree.insert(&["a".into()], value(json!({"b": 1}))), Err("data.a.b".into()));
        assert_eq!(tree.insert(&["x".into(), "y".into()], value(json!({}))), Err("data.x".into()));
        let whole = tree.into_value().unwrap().to_json();
        assert_eq!(whole, json!({"a": {"b": 1, "c": 2}, "x": [1]}));
    }

    #[test]
    fn where_nothing_is_said_there_is_no_data() {
        assert!(Tree::default().into_value().is_none());
    }
}
