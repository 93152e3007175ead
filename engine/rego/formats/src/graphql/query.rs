//! Queries (specification section 2.2 and following).

use super::ast::{Field, Fragment, InlineFragment, Operation, Query, Selection, Spread, Variable};
use super::error::GraphqlError;
use super::lexer::TokenKind;
use super::parser::{GoOn, Parsed, Parser, refuse};
use std::cell::{Cell, RefCell};
use std::rc::Rc;

/// Parses a document of operations.
pub(super) fn parse(text: &str, go_on: GoOn<'_>) -> Parsed<Query> {
    let mut parser = Parser::new(text, go_on);
    let mut query = Query::default();
    loop {
        let token = parser.peek().clone();
        match (token.kind, token.value.as_str()) {
            (TokenKind::End, _) => return Ok(query),
            (TokenKind::BraceL, _) | (TokenKind::Name, "query" | "mutation" | "subscription") => {
                query.operations.push(operation(&mut parser)?);
            }
            (TokenKind::Name, "fragment") => {
                query.fragments.push(Rc::new(fragment(&mut parser)?));
            }
            _ => return refuse(&token),
        }
    }
}

fn operation(parser: &mut Parser<'_>) -> Parsed<Operation> {
    let (at, comments) = (parser.here(), parser.comments());
    if parser.peek_kind() == TokenKind::BraceL {
        return Ok(Operation {
            kind: "query".to_owned(),
            name: String::new(),
            variables: Vec::new(),
            directives: Vec::new(),
            selections: required_selections(parser)?,
            at,
            // The library looks for them too late.
            comments: None,
        });
    }
    let kind = parser.operation_type()?;
    let name =
        if parser.peek_kind() == TokenKind::Name { parser.next()?.value } else { String::new() };
    let variables = variables(parser)?;
    let directives = parser.directives(false)?;
    let selections = required_selections(parser)?;
    Ok(Operation { kind, name, variables, directives, selections, at, comments })
}

impl Parser<'_> {
    /// `query`, `mutation` or `subscription`.
    pub(super) fn operation_type(&mut self) -> Parsed<String> {
        let token = self.next()?;
        match token.value.as_str() {
            "query" | "mutation" | "subscription" => Ok(token.value),
            _ => refuse(&token),
        }
    }
}

fn variables(parser: &mut Parser<'_>) -> Parsed<Vec<Rc<Variable>>> {
    Ok(parser.some((TokenKind::ParenL, TokenKind::ParenR), variable)?.0)
}

fn variable(parser: &mut Parser<'_>) -> Parsed<Rc<Variable>> {
    let (at, comments) = (parser.here(), parser.comments());
    let name = parser.variable()?;
    parser.want(TokenKind::Colon)?;
    let kind = parser.type_reference()?;
    let default = if parser.skip(TokenKind::Equals)? { Some(parser.value(true)?) } else { None };
    let directives = parser.directives(false)?;
    Ok(Rc::new(Variable {
        name,
        kind,
        default,
        directives,
        at,
        comments,
        used: Cell::new(false),
        definition: RefCell::default(),
    }))
}

fn required_selections(parser: &mut Parser<'_>) -> Parsed<Vec<Selection>> {
    let token = parser.peek();
    if token.kind != TokenKind::BraceL {
        let message = format!("Expected {{, found {}", token.kind.text());
        return Err(GraphqlError::at(Some(token.at), message));
    }
    selections(parser)
}

fn selections(parser: &mut Parser<'_>) -> Parsed<Vec<Selection>> {
    parser.nested(|parser| Ok(parser.some((TokenKind::BraceL, TokenKind::BraceR), selection)?.0))
}

fn selection(parser: &mut Parser<'_>) -> Parsed<Selection> {
    if parser.peek_kind() == TokenKind::Spread {
        return fragment_use(parser);
    }
    let (at, comments) = (parser.here(), parser.comments());
    let alias = parser.name()?;
    let name = if parser.skip(TokenKind::Colon)? { parser.name()? } else { alias.clone() };
    let arguments = parser.arguments(false)?;
    let directives = parser.directives(false)?;
    let selections =
        if parser.peek_kind() == TokenKind::BraceL { selections(parser)? } else { Vec::new() };
    Ok(Selection::Field(Rc::new(Field {
        alias,
        name,
        arguments,
        directives,
        selections,
        at,
        comments,
        definition: RefCell::default(),
        parent: RefCell::default(),
    })))
}

fn fragment_use(parser: &mut Parser<'_>) -> Parsed<Selection> {
    let comments = parser.comments();
    parser.want(TokenKind::Spread)?;
    let at = parser.here();
    let token = parser.peek();
    if token.kind == TokenKind::Name && token.value != "on" {
        return Ok(Selection::Spread(Rc::new(Spread {
            name: parser.name()?,
            directives: parser.directives(false)?,
            at,
            comments,
            definition: RefCell::default(),
            parent: RefCell::default(),
        })));
    }
    let mut condition = String::new();
    if token.value == "on" {
        parser.next()?;
        condition = parser.name()?;
    }
    Ok(Selection::Inline(InlineFragment {
        condition,
        directives: parser.directives(false)?,
        selections: required_selections(parser)?,
        at,
        comments,
        parent: RefCell::default(),
    }))
}

fn fragment(parser: &mut Parser<'_>) -> Parsed<Fragment> {
    let (at, comments) = (parser.here(), parser.comments());
    parser.keyword("fragment")?;
    if parser.peek().value == "on" {
        return parser.unexpected();
    }
    let name = parser.name()?;
    let variables = variables(parser)?;
    parser.keyword("on")?;
    let condition = parser.name()?;
    let directives = parser.directives(false)?;
    let selections = required_selections(parser)?;
    Ok(Fragment { name, variables, condition, directives, selections, at, comments })
}
