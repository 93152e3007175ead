//! Assignments over a configuration: `--set a.b=c,d[0].e=f,g={1,2}` and `--set-file k=path`.
//!
//! The notation is Helm's, which OPA took over: members are parted by `.`, entries of lists stand
//! in brackets, several assignments are parted by `,`, a list of values stands in braces, and a
//! backslash takes the meaning from what follows. `true`, `false`, `null` and whole numbers that do
//! not begin with a zero are such; anything else, and every value of `--set-file`, is text.

use super::error::OpaConfigError;
use super::substitute;
use serde_json::{Map, Value};

/// The most entries of a list that an index can make: what is between is filled up.
const MAX_INDEX: usize = 65_536;

/// The most members one in another.
const MAX_DEPTH: usize = 64;

/// What a file's content is put in by: reads a path.
type ReadFile = std::sync::Arc<dyn Fn(&str) -> Result<String, String> + Send + Sync>;

/// One `--set` or `--set-file`.
#[derive(Clone)]
pub struct Assignment {
    text: String,
    read: Option<ReadFile>,
}

impl std::fmt::Debug for Assignment {
    /// Without the value, which may be a secret.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple(self.flag()).field(&before_value(&self.text)).finish()
    }
}

impl Assignment {
    /// A `--set`.
    #[must_use]
    pub fn value(text: impl Into<String>) -> Self {
        Self { text: text.into(), read: None }
    }

    /// A `--set-file`: values are paths, which `read` reads. Space around a content is left out.
    #[must_use]
    pub fn file(
        text: impl Into<String>,
        read: impl Fn(&str) -> Result<String, String> + Send + Sync + 'static,
    ) -> Self {
        Self { text: text.into(), read: Some(std::sync::Arc::new(read)) }
    }

    fn flag(&self) -> &'static str {
        if self.read.is_some() { "--opa-set-file" } else { "--opa-set" }
    }

    /// Lays the assignment into a tree.
    pub(super) fn lay_into(
        &self,
        tree: &mut Map<String, Value>,
        environment: &impl Fn(&str) -> Option<String>,
    ) -> Result<(), OpaConfigError> {
        // Paths of files are taken as they are.
        let text = match self.read {
            None => substitute::variables(self.flag(), &self.text, environment)?,
            Some(_) => self.text.clone(),
        };
        let mut parser = Parser { rest: text.chars().collect(), at: 0, read: self.read.as_ref() };
        parser.all(tree).map_err(|problem| OpaConfigError::Assignment {
            flag: self.flag(),
            text: before_value(&self.text),
            problem,
        })
    }
}

fn before_value(text: &str) -> String {
    text.split('=').next().unwrap_or_default().chars().take(200).collect()
}

/// One step on the way to a value.
#[derive(Debug)]
enum Step {
    Member(String),
    Entry(usize),
}

struct Parser<'r> {
    rest: Vec<char>,
    at: usize,
    read: Option<&'r ReadFile>,
}

impl Parser<'_> {
    fn all(&mut self, tree: &mut Map<String, Value>) -> Result<(), String> {
        while self.at < self.rest.len() {
            let steps = self.steps()?;
            let value = self.value_or_list()?;
            let mut root = Value::Object(std::mem::take(tree));
            let placed = place(&mut root, &steps, value);
            if let Value::Object(members) = root {
                *tree = members;
            }
            placed?;
        }
        Ok(())
    }

    fn next(&mut self) -> Option<char> {
        let found = self.rest.get(self.at).copied();
        self.at += usize::from(found.is_some());
        found
    }

    /// Text up to one of some characters, which is taken as well.
    fn until(&mut self, stops: &[char]) -> (String, Option<char>) {
        let mut text = String::new();
        while let Some(found) = self.next() {
            match found {
                _ if stops.contains(&found) => return (text, Some(found)),
                '\\' => text.extend(self.next()),
                _ => text.push(found),
            }
        }
        (text, None)
    }

    /// The way to a value, with the `=` after it.
    fn steps(&mut self) -> Result<Vec<Step>, String> {
        let mut steps = Vec::new();
        let (first, mut stop) = self.until(&['=', '[', ',', '.']);
        let mut last = first.clone();
        steps.push(Step::Member(named(first)?));
        loop {
            if steps.len() > MAX_DEPTH {
                return Err(format!("it leads through more than {MAX_DEPTH} members"));
            }
            match stop {
                Some('=') => return Ok(steps),
                Some('.') => {
                    let (name, next) = self.until(&['=', '[', ',', '.']);
                    last.clone_from(&name);
                    steps.push(Step::Member(named(name)?));
                    stop = next;
                }
                Some('[') => {
                    let (index, closed) = self.until(&[']']);
                    let index: usize = index
                        .parse()
                        .ok()
                        .filter(|index| closed.is_some() && *index <= MAX_INDEX)
                        .ok_or_else(|| format!("{index:?} is no index up to {MAX_INDEX}"))?;
                    steps.push(Step::Entry(index));
                    let (between, next) = self.until(&['=', '[', ',', '.']);
                    if !between.is_empty() {
                        return Err(format!("{between:?} stands behind an index"));
                    }
                    stop = next;
                }
                _ => return Err(format!("{last:?} has no value")),
            }
        }
    }

    fn value_or_list(&mut self) -> Result<Value, String> {
        if self.rest.get(self.at) != Some(&'{') {
            let (text, _) = self.until(&[',']);
            return self.value(text);
        }
        self.at += 1;
        let mut items = Vec::new();
        loop {
            let (text, stop) = self.until(&[',', '}']);
            match stop {
                None => return Err("a list ends with }".to_owned()),
                Some(stop) => {
                    items.push(self.value(text)?);
                    if stop == '}' {
                        break;
                    }
                }
            }
        }
        if self.rest.get(self.at) == Some(&',') {
            self.at += 1;
        }
        Ok(Value::Array(items))
    }

    fn value(&self, text: String) -> Result<Value, String> {
        if let Some(read) = self.read {
            return read(&text).map(|content| Value::from(content.trim()));
        }
        Ok(match text.to_ascii_lowercase().as_str() {
            "true" => Value::Bool(true),
            "false" => Value::Bool(false),
            "null" => Value::Null,
            "0" => Value::from(0),
            _ if text.starts_with('0') => Value::from(text),
            _ => text.parse::<i64>().map_or_else(|_| Value::from(text), Value::from),
        })
    }
}

fn named(name: String) -> Result<String, String> {
    if name.is_empty() { Err("a member has no name".to_owned()) } else { Ok(name) }
}

fn place(root: &mut Value, steps: &[Step], value: Value) -> Result<(), String> {
    let mut at = root;
    for step in steps {
        at = match step {
            Step::Member(name) => {
                if !at.is_object() {
                    *at = Value::Object(Map::new());
                }
                let Value::Object(members) = at else { return Ok(()) };
                members.entry(name.clone()).or_insert(Value::Null)
            }
            Step::Entry(index) => {
                if !at.is_array() {
                    *at = Value::Array(Vec::new());
                }
                let Value::Array(items) = at else { return Ok(()) };
                if items.len() <= *index {
                    items.resize(*index + 1, Value::Null);
                }
                let Some(item) = items.get_mut(*index) else { return Ok(()) };
                item
            }
        };
    }
    *at = value;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use referee_core::Coded as _;
    use serde_json::json;

    fn set(texts: &[&str]) -> Result<Value, OpaConfigError> {
        let mut tree = Map::new();
        for text in texts {
            Assignment::value(*text).lay_into(&mut tree, &|name| Some(format!("<{name}>")))?;
        }
        Ok(Value::Object(tree))
    }

    #[test]
    fn assignments_are_read_as_helm_writes_them() {
        let cases = [
            ("a.b=c,d=e", json!({"a": {"b": "c"}, "d": "e"})),
            ("a=1,b=01,c=0,d=-5,e=1.5", json!({"a": 1, "b": "01", "c": 0, "d": -5, "e": "1.5"})),
            ("a=true,b=FALSE,c=null,d=", json!({"a": true, "b": false, "c": null, "d": ""})),
            ("a={1,x},b=y", json!({"a": [1, "x"], "b": "y"})),
            ("a[1].b=x,a[0]=y", json!({"a": ["y", {"b": "x"}]})),
            (r"a\.b=x\,y", json!({"a.b": "x,y"})),
            ("a=b=c", json!({"a": "b=c"})),
            ("a=${X}", json!({"a": "<X>"})),
        ];
        for (text, expected) in cases {
            assert_eq!(set(&[text]).unwrap(), expected, "{text}");
        }
        let laid = set(&["services.s.url=u", "services.s.type=oci", "services.s.url=v"]).unwrap();
        assert_eq!(laid, json!({"services": {"s": {"url": "v", "type": "oci"}}}));
    }

    #[test]
    fn what_is_no_assignment_is_told_without_its_value() {
        for (text, problem) in [
            ("a", "--opa-set \"a\": \"a\" has no value"),
            ("a,b=1", "--opa-set \"a,b\": \"a\" has no value"),
            ("=hunter2", "--opa-set \"\": a member has no name"),
            ("a.=hunter2", "--opa-set \"a.\": a member has no name"),
            ("a={hunter2", "--opa-set \"a\": a list ends with }"),
            ("a[x]=1", "--opa-set \"a[x]\": \"x\" is no index up to 65536"),
            ("a[70000]=1", "--opa-set \"a[70000]\": \"70000\" is no index up to 65536"),
            ("a[0]b=1", "--opa-set \"a[0]b\": \"b\" stands behind an index"),
        ] {
            let error = set(&[text]).unwrap_err();
            assert_eq!(error.to_string(), problem);
            assert_eq!(error.code(), "invalid_assignment");
        }
        let deep = format!("{}=1", vec!["a"; 80].join("."));
        assert!(set(&[&deep]).unwrap_err().to_string().contains("more than 64 members"));
        assert!(!format!("{:?}", Assignment::value("a=hunter2")).contains("hunter2"));
    }

    #[test]
    fn a_files_content_is_text_without_the_space_around_it() {
        let read = |path: &str| match path {
            "here" => Ok("\n42 \n".to_owned()),
            _ => Err("it is not there".to_owned()),
        };
        let mut tree = Map::new();
        let environment = |_: &str| None;
        Assignment::file("a.b=here", read).lay_into(&mut tree, &environment).unwrap();
        assert_eq!(Value::Object(tree.clone()), json!({"a": {"b": "42"}}));
        let error = Assignment::file("a=no", read).lay_into(&mut tree, &environment).unwrap_err();
        assert_eq!(error.to_string(), "--opa-set-file \"a\": it is not there");
    }
}
