//! From statements to modules and queries (OPA's `v1/ast/parser_ext.go` and `rego_v1.go`).

use crate::ast::{
    Body, Expr, ExprKind, Head, Import, Module, Package, Ref, RegoVersion, Rule, Term, TermKind,
};
use crate::options::ParseOptions;
use crate::parser::{GoOn, Parsed, Parser, Statement};
use crate::{Code, Error, Location, Source, attach, print, v1};
use std::borrow::Cow;
use std::sync::Arc;

/// Reads a module.
///
/// # Errors
/// All that is wrong with it, in order, in OPA's words.
pub fn parse_module(name: &str, text: &str, options: &ParseOptions) -> Result<Module, Vec<Error>> {
    parse_module_bytes(name, text.as_bytes(), options)
}

/// The same of bytes that may be no UTF-8; that is an error of the module.
///
/// # Errors
/// As for [`parse_module`].
pub fn parse_module_bytes(
    name: &str,
    bytes: &[u8],
    options: &ParseOptions,
) -> Result<Module, Vec<Error>> {
    let (source, parsed) = parse_source(name, bytes, options, None)?;
    module(&source, parsed, options)
}

/// As [`parse_module_bytes`]: `go_on` is asked before each token. Once it says no, it is to say so from
/// then on; what comes of the rest of the module means nothing.
///
/// # Errors
/// As for [`parse_module`].
pub fn parse_module_asking(
    name: &str,
    bytes: &[u8],
    options: &ParseOptions,
    go_on: &mut dyn FnMut() -> bool,
) -> Result<Module, Vec<Error>> {
    let (source, parsed) = parse_source(name, bytes, options, Some(GoOn(go_on)))?;
    module(&source, parsed, options)
}

/// Reads a query: expressions.
///
/// # Errors
/// All that is wrong with it. Statements of another kind are one error without a place.
pub fn parse_query(text: &str, options: &ParseOptions) -> Result<Body, Vec<Error>> {
    let (_, parsed) = parse_source("", text.as_bytes(), options, None)?;
    let mut body = Body::new();
    for statement in parsed.statements {
        let Statement::Body(exprs) = statement else {
            let found = match statement {
                Statement::Package(_) => "*ast.Package",
                Statement::Import(_) => "*ast.Import",
                _ => "*ast.Rule",
            };
            return Err(vec![plain(format!("expected body but got {found}"))]);
        };
        body.extend(exprs);
    }
    if !parsed.annotations.is_empty() {
        return Err(vec![plain("expected body but got *ast.Annotations".to_owned())]);
    }
    for (expr, index) in body.iter_mut().zip(0..) {
        expr.index = index;
    }
    Ok(body)
}

/// The same as [`parse_query`].
///
/// # Errors
/// As for [`parse_query`].
pub fn parse_body(text: &str, options: &ParseOptions) -> Result<Body, Vec<Error>> {
    parse_query(text, options)
}

/// Reads a single term.
///
/// # Errors
/// What is wrong with it, or that it is none.
pub fn parse_term(text: &str, options: &ParseOptions) -> Result<Term, Vec<Error>> {
    let options = ParseOptions { skip_rules: true, ..options.clone() };
    let mut body = parse_query(text, &options)?;
    if body.len() != 1 {
        return Err(vec![plain(format!(
            "expected exactly one term but got: {}",
            print::body(&body)
        ))]);
    }
    match body.pop() {
        Some(Expr { kind: ExprKind::Term(term), .. }) => Ok(term),
        Some(Expr { kind: ExprKind::Call(terms), .. }) => {
            let terms: Vec<String> = terms.iter().map(print::term).collect();
            Err(vec![plain(format!("expected term but got [{}]", terms.join(" ")))])
        }
        expr => {
            let expr = expr.map(|expr| expr.to_string()).unwrap_or_default();
            Err(vec![plain(format!("expected term but got {expr}"))])
        }
    }
}

/// Reads a single reference.
///
/// # Errors
/// What is wrong with it, or that it is none.
pub fn parse_ref(text: &str, options: &ParseOptions) -> Result<Ref, Vec<Error>> {
    match parse_term(text, options)? {
        Term { kind: TermKind::Ref(parts), .. } => Ok(parts),
        term => Err(vec![plain(format!("expected ref but got {term}"))]),
    }
}

fn plain(message: String) -> Error {
    Error::new(Code::Parse, message, &Location::NONE)
}

fn parse_source(
    name: &str,
    bytes: &[u8],
    options: &ParseOptions,
    go_on: Option<GoOn<'_>>,
) -> Result<(Arc<Source>, Parsed), Vec<Error>> {
    if bytes.len() > options.max_bytes {
        let (found, most) = (bytes.len(), options.max_bytes);
        return Err(vec![plain(format!(
            "source too large: {found} bytes, at most {most} are read"
        ))]);
    }
    let (text, invalid) = decode(bytes);
    let source = Arc::new(Source { name: Arc::from(name), text: Arc::from(text.as_ref()) });
    let parser = Parser::new(&source, &invalid, options).map_err(|error| vec![error])?;
    // The one who is asked lives longer than the source does here.
    let go_on = go_on.map(|go_on| GoOn(go_on.0));
    let parsed = parser.asking(go_on).parse()?;
    Ok((source, parsed))
}

/// The text with a replacement character for each byte that is no UTF-8, and where those stand.
fn decode(bytes: &[u8]) -> (Cow<'_, str>, Vec<usize>) {
    let mut rest = match std::str::from_utf8(bytes) {
        Ok(text) => return (Cow::Borrowed(text), Vec::new()),
        Err(_) => bytes,
    };
    let (mut text, mut invalid) = (String::with_capacity(bytes.len()), Vec::new());
    for chunk in rest.utf8_chunks() {
        text.push_str(chunk.valid());
        for _ in chunk.invalid() {
            invalid.push(text.len());
            text.push('\u{FFFD}');
        }
        rest = &[];
    }
    let _ = rest;
    (Cow::Owned(text), invalid)
}

/// The statements as a module.
fn module(
    source: &Arc<Source>,
    parsed: Parsed,
    options: &ParseOptions,
) -> Result<Module, Vec<Error>> {
    let mut errors = Vec::new();
    let mut statements = parsed.statements.into_iter();
    let package = match statements.next() {
        Some(Statement::Package(package)) => package,
        first => {
            let location = first.map(|statement| statement.location());
            let location =
                location.or_else(|| parsed.annotations.first().map(|one| one.location.clone()));
            let Some(location) = location else {
                let nowhere = Location { source: Some(Arc::clone(source)), ..Location::NONE };
                return Err(vec![Error::new(Code::Parse, "empty module", &nowhere)]);
            };
            errors.push(Error::new(Code::Parse, "package expected", &location));
            Package { path: Ref::new(), location: Location::NONE }
        }
    };
    let mut module = Module {
        package,
        imports: Vec::new(),
        rules: Vec::new(),
        annotations: Vec::new(),
        comments: parsed.comments,
        version: options.version,
    };
    for statement in statements {
        match statement {
            Statement::Import(import) => {
                if module.version == RegoVersion::V0 && is_rego_v1(&import) {
                    module.version = RegoVersion::V0CompatV1;
                }
                module.imports.push(import);
            }
            Statement::Rule(rule) => module.rules.push(rule),
            Statement::Body(body) => {
                let location = body.first().map_or(Location::NONE, |expr| expr.location.clone());
                match rule_of_body(body) {
                    Ok(rule) => module.rules.push(Rule { generated_body: true, ..rule }),
                    Err(message) => errors.push(Error::new(Code::Parse, message, &location)),
                }
            }
            Statement::Package(package) => {
                errors.push(Error::new(Code::Parse, "unexpected package", &package.location));
            }
        }
    }
    if module.version != RegoVersion::V0 {
        module.rules.iter().for_each(|rule| v1::check_rule(rule, &mut errors));
    }
    if errors.is_empty() {
        errors = attach::attach(&mut module, parsed.annotations);
    }
    if errors.is_empty() { Ok(module) } else { Err(errors) }
}

fn is_rego_v1(import: &Import) -> bool {
    match &import.path.kind {
        TermKind::Ref(parts) => matches!(
            parts.as_slice(),
            [Term { kind: TermKind::Var(rego), .. }, Term { kind: TermKind::String(v1), .. }]
                if rego == "rego" && v1 == "v1"
        ),
        _ => false,
    }
}

/// A body that stands where a rule may: `p = 1`, `p[x]`, `f(x) = y`.
fn rule_of_body(mut body: Body) -> Result<Rule, Cow<'static, str>> {
    match body.pop() {
        Some(expr) if body.is_empty() => rule_of_expr(expr),
        _ => Err(Cow::Borrowed("multiple expressions cannot be used for rule head")),
    }
}

fn rule_of_expr(expr: Expr) -> Result<Rule, Cow<'static, str>> {
    if !expr.with.is_empty() {
        return Err(Cow::Borrowed("expressions using with keyword cannot be used for rule head"));
    }
    if expr.negated {
        return Err(Cow::Borrowed("negated expressions cannot be used for rule head"));
    }
    let operator = expr.global_operator().map(str::to_owned);
    match expr.kind {
        ExprKind::Some(_) => Err(Cow::Borrowed("'some' declarations cannot be used for rule head")),
        ExprKind::Term(term) => rule_of_term(term),
        ExprKind::Call(terms) => match operator.as_deref() {
            Some("eq") => rule_of_equality(terms, false, &expr.location),
            Some("assign") => rule_of_equality(terms, true, &expr.location),
            _ => rule_of_call(terms),
        },
        ExprKind::Every(_) | ExprKind::And(_) | ExprKind::Or(_) | ExprKind::Not(_) => {
            Err(Cow::Borrowed("expression cannot be used for rule head"))
        }
    }
}

/// A head whose reference begins with a variable.
fn head_of(parts: Ref) -> Result<Head, Cow<'static, str>> {
    let Some(TermKind::Var(name)) = parts.first().map(|head| &head.kind) else {
        return Err(Cow::Owned(format!("invalid rule head: {}", print::reference(&parts))));
    };
    let name = if parts.len() == 1 { name.clone() } else { Default::default() };
    Ok(Head { name, reference: parts, ..Head::default() })
}

fn generated(head: Head, location: &Location, body_location: &Location) -> Rule {
    Rule {
        default: false,
        head,
        body: vec![crate::parser::truth(body_location)],
        else_rule: None,
        annotations: Vec::new(),
        generated_body: true,
        location: location.clone(),
    }
}

/// `p[x]`, an element of a set; `p.q.r`, a value.
fn rule_of_term(term: Term) -> Result<Rule, Cow<'static, str>> {
    let location = term.location;
    let parts = match term.kind {
        TermKind::Ref(parts) if parts.len() > 1 => parts,
        TermKind::Ref(_) => return Err(Cow::Borrowed("refs cannot be used for rule head")),
        kind => return Err(Cow::Owned(format!("{} cannot be used for rule name", kind.name()))),
    };
    let mut head = head_of(parts)?;
    head.location = location.clone();
    if let [name, key] = head.reference.as_slice() {
        head.key = Some(key.clone());
        head.name = crate::parser::variable_name(name).unwrap_or_default();
        head.reference.truncate(1);
    } else {
        head.value = Some(crate::parser::truth_term(&location));
        head.generated_value = true;
    }
    Ok(generated(head, &location, &location))
}

/// `p = 1`, `p[x] = 1`, `f(x) = 1`.
fn rule_of_equality(
    terms: Vec<Term>,
    assign: bool,
    location: &Location,
) -> Result<Rule, Cow<'static, str>> {
    let mut terms = terms.into_iter().skip(1);
    let (Some(left), Some(right)) = (terms.next(), terms.next()) else {
        return Err(Cow::Borrowed("assignment requires two operands"));
    };
    let body_location = right.location.clone();
    let mut head = match left.kind {
        TermKind::Call(call) => {
            let mut call = call.into_iter();
            let operator = call.next().map(|operator| operator.kind);
            match operator {
                Some(TermKind::Ref(parts))
                    if matches!(parts.first().map(|head| &head.kind), Some(TermKind::Var(_))) =>
                {
                    Head { args: Some(call.collect()), ..head_of(parts)? }
                }
                _ => return Err(Cow::Borrowed("call cannot be used for rule name")),
            }
        }
        TermKind::Ref(parts) => {
            let mut head = head_of(parts)?;
            if let [name, key] = head.reference.as_slice() {
                (head.name, head.key) =
                    (crate::parser::variable_name(name).unwrap_or_default(), Some(key.clone()));
            }
            head
        }
        TermKind::Var(name) => {
            let term = Term { kind: TermKind::Var(name.clone()), location: left.location };
            Head { name, reference: vec![term], ..Head::default() }
        }
        kind => return Err(Cow::Owned(format!("{} cannot be used for rule name", kind.name()))),
    };
    head.value = Some(right);
    head.assign = assign;
    head.location = location.clone();
    Ok(generated(head, location, &body_location))
}

/// `f(x)`: a function that is true.
fn rule_of_call(terms: Vec<Term>) -> Result<Rule, Cow<'static, str>> {
    let mut terms = terms.into_iter();
    let Some(Term { kind: TermKind::Ref(parts), location }) = terms.next() else {
        return Err(Cow::Borrowed("expression cannot be used for rule head"));
    };
    if crate::builtins::is_builtin(&print::reference(&parts)) {
        return Err(Cow::Borrowed("rule name conflicts with built-in function"));
    }
    let args: Vec<Term> = terms.collect();
    if args.is_empty() {
        return Err(Cow::Borrowed("rule argument list must take at least one argument"));
    }
    let mut head = head_of(parts)?;
    head.value = Some(crate::parser::truth_term(&location));
    head.location = location.clone();
    head.args = Some(args);
    Ok(generated(head, &location, &location))
}
