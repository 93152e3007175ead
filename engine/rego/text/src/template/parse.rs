//! The parser of templates, with Go's errors.

use super::ast::{Branch, Call, Command, Kind, List, Node, Operand, Pipe, Templates};
use super::functions;
use super::lex::{Keyword, Token, Type, tokens};
use super::number::{self, unquoted};
use referee_rego_go::quote::quoted;

/// How deep control structures and parentheses nest.
const MOST_DEPTH: usize = 100;

/// The name of the template that is rendered.
pub(super) const MAIN: &str = "template";

type Parsed<T> = Result<T, String>;

/// Reads the templates of a text.
pub(super) fn parse(text: &str) -> Parsed<Templates> {
    let mut parser = Parser {
        tokens: tokens(text),
        at: 0,
        seen: 0,
        variables: vec!["$".to_owned()],
        ranges: 0,
        depth: 0,
        action_line: 0,
        templates: Templates::default(),
    };
    let main = parser.main()?;
    parser.add(MAIN.to_owned(), main)?;
    Ok(parser.templates)
}

/// What ends a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    End,
    Else,
}

impl End {
    fn shown(self) -> &'static str {
        match self {
            Self::End => "{{end}}",
            Self::Else => "{{else}}",
        }
    }
}

enum Part {
    Node(Node),
    End(End),
}

struct Parser {
    tokens: Vec<Token>,
    at: usize,
    /// The last token that was looked at: errors are on its line.
    seen: usize,
    variables: Vec<String>,
    ranges: usize,
    depth: usize,
    action_line: usize,
    templates: Templates,
}

impl Parser {
    fn token(&mut self, at: usize) -> Token {
        let at = at.min(self.tokens.len().saturating_sub(1));
        self.seen = self.seen.max(at);
        let end = || Token { kind: Type::End, at: 0, text: String::new(), line: 1 };
        self.tokens.get(at).cloned().unwrap_or_else(end)
    }

    fn peek(&mut self) -> Token {
        self.token(self.at)
    }

    fn next(&mut self) -> Token {
        let token = self.token(self.at);
        self.at += 1;
        token
    }

    fn skip_space(&mut self) {
        while self.peek().kind == Type::Space {
            self.at += 1;
        }
    }

    fn next_word(&mut self) -> Token {
        self.skip_space();
        self.next()
    }

    fn peek_word(&mut self) -> Token {
        self.skip_space();
        self.peek()
    }

    fn error<T>(&mut self, what: impl std::fmt::Display) -> Parsed<T> {
        let line = self.token(self.seen).line;
        Err(format!("template: {MAIN}:{line}: {what}"))
    }

    fn unexpected<T>(&mut self, token: &Token, context: &str) -> Parsed<T> {
        if token.kind != Type::Error {
            return self.error(format!("unexpected {token} in {context}"));
        }
        let line = self.action_line;
        let place = if line == 0 || line == token.line {
            String::new()
        } else if token.text.ends_with(" action") {
            format!(" started at {MAIN}:{line}")
        } else {
            format!(" in action started at {MAIN}:{line}")
        };
        self.error(format!("{token}{place}"))
    }

    fn want(&mut self, kind: Type, context: &str) -> Parsed<Token> {
        let token = self.next_word();
        if token.kind == kind { Ok(token) } else { self.unexpected(&token, context) }
    }

    fn add(&mut self, name: String, list: List) -> Parsed<()> {
        let is_empty = |list: &List| {
            list.iter().all(|node| matches!(node, Node::Text(text) if text.trim().is_empty()))
        };
        match self.templates.0.get(&name) {
            Some(found) if !is_empty(found) => {
                if !is_empty(&list) {
                    let name = quoted(&name);
                    return self.error(format!("template: multiple definition of template {name}"));
                }
            }
            _ => {
                self.templates.0.insert(name, list);
            }
        }
        Ok(())
    }

    fn main(&mut self) -> Parsed<List> {
        let mut list = List::new();
        while self.peek().kind != Type::End {
            if self.peek().kind == Type::Left {
                let start = self.at;
                self.next();
                if self.next_word().kind == Type::Keyword(Keyword::Define) {
                    self.definition()?;
                    continue;
                }
                self.at = start;
            }
            match self.text_or_action()? {
                Part::Node(node) => list.push(node),
                Part::End(end) => return self.error(format!("unexpected {}", end.shown())),
            }
        }
        Ok(list)
    }

    /// A string that is the name of a template.
    fn template_name(&mut self, context: &str) -> Parsed<(usize, String)> {
        let token = self.next_word();
        match token.kind {
            Type::String | Type::RawString => match unquoted(&token.text) {
                Some(name) => Ok((token.at, name)),
                None => self.error("invalid syntax"),
            },
            _ => self.unexpected(&token, context),
        }
    }

    fn definition(&mut self) -> Parsed<()> {
        let context = "define clause";
        let (_, name) = self.template_name(context)?;
        self.want(Type::Right, context)?;
        let list = self.own_list(context)?;
        self.add(name, list)
    }

    /// The list of a template: it sees no variables but its own.
    fn own_list(&mut self, context: &str) -> Parsed<List> {
        let variables = std::mem::replace(&mut self.variables, vec!["$".to_owned()]);
        let ranges = std::mem::take(&mut self.ranges);
        let (list, end) = self.list()?;
        self.variables = variables;
        self.ranges = ranges;
        match end {
            End::End => Ok(list),
            End::Else => self.error(format!("unexpected {} in {context}", end.shown())),
        }
    }

    fn list(&mut self) -> Parsed<(List, End)> {
        if self.depth >= MOST_DEPTH {
            return self.error("max expression depth exceeded");
        }
        self.depth += 1;
        let mut list = List::new();
        while self.peek_word().kind != Type::End {
            match self.text_or_action()? {
                Part::Node(node) => list.push(node),
                Part::End(end) => {
                    self.depth -= 1;
                    return Ok((list, end));
                }
            }
        }
        self.error("unexpected EOF")
    }

    fn text_or_action(&mut self) -> Parsed<Part> {
        let token = self.next_word();
        match token.kind {
            Type::Text => Ok(Part::Node(Node::Text(token.text))),
            Type::Left => {
                self.action_line = token.line;
                let part = self.action()?;
                self.action_line = 0;
                Ok(part)
            }
            _ => self.unexpected(&token, "input"),
        }
    }

    fn action(&mut self) -> Parsed<Part> {
        let token = self.peek_word();
        let Type::Keyword(keyword) = token.kind else {
            return Ok(Part::Node(Node::Action(self.pipe("command", Type::Right)?)));
        };
        if keyword != Keyword::Define {
            self.next();
        }
        Ok(Part::Node(match keyword {
            Keyword::End => {
                self.want(Type::Right, "end")?;
                return Ok(Part::End(End::End));
            }
            Keyword::Else => {
                let next = self.peek_word();
                let chained = [Type::Keyword(Keyword::If), Type::Keyword(Keyword::With)];
                if !chained.contains(&next.kind) {
                    self.want(Type::Right, "else")?;
                }
                return Ok(Part::End(End::Else));
            }
            Keyword::If => Node::If(self.branch("if")?),
            Keyword::With => Node::With(self.branch("with")?),
            Keyword::Range => Node::Range(self.branch("range")?),
            Keyword::Template => Node::Template(self.template()?),
            Keyword::Block => Node::Template(self.block()?),
            Keyword::Break => self.jump("break", Node::Break)?,
            Keyword::Continue => self.jump("continue", Node::Continue)?,
            Keyword::Define => Node::Action(self.pipe("command", Type::Right)?),
        }))
    }

    fn jump(&mut self, name: &str, node: Node) -> Parsed<Node> {
        let token = self.next_word();
        if token.kind != Type::Right {
            return self.unexpected(&token, &format!("{{{{{name}}}}}"));
        }
        if self.ranges == 0 {
            return self.error(format!("{{{{{name}}}}} outside {{{{range}}}}"));
        }
        Ok(node)
    }

    fn template(&mut self) -> Parsed<Call> {
        let context = "template clause";
        let (at, name) = self.template_name(context)?;
        let pipe = if self.peek_word().kind == Type::Right {
            self.next();
            None
        } else {
            Some(self.pipe(context, Type::Right)?)
        };
        Ok(Call { at, name, pipe })
    }

    fn block(&mut self) -> Parsed<Call> {
        let context = "block clause";
        let (at, name) = self.template_name(context)?;
        let pipe = self.pipe(context, Type::Right)?;
        let list = self.own_list(context)?;
        self.add(name.clone(), list)?;
        Ok(Call { at, name, pipe: Some(pipe) })
    }

    fn branch(&mut self, context: &str) -> Parsed<Branch> {
        let known = self.variables.len();
        let pipe = self.pipe(context, Type::Right)?;
        let is_range = context == "range";
        if is_range {
            self.ranges += 1;
        }
        let (list, end) = self.list()?;
        if is_range {
            self.ranges -= 1;
        }
        let otherwise = if end == End::Else { Some(self.otherwise(context)?) } else { None };
        self.variables.truncate(known);
        Ok(Branch { pipe, list, otherwise })
    }

    /// What follows `else`; `else if` is an `if` in it, which ends both.
    fn otherwise(&mut self, context: &str) -> Parsed<List> {
        let next = self.peek().kind;
        if context == "if" && next == Type::Keyword(Keyword::If) {
            self.next();
            return Ok(vec![Node::If(self.chained("if")?)]);
        }
        if context == "with" && next == Type::Keyword(Keyword::With) {
            self.next();
            return Ok(vec![Node::With(self.chained("with")?)]);
        }
        let (list, end) = self.list()?;
        match end {
            End::End => Ok(list),
            End::Else => self.error(format!("expected end; found {}", end.shown())),
        }
    }

    fn chained(&mut self, context: &str) -> Parsed<Branch> {
        if self.depth >= MOST_DEPTH {
            return self.error("max expression depth exceeded");
        }
        self.depth += 1;
        let branch = self.branch(context)?;
        self.depth -= 1;
        Ok(branch)
    }

    fn pipe(&mut self, context: &str, end: Type) -> Parsed<Pipe> {
        let first = self.peek_word();
        let mut pipe =
            Pipe { at: first.at, variables: Vec::new(), assigns: false, commands: Vec::new() };
        while self.peek_word().kind == Type::Variable {
            let start = self.at;
            let variable = self.next();
            let next = self.peek_word();
            let listed = next.kind == Type::Char && next.text == ",";
            if !listed && !matches!(next.kind, Type::Assign | Type::Declare) {
                self.at = start;
                break;
            }
            self.next();
            // What is declared is the variable itself, whatever fields follow it.
            pipe.variables.push(variable.text.clone());
            self.variables.push(variable.text);
            if !listed {
                pipe.assigns = next.kind == Type::Assign;
                break;
            }
            if context != "range" || pipe.variables.len() >= 2 {
                return self.error(format!("too many declarations in {context}"));
            }
            let more = [Type::Variable, Type::Right, Type::RightParen];
            if !more.contains(&self.peek_word().kind) {
                return self.error("range can only initialize variables");
            }
        }
        loop {
            let token = self.peek_word();
            match token.kind {
                kind if kind == end => {
                    self.next();
                    return self.checked(pipe, context);
                }
                Type::Bool
                | Type::Character
                | Type::Dot
                | Type::Field
                | Type::Identifier
                | Type::Number
                | Type::Nil
                | Type::RawString
                | Type::String
                | Type::Variable
                | Type::LeftParen => {
                    let command = self.command()?;
                    pipe.commands.push(command);
                }
                _ => {
                    self.next();
                    return self.unexpected(&token, context);
                }
            }
        }
    }

    fn checked(&mut self, pipe: Pipe, context: &str) -> Parsed<Pipe> {
        if pipe.commands.is_empty() {
            return self.error(format!("missing value for {context}"));
        }
        for (stage, command) in (2..).zip(pipe.commands.iter().skip(1)) {
            let first = command.operands.first().map(|operand| &operand.kind);
            if let Some(Kind::Bool(_) | Kind::Dot | Kind::Nil | Kind::Number(_) | Kind::Text(..)) =
                first
            {
                return self.error(format!("non executable command in pipeline stage {stage}"));
            }
        }
        Ok(pipe)
    }

    fn command(&mut self) -> Parsed<Command> {
        let mut command = Command { at: self.peek_word().at, operands: Vec::new() };
        loop {
            self.skip_space();
            command.operands.extend(self.operand()?);
            let token = self.next();
            match token.kind {
                Type::Space => {}
                Type::Right | Type::RightParen => {
                    self.at -= 1;
                    break;
                }
                Type::Pipe => break,
                _ => return self.unexpected(&token, "operand"),
            }
        }
        if command.operands.is_empty() {
            return self.error("empty command");
        }
        Ok(command)
    }

    fn operand(&mut self) -> Parsed<Option<Operand>> {
        let Some(operand) = self.term()? else {
            return Ok(None);
        };
        let chain_at = self.peek().at;
        let mut fields = Vec::new();
        while self.peek().kind == Type::Field {
            let field = self.next().text;
            fields.push(field.trim_start_matches('.').to_owned());
        }
        if fields.is_empty() {
            return Ok(Some(operand));
        }
        let kind = match operand.kind {
            Kind::Field(mut names) => {
                names.append(&mut fields);
                Kind::Field(names)
            }
            Kind::Variable(name, mut names) => {
                names.append(&mut fields);
                Kind::Variable(name, names)
            }
            Kind::Bool(_) | Kind::Text(..) | Kind::Number(_) | Kind::Nil | Kind::Dot => {
                let term = quoted(&operand.to_string());
                return self.error(format!("unexpected . after term {term}"));
            }
            _ => Kind::Chain(Box::new(operand), fields),
        };
        Ok(Some(Operand { at: chain_at, kind }))
    }

    fn term(&mut self) -> Parsed<Option<Operand>> {
        let token = self.peek_word();
        self.next();
        let kind = match token.kind {
            Type::Identifier => {
                if !functions::exists(&token.text) {
                    let name = quoted(&token.text);
                    return self.error(format!("function {name} not defined"));
                }
                Kind::Function(token.text)
            }
            Type::Dot => Kind::Dot,
            Type::Nil => Kind::Nil,
            Type::Bool => Kind::Bool(token.text == "true"),
            Type::Field => Kind::Field(vec![token.text.trim_start_matches('.').to_owned()]),
            Type::Variable => {
                if !self.variables.contains(&token.text) {
                    let name = quoted(&token.text);
                    return self.error(format!("undefined variable {name}"));
                }
                Kind::Variable(token.text, Vec::new())
            }
            Type::Number => match number::number(&token.text) {
                Ok(number) => Kind::Number(number),
                Err(error) => return self.error(error),
            },
            Type::Character => match number::character(&token.text) {
                Ok(number) => Kind::Number(number),
                Err(error) => return self.error(error),
            },
            Type::String | Type::RawString => match unquoted(&token.text) {
                Some(text) => Kind::Text(token.text, text),
                None => return self.error("invalid syntax"),
            },
            Type::LeftParen => {
                if self.depth >= MOST_DEPTH {
                    return self.error("max expression depth exceeded");
                }
                self.depth += 1;
                let pipe = self.pipe("parenthesized pipeline", Type::RightParen)?;
                self.depth -= 1;
                return Ok(Some(Operand { at: pipe.at, kind: Kind::Pipe(pipe) }));
            }
            _ => {
                self.at -= 1;
                return Ok(None);
            }
        };
        Ok(Some(Operand { at: token.at, kind }))
    }
}
