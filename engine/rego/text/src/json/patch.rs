//! `json.patch`: RFC 6902 over any value, with sets besides arrays and objects.

use super::edit::{Node, brief};
use super::path;
use crate::give::Given;
use referee_rego_builtin::{BuiltinError, Context, Result, operand};
use referee_rego_value::{Object, Value};

pub(super) fn patch(ctx: &mut Context<'_>, operands: &[Value]) -> Given {
    let document = operand::value(operands, 1)?;
    let operations = operand::array(operands, 2)?;
    let mut root = Node::new(document.clone());
    for operation in operations.iter() {
        ctx.work(8)?;
        let Value::Object(operation) = operation else {
            return Err(BuiltinError::new(
                "must be an array of JSON-Patch objects, but at least one element is not an object",
            ));
        };
        apply(ctx, &mut root, operation)?;
    }
    root.render(ctx)
}

fn required<'a>(operation: &'a Object, name: &str) -> Result<&'a Value> {
    operation
        .get_str(name)
        .ok_or_else(|| BuiltinError::new(format!("missing required attribute '{name}'")))
}

fn apply(ctx: &mut Context<'_>, root: &mut Node, operation: &Object) -> Result<()> {
    let path = required(operation, "path")?;
    let name = match required(operation, "op")? {
        Value::String(name) => name,
        other => {
            let found = other.type_name();
            let words = format!("attribute 'op' must be a string but found: {found}");
            return Err(BuiltinError::new(words));
        }
    };
    let path = path::keys(path)?;
    let from = || path::keys(required(operation, "from")?);
    match name.as_str() {
        "add" => root.insert(ctx, &path, required(operation, "value")?.clone()),
        "remove" => root.delete(ctx, &path),
        "replace" => {
            root.delete(ctx, &path)?;
            root.insert(ctx, &path, required(operation, "value")?.clone())
        }
        "move" => {
            let from = from()?;
            let value = found(ctx, root, &from)?;
            root.delete(ctx, &from)?;
            insert_found(ctx, root, &path, value)
        }
        "copy" => {
            let value = found(ctx, root, &from()?)?;
            insert_found(ctx, root, &path, value)
        }
        "test" => {
            let found = found(ctx, root, &path)?;
            let wanted = required(operation, "value")?;
            if found.as_ref() == Some(wanted) {
                return Ok(());
            }
            let (found, wanted) = (found.as_ref(), brief(wanted));
            let found = found.map_or_else(|| "<nil>".to_owned(), brief);
            Err(BuiltinError::new(format!(
                "value from EditTree != patch value.\n\nExpected: {wanted}\n\nFound: {found}"
            )))
        }
        other => Err(BuiltinError::new(format!("unrecognized op: '{other}'"))),
    }
}

fn found(ctx: &mut Context<'_>, root: &mut Node, path: &[Value]) -> Result<Option<Value>> {
    let node = root.at(ctx, path)?;
    // It borrows the tree, whose changes it renders.
    let node: &Node = node;
    node.render(ctx)
}

fn insert_found(
    ctx: &mut Context<'_>,
    root: &mut Node,
    path: &[Value],
    value: Option<Value>,
) -> Result<()> {
    match value {
        Some(value) => root.insert(ctx, path, value),
        None => Err(BuiltinError::new("cannot insert nil value into EditTree")),
    }
}
