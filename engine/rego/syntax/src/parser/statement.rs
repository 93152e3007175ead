//! A source as its statements: package, imports, rules, and bodies that may turn out to be rules.

use super::arena::{Kind, Loc};
use super::{CommentSpan, Parser};
use crate::ast::{Annotations, Body, Comment, Import, Package, Rule, Term, TermKind};
use crate::token::{Keyword, Keywords, Token, is_keyword_in};
use crate::{Code, Error, Location};
use referee_rego_value::Str;

/// A statement.
#[derive(Debug)]
pub(crate) enum Statement {
    Package(Package),
    Import(Import),
    Rule(Rule),
    Body(Body),
}

impl Statement {
    /// Where it stands: a body where its first expression does.
    pub(crate) fn location(&self) -> Location {
        match self {
            Self::Package(package) => package.location.clone(),
            Self::Import(import) => import.location.clone(),
            Self::Rule(rule) => rule.location.clone(),
            Self::Body(body) => body.first().map_or(Location::NONE, |expr| expr.location.clone()),
        }
    }
}

/// A source that has been read.
#[derive(Debug)]
pub(crate) struct Parsed {
    pub(crate) statements: Vec<Statement>,
    pub(crate) comments: Vec<Comment>,
    pub(crate) annotations: Vec<Annotations>,
}

impl Parser<'_> {
    /// Reads the whole source, or tells all that is wrong with it.
    pub(crate) fn parse(mut self) -> Result<Parsed, Vec<Error>> {
        self.scan();
        let mut statements = Vec::new();
        while self.state.token != Token::Eof && self.statement(&mut statements) {
            self.forget();
        }
        let annotations = if self.process_annotations { self.annotations() } else { Vec::new() };
        if self.effort == 0 {
            let location = self.location(self.here());
            return Err(vec![Error::new(Code::Parse, super::EXHAUSTED, &location)]);
        }
        let errors = self.collect_errors();
        if !errors.is_empty() {
            return Err(errors);
        }
        let spans = self.comments.get(..self.state.comments).unwrap_or_default();
        let comments = spans.iter().map(|span| self.comment(*span)).collect();
        Ok(Parsed { statements, comments, annotations })
    }

    fn comment(&self, span: CommentSpan) -> Comment {
        let text = Str::new(self.slice(span.text.0, span.text.1));
        Comment { text, location: self.location(span.loc) }
    }

    fn annotations(&mut self) -> Vec<Annotations> {
        let spans = self.comments.get(..self.state.comments).unwrap_or_default();
        let is_metadata = |span: &CommentSpan| {
            span.loc.col == 1 && crate::metadata::is_metadata(self.slice(span.text.0, span.text.1))
        };
        if !spans.iter().any(is_metadata) {
            return Vec::new();
        }
        let comments: Vec<Comment> = spans.iter().map(|span| self.comment(*span)).collect();
        let mut annotations = Vec::new();
        for result in crate::metadata::read(&comments) {
            match result {
                Ok(annotation) => annotations.push(annotation),
                Err(error) => {
                    let loc = spans_loc(&self.comments, error.comment);
                    self.error(loc, error.message);
                }
            }
        }
        annotations
    }

    /// Reads one statement. `false` where that failed.
    fn statement(&mut self, statements: &mut Vec<Statement>) -> bool {
        let state = self.state;
        if self.state.token == Token::Package {
            if let Some(package) = self.package() {
                statements.push(Statement::Package(package));
                return true;
            }
            if self.has_errors() {
                return false;
            }
            self.state = state;
        }
        if self.state.token == Token::Import {
            if let Some((import, place)) = self.import() {
                self.apply_import(&import, place);
                statements.push(Statement::Import(import));
                return true;
            }
            if self.has_errors() {
                return false;
            }
            self.state = state;
        }
        if !self.skip_rules {
            if let Some(rules) = self.rules() {
                statements.extend(rules.into_iter().map(Statement::Rule));
                return true;
            }
            if self.has_errors() {
                return false;
            }
            self.state = state;
        }
        match self.query(true, Token::Eof) {
            Some(body) => {
                statements.push(Statement::Body(self.build_body(body)));
                true
            }
            None => false,
        }
    }

    /// What follows `package` or `import`: `false` where that is no name, `None` where the word
    /// begins a reference.
    fn statement_path(&mut self) -> Option<bool> {
        self.scan_space();
        if matches!(self.state.token, Token::Dot | Token::LBrack) {
            return None;
        }
        if self.state.token == Token::Whitespace {
            self.scan();
        }
        if self.state.token != Token::Ident && self.is_ref_keyword(self.state.token) {
            self.state.token = Token::Ident;
        }
        if self.state.token != Token::Ident {
            self.unexpected();
            return Some(false);
        }
        Some(true)
    }

    fn package(&mut self) -> Option<Package> {
        let loc = self.here();
        if !self.statement_path()? {
            return None;
        }
        let Some(id) = self.term() else {
            if !self.has_errors() {
                self.error(self.here(), "expected path");
            }
            return None;
        };
        let term_loc = self.arena.loc(id);
        let mut path = match *self.arena.kind(id) {
            Kind::Var(_) => vec![self.build_term(id)],
            Kind::Ref(parts) => {
                for (index, &part) in self.arena.run(parts).iter().enumerate() {
                    let kind = self.arena.kind(part);
                    let (wanted, fits) = match index {
                        0 => ("var", matches!(kind, Kind::Var(_))),
                        _ => ("string", matches!(kind, Kind::String(_))),
                    };
                    if !fits {
                        let message =
                            format!("unexpected {} token: expecting {wanted}", kind.name());
                        self.error(self.arena.loc(part), message);
                        return None;
                    }
                }
                self.arena.run(parts).iter().map(|&part| self.build_term(part)).collect()
            }
            _ => {
                self.unexpected();
                return None;
            }
        };
        let mut root = Term {
            kind: TermKind::Var(Str::new_static("data")),
            location: self.location(term_loc),
        };
        if let Some(first) = path.first_mut() {
            root.location = first.location.clone();
            if let TermKind::Var(name) = &first.kind {
                first.kind = TermKind::String(name.clone());
            }
        }
        path.insert(0, root);
        Some(Package { path, location: self.location(loc) })
    }

    /// An import, and where its path stands.
    fn import(&mut self) -> Option<(Import, Loc)> {
        let location = self.location(self.here());
        if !self.statement_path()? {
            return None;
        }
        let (path, place) = self.import_path()?;
        let TermKind::Ref(parts) = &path.kind else { return None };
        if !matches!(parts.first().map(|head| &head.kind), Some(TermKind::Var(name)) if is_root(name))
        {
            self.hint("if this is unexpected, try updating OPA");
            let got = parts.first().map(crate::print::term).unwrap_or_default();
            let message = format!(
                "unexpected import path, must begin with one of: {{data, future, input, rego}}, got: {got}"
            );
            self.error(place.path, message);
            return None;
        }
        if self.state.token == Token::As {
            self.scan();
            if self.state.token == Token::Ident
                && let Some(alias) = self.term()
                && let Kind::Var(alias) = self.arena.kind(alias)
            {
                let alias = Some(alias.clone());
                return Some((Import { path, alias, location }, place.path));
            }
            self.illegal("expected var");
            return None;
        }
        self.check_import_name(parts, place.last);
        Some((Import { path, alias: None, location }, place.path))
    }

    /// The path of an import, in which no future keyword is one.
    fn import_path(&mut self) -> Option<(Term, ImportPlace)> {
        let keywords = self.state.scanner.keywords;
        self.state.scanner.keywords = Keywords::NONE;
        self.memory.clear();
        let id = self.term();
        let path = match id.map(|id| (id, self.arena.kind(id).clone())) {
            Some((id, Kind::Var(_))) => {
                let variable = self.build_term(id);
                let location = variable.location.clone();
                let path = self.arena.loc(id);
                let term = Term { kind: TermKind::Ref(vec![variable]), location };
                Some((term, ImportPlace { path, last: path }))
            }
            Some((id, Kind::Ref(parts))) => {
                for &part in self.arena.run(parts).iter().skip(1) {
                    let kind = self.arena.kind(part);
                    if !matches!(kind, Kind::String(_)) {
                        let message = format!("unexpected {} token: expecting string", kind.name());
                        self.error(self.arena.loc(part), message);
                        return None;
                    }
                }
                let last = self.arena.run(parts).last().map(|&part| self.arena.loc(part));
                let path = self.arena.loc(id);
                Some((self.build_term(id), ImportPlace { path, last: last.unwrap_or(path) }))
            }
            _ => None,
        };
        self.state.scanner.keywords = self.state.scanner.keywords.union(keywords);
        if path.is_none() {
            self.error(self.here(), "expected path");
        }
        path
    }

    /// An import without an alias may not end with a keyword.
    fn check_import_name(&mut self, parts: &[Term], place: Loc) {
        let Some(last) = parts.last() else { return };
        let name = match &last.kind {
            TermKind::Var(name) | TermKind::String(name) => name.clone(),
            _ => return,
        };
        let future = matches!(parts.first().map(|head| &head.kind), Some(TermKind::Var(head)) if head == "future");
        if (parts.len() == 1 || !future) && is_keyword_in(&name, self.version) {
            self.hint("import a different path or use an alias");
            let message =
                format!("unexpected import path, must not end with a keyword, got: {name}");
            self.error(place, message);
        }
    }

    /// What `import rego.v1` and `import future.keywords` change for what follows.
    fn apply_import(&mut self, import: &Import, place: Loc) {
        let TermKind::Ref(parts) = &import.path.kind else { return };
        match parts.first().map(|head| &head.kind) {
            Some(TermKind::Var(head)) if head == "rego" => self.import_rego(import, parts, place),
            Some(TermKind::Var(head)) if head == "future" => {
                self.import_future(import, parts, place)
            }
            _ => {}
        }
    }

    fn import_rego(&mut self, import: &Import, parts: &[Term], place: Loc) {
        if !self.features.rego_v1_import {
            self.error(place, "invalid import, `rego.v1` is not supported by current capabilities");
            return;
        }
        let is_v1 = matches!(parts, [_, Term { kind: TermKind::String(name), .. }] if name == "v1");
        if !is_v1 {
            let path = crate::print::reference(parts);
            self.error(place, format!("invalid import `{path}`, must be `rego.v1`"));
            return;
        }
        if self.version == crate::ast::RegoVersion::V1 {
            return;
        }
        if import.alias.is_some() {
            self.error(place, "`rego` imports cannot be aliased");
            return;
        }
        self.state.scanner.keywords = self.state.scanner.keywords.union(Keywords::V1);
    }

    fn import_future(&mut self, import: &Import, parts: &[Term], place: Loc) {
        let is_keywords = matches!(parts.get(1).map(|part| &part.kind), Some(TermKind::String(name)) if name == "keywords");
        if !is_keywords {
            self.error(place, "invalid import, must be `future.keywords`");
            return;
        }
        if import.alias.is_some() {
            self.error(place, "`future` imports cannot be aliased");
            return;
        }
        let mut added = self.allowed;
        if let [_, _, keyword] = parts {
            let keyword = match &keyword.kind {
                TermKind::String(word) => Keyword::named(word),
                _ => None,
            };
            let Some(keyword) = keyword.filter(|&keyword| self.allowed.contains(keyword)) else {
                let known: Vec<&str> = Keyword::ALL
                    .iter()
                    .filter(|&&keyword| self.allowed.contains(keyword))
                    .map(|keyword| keyword.as_str())
                    .collect();
                let known = known.join(" ");
                self.error(place, format!("unexpected keyword, must be one of [{known}]"));
                return;
            };
            added = Keywords::NONE;
            added.add(keyword);
        }
        self.not_bodies |= added.contains(Keyword::Not);
        self.state.scanner.keywords = self.state.scanner.keywords.union(added);
    }
}

/// Where the path of an import stands, and its last part.
struct ImportPlace {
    path: Loc,
    last: Loc,
}

fn is_root(name: &str) -> bool {
    matches!(name, "data" | "input" | "future" | "rego")
}

fn spans_loc(comments: &[CommentSpan], index: usize) -> Loc {
    comments.get(index).map_or_else(Loc::default, |span| span.loc)
}
