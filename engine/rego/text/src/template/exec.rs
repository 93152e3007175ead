//! Rendering a template.

use super::ast::{Branch, Call, Command, Kind, List, Node, Operand, Pipe, Templates};
use super::data::Datum;
use super::functions::{self, Failure};
use super::number::Number;
use super::parse::MAIN;
use crate::give;
use referee_rego_builtin::{BuiltinError, Context, Result};
use referee_rego_go::quote::quoted;
use referee_rego_value::Value;

/// How deep templates call templates. (Go: 100,000.)
const MOST_CALLS: usize = 50;

/// Renders the main template.
pub(super) fn execute(
    ctx: &mut Context<'_>,
    templates: &Templates,
    source: &str,
    data: &Value,
) -> Result<String> {
    let dot = Datum::of(data);
    let mut state = State {
        ctx,
        templates,
        source,
        name: MAIN,
        variables: vec![Variable::new("$", dot.clone())],
        in_place: false,
        at: At::Nowhere,
        calls: 0,
        out: String::new(),
    };
    let Some(list) = templates.0.get(MAIN) else {
        let name = quoted(MAIN);
        return Err(state.error(&format!("{name} is an incomplete or empty template")));
    };
    state.list(&dot, list)?;
    Ok(state.out)
}

/// What is executed: errors show it.
#[derive(Clone, Copy)]
enum At<'t> {
    Nowhere,
    Pipe(&'t Pipe),
    Command(&'t Command),
    Operand(&'t Operand),
    Call(&'t Call),
}

/// How a list ends.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Flow {
    On,
    Break,
    Continue,
}

/// A variable.
struct Variable<'t> {
    name: &'t str,
    value: Datum,
    /// Whether it is an element as it stands in its collection, of which Go knows no other type
    /// than that it can be anything.
    in_place: bool,
}

impl<'t> Variable<'t> {
    fn new(name: &'t str, value: Datum) -> Self {
        Self { name, value, in_place: false }
    }
}

struct State<'t, 'c, 'm> {
    ctx: &'c mut Context<'m>,
    templates: &'t Templates,
    source: &'t str,
    name: &'t str,
    variables: Vec<Variable<'t>>,
    /// Whether dot is an element as it stands in its collection.
    in_place: bool,
    at: At<'t>,
    calls: usize,
    out: String,
}

impl<'t> State<'t, '_, '_> {
    fn error(&self, what: &str) -> BuiltinError {
        let (at, shown) = match self.at {
            At::Nowhere => return BuiltinError::new(format!("template: {}: {what}", self.name)),
            At::Pipe(pipe) => (pipe.at, pipe.to_string()),
            At::Command(command) => (command.at, command.to_string()),
            At::Operand(operand) => (operand.at, operand.to_string()),
            At::Call(call) => (call.at, call.to_string()),
        };
        let before = self.source.get(..at).unwrap_or_default();
        let line = before.matches('\n').count() + 1;
        let column = before.rfind('\n').map_or(at, |newline| at - newline - 1);
        let name = quoted(self.name);
        BuiltinError::new(format!(
            "template: {MAIN}:{line}:{column}: executing {name} at <{shown}>: {what}"
        ))
    }

    fn write(&mut self, text: &str) -> Result<()> {
        give::text(self.ctx, text.len())?;
        self.out.push_str(text);
        Ok(())
    }

    fn list(&mut self, dot: &Datum, list: &'t List) -> Result<Flow> {
        for node in list {
            self.ctx.work(2)?;
            let flow = self.node(dot, node)?;
            if flow != Flow::On {
                return Ok(flow);
            }
        }
        Ok(Flow::On)
    }

    fn node(&mut self, dot: &Datum, node: &'t Node) -> Result<Flow> {
        match node {
            Node::Text(text) => self.write(text)?,
            Node::Action(pipe) => {
                let value = self.pipe(dot, pipe)?;
                if pipe.variables.is_empty() {
                    let text = value.printed();
                    self.write(&text)?;
                }
            }
            Node::If(branch) => return self.branch(dot, branch, false),
            Node::With(branch) => return self.branch(dot, branch, true),
            Node::Range(branch) => return self.range(dot, branch),
            Node::Template(call) => self.template(dot, call)?,
            Node::Break => return Ok(Flow::Break),
            Node::Continue => return Ok(Flow::Continue),
        }
        Ok(Flow::On)
    }

    fn branch(&mut self, dot: &Datum, branch: &'t Branch, with: bool) -> Result<Flow> {
        let mark = self.variables.len();
        let value = self.pipe(dot, &branch.pipe)?;
        let flow = if value.is_true() && with {
            let in_place = std::mem::take(&mut self.in_place);
            let flow = self.list(&value, &branch.list)?;
            self.in_place = in_place;
            flow
        } else if value.is_true() {
            self.list(dot, &branch.list)?
        } else if let Some(otherwise) = &branch.otherwise {
            self.list(dot, otherwise)?
        } else {
            Flow::On
        };
        self.variables.truncate(mark);
        Ok(flow)
    }

    fn set(&mut self, name: &str, value: Datum, in_place: bool) -> Result<()> {
        match self.variables.iter_mut().rev().find(|found| found.name == name) {
            Some(found) => {
                (found.value, found.in_place) = (value, in_place);
                Ok(())
            }
            None => Err(self.error(&format!("undefined variable: {name}"))),
        }
    }

    fn range(&mut self, dot: &Datum, branch: &'t Branch) -> Result<Flow> {
        let start = self.variables.len();
        let value = self.pipe(dot, &branch.pipe)?;
        let mut any = false;
        match &value {
            Datum::Json(Value::Array(array)) => {
                for (index, element) in (0..).zip(array.iter()) {
                    any = true;
                    if self.iteration(branch, Datum::Int(index), Datum::of(element))? {
                        break;
                    }
                }
            }
            Datum::Json(Value::Object(object)) => {
                for (key, element) in object.iter() {
                    any = true;
                    if self.iteration(branch, Datum::of(key), Datum::of(element))? {
                        break;
                    }
                }
            }
            Datum::Int(count) => {
                if branch.pipe.variables.len() > 1 {
                    let what = format!("can't use {count} to iterate over more than one variable");
                    return Err(self.error(&what));
                }
                for number in 0..*count {
                    any = true;
                    if self.iteration(branch, Datum::Absent, Datum::Int(number))? {
                        break;
                    }
                }
            }
            Datum::Absent | Datum::Null => {}
            other => {
                let what = format!("range can't iterate over {}", other.printed());
                return Err(self.error(&what));
            }
        }
        let mut flow = Flow::On;
        if !any && let Some(otherwise) = &branch.otherwise {
            flow = self.list(dot, otherwise)?;
        }
        self.variables.truncate(start);
        // A break in what stands for nothing ends this range, as it does in Go.
        Ok(if flow == Flow::Continue { Flow::Continue } else { Flow::On })
    }

    /// One iteration: whether it is the last.
    fn iteration(&mut self, branch: &'t Branch, index: Datum, element: Datum) -> Result<bool> {
        self.ctx.work(4)?;
        let mark = self.variables.len();
        match branch.pipe.variables.as_slice() {
            [] => {}
            [only] if branch.pipe.assigns => self.set(only, element.clone(), true)?,
            [first, second, ..] if branch.pipe.assigns => {
                self.set(first, index, false)?;
                self.set(second, element.clone(), true)?;
            }
            names => {
                // The pipe has declared them: they are the last.
                if let Some(found) = self.variables.last_mut() {
                    (found.value, found.in_place) = (element.clone(), true);
                }
                let before = mark.checked_sub(2).filter(|_| names.len() > 1);
                if let Some(found) = before.and_then(|at| self.variables.get_mut(at)) {
                    found.value = index;
                }
            }
        }
        let in_place = std::mem::replace(&mut self.in_place, true);
        let flow = self.list(&element, &branch.list)?;
        self.in_place = in_place;
        self.variables.truncate(mark);
        Ok(flow == Flow::Break)
    }

    fn template(&mut self, dot: &Datum, call: &'t Call) -> Result<()> {
        self.at = At::Call(call);
        let Some(list) = self.templates.0.get(&call.name) else {
            return Err(self.error(&format!("template {} not defined", quoted(&call.name))));
        };
        if self.calls >= MOST_CALLS {
            return Err(self.error("exceeded maximum template depth (100000)"));
        }
        let dot = match &call.pipe {
            Some(pipe) => self.pipe(dot, pipe)?,
            None => Datum::Absent,
        };
        let name = std::mem::replace(&mut self.name, &call.name);
        let root = vec![Variable::new("$", dot.clone())];
        let variables = std::mem::replace(&mut self.variables, root);
        let in_place = std::mem::take(&mut self.in_place);
        self.calls += 1;
        self.list(&dot, list)?;
        self.calls -= 1;
        self.name = name;
        self.variables = variables;
        self.in_place = in_place;
        Ok(())
    }

    fn pipe(&mut self, dot: &Datum, pipe: &'t Pipe) -> Result<Datum> {
        self.at = At::Pipe(pipe);
        let mut value: Option<Datum> = None;
        for command in &pipe.commands {
            self.ctx.work(2)?;
            let result = self.command(dot, command, value)?;
            // A null is nothing once it stands for itself.
            value = Some(if result.is_nil() { Datum::Absent } else { result });
        }
        let value = value.unwrap_or(Datum::Absent);
        for name in &pipe.variables {
            if pipe.assigns {
                self.set(name, value.clone(), false)?;
            } else {
                self.variables.push(Variable::new(name, value.clone()));
            }
        }
        Ok(value)
    }

    /// What is no function takes no arguments.
    fn alone(&self, operands: &[Operand], last: &Option<Datum>) -> Result<()> {
        match operands {
            [first, rest @ ..] if !rest.is_empty() || last.is_some() => {
                Err(self.error(&format!("can't give argument to non-function {first}")))
            }
            _ => Ok(()),
        }
    }

    fn command(&mut self, dot: &Datum, command: &'t Command, last: Option<Datum>) -> Result<Datum> {
        let operands = command.operands.as_slice();
        let Some(first) = operands.first() else {
            return Ok(Datum::Absent);
        };
        match &first.kind {
            Kind::Field(_) | Kind::Chain(..) | Kind::Variable(..) => {
                let arguments = operands.len() > 1 || last.is_some();
                if let Kind::Variable(_, fields) = &first.kind
                    && fields.is_empty()
                {
                    self.at = At::Operand(first);
                    self.alone(operands, &last)?;
                }
                self.path(dot, first, arguments)
            }
            Kind::Function(name) => {
                self.at = At::Operand(first);
                let arguments = operands.get(1..).unwrap_or_default();
                self.call(dot, At::Command(command), name, arguments, last)
            }
            Kind::Pipe(pipe) => {
                self.alone(operands, &last)?;
                self.pipe(dot, pipe)
            }
            _ => {
                self.at = At::Operand(first);
                self.alone(operands, &last)?;
                if matches!(first.kind, Kind::Nil) {
                    return Err(self.error("nil is not a command"));
                }
                self.operand(dot, first)
            }
        }
    }

    /// The value of an operand.
    fn operand(&mut self, dot: &Datum, operand: &'t Operand) -> Result<Datum> {
        self.at = At::Operand(operand);
        Ok(match &operand.kind {
            Kind::Dot => dot.clone(),
            Kind::Nil => Datum::Null,
            Kind::Bool(value) => Datum::Bool(*value),
            Kind::Number(number) => match number.value {
                Number::Int(value) => Datum::Int(value),
                Number::Float(value) => Datum::Float(value),
                Number::Overflow => {
                    return Err(self.error(&format!("{} overflows int", number.text)));
                }
            },
            Kind::Text(_, text) => Datum::Text(text.clone()),
            Kind::Field(_) | Kind::Variable(..) | Kind::Chain(..) => {
                return self.path(dot, operand, false);
            }
            Kind::Function(name) => {
                return self.call(dot, At::Operand(operand), name, &[], None);
            }
            Kind::Pipe(pipe) => return self.pipe(dot, pipe),
        })
    }

    /// What fields lead to.
    fn path(&mut self, dot: &Datum, operand: &'t Operand, arguments: bool) -> Result<Datum> {
        self.at = At::Operand(operand);
        let (mut value, mut in_place, fields) = match &operand.kind {
            Kind::Field(fields) => (dot.clone(), self.in_place, fields),
            Kind::Variable(name, fields) => {
                let found = self.variables.iter().rev().find(|found| found.name == name);
                match found {
                    Some(found) => (found.value.clone(), found.in_place, fields),
                    None => return Err(self.error(&format!("undefined variable: {name}"))),
                }
            }
            Kind::Chain(inner, fields) => {
                if matches!(inner.kind, Kind::Nil) {
                    let what = format!("indirection through explicit nil in {operand}");
                    return Err(self.error(&what));
                }
                (self.operand(dot, inner)?, false, fields)
            }
            _ => return Ok(Datum::Absent),
        };
        let last = fields.len().saturating_sub(1);
        for (index, name) in fields.iter().enumerate() {
            self.ctx.work(1)?;
            value = self.field(&value, in_place, name, arguments && index == last)?;
            in_place = true;
        }
        Ok(value)
    }

    fn field(
        &self,
        receiver: &Datum,
        in_place: bool,
        name: &str,
        arguments: bool,
    ) -> Result<Datum> {
        match receiver {
            Datum::Absent => Ok(Datum::Absent),
            Datum::Null => {
                Err(self.error(&format!("nil pointer evaluating interface {{}}.{name}")))
            }
            Datum::Json(Value::Object(_)) if arguments => {
                Err(self.error(&format!("{name} is not a method but has arguments")))
            }
            Datum::Json(Value::Object(object)) => {
                Ok(object.get_str(name).map_or(Datum::Absent, Datum::of))
            }
            other => {
                let kind = if in_place { "interface {}" } else { other.type_name() };
                Err(self.error(&format!("can't evaluate field {name} in type {kind}")))
            }
        }
    }

    fn call(
        &mut self,
        dot: &Datum,
        at: At<'t>,
        name: &str,
        operands: &'t [Operand],
        last: Option<Datum>,
    ) -> Result<Datum> {
        let count = operands.len() + usize::from(last.is_some());
        if let Some(what) = functions::wrong_count(name, count, operands.len()) {
            return Err(self.error(&what));
        }
        if matches!(name, "and" | "or") {
            let mut value = Datum::Absent;
            for operand in operands {
                value = self.operand(dot, operand)?;
                if value.is_true() == (name == "or") {
                    return Ok(value);
                }
            }
            return Ok(last.unwrap_or(value));
        }
        let mut arguments = Vec::with_capacity(count);
        for (index, operand) in operands.iter().enumerate() {
            if name == "printf" && index == 0 {
                arguments.push(self.format_text(dot, operand)?);
            } else {
                arguments.push(self.operand(dot, operand)?);
            }
        }
        if let Some(last) = last {
            if name == "printf" && operands.is_empty() {
                self.must_be_text(&last)?;
            }
            arguments.push(last);
        }
        functions::call(self.ctx, name, &arguments).map_err(|failure| match failure {
            Failure::Ended(error) => error,
            Failure::Refused(what) => {
                self.at = at;
                // What is called is named as it is written.
                let callee = operands.first().map(ToString::to_string).unwrap_or_default();
                let what = what.replacen("{callee}", &callee, 1);
                self.error(&format!("error calling {name}: {what}"))
            }
        })
    }

    /// The first argument of `printf`, which is a string.
    fn format_text(&mut self, dot: &Datum, operand: &'t Operand) -> Result<Datum> {
        self.at = At::Operand(operand);
        match &operand.kind {
            Kind::Text(_, text) => Ok(Datum::Text(text.clone())),
            Kind::Bool(_) | Kind::Number(_) => {
                Err(self.error(&format!("expected string; found {operand}")))
            }
            Kind::Nil => Err(self.error("cannot assign nil to string")),
            _ => {
                let value = self.operand(dot, operand)?;
                self.must_be_text(&value)?;
                Ok(value)
            }
        }
    }

    fn must_be_text(&self, value: &Datum) -> Result<()> {
        match value {
            Datum::Text(_) => Ok(()),
            Datum::Absent => Err(self.error("invalid value; expected string")),
            other => {
                let kind = if other.is_nil() { "interface {}" } else { other.type_name() };
                let what = format!("wrong type for value; expected string; got {kind}");
                Err(self.error(&what))
            }
        }
    }
}
