//! Calls of builtins with what they give, for the crates that hold builtins: a case a line in
//! `cases/*.jsonl`, as `["name", [operands], {"gives": [values]}]` or with `"error"` or
//! `"type error"` and its message.
//!
//! In JSON a set is `{"$set": […]}`, an object with keys that are no strings `{"$object": [[k, v]]}`,
//! a string that is no UTF-8 `{"$bytes": [255]}`.

use referee_rego_builtin::{
    BuiltinError, Context, ErrorKind, Implementation, Meter, NoHost, Result, Table,
};
use referee_rego_value::{JsonLimits, Value, bytes};
use std::ops::ControlFlow;
use std::path::Path;
use std::time::Duration;

/// The builtins of a crate, and where its cases are.
pub(crate) struct Cases {
    pub(crate) tables: &'static [Table],
    /// `CARGO_MANIFEST_DIR` of the crate.
    pub(crate) root: &'static str,
    /// What `time.now_ns` gives.
    pub(crate) now_ns: i64,
}

impl Cases {
    fn call(&self, name: &str, operands: &[Value]) -> Result<Vec<Value>> {
        let clock = || Duration::ZERO;
        let runtime = Value::Null;
        let meter = Meter::new(&clock, Duration::from_secs(1), 1 << 30, 1 << 30, None);
        let mut context = Context::new(meter, self.now_ns, 7, &NoHost, &runtime);
        let mut found = self.tables.iter().flat_map(|table| table.iter());
        match found.find(|(found, _)| *found == name) {
            Some((_, Implementation::Function(function))) => {
                Ok(function(&mut context, operands)?.into_iter().collect())
            }
            Some((_, Implementation::Relation(relation))) => {
                let mut values = Vec::new();
                relation(&mut context, operands, &mut |value| {
                    values.push(value);
                    ControlFlow::Continue(())
                })?;
                Ok(values)
            }
            None => panic!("no builtin {name}"),
        }
    }

    /// Runs the cases of a family.
    pub(crate) fn run(&self, family: &str) {
        let path = Path::new(self.root).join("tests/cases").join(family);
        let text = std::fs::read_to_string(path.with_extension("jsonl")).unwrap();
        let mut wrong = Vec::new();
        for (number, line) in (1..).zip(text.lines()) {
            let case = Value::from_json(line, &JsonLimits::DEFAULT).unwrap();
            let [name, operands, expected] = case.as_array().unwrap().as_slice() else {
                panic!("{family}:{number} is no case");
            };
            let operands = decoded(operands);
            let [(kind, expected)] = expected.as_object().unwrap().as_slice() else {
                panic!("{family}:{number} expects nothing");
            };
            let expected = match kind.as_str().unwrap() {
                "gives" => format!("gives {:?}", decoded(expected).as_array().unwrap().as_slice()),
                kind => format!("{kind} {}", expected.as_str().unwrap()),
            };
            let name = name.as_str().unwrap();
            let got = shown(self.call(name, operands.as_array().unwrap().as_slice()));
            if got != expected {
                wrong.push(format!("{family}:{number}: {name}\n  want {expected}\n  got  {got}"));
            }
        }
        assert!(wrong.is_empty(), "{} of {family}:\n{}", wrong.len(), wrong.join("\n"));
    }
}

/// The value that JSON stands for here.
fn decoded(json: &Value) -> Value {
    match json {
        Value::Array(array) => Value::array(array.iter().map(decoded)),
        Value::Object(object) => {
            if let Some(Value::Array(elements)) = object.get_str("$set") {
                return Value::set(elements.iter().map(decoded));
            }
            if let Some(Value::Array(bytes)) = object.get_str("$bytes") {
                let byte = |byte: &Value| byte.as_i64().unwrap().try_into().unwrap();
                return Value::of_bytes(bytes.iter().map(byte).collect());
            }
            if let Some(Value::Array(members)) = object.get_str("$object") {
                return Value::object(members.iter().map(|member| {
                    let pair = member.as_array().unwrap();
                    (decoded(pair.get(0).unwrap()), decoded(pair.get(1).unwrap()))
                }));
            }
            Value::object(object.iter().map(|(key, value)| (key.clone(), decoded(value))))
        }
        other => other.clone(),
    }
}

fn shown(result: Result<Vec<Value>>) -> String {
    match result {
        Ok(values) => format!("gives {values:?}"),
        Err(BuiltinError { kind: ErrorKind::Type, message }) => format!("type error {message}"),
        Err(BuiltinError { message, .. }) => format!("error {}", bytes::shown(&message)),
    }
}

/// A test for each family.
macro_rules! families {
    ($cases:expr; $($test:ident, $family:literal;)*) => {$(
        #[test]
        fn $test() {
            $cases.run($family);
        }
    )*};
}

pub(crate) use families;
