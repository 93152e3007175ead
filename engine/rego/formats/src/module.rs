//! `rego.parse_module`; OPA's `topdown/parse.go`: a module as the JSON of its tree.
//!
//! The module is read by the rules of version 1, whatever the policy's own version is.

use referee_rego_builtin::Implementation::Function as F;
use referee_rego_builtin::{BuiltinError, Context, Result, Table, operand};
use referee_rego_syntax::ast::RegoVersion;
use referee_rego_syntax::json::{JsonOptions, module_to_json_asking};
use referee_rego_syntax::{Error, ParseOptions};
use referee_rego_value::bytes::{bytes_of, shown};
use referee_rego_value::{Value, later};

pub(crate) const TABLE: Table = &[("rego.parse_module", F(parse_module))];

/// How many bytes of a tree a byte of text may become, generously.
const TREE_BYTES: usize = 64;

/// How deep a module may nest. Policies stay under 50; the parser's stack stands on that of the
/// evaluation, so it may be no deeper than what one half of a thread's 2 MiB holds, unoptimised.
const MOST_DEPTH: u32 = 150;

fn parse_module(ctx: &mut Context<'_>, operands: &[Value]) -> Result<Option<Value>> {
    let name = operand::string(operands, 1)?;
    // OPA numbers this operand 1, too.
    let text = match operand::value(operands, 2)? {
        Value::String(text) => text,
        other => return Err(BuiltinError::operand(1, "string", other.type_name())),
    };
    ctx.work(u32::try_from(text.len()).unwrap_or(u32::MAX))?;
    ctx.reserve(text.len().saturating_mul(TREE_BYTES))?;
    let options = ParseOptions { max_depth: MOST_DEPTH, ..ParseOptions::new(RegoVersion::V1) };
    let mut stopped = None;
    let (name, text) = (shown(name), bytes_of(text));
    let parsed = referee_rego_syntax::parse_module_asking(&name, &text, &options, &mut || {
        if stopped.is_none() {
            stopped = ctx.passed(16).err();
        }
        stopped.is_none()
    });
    if let Some(why) = stopped {
        return Err(why.into());
    }
    let module = parsed.map_err(|errors| BuiltinError::new(told(&errors)))?;
    let tree = module_to_json_asking(&module, &JsonOptions::parse_module(), &mut || {
        if stopped.is_none() {
            stopped = ctx.passed(16).err();
        }
        stopped.is_none()
    });
    if text.len() > later::LARGE_TEXT {
        later::free(module, text.len().saturating_mul(later::TREE_BYTES));
    }
    stopped.map_or(Ok(Some(tree)), |why| Err(why.into()))
}

/// Errors as OPA tells them: a module without any statement, the only error without a line, stands
/// alone; all others are told as a list, even of one.
fn told(errors: &[Error]) -> String {
    let lines: Vec<String> = errors.iter().map(ToString::to_string).collect();
    match (lines.as_slice(), errors) {
        ([], _) => "no error(s)".to_owned(),
        ([one], [error]) if error.location.row == 0 => one.clone(),
        ([one], _) => format!("1 error occurred: {one}"),
        _ => format!("{} errors occurred:\n{}", lines.len(), lines.join("\n")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use referee_rego_builtin::{ErrorKind, Meter, NoHost};
    use std::time::Duration;

    fn parse(text: &str) -> Result<String> {
        let clock = || Duration::ZERO;
        let runtime = Value::Null;
        let meter = Meter::new(&clock, Duration::from_secs(1), 1 << 24, 1 << 28, None);
        let mut ctx = Context::new(meter, 0, 0, &NoHost, &runtime);
        let operands = [Value::from("x.rego"), Value::from(text)];
        parse_module(&mut ctx, &operands).map(|tree| tree.unwrap().to_json())
    }

    #[test]
    fn a_module_is_given_as_its_tree() {
        let tree = parse("package x\np := 1").unwrap();
        assert!(tree.contains(r#""head":{"assign":true,"name":"p""#), "{tree}");
    }

    #[test]
    fn errors_are_told_as_a_list_but_for_an_empty_module() {
        let refused = |text: &str| parse(text).unwrap_err().message;
        assert_eq!(
            refused("package x."),
            "1 error occurred: x.rego:1: rego_parse_error: unexpected eof token: expected \
             identifier\n\tpackage x.\n\t         ^"
        );
        assert_eq!(refused("# x"), "x.rego:0: rego_parse_error: empty module");
    }

    #[test]
    fn a_module_that_nests_too_deep_is_refused() {
        let deep = format!("package x\np := {}1{}", "[".repeat(5_000), "]".repeat(5_000));
        let error = parse(&deep).unwrap_err();
        assert_eq!(error.kind, ErrorKind::Builtin);
        assert!(error.message.contains("max parsing recursion depth exceeded"));
    }
}
