//! Where the parser keeps what it has read until a statement is complete.
//!
//! The parser goes back often, and then meets terms that it has read already. Numbers into an
//! arena stand for them, so that going back copies nothing and what was read stays usable.

use referee_rego_value::{Number, Str};

/// A node of the arena.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct TermId(u32);

/// An expression of the arena.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ExprId(u32);

/// A run of terms.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub(super) struct Terms {
    start: u32,
    len: u32,
}

/// A run of expressions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub(super) struct Exprs {
    start: u32,
    len: u32,
}

impl Terms {
    pub(super) fn len(self) -> usize {
        usize::try_from(self.len).unwrap_or(usize::MAX)
    }
}

impl Exprs {
    pub(super) fn len(self) -> usize {
        usize::try_from(self.len).unwrap_or(usize::MAX)
    }
}

/// Where a node stands. Its text need not begin at its own place: of `(x)` the text has the
/// parentheses, the place is that of `x`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Loc {
    /// Its row; 0 where it has no place.
    pub(super) row: u32,
    pub(super) col: u32,
    pub(super) offset: u32,
    pub(super) start: u32,
    pub(super) len: u32,
}

/// A term.
#[derive(Clone, Debug)]
pub(super) struct TermNode {
    pub(super) kind: Kind,
    pub(super) loc: Loc,
    /// How deep it is nested: 1 for a scalar.
    pub(super) depth: u32,
}

/// What a term is.
#[derive(Clone, Debug)]
pub(super) enum Kind {
    Null,
    Bool(bool),
    Number(Number),
    String(Str),
    Var(Str),
    Ref(Terms),
    Array(Terms),
    /// Keys and values in turn.
    Object(Terms),
    Set(Terms),
    ArrayComprehension(TermId, Exprs),
    SetComprehension(TermId, Exprs),
    ObjectComprehension(TermId, TermId, Exprs),
    Call(Terms),
    /// The parts, and whether it is in backquotes.
    Template(Parts, bool),
}

impl Kind {
    /// How messages name it.
    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool(_) => "boolean",
            Self::Number(_) => "number",
            Self::String(_) => "string",
            Self::Var(_) => "var",
            Self::Ref(_) => "ref",
            Self::Array(_) => "array",
            Self::Object(_) => "object",
            Self::Set(_) => "set",
            Self::ArrayComprehension(..) => "arraycomprehension",
            Self::SetComprehension(..) => "setcomprehension",
            Self::ObjectComprehension(..) => "objectcomprehension",
            Self::Call(_) => "call",
            Self::Template(..) => "templatestring",
        }
    }
}

/// A run of parts of a template string.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Parts {
    start: u32,
    len: u32,
}

/// A part of a template string.
#[derive(Clone, Copy, Debug)]
pub(super) enum Part {
    Term(TermId),
    Expr(ExprId),
}

/// An expression.
#[derive(Clone, Debug)]
pub(super) struct ExprNode {
    pub(super) kind: ExprKind,
    pub(super) with: Withs,
    pub(super) negated: bool,
    pub(super) loc: Loc,
    pub(super) depth: u32,
}

/// What an expression says.
#[derive(Clone, Copy, Debug)]
pub(super) enum ExprKind {
    Term(TermId),
    Call(Terms),
    Some(Terms, Loc),
    Every { key: Option<TermId>, value: TermId, domain: TermId, body: Exprs, loc: Loc },
    Logical { and: bool, lhs: Operand, rhs: Operand, loc: Loc },
    Not { body: Exprs, explicit: bool, loc: Loc },
}

/// A side of `and` or `or`, and whether it is in braces.
#[derive(Clone, Copy, Debug)]
pub(super) struct Operand {
    pub(super) body: Exprs,
    pub(super) explicit: bool,
    pub(super) loc: Loc,
}

/// A run of `with` modifiers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Withs {
    start: u32,
    len: u32,
}

impl Withs {
    pub(super) fn is_empty(self) -> bool {
        self.len == 0
    }
}

/// A `with` modifier.
#[derive(Clone, Copy, Debug)]
pub(super) struct WithNode {
    pub(super) target: TermId,
    pub(super) value: TermId,
    pub(super) loc: Loc,
}

/// The arena.
#[derive(Debug, Default)]
pub(super) struct Arena {
    terms: Vec<TermNode>,
    exprs: Vec<ExprNode>,
    withs: Vec<WithNode>,
    parts: Vec<Part>,
    term_runs: Vec<TermId>,
    expr_runs: Vec<ExprId>,
}

fn number(len: usize) -> u32 {
    u32::try_from(len).unwrap_or(u32::MAX)
}

fn run<T>(items: &[T], start: u32, len: u32) -> &[T] {
    let (start, len) =
        (usize::try_from(start).unwrap_or(usize::MAX), usize::try_from(len).unwrap_or(0));
    items.get(start..start.saturating_add(len)).unwrap_or_default()
}

impl Arena {
    /// Forgets everything; numbers given out before mean nothing any more.
    pub(super) fn clear(&mut self) {
        self.terms.clear();
        self.exprs.clear();
        self.withs.clear();
        self.parts.clear();
        self.term_runs.clear();
        self.expr_runs.clear();
    }

    pub(super) fn add(&mut self, kind: Kind, loc: Loc) -> TermId {
        let depth = self.depth_of(&kind).saturating_add(1);
        self.terms.push(TermNode { kind, loc, depth });
        TermId(number(self.terms.len() - 1))
    }

    fn depth_of(&self, kind: &Kind) -> u32 {
        match kind {
            Kind::Null | Kind::Bool(_) | Kind::Number(_) | Kind::String(_) | Kind::Var(_) => 0,
            Kind::Ref(terms)
            | Kind::Array(terms)
            | Kind::Object(terms)
            | Kind::Set(terms)
            | Kind::Call(terms) => self.deepest(*terms),
            Kind::ArrayComprehension(term, body) | Kind::SetComprehension(term, body) => {
                self.depth(*term).max(self.deepest_expr(*body))
            }
            Kind::ObjectComprehension(key, value, body) => {
                self.depth(*key).max(self.depth(*value)).max(self.deepest_expr(*body))
            }
            Kind::Template(parts, _) => self
                .parts(*parts)
                .iter()
                .map(|part| match part {
                    Part::Term(term) => self.depth(*term),
                    Part::Expr(expr) => self.expr(*expr).map_or(0, |expr| expr.depth),
                })
                .max()
                .unwrap_or(0),
        }
    }

    /// The depth of a term.
    pub(super) fn depth(&self, id: TermId) -> u32 {
        self.term(id).map_or(0, |term| term.depth)
    }

    fn deepest(&self, terms: Terms) -> u32 {
        self.run(terms).iter().map(|&term| self.depth(term)).max().unwrap_or(0)
    }

    fn deepest_expr(&self, exprs: Exprs) -> u32 {
        self.body(exprs)
            .iter()
            .filter_map(|&expr| self.expr(expr))
            .map(|expr| expr.depth)
            .max()
            .unwrap_or(0)
    }

    pub(super) fn term(&self, id: TermId) -> Option<&TermNode> {
        self.terms.get(usize::try_from(id.0).ok()?)
    }

    pub(super) fn term_mut(&mut self, id: TermId) -> Option<&mut TermNode> {
        self.terms.get_mut(usize::try_from(id.0).ok()?)
    }

    pub(super) fn kind(&self, id: TermId) -> &Kind {
        self.term(id).map_or(&Kind::Null, |term| &term.kind)
    }

    pub(super) fn loc(&self, id: TermId) -> Loc {
        self.term(id).map_or_else(Loc::default, |term| term.loc)
    }

    pub(super) fn set_loc(&mut self, id: TermId, loc: Loc) {
        if let Some(term) = self.term_mut(id) {
            term.loc = loc;
        }
    }

    pub(super) fn add_expr(&mut self, kind: ExprKind, loc: Loc) -> ExprId {
        let depth = match kind {
            ExprKind::Term(term) => self.depth(term),
            ExprKind::Call(terms) | ExprKind::Some(terms, _) => self.deepest(terms),
            ExprKind::Every { domain, body, .. } => self.depth(domain).max(self.deepest_expr(body)),
            ExprKind::Logical { lhs, rhs, .. } => {
                self.deepest_expr(lhs.body).max(self.deepest_expr(rhs.body))
            }
            ExprKind::Not { body, .. } => self.deepest_expr(body),
        };
        self.exprs.push(ExprNode {
            kind,
            with: Withs::default(),
            negated: false,
            loc,
            depth: depth.saturating_add(1),
        });
        ExprId(number(self.exprs.len() - 1))
    }

    pub(super) fn expr(&self, id: ExprId) -> Option<&ExprNode> {
        self.exprs.get(usize::try_from(id.0).ok()?)
    }

    pub(super) fn expr_mut(&mut self, id: ExprId) -> Option<&mut ExprNode> {
        self.exprs.get_mut(usize::try_from(id.0).ok()?)
    }

    pub(super) fn expr_loc(&self, id: ExprId) -> Loc {
        self.expr(id).map_or_else(Loc::default, |expr| expr.loc)
    }

    pub(super) fn set_expr_loc(&mut self, id: ExprId, loc: Loc) {
        if let Some(expr) = self.expr_mut(id) {
            expr.loc = loc;
        }
    }

    pub(super) fn set_with(&mut self, id: ExprId, withs: Withs) {
        let depth = self
            .withs(withs)
            .iter()
            .map(|with| self.depth(with.target).max(self.depth(with.value)))
            .max()
            .unwrap_or(0);
        if let Some(expr) = self.expr_mut(id) {
            expr.with = withs;
            expr.depth = expr.depth.max(depth.saturating_add(1));
        }
    }

    pub(super) fn add_run(&mut self, terms: &[TermId]) -> Terms {
        let start = number(self.term_runs.len());
        self.term_runs.extend_from_slice(terms);
        Terms { start, len: number(terms.len()) }
    }

    pub(super) fn run(&self, terms: Terms) -> &[TermId] {
        run(&self.term_runs, terms.start, terms.len)
    }

    pub(super) fn add_body(&mut self, exprs: &[ExprId]) -> Exprs {
        let start = number(self.expr_runs.len());
        self.expr_runs.extend_from_slice(exprs);
        Exprs { start, len: number(exprs.len()) }
    }

    pub(super) fn body(&self, exprs: Exprs) -> &[ExprId] {
        run(&self.expr_runs, exprs.start, exprs.len)
    }

    /// The first expression of a body.
    pub(super) fn first(&self, exprs: Exprs) -> Option<ExprId> {
        self.body(exprs).first().copied()
    }

    pub(super) fn add_withs(&mut self, withs: &[WithNode]) -> Withs {
        let start = number(self.withs.len());
        self.withs.extend_from_slice(withs);
        Withs { start, len: number(withs.len()) }
    }

    pub(super) fn withs(&self, withs: Withs) -> &[WithNode] {
        run(&self.withs, withs.start, withs.len)
    }

    pub(super) fn add_parts(&mut self, parts: &[Part]) -> Parts {
        let start = number(self.parts.len());
        self.parts.extend_from_slice(parts);
        Parts { start, len: number(parts.len()) }
    }

    pub(super) fn parts(&self, parts: Parts) -> &[Part] {
        run(&self.parts, parts.start, parts.len)
    }
}
