//! Schemas (specification section 3).

use super::ast::{
    Around, At, Comments, Definition, DirectiveDefinition, EntryPoint, EnumValue, FieldDefinition,
    SchemaDefinition, SchemaDocument,
};
use super::lexer::{Token, TokenKind};
use super::parser::{GoOn, Parsed, Parser, refuse};
use std::rc::Rc;

const BRACES: (TokenKind, TokenKind) = (TokenKind::BraceL, TokenKind::BraceR);
const PARENS: (TokenKind, TokenKind) = (TokenKind::ParenL, TokenKind::ParenR);

/// Where directives may stand.
const LOCATIONS: &[&str] = &[
    "QUERY",
    "MUTATION",
    "SUBSCRIPTION",
    "FIELD",
    "FRAGMENT_DEFINITION",
    "FRAGMENT_SPREAD",
    "INLINE_FRAGMENT",
    "VARIABLE_DEFINITION",
    "SCHEMA",
    "SCALAR",
    "OBJECT",
    "FIELD_DEFINITION",
    "ARGUMENT_DEFINITION",
    "INTERFACE",
    "UNION",
    "ENUM",
    "ENUM_VALUE",
    "INPUT_OBJECT",
    "INPUT_FIELD_DEFINITION",
];

/// A description and the comments before it.
#[derive(Default)]
struct Description {
    text: String,
    comments: Comments,
    token: Option<Token>,
}

/// Parses a document of definitions.
pub(super) fn parse(text: &str, go_on: GoOn<'_>) -> Parsed<SchemaDocument> {
    let mut parser = Parser::new(text, go_on);
    let mut document = SchemaDocument::default();
    while parser.peek_kind() != TokenKind::End {
        let description = description(&mut parser)?;
        let token = parser.peek().clone();
        if token.kind != TokenKind::Name {
            return refuse(&token);
        }
        match token.value.as_str() {
            "scalar" | "type" | "interface" | "union" | "enum" | "input" => {
                document.definitions.push(definition(&mut parser, description)?);
            }
            "schema" => document.schemas.push(schema(&mut parser, description)?),
            "directive" => {
                document.directives.push(Rc::new(directive(&mut parser, description)?));
            }
            "extend" => {
                if let Some(token) = description.token.filter(|_| !description.text.is_empty()) {
                    return refuse(&token);
                }
                extension(&mut parser, &mut document)?;
            }
            _ => return refuse(&token),
        }
    }
    document.comments = parser.comments_now();
    Ok(document)
}

fn description(parser: &mut Parser<'_>) -> Parsed<Description> {
    if !matches!(parser.peek_kind(), TokenKind::BlockString | TokenKind::String) {
        return Ok(Description::default());
    }
    let comments = parser.comments();
    let token = parser.next()?;
    Ok(Description { text: token.value.clone(), comments, token: Some(token) })
}

/// The description of a member, and the comments around it.
fn member(parser: &mut Parser<'_>) -> Parsed<(String, At, Around)> {
    let described = description(parser)?;
    let mut around = Around::default();
    if !described.text.is_empty() {
        around.before = described.comments;
    }
    around.after = parser.comments();
    Ok((described.text, parser.here(), around))
}

fn schema(parser: &mut Parser<'_>, description: Description) -> Parsed<SchemaDefinition> {
    let after = parser.keyword("schema")?;
    let at = parser.here();
    let directives = parser.directives(true)?;
    let (operations, end) = parser.some(BRACES, entry_point)?;
    let around = Around { before: description.comments, after, end };
    Ok(SchemaDefinition { description: description.text, directives, operations, at, around })
}

fn entry_point(parser: &mut Parser<'_>) -> Parsed<EntryPoint> {
    let (at, comments) = (parser.here(), parser.comments());
    let operation = parser.operation_type()?;
    parser.want(TokenKind::Colon)?;
    Ok(EntryPoint { operation, kind: parser.name()?, at, comments })
}

/// The kind of a definition by its keyword.
fn kind(keyword: &str) -> Option<&'static str> {
    Some(match keyword {
        "scalar" => "SCALAR",
        "type" => "OBJECT",
        "interface" => "INTERFACE",
        "union" => "UNION",
        "enum" => "ENUM",
        "input" => "INPUT_OBJECT",
        _ => return None,
    })
}

fn definition(parser: &mut Parser<'_>, description: Description) -> Parsed<Definition> {
    let keyword = parser.peek().value.clone();
    let after = parser.keyword(&keyword)?;
    let mut definition = Definition {
        kind: kind(&keyword).unwrap_or_default().to_owned(),
        description: description.text,
        at: parser.here(),
        ..Definition::default()
    };
    body(parser, &mut definition, true)?;
    definition.around.before = description.comments;
    definition.around.after = after;
    Ok(definition)
}

/// What follows the keyword of a definition, or of an extension of one.
fn body(parser: &mut Parser<'_>, definition: &mut Definition, whole: bool) -> Parsed<()> {
    definition.name = parser.name()?;
    let kind = definition.kind.clone();
    if kind == "OBJECT" || (kind == "INTERFACE" && whole) {
        definition.interfaces = interfaces(parser)?;
    }
    // The library takes variables in the directives of an extended input type.
    let constant = whole || kind != "INPUT_OBJECT";
    definition.directives = parser.directives(constant)?;
    match kind.as_str() {
        "OBJECT" | "INTERFACE" => {
            (definition.fields, definition.around.end) = parser.some(BRACES, field)?;
        }
        "INPUT_OBJECT" => {
            (definition.fields, definition.around.end) = parser.some(BRACES, input_value)?;
        }
        "ENUM" => {
            (definition.enum_values, definition.around.end) = parser.some(BRACES, enum_value)?;
        }
        "UNION" => union_members(parser, definition)?,
        _ => {}
    }
    Ok(())
}

fn interfaces(parser: &mut Parser<'_>) -> Parsed<Vec<String>> {
    let mut found = Vec::new();
    if parser.peek().value == "implements" {
        parser.next()?;
        parser.skip(TokenKind::Amp)?;
        found.push(parser.name()?);
        while parser.skip(TokenKind::Amp)? {
            found.push(parser.name()?);
        }
    }
    Ok(found)
}

fn union_members(parser: &mut Parser<'_>, definition: &mut Definition) -> Parsed<()> {
    if !parser.skip(TokenKind::Equals)? {
        return Ok(());
    }
    parser.skip(TokenKind::Pipe)?;
    loop {
        definition.type_positions.push(parser.here());
        definition.types.push(parser.name()?);
        if !parser.skip(TokenKind::Pipe)? {
            return Ok(());
        }
    }
}

fn field(parser: &mut Parser<'_>) -> Parsed<Rc<FieldDefinition>> {
    let (description, at, around) = member(parser)?;
    let name = parser.name()?;
    let arguments = parser.some(PARENS, input_value)?.0;
    parser.want(TokenKind::Colon)?;
    let kind = parser.type_reference()?;
    let directives = parser.directives(true)?;
    Ok(Rc::new(FieldDefinition {
        description,
        name,
        arguments,
        default: None,
        kind,
        directives,
        at,
        around,
    }))
}

/// An argument of a field, or a field of an input type.
fn input_value(parser: &mut Parser<'_>) -> Parsed<Rc<FieldDefinition>> {
    let (description, at, around) = member(parser)?;
    let name = parser.name()?;
    parser.want(TokenKind::Colon)?;
    let kind = parser.type_reference()?;
    let default = if parser.skip(TokenKind::Equals)? { Some(parser.value(true)?) } else { None };
    let directives = parser.directives(true)?;
    Ok(Rc::new(FieldDefinition {
        description,
        name,
        arguments: Vec::new(),
        default,
        kind,
        directives,
        at,
        around,
    }))
}

fn enum_value(parser: &mut Parser<'_>) -> Parsed<EnumValue> {
    let (description, at, around) = member(parser)?;
    let name = parser.name()?;
    Ok(EnumValue { description, name, directives: parser.directives(true)?, at, around })
}

fn extension(parser: &mut Parser<'_>, document: &mut SchemaDocument) -> Parsed<()> {
    let after = parser.keyword("extend")?;
    let keyword = parser.peek().value.clone();
    if keyword == "schema" {
        parser.keyword(&keyword)?;
        let at = parser.here();
        let directives = parser.directives(true)?;
        let (operations, end) = parser.some(BRACES, entry_point)?;
        if directives.is_empty() && operations.is_empty() {
            return parser.unexpected();
        }
        let around = Around { before: None, after, end };
        let description = String::new();
        document.schema_extensions.push(SchemaDefinition {
            description,
            directives,
            operations,
            at,
            around,
        });
        return Ok(());
    }
    let Some(kind) = kind(&keyword) else { return parser.unexpected() };
    parser.keyword(&keyword)?;
    let mut definition =
        Definition { kind: kind.to_owned(), at: parser.here(), ..Definition::default() };
    body(parser, &mut definition, false)?;
    definition.around.after = after;
    let empty = definition.interfaces.is_empty()
        && definition.directives.is_empty()
        && definition.fields.is_empty()
        && definition.types.is_empty()
        && definition.enum_values.is_empty();
    if empty {
        return parser.unexpected();
    }
    document.extensions.push(definition);
    Ok(())
}

fn directive(parser: &mut Parser<'_>, description: Description) -> Parsed<DirectiveDefinition> {
    let after = parser.keyword("directive")?;
    parser.want(TokenKind::At)?;
    let at = parser.here();
    let name = parser.name()?;
    let arguments = parser.some(PARENS, input_value)?.0;
    let token = parser.peek();
    let repeatable = token.kind == TokenKind::Name && token.value == "repeatable";
    if repeatable {
        parser.next()?;
    }
    parser.keyword("on")?;
    parser.skip(TokenKind::Pipe)?;
    let mut locations = vec![location(parser)?];
    while parser.skip(TokenKind::Pipe)? {
        locations.push(location(parser)?);
    }
    Ok(DirectiveDefinition {
        description: description.text,
        name,
        arguments,
        locations,
        repeatable,
        at,
        around: Around { before: description.comments, after, end: None },
    })
}

fn location(parser: &mut Parser<'_>) -> Parsed<String> {
    let token = parser.want(TokenKind::Name)?;
    if LOCATIONS.contains(&token.value.as_str()) { Ok(token.value) } else { refuse(&token) }
}
